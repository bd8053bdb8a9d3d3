"""The flat list of ``summary``: leaf calls with their whole paths, those that were asked for, in the order asked for.

A leaf call is a call inside which nothing is called; what never ran stands for itself. A call that holds parameters or
multiplies beside what it calls is listed too, with what is its own: so each figure of the network stands in one row.
"""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

import msgspec
from msgspec.structs import replace

from cnninspect.errors import RequestError, unknown_name
from cnninspect.formats.columns import COLUMNS, Context
from cnninspect.layer_tree import Node, tree, walked
from cnninspect.report import Layer, Report


class Listing(msgspec.Struct, frozen=True):
    """Which leaf calls, and in which order.

    Attributes:
        only: Patterns of paths or types; none: all.
        sort: One of ``columns.SORTABLE``; empty: as they ran, or with ``top`` the largest first.
        top: So many at most, the largest by ``measure``.
    """

    only: tuple[str, ...] = ()
    sort: str = ""
    is_descending: bool = False
    top: int | None = None

    @property
    def measure(self) -> str:
        """The column by which they are the largest: the one that sorts, otherwise the parameters."""
        return self.sort or "params"


def listed(report: Report, listing: Listing) -> tuple[list[Node], int]:
    """The leaf calls that are asked for, and how many there are before the largest are taken.

    Args:
        report: Whose layers they are.
        listing: What is asked for.

    Raises:
        RequestError: A pattern matches no layer.
    """
    found = list(_chosen(report, listing.only))
    shown = found
    if listing.top is not None:
        shown = _sorted(shown, listing.measure, report, is_descending=True)[: listing.top]
    if listing.sort:
        shown = _sorted(shown, listing.sort, report, is_descending=listing.is_descending)
    return shown, len(found)


def _sorted(nodes: Sequence[Node], column: str, report: Report, *, is_descending: bool) -> list[Node]:
    """By a column; those of which it is unknown come last, whichever way."""
    value, context = COLUMNS[column].value, Context.of(report)
    measured = [(node, value(node, context) if value else None) for node in nodes]
    known = [(node, number) for node, number in measured if number is not None]
    known.sort(key=lambda each: each[1], reverse=is_descending)
    return [node for node, _ in known] + [node for node, number in measured if number is None]


def _chosen(report: Report, patterns: Sequence[str]) -> Iterator[Node]:
    nodes = list(walked(tree(report.layers)))
    rows = _rows(nodes)
    if not patterns:
        yield from filter(None, rows)
        return
    ends = _ends(nodes)
    places = {place for pattern in patterns for place in _matching(pattern, nodes, rows, ends)}
    yield from (rows[place] or nodes[place] for place in sorted(places))


def _rows(nodes: Sequence[Node]) -> list[Node | None]:
    """For each node its row, if it is one; what is never called inside a leaf call is part of that."""
    hidden: set[int] = set()
    rows: list[Node | None] = []
    for node in nodes:
        layer, inside = node.layer, node.children
        is_leaf = not inside or bool(layer.call and not any(child.layer.call for child in inside))
        if is_leaf or id(node) in hidden:
            hidden |= set(map(id, inside))
            rows.append(None if id(node) in hidden else node)
        else:
            rows.append(_own(node) if layer.own_params or layer.own_macs else None)
    return rows


def _own(node: Node) -> Node:
    """A call with what it holds and does outside the calls inside it; unknown what can't be told apart."""
    layer = node.layer
    inside = {child.layer.path: child.layer for child in node.children}.values()
    is_apart = layer.params == _sum([layer.own_params, *(each.params for each in inside)])  # nothing is shared
    own = replace(
        layer,
        params=layer.own_params,
        macs=layer.own_macs,
        trainable_params=_rest(layer.trainable_params, (each.trainable_params for each in inside))
        if is_apart
        else None,
        param_bytes=_rest(layer.param_bytes, (each.param_bytes for each in inside)) if is_apart else None,
        activations=_rest(layer.activations, (child.layer.activations for child in node.children)),
    )
    return Node((own,), [], is_rest=True)


def _rest(whole: int | None, parts: Iterable[int | None]) -> int | None:
    of_parts = _sum(parts)
    return None if whole is None or of_parts is None else whole - of_parts


def _sum(figures: Iterable[int | None]) -> int | None:
    known = list(figures)
    return None if None in known else sum(figure or 0 for figure in known)


def _ends(nodes: Sequence[Node]) -> list[int]:
    """Behind each node the place where what is inside it ends."""
    sizes: dict[int, int] = {}
    for node in reversed(nodes):
        sizes[id(node)] = 1 + sum(sizes[id(child)] for child in node.children)
    return [place + sizes[id(node)] for place, node in enumerate(nodes)]


def _matching(pattern: str, nodes: Sequence[Node], rows: Sequence[Node | None], ends: Sequence[int]) -> list[int]:
    """The places of the rows that a pattern means: of leaf calls, or if none matches of all inside what does."""
    matched = [place for place, node in enumerate(nodes) if pattern and _is_match(node.layer, pattern)]
    leaves = [place for place in matched if rows[place] is nodes[place] or not nodes[place].children]
    if leaves:
        return leaves
    inside, end = [], 0
    for place in matched:
        inside += [each for each in range(max(place, end), ends[place]) if rows[each]]
        end = max(end, ends[place])
    if not inside:
        layers = [node.layer for node in nodes]
        known = dict.fromkeys([*(layer.type for layer in layers), *(layer.path for layer in layers if layer.path)])
        nearest = unknown_name("layer", pattern.strip("*."), known, see="give a path or a type as in the table")
        raise RequestError(f"no layer has a path or a type like {pattern!r}", hint=nearest.hint)
    return inside


def _is_match(layer: Layer, pattern: str) -> bool:
    return any(word == pattern or fnmatchcase(word, pattern) for word in (layer.path, layer.type))
