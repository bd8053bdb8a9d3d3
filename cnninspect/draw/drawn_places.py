"""Which row of a drawing stands for each layer of a table, and which layer of the table each row of the drawing is."""

from collections.abc import Sequence
from typing import NamedTuple

from cnninspect import operator_rows
from cnninspect.draw.rows import GraphRows
from cnninspect.report import Graph, Layer, NodeKind


class DrawnPlaces(NamedTuple):
    """Both ways, as numbers; -1: there is none.

    Attributes:
        rows: Of each layer in the table the row of the drawing that it is, or the closest that it is in.
        layers: Of each row of the drawing the layer in the table; of an operator that has none the call that runs it.
    """

    rows: tuple[int, ...]
    layers: tuple[int, ...]


def places_of(found: GraphRows, layers: Sequence[Layer], graph: Graph, *, with_ops: bool) -> DrawnPlaces:
    """What stands for what.

    Args:
        found: The rows that are drawn.
        layers: Of the report that they are of.
        graph: Of the same.
        with_ops: The table has the operators, too.
    """
    placed = operator_rows.placed(layers, graph)
    own = {place: number for number, row in enumerate(found.rows) for place in row.places}
    rows, told, listed = list[int](), list[int](), list[int]()
    latest: dict[str, int] = {}
    for place, layer in enumerate(placed.layers):
        around = latest.get(layer.path.rpartition(".")[0], -1) if layer.path else -1
        latest[layer.path] = place
        rows.append(own.get(place, rows[around] if around >= 0 else -1))
        node = placed.nodes.get(id(layer), -1)
        if with_ops or node < 0 or graph.nodes[node].kind is not NodeKind.op:
            told.append(len(listed))
            listed.append(place)
        else:
            told.append(told[around] if around >= 0 else -1)
    firsts = (row.places[0] if row.places else -1 for row in found.rows)
    return DrawnPlaces(tuple(rows[place] for place in listed), tuple(told[p] if p >= 0 else -1 for p in firsts))
