"""Operators that run outside of leaf calls as rows among the layers, in their places."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from cnninspect.report import Graph, GraphNode, Layer, NodeKind, Report

#: What stands in the place of a class.
OPERATOR: Final = "operator"


class PlacedNodes(NamedTuple):
    """The layers with a row for each operator, and the node of the graph that each row is, by the ``id`` of the row."""

    layers: tuple[Layer, ...]
    nodes: dict[int, int]


def with_operators(report: Report) -> Report:
    """The same with a row for each operator of the graph, below the call that runs it, behind what ran before.

    Its MACs are a part of that call's, no longer of what the call does itself.

    Args:
        report: With a graph; without one it is given back.
    """
    return report if report.graph is None else replace(report, layers=placed(report.layers, report.graph).layers)


def placed(layers: Sequence[Layer], graph: Graph) -> PlacedNodes:
    """Likewise.

    Args:
        layers: Of a report.
        graph: Of the same.
    """
    places = {(layer.path, layer.call): place for place, layer in enumerate(layers)}
    paths = {layer.path for layer in layers}
    behind: dict[int, list[Layer]] = defaultdict(list)
    taken: dict[int, int] = defaultdict(int)
    nodes: dict[int, int] = {}
    calls: dict[int, int] = {}
    last = 0
    for node in graph.nodes:
        place = places.get((node.path, node.call))
        if place is None:  # an input or an output
            continue
        last = max(last, place)
        if node.kind is NodeKind.op:
            behind[last].append(_row(node, paths))
            taken[place] += node.macs or 0
            nodes[id(behind[last][-1])] = node.id
        else:
            calls[place] = node.id
    merged: list[Layer] = []
    for place, layer in enumerate(layers):
        own = None if layer.own_macs is None else layer.own_macs - taken[place]
        merged.append(replace(layer, own_macs=own) if taken[place] else layer)
        if place in calls:
            nodes[id(merged[-1])] = calls[place]
        merged += behind[place]
    return PlacedNodes(tuple(merged), nodes)


def _row(node: GraphNode, paths: set[str]) -> Layer:
    """What is known of an operator, as of a layer."""
    start = f"{node.path}." if node.path else ""
    path = f"{start}{node.name}"
    return Layer(
        path=f"{start}{node.op}" if path in paths else path,
        name=node.name, type=OPERATOR, depth=start.count(".") + 1, call=1, inputs=(), outputs=node.outputs,
        params=0, own_params=0, trainable_params=0, param_bytes=0, macs=node.macs, own_macs=node.macs,
        activations=None if node.macs else 0, output_bytes=None, settings={"op": node.op}, receptive_field=None,
    )  # fmt: skip
