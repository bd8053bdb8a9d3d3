"""What is derived of random stacks of layers is what the pass showed, and nothing is missing."""

from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import nn

from cnninspect import inspect_model
from cnninspect.explain.derivation import derive
from cnninspect.report import Layer

CHANNELS = 4
SIDES = st.integers(12, 40)
FIELD = {"receptive field", "effective stride", "effective padding"}


def pairs(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def convolutions(draw: st.DrawFn) -> nn.Module:
    padding = draw(st.one_of(pairs(0, 3), st.sampled_from(["same", "valid"])))
    return nn.Conv2d(
        CHANNELS,
        CHANNELS,
        draw(pairs(1, 4)),
        stride=1 if padding == "same" else draw(pairs(1, 3)),
        padding=padding,
        dilation=draw(pairs(1, 2)),
        groups=draw(st.sampled_from([1, 2, 4])),
        bias=draw(st.booleans()),
        padding_mode=draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
    )


@st.composite
def poolings(draw: st.DrawFn) -> nn.Module:
    kernel = draw(st.integers(1, 4))
    common: dict[str, Any] = {
        "kernel_size": kernel,
        "stride": draw(st.one_of(st.none(), st.integers(1, 3))),
        "padding": draw(st.integers(0, kernel // 2)),
        "ceil_mode": draw(st.booleans()),
    }
    if draw(st.booleans()):
        return nn.AvgPool2d(**common, count_include_pad=draw(st.booleans()))
    return nn.MaxPool2d(**common, dilation=draw(st.integers(1, 2)))


@st.composite
def paddings(draw: st.DrawFn) -> nn.Module:
    kind = draw(st.sampled_from([nn.ZeroPad2d, nn.ReflectionPad2d, nn.ReplicationPad2d, nn.CircularPad2d]))
    layer: nn.Module = kind(draw(st.tuples(*[st.integers(0, 3)] * 4)))
    return layer


def expected(layer: Layer) -> dict[str, int | None]:
    """The figures of the report that a layer's formulas are to give, by what each is of."""
    *_, channels, height, width = layer.outputs[0].shape
    found: dict[str, int | None] = {"output height": height, "output width": width}
    if layer.type == "Conv2d":
        found |= {"output channels": channels, "parameters": layer.params, "MACs": layer.macs}
    field = layer.receptive_field
    assert field
    for name, (rows, columns) in zip(sorted(FIELD), (field.padding, field.stride, field.size), strict=True):
        found |= {f"{name} height": rows, f"{name} width": columns}
    return found


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much],
)
@given(
    layers=st.lists(st.one_of(convolutions(), poolings(), paddings()), min_size=1, max_size=3),
    sides=st.tuples(SIDES, SIDES),
)
def test_stacks_of_convolutions_poolings_and_paddings(layers: list[nn.Module], sides: tuple[int, int]) -> None:
    network = nn.Sequential(*layers).to("meta")
    image = torch.empty(1, CHANNELS, *sides, device="meta")
    try:
        network(image)
    except RuntimeError:  # a map that is too small for the next layer
        assume(False)
    report = inspect_model(network, inputs=[image], device="meta")
    leaves = report.layers[1:]
    for layer, derivation in zip(leaves, derive(report, [layer.path for layer in leaves]), strict=True):
        values: dict[str, int | None] = {}
        for formula in derivation.formulas:
            both = formula.quantity in FIELD  # the same along both dimensions
            names = [f"{formula.quantity} {name}" for name in ("height", "width")] if both else [formula.quantity]
            values |= dict.fromkeys(names, formula.value)
        assert values == expected(layer), layer
        assert derivation.remarks in {(), ("gives the shape that it is given",)}
