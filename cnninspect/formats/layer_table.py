"""The table of layers: a row for each node of a tree, or of a flat list, in which the heaviest stand out."""

from collections.abc import Iterator, Sequence

import msgspec

from cnninspect.formats import document as doc
from cnninspect.formats import words
from cnninspect.formats.columns import EXTRA_COLUMNS, Context, LayerColumn
from cnninspect.formats.document import Fit, Line, Row, Span, Table, Tone
from cnninspect.layer_tree import Node

#: So many rows stand out, and those that equal the last of them: with that part of the whole, and always the largest.
_MOST, _HEAVY = 3, 0.1


class Drawn(msgspec.Struct, frozen=True):
    """A row to be.

    Attributes:
        guide: The lines that lead to it.
        is_open: Rows of what is inside it follow.
        is_flat: It stands in a list, and so is told by its whole path.
    """

    node: Node
    guide: str = ""
    is_open: bool = False
    is_flat: bool = False


def drawn(roots: Sequence[Node], depth: int) -> Iterator[Drawn]:
    """The rows of a tree.

    Args:
        roots: Of the tree.
        depth: Nodes deeper than this are left out.
    """
    waiting = [(root, "", "") for root in reversed(roots)]  # with what leads to it, and to what is below it
    while waiting:
        node, guide, below = waiting.pop()
        is_open = bool(node.children) and node.layer.depth < depth
        yield Drawn(node, guide, is_open)
        if is_open:
            guides = [("├─ ", "│  ")] * (len(node.children) - 1) + [("└─ ", "   ")]
            inside = [(child, below + to, below + on) for child, (to, on) in zip(node.children, guides, strict=True)]
            waiting += reversed(inside)


def table(
    rows: Sequence[Drawn], columns: Sequence[LayerColumn], context: Context, *, is_default: bool, caption: str = ""
) -> Table:
    """The rows with a cell for each column.

    Args:
        rows: In their order.
        columns: What to tell of each.
        context: Of the report that they are from.
        is_default: Nobody asked for these columns: some may be left out where there is no room.
        caption: Of the table.
    """
    by_column = [_cells(rows, column, context) for column in columns]
    labels = [_label(each, context) for each in rows]
    return Table(
        (doc.Column("Layer", fit=Fit.cut), *(_header(column, is_default=is_default) for column in columns)),
        tuple(Row((label, *cells), each.guide) for each, label, *cells in zip(rows, labels, *by_column, strict=True)),
        caption,
    )


def mark(node: Node, context: Context) -> str:
    """What is to be said of a row beside its name."""
    if node.is_rest:
        return "itself"
    if not context.report.is_of_pass:
        return ""
    call = node.layer.call
    return f"call {call}" if call > 1 else "" if call else "never called"


def _header(column: LayerColumn, *, is_default: bool) -> doc.Column:
    return doc.Column(
        column.header, column.is_number, short=column.short, is_extra=is_default and column.key in EXTRA_COLUMNS
    )


def _cells(rows: Sequence[Drawn], column: LayerColumn, context: Context) -> list[Line]:
    cells = [column.cell(each.node, context) for each in rows]
    if column.share is None:
        return cells
    shares = {place: column.share(each.node, context) or 0.0 for place, each in enumerate(rows) if not each.is_open}
    largest = sorted(shares.values(), reverse=True)[:_MOST]
    least = max(largest[-1], min(_HEAVY, largest[0])) if largest else 0.0
    heavy = {place for place, share in shares.items() if share >= least > 0} if len(shares) > 1 else set()
    return [_emphasised(cell) if place in heavy else cell for place, cell in enumerate(cells)]


def _emphasised(cell: Line) -> Line:
    return tuple(msgspec.structs.replace(span, tone=Tone.heavy) if span.tone is Tone.plain else span for span in cell)


def _label(row: Drawn, context: Context) -> Line:
    node, layer = row.node, row.node.layer
    kind, said = words.safe(layer.type), mark(node, context)
    marked = (Span(f" ({said})", Tone.remark),) if said else ()
    first, last = (each.path if row.is_flat else each.name for each in (layer, node.neighbours[-1]))
    if not first:
        return (Span(kind, Tone.strong), *marked)
    name = words.safe(first) if node.copies == 1 else words.from_to(first, last)
    tone = Tone.strong if layer.depth == 1 and not row.is_flat else Tone.plain
    number = (Span(": ", Tone.dim), Span(f"{node.copies} × ")) if node.copies > 1 else ()
    return (Span(name, tone), *number, Span(kind if number else f": {kind}", Tone.dim), *marked)
