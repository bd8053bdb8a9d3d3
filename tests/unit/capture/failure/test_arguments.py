"""A forward that is called with other arguments than it takes: which, and how to give them."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.forward_error import ForwardError


class Switches(nn.Module):
    """Its arguments behind the image are numbers and flags: no tensor will do."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor, scale: int, flip: "bool | None") -> Tensor:
        for _ in range(scale):
            x = self.conv(x)
        return x.flip(-1) if flip else x


class Two(nn.Module):
    def forward(self, x: Tensor, y: Tensor, scale: float) -> Tensor:
        return (x + y) * scale


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(9, 4)

    def forward(self, input_ids: Any = None, inputs_embeds: Any = None, **kwargs: Any) -> Any:
        return self.embedding(input_ids) if inputs_embeds is None else inputs_embeds


def failure(module: nn.Module, *inputs: str) -> ForwardError:
    with pytest.raises(ForwardError) as caught:
        inspect_model(module, inputs=inputs)
    return caught.value


def test_numbers_and_flags_are_given_by_arg() -> None:
    error = failure(Switches(), "1x3x4x4")
    assert "wants the arguments 'scale' and 'flip' and didn't get them" in error.message
    assert error.hint == "give each by its name: --arg scale=VALUE --arg flip=VALUE"
    report = inspect_model(Switches(), inputs=["1x3x4x4"], args={"scale": 2, "flip": True})
    assert report.totals.macs == 2 * 3 * 16 * 3  # the layer is called twice: 3 outputs of 3 products at 16 places


def test_tensors_are_inputs() -> None:
    error = failure(Two(), "2x3")
    assert error.hint == "give each by its name: --input NAME=SHAPE --arg scale=VALUE"
    with pytest.raises(ForwardError, match="wants the argument 'y' and didn't get it") as caught:
        inspect_model(Two(), inputs=["2x3"], args={"scale": 0.5})
    assert caught.value.hint == "give each by its name: --input NAME=SHAPE"


def test_a_misspelt_name_that_kwargs_takes() -> None:
    error = failure(Words(), "ids=2x16:int64")
    assert "forward has no argument `ids`; it has input_ids, inputs_embeds" in error.message
    assert error.hint == "did you mean input_ids?"


def test_a_misspelt_name_that_nothing_takes() -> None:
    error = failure(Two(), "x=2x3", "yy=2x3")
    assert "it has no argument 'yy': its forward takes (x, y, scale)" in error.message
    assert error.hint == "did you mean y?"


def test_what_kwargs_may_take_is_not_to_blame_for_another_failure() -> None:
    error = failure(Words(), "inputs=2x16:int64", "input_ids=2x3")
    assert "wants indices" in error.message
    assert inspect_model(Words(), inputs=["input_ids=2x3:int64", "other=1x1"]).run.outputs[0].shape == (2, 3, 4)


class Siamese(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        difference = a - b
        length: Tensor = difference.norm(dim=1, keepdim=True)
        return difference / length


def test_made_up_inputs_differ() -> None:
    """Alike they would give 0 ÷ 0."""
    assert inspect_model(Siamese(), inputs=["1x4", "1x4"]).notes == ()


class Step(nn.Module):
    def forward(self, sample: Tensor, timestep: Tensor) -> Tensor:
        assert timestep.dim() == 0
        return sample[: int(timestep)]


def test_a_value_reaches_the_network() -> None:
    report = inspect_model(Step(), inputs=["5x4", "timestep=:int64=3"])
    assert [(spec.name, spec.shape) for spec in report.run.inputs] == [("sample", (5, 4)), ("timestep", ())]
    assert report.run.outputs[0].shape == (3, 4)
    assert inspect_model(Step(), inputs=[(5, 4), torch.tensor(2)]).run.outputs[0].shape == (2, 4)
