"""The layers of a report as rows that open and close, each with its settings and formulas for whoever asks.

Equal neighbours stand in a group that opens to show each of them; nothing is left out. What is open from the start is
about a screen full, level by level.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypedDict

from cnninspect.draw.drawn_places import DrawnPlaces
from cnninspect.explain import selection
from cnninspect.explain.derivation import Derivation, derive
from cnninspect.formats import document as doc
from cnninspect.formats import layer_table, leaf_calls, words
from cnninspect.formats.columns import Context, LayerColumn
from cnninspect.formats.document import Fact
from cnninspect.formats.explain import equations
from cnninspect.formats.layer_table import Drawn
from cnninspect.formats.leaf_calls import Listing
from cnninspect.formats.outline import Outline, OutlineRow, RowKind
from cnninspect.layer_tree import Node, folded, tree
from cnninspect.report import Layer, Report

_SCREEN: Final = 40  # rows
_LONGEST: Final = 60  # characters of a setting


class _OutlinePlace(NamedTuple):
    """A node, and where it stands."""

    node: Node
    level: int
    kind: RowKind | None


def of_tree(
    report: Report,
    columns: Sequence[LayerColumn],
    depth: int,
    *,
    is_folded: bool,
    drawn: DrawnPlaces | None = None,
) -> Outline:
    """Every layer.

    Args:
        report: Of a forward pass, or of a file of weights.
        columns: What to tell of each.
        depth: Layers deeper than this are closed from the start.
        is_folded: Equal neighbours stand in a group.
        drawn: What stands for each layer in the drawing beside it; ``None``: there is none.
    """
    flat = leaf_calls.listed(report, Listing())[0]
    leaves = {id(node.layer) for node in flat}
    rests = {(node.layer.path, node.layer.call): node for node in flat if node.is_rest}
    places: list[_OutlinePlace] = []
    for node, level in _nodes(report, is_folded=is_folded):
        kind = RowKind.group if node.copies > 1 else RowKind.leaf if id(node.layer) in leaves else None
        places.append(_OutlinePlace(node, level, RowKind.branch if node.children and kind is None else kind))
        rest = rests.get((node.layer.path, node.layer.call)) if node.copies == 1 else None
        if rest:
            places.append(_OutlinePlace(rest, level + 1, RowKind.rest))
    return _outline(report, columns, places, _open(places, depth), drawn=drawn)


def of_list(
    report: Report,
    columns: Sequence[LayerColumn],
    nodes: Sequence[Node],
    caption: str,
    drawn: DrawnPlaces | None = None,
) -> Outline:
    """Leaf calls as they are.

    Args:
        report: That they are of.
        columns: What to tell of each.
        nodes: In their order.
        caption: What they are.
        drawn: As above.
    """
    places = [_OutlinePlace(node, 0, RowKind.leaf) for node in nodes]
    return _outline(report, columns, places, frozenset(), caption, drawn=drawn)


def _nodes(report: Report, *, is_folded: bool) -> Iterator[tuple[Node, int]]:
    """A node for each group, call and what is inside it, with its level."""
    roots = tree(report.layers)
    alike = folded(roots, is_training=report.run.mode == "train") if is_folded else roots
    waiting = [(node, like, 0) for node, like in reversed(_grouped(roots, alike))]
    while waiting:
        node, like, level = waiting.pop()
        yield node, level
        inside = [(each, like) for each in node.children] if node.copies > 1 else _grouped(node.children, like.children)
        waiting += [(each, inner, level + 1) for each, inner in reversed(inside)]


def _grouped(nodes: Sequence[Node], alike: Sequence[Node]) -> list[tuple[Node, Node]]:
    """Neighbours, those that are equal as one node with them inside; each with what tells of those inside it."""
    found, start = [], 0
    for like in alike:
        run = list(nodes[start : start + like.copies])
        start += like.copies
        found.append((Node(tuple(each.layer for each in run), run, len(run)) if len(run) > 1 else run[0], like))
    return found


def _open(places: Sequence[_OutlinePlace], depth: int) -> frozenset[int]:
    """The rows that are open from the start, by their numbers: of each level all, as long as they fill one screen."""
    inside: dict[int, list[int]] = {}
    path: list[int] = []
    for number, place in enumerate(places):
        del path[place.level :]
        if place.kind is not RowKind.rest:
            inside.setdefault(path[-1] if path else -1, []).append(number)
        path.append(number)
    opened: set[int] = set()
    shown, level = inside.get(-1, []), 0
    count = len(shown)
    while shown and level < depth:
        branches = [each for each in shown if each in inside and places[each].kind is not RowKind.group]
        shown = [child for each in branches for child in inside[each]]
        count += len(shown)
        if count > _SCREEN and level:
            break
        opened.update(branches)
        level += 1
    return frozenset(opened)


def _outline(
    report: Report,
    columns: Sequence[LayerColumn],
    places: Sequence[_OutlinePlace],
    opened: frozenset[int],
    caption: str = "",
    *,
    drawn: DrawnPlaces | None,
) -> Outline:
    context, told, leading = Context.of(report), _derived(report), _leading(report, places, drawn)
    levels = [*(place.level for place in places), 0]
    nodes = [Drawn(place.node, is_open=below > place.level) for place, below in zip(places, levels[1:], strict=True)]
    table = layer_table.table(nodes, columns, context, is_default=False)
    rows = tuple(
        OutlineRow(
            row.cells,
            _before(place.node.layer),
            _values(place, columns, context),
            place.level,
            place.kind,
            is_open=number in opened,
            **_told(place, told),
            **leads,
        )
        for number, (place, row, leads) in enumerate(zip(places, table.rows, leading, strict=True))
    )
    sortable = tuple(column.value is not None for column in columns)
    return Outline(table.columns, sortable, rows, caption, is_flat=bool(caption))


class _Leads(TypedDict, total=False):
    place: int
    box: int


def _leading(report: Report, places: Sequence[_OutlinePlace], drawn: DrawnPlaces | None) -> Iterator[_Leads]:
    """How a drawing leads to each row, the first of its layer, and the row to the drawing."""
    numbers = {id(layer): number for number, layer in enumerate(report.layers)}
    waiting = set(drawn.layers) if drawn else set()
    for place in places:
        number = numbers.get(id(place.node.layer))
        if drawn is None or number is None:
            yield {}
            continue
        yield {"place": number if number in waiting else -1, "box": drawn.rows[number]}
        waiting.discard(number)


def _before(layer: Layer) -> str:
    above, dot, _ = layer.path.rpartition(".")
    return words.safe(above) + dot


def _values(place: _OutlinePlace, columns: Sequence[LayerColumn], context: Context) -> tuple[str, ...]:
    """What a row of a sorted list is sorted by, empty where it is unknown."""
    if place.kind not in {RowKind.leaf, RowKind.rest}:
        return ()
    values = [column.value(place.node, context) if column.value else None for column in columns]
    return tuple("" if value is None else f"{value:.9g}" if type(value) is float else f"{value}" for value in values)


def _derived(report: Report) -> dict[str, Derivation]:
    """By path what ``explain`` tells of each layer, if there was a pass."""
    if not report.is_of_pass:
        return {}
    return {each.path: each for each in derive(report, selection.paths(report, None))}


class _Told(TypedDict):
    facts: tuple[Fact, ...]
    remarks: tuple[str, ...]


def _told(place: _OutlinePlace, derived: Mapping[str, Derivation]) -> _Told:
    """Settings and formulas, at the first call of a layer."""
    layer = place.node.layer
    if place.kind in {RowKind.group, RowKind.rest} or layer.call > 1 or layer.path not in derived:
        return {"facts": (), "remarks": ()}
    found = derived[layer.path]
    facts = [Fact("settings", _settings(layer))] if layer.settings else []
    facts += [Fact("input", words.tensors(layer.inputs))] if layer.inputs else []
    facts += [Fact(doc.text_of(name), doc.text_of(equation)) for name, equation in equations(found)]
    return {"facts": tuple(facts), "remarks": tuple(map(words.safe, found.remarks))}


def _settings(layer: Layer) -> str:
    return ", ".join(f"{words.safe(name)} {_spelled(value)}" for name, value in layer.settings.items())


def _spelled(value: object) -> str:
    text = words.sides(value) if isinstance(value, list | tuple) else str(value)
    return words.safe(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
