"""Inputs in the form that a forward takes them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional, Union

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.errors import ModelError
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


class Pair(NamedTuple):
    image: Tensor
    weight: Tensor


class TakesPair(nn.Module):
    def forward(self, x: Tensor, pair: Pair) -> Tensor:
        return x * pair.image * pair.weight


class TakesTuple(nn.Module):
    def forward(self, pair: tuple[Tensor, Tensor], x: Tensor) -> Tensor:
        return pair[0] * pair[1] * x


class OptionalList(nn.Module):
    def forward(self, images: Optional[list[Tensor]] = None) -> Any:  # noqa: UP045 - as it is found in the wild
        return images


class QuotedUnion(nn.Module):
    def forward(self, batch: "Union[Mapping[str, Tensor], Tensor]", flip: bool = False) -> Any:  # noqa: UP007 - as it is found
        return batch, flip


class NotImported(nn.Module):
    def forward(self, batch: "Optional[nowhere.Dict[str, nowhere.Tensor]]", flip: bool = False) -> Any:  # type: ignore[name-defined]  # noqa: F821, UP045
        return batch, flip


class DictSecond(nn.Module):
    def forward(self, x: Tensor, extra: dict[str, Tensor] | None = None, *, flip: bool = False) -> Any:
        return x, extra, flip


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
        (TakesPair(), [ONE, ONE, TWO], {}, ((ONE, Pair(ONE, TWO)), {})),
        (TakesPair(), [ONE], {"image": ONE, "weight": TWO}, ((ONE, Pair(ONE, TWO)), {})),
        (TakesPair(), [ONE, Pair(ONE, TWO)], {}, ((ONE, Pair(ONE, TWO)), {})),
        (TakesTuple(), [ONE, TWO, ONE], {}, (((ONE, TWO), ONE), {})),
        (OptionalList(), [ONE, TWO], {}, (([ONE, TWO],), {})),
        (OptionalList(), [], {"images": ONE}, ((), {"images": [ONE]})),
        (QuotedUnion(), [ONE], {}, ((ONE,), {})),
        (QuotedUnion(), [], {"image": ONE, "flip": True}, (({"image": ONE},), {"flip": True})),
        (NotImported(), [], {"image": ONE}, (({"image": ONE},), {})),
        (DictSecond(), [ONE], {"weight": TWO, "flip": True}, ((ONE, {"weight": TWO}), {"flip": True})),
        (DictSecond(), [], {"x": ONE, "weight": TWO}, ((), {"x": ONE, "extra": {"weight": TWO}})),
        (DictSecond(), [ONE], {"extra": None}, ((ONE,), {"extra": None})),
        (Anything(), [ONE], {"k": TWO}, ((ONE,), {"k": TWO})),
    ],
)
def test_arranged(module: nn.Module, args: list[Any], kwargs: dict[str, Any], expected: Any) -> None:
    assert arrange(module, args, kwargs) == expected


def test_a_field_that_is_missing_is_named() -> None:
    with pytest.raises(ModelError, match=r"a Pair can't be made of image: .*'weight'") as caught:
        inspect_model(TakesPair(), inputs=["1x4", "image=1x4"])
    assert caught.value.hint == "give each of its fields: --input image=SHAPE, --input weight=SHAPE"


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
