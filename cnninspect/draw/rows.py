"""The graph of a pass as rows from top to bottom, in execution order, and what leads from one to another.

1. The calls and operators stand in the tree of the modules; equal neighbours, each of which takes from the one before,
   are one block with a count, and modules deeper than asked for are one row.
2. A node of the graph stands in the row that is drawn of it: in a folded block in that of the first copy.
3. An edge leads from the row of its source to that of its target. What leads upwards, from one copy of a block to
   the next, is told by the count and isn't drawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from cnninspect import operator_rows
from cnninspect.draw.chains import unchained
from cnninspect.draw.run_tree import run_tree
from cnninspect.errors import ModelError, RequestError
from cnninspect.layer_tree import Node, folded, walked
from cnninspect.report import GraphNode, Layer, NodeKind, Report


class GraphRow(NamedTuple):
    """A row.

    Attributes:
        name: Of the layer, operator, input or output.
        type: Of a layer.
        path: Of it.
        level: How many modules it is in.
        is_frame: It opens a module, whose rows follow; nothing leads to it.
        copies: Of how many equal neighbours it is the first.
        last_name: Of the last of them.
        layer: What is known of it; of inputs and outputs nothing but what they are.
        shape: Of the first tensor that it gives.
        nodes: The nodes of the graph that stand in it.
        places: The numbers of the layers that it stands for, among all with those of operators; the first is its own.
        is_closed: There are rows in it that aren't shown.
    """

    name: str
    type: str
    path: str
    level: int
    is_frame: bool
    copies: int
    last_name: str
    layer: Layer | None
    shape: tuple[int, ...]
    nodes: tuple[int, ...]
    places: tuple[int, ...] = ()
    is_closed: bool = False


class GraphRows(NamedTuple):
    """The rows, and for each the rows that it takes from, in their order."""

    rows: tuple[GraphRow, ...]
    taken: tuple[tuple[int, ...], ...]


def rows_of(report: Report, depth: int, *, is_folded: bool) -> GraphRows:
    """The rows of a network.

    Args:
        report: With its graph.
        depth: Modules deeper than this are one row.
        is_folded: Equal neighbours are one block.

    Raises:
        ModelError: It has no graph.
    """
    if report.graph is None:
        why = next((note for note in report.notes if note.startswith("the graph is unknown")), "there is no graph")
        raise ModelError(f"nothing to draw: {why}")
    nodes = report.graph.nodes
    found = _inputs(nodes)
    placed = operator_rows.placed(report.layers, report.graph)
    roots, names = run_tree(placed.layers)
    if is_folded:
        apart = unchained(roots, nodes, placed.nodes)
        roots = folded(roots, is_training=report.run.mode == "train", apart=apart)
    numbers = _Numbers(placed.nodes, {id(layer): place for place, layer in enumerate(placed.layers)})
    found += [_named(row, placed.layers, names) for root in roots for row in _rows(root, depth, numbers)]
    found += [_end(node) for node in nodes if node.kind is NodeKind.output]
    homes = {node: place for place, row in enumerate(found) for node in row.nodes}
    return GraphRows(tuple(found), tuple(_taken(place, row, nodes, homes) for place, row in enumerate(found)))


class _Numbers(NamedTuple):
    """Of a layer, by its ``id``: that of its node in the graph, and that of itself among all."""

    nodes: Mapping[int, int]
    layers: Mapping[int, int]


def _inputs(nodes: Sequence[GraphNode]) -> list[GraphRow]:
    return [_end(node) for node in nodes if node.kind is NodeKind.input]


def _end(node: GraphNode) -> GraphRow:
    shape = node.outputs[0].shape if node.outputs else ()
    return GraphRow(node.name or node.kind, node.kind, "", 0, is_frame=False, copies=1, last_name="", layer=None,
                    shape=shape, nodes=(node.id,))  # fmt: skip


def _rows(root: Node, depth: int, numbers: _Numbers) -> Iterator[GraphRow]:
    """The network itself is no frame: what is in it stands at the level of the inputs."""
    waiting = [(root, 0)]
    while waiting:
        node, level = waiting.pop()
        called = [child for child in node.children if child.layer.call]
        is_open = bool(called) and node.layer.depth < depth
        inside = () if is_open else tuple(_nodes_in(node, numbers.nodes))
        if inside or (is_open and node.layer.path):
            row = _row(node, level, is_frame=is_open, nodes=inside)
            places = tuple(numbers.layers[id(layer)] for layer in node.layers)
            yield row._replace(places=places, is_closed=bool(called) and not is_open)
        if is_open:
            waiting += [(child, level + bool(node.layer.path)) for child in reversed(called)]


def _row(node: Node, level: int, *, is_frame: bool, nodes: tuple[int, ...]) -> GraphRow:
    layer = node.layer
    shape = layer.outputs[0].shape if layer.outputs else ()
    return GraphRow(
        layer.name, layer.type, layer.path, level, is_frame=is_frame, copies=node.copies,
        last_name=node.neighbours[-1].name, layer=layer, shape=shape, nodes=nodes,
    )  # fmt: skip


def _named(row: GraphRow, layers: Sequence[Layer], names: Mapping[int, str]) -> GraphRow:
    """With the names of what stands outside of what holds it."""
    first, last = (id(layers[place]) for place in (row.places[0], row.places[row.copies - 1]))
    return row._replace(name=names.get(first, row.name), last_name=names.get(last, row.last_name))


def _nodes_in(node: Node, numbers: Mapping[int, int]) -> Iterator[int]:
    """Of all that is at or below it, in every copy."""
    for each in walked([node]):
        yield from (numbers[id(layer)] for layer in each.layers if id(layer) in numbers)


def _taken(place: int, row: GraphRow, nodes: Sequence[GraphNode], homes: dict[int, int]) -> tuple[int, ...]:
    sources = [homes[each] for node in row.nodes for each in nodes[node].inputs if each in homes]
    return tuple(dict.fromkeys(source for source in sources if source < place))


def frames_of(rows: Sequence[GraphRow]) -> list[int]:
    """The frame that each row is in, as its place; -1: none."""
    found, opened = list[int](), list[int]()
    for place, row in enumerate(rows):
        while opened and rows[opened[-1]].level >= row.level:
            opened.pop()
        found.append(opened[-1] if opened else -1)
        if row.is_frame:
            opened.append(place)
    return found


def only(found: GraphRows, patterns: Sequence[str]) -> GraphRows:
    """The rows whose path or type is like one of the patterns, with inputs and outputs; edges lead past the others.

    Args:
        found: All rows.
        patterns: As in ``fnmatch``.

    Raises:
        RequestError: A pattern matches none.
    """
    for pattern in patterns:
        check_pattern("--only", pattern, found)
    kept = [row.layer is None or any(is_like(row, pattern) for pattern in patterns) for row in found.rows]
    sources: list[tuple[int, ...]] = []
    for place, taken in enumerate(found.taken):
        passed = dict.fromkeys(s for each in taken for s in ((each,) if kept[each] else sources[each]))
        sources.append(tuple(passed))
        kept[place] = kept[place] and not found.rows[place].is_frame
    numbers = {place: number for number, place in enumerate(place for place, is_kept in enumerate(kept) if is_kept)}
    rows = tuple(found.rows[place]._replace(level=0) for place in numbers)
    return GraphRows(rows, tuple(tuple(numbers[each] for each in sources[place]) for place in numbers))


def check_pattern(option: str, pattern: str, found: GraphRows) -> None:
    """Check that a pattern matches something.

    Args:
        option: That it was given to.
        pattern: As in ``fnmatch``.
        found: The rows.

    Raises:
        RequestError: It matches nothing.
    """
    if not any(is_like(row, pattern) for row in found.rows):
        raise RequestError(f"{option} {pattern!r}: no row has such a path or type", hint="see the drawing without it")


def is_like(row: GraphRow, pattern: str) -> bool:
    """Has it such a path or type?"""
    return row.layer is not None and any(word and fnmatchcase(word, pattern) for word in (row.path, row.type))
