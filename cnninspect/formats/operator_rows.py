"""Operators that run outside of leaf calls as rows among the layers, in their places."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from cnninspect.report import GraphNode, Layer, NodeKind, Report

#: What stands in the place of a class.
OPERATOR: Final = "operator"


def with_operators(report: Report) -> Report:
    """The same with a row for each operator of the graph, below the call that runs it, behind what ran before.

    Its MACs are a part of that call's, no longer of what the call does itself.

    Args:
        report: With a graph; without one it is given back.
    """
    if report.graph is None:
        return report
    places = {(layer.path, layer.call): place for place, layer in enumerate(report.layers)}
    paths = {layer.path for layer in report.layers}
    behind: dict[int, list[Layer]] = defaultdict(list)
    taken: dict[int, int] = defaultdict(int)
    last = 0
    for node in report.graph.nodes:
        place = places.get((node.path, node.call))
        if place is None:  # an input or an output
            continue
        last = max(last, place)
        if node.kind is NodeKind.op:
            behind[last].append(_row(node, paths))
            taken[place] += node.macs or 0
    return replace(report, layers=tuple(_merged(report.layers, behind, taken)))


def _merged(layers: Sequence[Layer], behind: dict[int, list[Layer]], taken: dict[int, int]) -> list[Layer]:
    merged = []
    for place, layer in enumerate(layers):
        left = layer if layer.own_macs is None else replace(layer, own_macs=layer.own_macs - taken[place])
        merged += [left if taken[place] else layer, *behind[place]]
    return merged


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
