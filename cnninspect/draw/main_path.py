"""The main path of a network as stages: the feature maps that it makes one of another, and what skips some of them.

1. The main path leads from an input to an output along the most multiply-accumulates, then along the most nodes.
2. A node of it begins a stage where it multiplies or gives another shape; what follows otherwise (an activation, a
   normalisation, a sum) belongs to that stage.
3. A skip is whatever else leads from a stage to a later one.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from cnninspect.errors import ModelError
from cnninspect.geometry import FEATURES_LAST
from cnninspect.report import Graph, GraphNode, Layer, NodeKind, Report

_SHORT: Final = {"Conv": "conv", "MaxPool": "max pool", "AvgPool": "avg pool", "ConvTranspose": "transposed conv"}
_MAP_DIMENSIONS: Final = 4


class FeatureVolume(NamedTuple):
    """What a stage gives: features, and the sides of the map; no sides: a vector."""

    features: int
    sides: tuple[int, ...]

    @property
    def words(self) -> str:
        """As papers write it: ``55×55×96``."""
        return "×".join(map(str, (*self.sides, self.features)))


class MapStage(NamedTuple):
    """A feature map, or a vector, on the main path.

    Attributes:
        volume: Of one image.
        step: What makes it: ``conv 11×11, stride 4``.
        kernel: Its sides, of a convolution or a pooling.
        is_product: It multiplies.
        nodes: The nodes of the graph, the one that makes it first.
    """

    volume: FeatureVolume
    step: str
    kernel: tuple[int, ...]
    is_product: bool
    nodes: tuple[int, ...]


class MainPath(NamedTuple):
    """The stages in their order, and for each skip its two stages, the earlier first."""

    stages: tuple[MapStage, ...]
    skips: tuple[tuple[int, int], ...]


def stages_of(report: Report) -> MainPath:
    """The stages of a network.

    Args:
        report: With its graph.

    Raises:
        ModelError: It has none, or nothing in it leads from an input to an output.
    """
    path = main_path(report.graph) if report.graph else []
    if not path:
        raise ModelError("nothing to draw: no path leads from an input of the network to an output")
    assert report.graph is not None  # noqa: S101 - it has a path
    layers = {(layer.path, layer.call): layer for layer in report.layers}
    found: list[MapStage] = []
    homes: list[int] = []
    for place in path:
        node = report.graph.nodes[place]
        stage = _stage(node, layers.get((node.path, node.call)), found[-1] if found else None)
        if stage is None:
            found[-1] = found[-1]._replace(nodes=(*found[-1].nodes, place))
        else:
            found.append(stage)
        homes.append(len(found) - 1)
    skips = {(homes[first], homes[second]) for first, second in _skips(report.graph, path)}
    return MainPath(tuple(found), tuple(sorted((a, b) for a, b in skips if a < b)))


def main_path(graph: Graph) -> list[int]:
    """The nodes from an input to an output along the most multiply-accumulates; of equals, along the most nodes.

    Args:
        graph: Of a pass.
    """
    best: list[tuple[int, int, int] | None] = []  # multiply-accumulates and nodes up to here, and the node before
    for node in graph.nodes:
        before = [(*found[:2], each) for each in node.inputs if (found := best[each]) is not None]
        if node.kind is NodeKind.input:
            best.append((0, 1, -1))
        elif before:
            macs, count, last = max(before)
            best.append((macs + (node.macs or 0), count + 1, last))
        else:
            best.append(None)
    ends = [(*found[:2], -node.id) for node in graph.nodes if node.kind is NodeKind.output and (found := best[node.id])]
    if not ends:
        return []
    place, path = -max(ends)[2], list[int]()
    while place >= 0:
        path.append(place)
        found = best[place]
        place = found[2] if found else -1
    return path[::-1]


def _skips(graph: Graph, path: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Places on the path between which something leads that is not on it, or leaves some of it out."""
    places = {node: place for place, node in enumerate(path)}
    reached: list[frozenset[int]] = []
    for node in graph.nodes:
        sources = frozenset[int]().union(*(reached[each] for each in node.inputs))
        place = places.get(node.id)
        if place is None:
            reached.append(sources)
            continue
        reached.append(frozenset((place,)))
        yield from ((source, place) for source in sources if source != place - 1)


def _stage(node: GraphNode, layer: Layer | None, before: MapStage | None) -> MapStage | None:
    """The stage that a node begins; ``None``: it belongs to the one before."""
    shape = node.outputs[0].shape if node.outputs else ()
    if node.kind is NodeKind.output or (before is not None and not shape):
        return None
    volume = _volume(shape, layer.type if layer and node.kind is NodeKind.layer else "", before)
    if before is not None and not node.macs and volume == before.volume:
        return None
    kernel = _sides(layer, "kernel_size") if node.kind is NodeKind.layer else ()
    return MapStage(volume, _step(node, layer), kernel, bool(node.macs), (node.id,))


def _volume(shape: Sequence[int], kind: str, before: MapStage | None) -> FeatureVolume:
    """Of one image: the first dimension is that of the batch, the next that of the features, unless they are last."""
    inside = tuple(shape[1:]) if len(shape) > 1 else tuple(shape)
    last = FeatureVolume(inside[-1] if inside else 1, inside[:-1])
    if before is not None and last == before.volume:
        return last
    if len(shape) >= _MAP_DIMENSIONS and kind not in FEATURES_LAST:
        return FeatureVolume(inside[0], inside[1:])
    return last


def _step(node: GraphNode, layer: Layer | None) -> str:
    if node.kind is NodeKind.input:
        return node.name or "input"
    if node.kind is NodeKind.op or layer is None:
        return node.name.replace("_", " ")
    kind = layer.type.rstrip("123d").removeprefix("Adaptive")
    name = _SHORT.get(kind) or ("linear" if kind == "Linear" else layer.type)
    kernel, stride = _sides(layer, "kernel_size"), _sides(layer, "stride")
    if not kernel:
        return name
    moved = f", stride {'×'.join(map(str, dict.fromkeys(stride)))}" if any(each != 1 for each in stride) else ""
    return f"{name} {'×'.join(map(str, kernel))}{moved}"


def _sides(layer: Layer | None, setting: str) -> tuple[int, ...]:
    """A setting with a number for each side; one number is that of both."""
    value = layer.settings.get(setting) if layer else None
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, list | tuple) and all(isinstance(each, int) for each in value):
        return tuple(value)
    return ()
