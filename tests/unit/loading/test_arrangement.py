"""Inputs in the form that a forward takes them."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.loading.arrangement import arrange

ONE, TWO = torch.ones(1), torch.ones(2)


class Plain(nn.Module):
    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return x if y is None else x + y


class Listed(nn.Module):
    def forward(self, images: list[Tensor], targets: Any = None) -> list[Tensor]:
        return [image * 2 for image in images]


class Quoted(nn.Module):
    def forward(self, images: "Sequence[Tensor]") -> Tensor:
        return torch.cat([*images])


class Batch(nn.Module):
    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        return batch["image"] + batch["mask"]


class Unannotated(nn.Module):
    def forward(self, batch):  # type: ignore[no-untyped-def]
        return batch["image"]


class Anything(nn.Module):
    def forward(self, *args: Tensor, **kwargs: Tensor) -> int:
        return len(args) + len(kwargs)


@pytest.mark.parametrize(
    ("module", "args", "kwargs", "expected"),
    [
        (Plain(), [ONE, TWO], {}, ((ONE, TWO), {})),
        (Plain(), [ONE], {"y": TWO}, ((ONE,), {"y": TWO})),
        (Plain(), [ONE], {"z": TWO}, ((ONE,), {"z": TWO})),  # fails later, by the model's own message
        (Listed(), [ONE, TWO], {}, (([ONE, TWO],), {})),
        (Listed(), [[ONE]], {}, (([ONE],), {})),  # given as a list already
        (Quoted(), [ONE], {}, (([ONE],), {})),
        (Batch(), [], {"image": ONE, "mask": TWO}, (({"image": ONE, "mask": TWO},), {})),
        (Unannotated(), [], {"image": ONE}, (({"image": ONE},), {})),
        (Unannotated(), [], {"batch": ONE}, ((), {"batch": ONE})),
        (Anything(), [ONE], {"k": TWO}, ((ONE,), {"k": TWO})),
    ],
)
def test_arranged(module: nn.Module, args: list[Any], kwargs: dict[str, Any], expected: Any) -> None:
    assert arrange(module, args, kwargs) == expected


def test_list_of_images_and_dict_through_the_front_door() -> None:
    report = inspect_model(Listed(), inputs=["3x8x8", "3x6x6"])
    assert [(spec.name, spec.shape) for spec in report.run.inputs] == [("images.0", (3, 8, 8)), ("images.1", (3, 6, 6))]
    report = inspect_model(Batch(), inputs=["image=1x4", "mask=1x4"])
    assert [spec.name for spec in report.run.inputs] == ["batch.image", "batch.mask"]
    mine = {"image": torch.ones(1, 4), "mask": torch.ones(1, 4)}
    assert inspect_model(Batch(), inputs=[mine]).run.inputs == report.run.inputs
    assert not vars(mine["image"])


@pytest.mark.parametrize(
    ("shape", "module", "dtype"),
    [
        ("1x16:int64", nn.Embedding(10, 4), "float32"),
        ("1x4:bool", nn.Identity(), "bool"),
        ("2x4:complex64", nn.Identity(), "complex64"),
    ],
)
def test_dtypes(shape: str, module: nn.Module, dtype: str) -> None:
    assert inspect_model(module, inputs=[shape]).run.outputs[0].dtype == dtype


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.complex64])
def test_made_up_input_follows_the_parameters(dtype: torch.dtype) -> None:
    report = inspect_model(nn.Linear(4, 3, dtype=dtype), inputs=["2x4"])
    assert report.run.inputs[0].dtype == report.run.outputs[0].dtype == str(dtype).removeprefix("torch.")
    assert report.totals.macs == 2 * 4 * 3
