"""Where a tour stops, of reports made by hand."""

from msgspec.structs import replace

from cnninspect.report import Layer, Report, TensorSpec
from cnninspect.view.tour import stops_of
from tests.canned import REPORT


def layer(path: str, shape: tuple[int, ...], macs: int = 0, call: int = 1) -> Layer:
    outputs = (TensorSpec("", shape, "float32"),) if shape else ()
    depth = path.count(".") + 1
    return replace(REPORT.layers[2], path=path, depth=depth, call=call, outputs=outputs, own_macs=macs)


def stops(*layers: Layer) -> list[tuple[str, int]]:
    report: Report = replace(REPORT, layers=(replace(REPORT.layers[0], path="", own_macs=0), *layers))
    return [(each.path, each.call) for each in stops_of(report, lambda each: len(each.outputs[0].shape) == 4)]


def test_what_follows_a_convolution_belongs_to_it() -> None:
    large, small = (1, 8, 8, 8), (1, 8, 4, 4)
    assert stops(
        layer("conv", large, 100), layer("norm", large), layer("relu", large), layer("pool", small),
        layer("conv2", small, 50), layer("relu", small, call=2), layer("flat", (1, 128)), layer("head", (1, 10), 1280),
    ) == [("relu", 1), ("pool", 1), ("relu", 2)]  # fmt: skip


def test_leaves_alone_are_seen() -> None:
    block, inside = layer("block", (1, 8, 8, 8)), layer("block.conv", (1, 8, 8, 8), 100)
    assert stops(block, inside) == [("block.conv", 1)]


def test_what_is_never_called_is_no_stop() -> None:
    assert stops(layer("unused", (1, 8, 8, 8), 100, call=0)) == []
