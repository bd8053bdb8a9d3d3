"""Each rule against torch itself: what a layer's settings give is what the layer gives, for hundreds of settings.

Random stacks of layers: what is derived is what the pass showed, and nothing is missing.
"""

import itertools
import random
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import torch
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st
from torch import nn

from cnninspect import inspect_model
from cnninspect.explain import derivation as deriving
from cnninspect.explain.derivation import Derivation, derive
from cnninspect.report import Layer, Report


def derived(module: nn.Module, *shapes: str, path: str = "0") -> Derivation:
    """The derivation of the only layer of a network of one layer."""
    report = inspect_model(nn.Sequential(module) if path == "0" else module, inputs=list(shapes), device="meta")
    (found,) = derive(report, [path])
    return found


def figures(found: Derivation) -> dict[str, int]:
    return {formula.quantity: formula.value for formula in found.formulas}


def settled(found: Derivation) -> None:
    """Nothing was left out for giving another figure."""
    assert not [remark for remark in found.remarks if "no formula" in remark]
    assert found.formulas


def windows(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Settings at random, of which torch takes some."""
    draw = random.Random(seed)
    for _ in range(30):
        kernel = [draw.randint(1, 4) for _ in range(count)]
        yield {
            "kernel_size": tuple(kernel),
            "stride": tuple(draw.randint(1, 4) for _ in range(count)),
            "padding": tuple(draw.randint(0, k // 2) for k in kernel),
        }


SHAPES = {1: "2x4x17", 2: "2x4x13x16", 3: "2x4x9x10x11"}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_convolutions(count: int) -> None:
    draw = random.Random(count)
    for settings in windows(count, 1):
        more = {"dilation": draw.randint(1, 2), "groups": draw.choice([1, 2, 4]), "bias": draw.random() < 0.5}
        kind = getattr(nn, f"Conv{count}d")
        found = derived(kind(4, 8, **settings, **more), SHAPES[count])
        settled(found)
        assert {"parameters", "MACs", "output channels"} <= figures(found).keys()


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_padding_in_words(count: int, padding: str) -> None:
    for kernel, dilation in itertools.product((1, 2, 3, 4), (1, 2)):
        kind = getattr(nn, f"Conv{count}d")
        settled(derived(kind(4, 8, kernel, padding=padding, dilation=dilation), SHAPES[count]))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_transposed_convolutions(count: int) -> None:
    draw = random.Random(count)
    for settings in windows(count, 2):
        output_padding = tuple(draw.randint(0, s - 1) for s in settings["stride"])
        more = {"output_padding": output_padding, "groups": draw.choice([1, 2]), "dilation": draw.randint(1, 2)}
        if any(p >= max(s, more["dilation"]) for p, s in zip(output_padding, settings["stride"], strict=True)):
            continue
        kind = getattr(nn, f"ConvTranspose{count}d")
        settled(derived(kind(4, 8, **settings, **more), SHAPES[count]))


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("kind", ["MaxPool", "AvgPool"])
def test_pooling(count: int, ceil_mode: bool, kind: str) -> None:
    """In ``ceil_mode`` a last window that would start in the padding behind is left out."""
    for settings in windows(count, 3):
        settled(derived(getattr(nn, f"{kind}{count}d")(**settings, ceil_mode=ceil_mode), SHAPES[count]))


def test_dilated_pooling() -> None:
    for ceil_mode, stride in itertools.product((False, True), (1, 2, 3)):
        settled(derived(nn.MaxPool2d(3, stride, 1, dilation=2, ceil_mode=ceil_mode), SHAPES[2]))


@pytest.mark.parametrize(
    ("module", "shape", "expected"),
    [
        (nn.AdaptiveAvgPool2d((6, 5)), "1x3x13x10", {"output height": 6, "output width": 5, "window width": 2}),
        (nn.AdaptiveMaxPool2d((None, 5)), "1x3x13x10", {"output height": 13, "output width": 5}),
        (nn.LPPool2d(2, 3, 2, ceil_mode=True), "1x3x10x10", {"output height": 5}),  # ⌈7/2⌉ + 1
        (nn.FractionalMaxPool2d(2, output_ratio=0.7), "1x3x10x10", {"output height": 7}),
        (nn.FractionalMaxPool2d(2, output_size=4), "1x3x10x10", {"output width": 4}),
        (nn.ZeroPad2d((1, 2, 3, 4)), "1x3x10x10", {"output height": 17, "output width": 13}),
        (nn.ReflectionPad1d(2), "1x3x10", {"output length": 14}),
        (nn.ConstantPad3d(1, 0.0), "1x3x5x6x7", {"output depth": 7, "output width": 9}),
        (nn.ConstantPad1d((-1, -2), 0.0), "1x3x10", {"output length": 7}),
        (nn.Upsample(scale_factor=2.5), "1x3x5x6", {"output height": 12, "output width": 15}),
        (nn.Upsample(size=(7, 9)), "1x3x5x6", {"output height": 7, "output width": 9}),
        (nn.UpsamplingNearest2d(scale_factor=2), "1x3x5x6", {"output height": 10}),
        (nn.PixelShuffle(2), "1x12x5x6", {"output channels": 3, "output height": 10, "output width": 12}),
        (nn.PixelUnshuffle(2), "1x3x4x6", {"output channels": 12, "output height": 2, "output width": 3}),
        (nn.Unfold(3, padding=1, stride=2), "1x4x9x7", {"output features": 36, "output length": 20}),
        (nn.Fold((8, 6), 2, stride=2), "1x12x12", {"output channels": 3, "output height": 8, "output width": 6}),
        (nn.Flatten(), "2x3x4x5", {"output features": 60}),
        (nn.Flatten(1, 2), "2x3x4x5", {"output features": 12}),
        (nn.Unflatten(1, (3, -1)), "2x12", {"output dimension 1": 3, "output dimension 2": 4}),
        (nn.GLU(1), "2x12", {"output dimension 1": 6}),
        (nn.Linear(12, 5), "2x3x12", {"output features": 5, "parameters": 65, "MACs": 360}),
        (nn.Linear(12, 5, bias=False), "2x12", {"parameters": 60, "MACs": 120}),
        (nn.Embedding(10, 6), "2x5:int64", {"output features": 6, "parameters": 60}),
        (nn.BatchNorm2d(3), "2x3x4x4", {"parameters": 6}),
        (nn.LayerNorm((4, 5)), "2x3x4x5", {"parameters": 40}),
        (nn.LayerNorm(5, bias=False), "2x3x4x5", {"parameters": 5}),
        (nn.RMSNorm(5), "2x3x5", {"parameters": 5}),
        (nn.GroupNorm(2, 6), "2x6x5", {"parameters": 12}),
        (nn.PReLU(3), "2x3x5", {"parameters": 3}),
    ],
)
def test_other_layers(module: nn.Module, shape: str, expected: dict[str, int]) -> None:
    """Figures by hand; that they are the traced ones too is part of a formula being shown."""
    assert expected.items() <= figures(derived(module, shape)).items()


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_recurrent(kind: str, bidirectional: bool, layers: int, bias: bool) -> None:
    module = getattr(nn, kind)(6, 5, layers, bias=bias, bidirectional=bidirectional)
    found = derived(module, "7x2x6")
    assert {"parameters", "MACs", "output features"} == figures(found).keys()
    assert figures(found)["parameters"] == sum(p.numel() for p in module.parameters())


@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_projected_lstm() -> None:
    assert {"parameters", "MACs", "output features"} == figures(derived(nn.LSTM(6, 5, 2, proj_size=3), "7x2x6")).keys()


@pytest.mark.parametrize("kind", ["RNNCell", "GRUCell", "LSTMCell"])
def test_recurrent_cells(kind: str) -> None:
    assert {"parameters", "MACs", "output features"} == figures(derived(getattr(nn, kind)(6, 5), "2x6")).keys()


@pytest.mark.parametrize(
    ("settings", "shapes"),
    [
        ({}, ("7x2x8", "5x2x8", "5x2x8")),
        ({"batch_first": True}, ("2x7x8", "2x5x8", "2x5x8")),
        ({"kdim": 6, "vdim": 4}, ("7x2x8", "5x2x6", "5x2x4")),
        ({"bias": False, "add_bias_kv": True}, ("7x2x8", "5x2x8", "5x2x8")),
        ({"add_zero_attn": True}, ("7x2x8", "5x2x8", "5x2x8")),
        ({}, ("7x8", "5x8", "5x8")),
    ],
)
def test_attention(settings: dict[str, Any], shapes: tuple[str, ...]) -> None:
    found = derived(nn.MultiheadAttention(8, 2, **settings), *shapes, path="")
    assert {"parameters", "MACs", "output features"} <= figures(found).keys(), found


def test_bilinear() -> None:
    found = derived(nn.Bilinear(3, 4, 5), "2x3", "2x4", path="")
    assert figures(found) == {"output features": 5, "parameters": 65, "MACs": 120}  # 5·3·4 + 5; 2·5·3·4


class Doubled(nn.Conv2d):
    """Somebody's own: it keeps the settings of a convolution and does what they say."""


class Conv2d(nn.Module):
    """Has the name of torch's, and nothing else."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[..., 1:]


class Padded(nn.Conv2d):
    """Pads in its forward, which no setting says."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(nn.functional.pad(x, (1, 1, 1, 1)))


def test_a_class_of_somebodys_own() -> None:
    assert figures(derived(Doubled(3, 4, 3), "1x3x8x8"))["output height"] == 6
    assert derived(Conv2d(), "1x3x8x8").formulas == ()
    assert "no formula for the shape that it gives" in derived(Conv2d(), "1x3x8x8").remarks


def test_a_formula_that_gives_another_figure_is_not_shown() -> None:
    found = derived(Padded(3, 4, 3), "1x3x8x8")
    assert "output height" not in figures(found)
    assert "no formula for its output height: its settings give 6, the pass showed 8" in found.remarks
    assert figures(found)["parameters"] == 112


class Repeats(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.pool = nn.Conv2d(3, 3, 3, padding=1), nn.MaxPool2d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.pool(self.conv(x)))  # type: ignore[no-any-return]  # modules are untyped


def test_repeated_calls() -> None:
    """The second convolution sees 4×4 in place of 8×8; parameters are told once."""
    report = inspect_model(Repeats(), inputs=["1x3x8x8"])
    (found,) = derive(report, ["conv"])
    known = figures(found)
    assert (known["output height"], known["output height (call 2)"]) == (8, 4)
    assert (known["MACs"], known["MACs (call 2)"]) == (8 * 8 * 3 * 27, 4 * 4 * 3 * 27)
    assert "parameters (call 2)" not in known
    assert found.remarks[0].startswith("called 2 times")


def test_containers_add_up() -> None:
    report = inspect_model("scratch:alexnet", device="meta")
    (found,) = derive(report, ["classifier"])
    texts = {formula.quantity: formula.expression.text for formula in found.formulas}
    assert texts["parameters"] == "37752832 + 16781312 + 4097000"
    assert texts["MACs"] == "37748736 + 16777216 + 4096000"


def test_report_without_torch() -> None:
    """Formulas need the report alone, also one that has been saved."""
    report = Report.from_json(inspect_model("scratch:alexnet", device="meta").to_json())
    (found,) = derive(report, ["features.0"])
    assert [f"{each.quantity}: {each.expression.text} = {each.value}" for each in found.formulas] == [
        "output channels: 64 = 64",
        "output height: ⌊(224 + 2·2 − 1·(11 − 1) − 1)/4⌋ + 1 = 55",
        "output width: ⌊(224 + 2·2 − 1·(11 − 1) − 1)/4⌋ + 1 = 55",
        "parameters: 64·3·11·11 + 64 = 23296",
        "MACs: 1·64·55·55·3·11·11 = 70276800",
        "receptive field: 1 + 1·(11 − 1)·1 = 11",
        "effective stride: 1·4 = 4",
        "effective padding: 0 + 2·1 = 2",
    ]


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
@hypothesis.settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much])
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


def test_equal_layers_are_derived_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three convolutions, two of them alike, each with its own receptive field: 3, 5 and 7 pixels."""
    asked: list[str] = []
    given_by = deriving._given

    def noted(rule: Any, layer: Layer) -> Any:
        asked.append(layer.path)
        return given_by(rule, layer)

    monkeypatch.setattr(deriving, "_given", noted)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), *(nn.Conv2d(4, 4, 3, padding=1) for _ in range(2)))
    report = inspect_model(network, inputs="1x3x9x9")
    found = derive(report, ["0", "1", "2"])
    assert {*asked} == {"0", "1"}
    assert [figures(each)["receptive field"] for each in found] == [3, 5, 7]
    assert [figures(each)["parameters"] for each in found] == [4 * (3 * 9 + 1), 4 * (4 * 9 + 1), 4 * (4 * 9 + 1)]


def test_a_setting_of_any_size() -> None:
    """2**70 has no place in eight bytes; an embedding of 3 words by 4 numbers has 12 parameters."""
    report = inspect_model(nn.Sequential(nn.Embedding(3, 4, norm_type=2**70)), inputs="1x2:int64")
    assert figures(derive(report, ["0"])[0])["parameters"] == 12
