"""The rows of a report: order, repeated calls, modules that hold others, modules never reached."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnninspect import Report, inspect_model
from cnninspect.errors import ModelError


def rows(report: Report) -> list[tuple[str, int]]:
    return [(layer.path, layer.call) for layer in report.layers]


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Sequential(nn.Linear(4, 4))
        self.blocks = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.scales = nn.ParameterList([torch.ones(4)])
        self.twice = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = self.twice(block(x) * self.scales[0])
        return x


def test_execution_order_parents_first() -> None:
    report = inspect_model(Branches(), inputs=["2x4"])
    assert rows(report) == [
        ("", 1),
        ("blocks", 1),
        ("blocks.0", 1),
        ("twice", 1),
        ("blocks.1", 1),
        ("twice", 2),
        ("unused", 0),
        ("unused.0", 0),
        ("scales", 1),
    ]
    # 20 a linear layer, 4 scales; 2·4·4 MACs each
    assert [layer.own_params for layer in report.layers] == [0, 0, 20, 0, 20, 0, 0, 20, 4]
    assert [layer.params for layer in report.layers] == [64, 40, 20, 0, 20, 0, 20, 20, 4]
    assert [layer.macs for layer in report.layers] == [64, 64, 32, 0, 32, 0, 0, 0, 0]


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layer = nn.Linear(4, 4, bias=False)
        self.first = nn.Sequential(layer)
        self.second = nn.Sequential(layer)
        self.head = nn.Linear(4, 4, bias=False)
        self.head.weight = layer.weight

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(self.second(self.first(x)))
        return scores


def test_a_module_of_two_parents_and_a_tied_weight() -> None:
    report = inspect_model(Shared(), inputs=["1x4"])
    assert rows(report) == [("", 1), ("first", 1), ("first.0", 1), ("second", 1), ("second.0", 1), ("head", 1)]
    assert [layer.own_params for layer in report.layers] == [0, 0, 16, 0, 0, 0]
    assert [layer.params for layer in report.layers] == [16] * 6
    assert report.totals.params == 16
    assert report.totals.macs == 48


@dataclasses.dataclass
class Output:
    scores: Tensor
    extra: list[Tensor | None]


class Odd(nn.Module):
    def forward(self, image: Tensor, *rest: Tensor, scale: Tensor) -> Output:
        return Output(image * scale, [None, *rest])


def test_every_tensor_has_its_place() -> None:
    report = inspect_model(Odd(), inputs=["1x2", "3:int64", "scale=1"])
    assert [(spec.name, spec.shape, spec.dtype) for spec in report.run.inputs] == [
        ("image", (1, 2), "float32"),
        ("1", (3,), "int64"),
        ("scale", (1,), "float32"),
    ]
    assert [(spec.name, spec.shape) for spec in report.run.outputs] == [("scores", (1, 2)), ("extra.1", (3,))]
    assert report.totals.output_bytes == 2 * 4 + 3 * 8


class Falls(nn.Module):
    """Its first branch raises, its second is taken instead."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(9, 9))
        self.second = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        try:
            scores: Tensor = self.first(x)
        except RuntimeError:
            scores = self.second(x)
        return scores


def test_work_after_a_caught_error_belongs_to_the_module_that_does_it() -> None:
    report = inspect_model(Falls(), inputs=["1x4"])
    own = {layer.path: layer.own_macs for layer in report.layers}
    assert own == {"": 0, "first": 0, "first.0": 0, "second": 16}


@pytest.mark.parametrize(
    ("module", "shape", "place"),
    [
        (
            nn.Sequential(nn.Sequential(nn.Linear(3, 4), nn.Linear(3, 4))),
            "1x3",
            r"`0\.1` Linear wants 3 features and got 4\b",
        ),
        (nn.Sequential(nn.BatchNorm2d(3)), "1x4x2x2", r"`0` BatchNorm2d wants 3 channels and got 4\b"),
        (nn.Sequential(nn.LayerNorm(5)), "1x4", r"`0` LayerNorm wants …×5 and got 1×4\b"),
        (nn.Sequential(nn.Conv1d(2, 2, 3, dilation=4)), "1x2x8", r"`0` Conv1d wants a map of at least 9 and got 8\b"),
        (nn.Linear(3, 4), "1x4", r"the model itself \(Linear\)"),
    ],
)
def test_failure_names_the_layer(module: nn.Module, shape: str, place: str) -> None:
    with pytest.raises(ModelError, match=place):
        inspect_model(module, inputs=[shape])


class Settings(nn.Module):
    def __init__(self, width: int, names: Sequence[str], hook: Any = None, bias: bool = True) -> None:
        super().__init__()
        self.width, self.names, self.hook = width, tuple(names), object() if hook is None else hook
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None


def test_settings_are_the_constructor_arguments_that_are_kept() -> None:
    report = inspect_model(nn.Sequential(nn.Conv2d(4, 4, 3, groups=2, bias=False)), inputs=["1x4x8x8"])
    assert report.layers[1].settings == {
        "in_channels": 4, "out_channels": 4, "kernel_size": [3, 3], "stride": [1, 1], "padding": [0, 0],
        "dilation": [1, 1], "groups": 2, "bias": False, "padding_mode": "zeros",
    }  # fmt: skip
    unused = nn.Sequential(nn.Identity())
    unused[0].extra = Settings(3, ["a"])
    report = inspect_model(unused, inputs=["1"])
    assert report.layers[2].settings == {"width": 3, "names": ["a"], "bias": True}


class Shapeless(Tensor):
    """A tensor of somebody's own that doesn't tell its shape."""

    def __getattribute__(self, name: str) -> Any:
        if name == "shape":
            raise ValueError("no shape")
        return super().__getattribute__(name)


class GivesShapeless(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 5), nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(self.first(x).as_subclass(Shapeless))
        return y.as_subclass(Tensor)


def test_a_tensor_that_cannot_be_described_is_unknown() -> None:
    report = inspect_model(GivesShapeless(), inputs=["2x4"])
    model, first, second = report.layers
    assert (report.totals.macs, first.output_bytes, model.output_bytes) == (2 * 4 * 5, 40, 40)
    assert (second.inputs, second.outputs, second.output_bytes, second.receptive_field) == ((), (), None, None)
    assert report.notes == tuple(
        f"what `second` {does} is unknown: looking at it raises ValueError (--debug shows where)"
        for does in ("takes", "gives")
    )
