"""What ``summary`` shows: a report as a tree of rows or a flat list, a title, totals and remarks."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from cnninspect import totals
from cnninspect.formats import document as doc
from cnninspect.formats import layer_table, leaf_calls, records, words
from cnninspect.formats.columns import COLUMNS, DEFAULT_COLUMNS, DEFAULT_DEPTH, WEIGHTS_COLUMNS, Context, is_told_before
from cnninspect.formats.document import Document, Fact, Facts
from cnninspect.formats.layer_table import Drawn
from cnninspect.formats.leaf_calls import Listing
from cnninspect.formats.presentation import Format, Presentation
from cnninspect.layer_tree import Node, folded, tree
from cnninspect.operator_rows import with_operators
from cnninspect.report import Layer, Report
from cnninspect.totals import SIGNS, Figure, Place, Total
from cnninspect.units import BYTES, si

if TYPE_CHECKING:
    from cnninspect.draw.drawn_places import DrawnPlaces
    from cnninspect.formats.outline import Outline

_FOLDED: Final = "N × TYPE: equal neighbours, with the figures of one, the shares of all and the field of the last"


def presentation(
    report: Report,
    columns: Sequence[str] | None = None,
    depth: int = DEFAULT_DEPTH,
    *,
    is_folded: bool = True,
    listing: Listing | None = None,
    with_ops: bool = False,
) -> Presentation:
    """A report, to be written in any format; JSON and CSV have every layer and field, whatever a table shows.

    Args:
        report: What to show.
        columns: Keys of ``columns.COLUMNS``; ``None``: those that say most about the report.
        depth: Layers deeper than this are left out of a table; their figures are in those of their parents.
        is_folded: Equal neighbours are one row.
        listing: Leaf calls in a flat list instead of the tree.
        with_ops: Operators outside of layers are rows, too, if the report has a graph.
    """
    shown = with_operators(report) if with_ops else report
    return Presentation(
        data=lambda: report,
        records=lambda: records.of_structs(Layer, report.layers),
        document=lambda: lay_out(shown, columns, depth, is_folded=is_folded, listing=listing),
        own={Format.html: lambda: _page(report, shown, columns, depth, is_folded=is_folded, listing=listing)},
    )


def lay_out(
    report: Report,
    columns: Sequence[str] | None = None,
    depth: int = DEFAULT_DEPTH,
    *,
    is_folded: bool = True,
    listing: Listing | None = None,
) -> Document:
    """The rows, with the columns, the totals and the remarks; the arguments are those above."""
    rows, caption = _rows(report, depth, listing, is_folded=is_folded)
    chosen = columns or _by_default(report)
    context = Context.of(report)
    table = layer_table.table(rows, [COLUMNS[key] for key in chosen], context, is_default=not columns, caption=caption)
    remarks = _remarks(report, [each.node for each in rows], context, chosen)
    command = f"cnninspect summary {words.safe(report.model.spec)}"
    return Document(_title(report), (table, Facts(_totals(report)), *doc.remarks(remarks)), command)


def _page(
    report: Report,
    shown: Report,
    columns: Sequence[str] | None,
    depth: int,
    *,
    is_folded: bool,
    listing: Listing | None,
) -> str:
    """The totals, then every layer to be opened and closed beside the drawing; the arguments are those above.

    What is recorded is ``report``, what the table has is in ``shown``.
    """
    from cnninspect.formats import drawn_outline, html, layer_outline
    from cnninspect.formats.outline import Page

    document = lay_out(shown, columns, sys.maxsize, is_folded=is_folded, listing=listing)
    _, facts, *remarks = document.blocks
    chosen = [COLUMNS[key] for key in columns or _by_default(shown)]

    def outline(drawn: "DrawnPlaces | None") -> "Outline":
        if listing is None:
            return layer_outline.of_tree(shown, chosen, depth, is_folded=is_folded, drawn=drawn)
        nodes, number = leaf_calls.listed(shown, listing)
        return layer_outline.of_list(shown, chosen, nodes, _caption(listing, len(nodes), number), drawn)

    table = drawn_outline.with_drawing(report, outline, is_folded=is_folded, with_ops=shown is not report)
    return html.render(Page(document.title, (facts, table, *remarks), document.command))


def _by_default(report: Report) -> Sequence[str]:
    return DEFAULT_COLUMNS if report.is_of_pass else WEIGHTS_COLUMNS


def _rows(report: Report, depth: int, listing: Listing | None, *, is_folded: bool) -> tuple[list[Drawn], str]:
    """The rows of the tree, or of the list with its caption."""
    if listing is None:
        roots = tree(report.layers)
        if is_folded:
            roots = folded(roots, is_training=report.run.mode == "train")
        return list(layer_table.drawn(roots, depth)), ""
    nodes, number = leaf_calls.listed(report, listing)
    return [Drawn(node, is_flat=True) for node in nodes], _caption(listing, len(nodes), number)


def _caption(listing: Listing, shown: int, number: int) -> str:
    pattern = f" of {', '.join(map(words.safe, listing.only))}" if listing.only else ""
    of_all = f"{shown} of {number}" if shown < number else f"{number}"
    calls = f"{of_all} leaf call{'s' * (number != 1)}{pattern}"
    measure = COLUMNS[listing.measure].header
    largest = f", the largest by {measure}" if shown < number else ""
    order = "largest" if listing.is_descending else "smallest"
    return f"{calls}{largest}" + (f", {order} {measure} first" if listing.sort else "")


def _title(report: Report) -> str:
    run = report.run
    named = f"{words.safe(report.model.name)} ({words.safe(report.model.source)})"
    if not report.is_of_pass:
        return named
    parts = [
        named,
        f"input {words.tensors(run.inputs, dtype=True)}",
        f"on {words.safe(run.device)}" + (", train mode" if run.mode == "train" else ""),
    ]
    if report.model.weights:
        parts.insert(1, f"weights {words.safe(report.model.weights)}")
    return ", ".join(parts)


def _totals(report: Report) -> tuple[Fact, ...]:
    rows = [(total, total.figure(report)) for total in totals.read_in(Place.SUMMARY).values()]
    if not report.is_of_pass:  # a file of weights has no more than it tells, and its tensors are exact
        return tuple(_fact(total, Figure(figure.value)) for total, figure in rows if figure.value is not None)
    output = Fact("Output", words.tensors(report.run.outputs, dtype=True) or "no tensor")
    return (*(_fact(total, figure) for total, figure in rows), output)


def _fact(total: Total, figure: Figure) -> Fact:
    number = figure.value
    if total.unit is BYTES:
        exact = "" if number is None else f"{number:,} bytes"
        if words.size(number).endswith(" B"):
            return Fact(total.header, exact, figure.includes)
        return Fact(total.header, words.size(number), f"{exact} {figure.includes}".rstrip())
    bound = f"{SIGNS[figure.bound]} " if figure.bound in SIGNS else ""
    short = "" if number is None or number < 1000 else bound + si(number)
    return Fact(total.header, bound + words.count(number), short)


def _remarks(report: Report, shown: Sequence[Node], context: Context, columns: Sequence[str]) -> list[str]:
    remarks = [words.safe(note) for note in report.notes]
    if report.uncounted_ops:
        named = ", ".join(f"{words.safe(op.op)} ({op.calls}×)" for op in report.uncounted_ops)
        remarks.append(f"figures with ≥ are lower bounds: no rule counts {named}")
    marks = {layer_table.mark(node, context) for node in shown}
    if any(map(is_told_before, shown)):
        remarks.append("call 2 and later: the parameters in parentheses are those of the first call")
    if "never called" in marks:
        remarks.append("never called: the forward pass did not reach the layer")
    if "itself" in marks:
        remarks.append("itself: what it holds and computes outside the layers inside it")
    if any(node.copies > 1 for node in shown):
        remarks.append(_FOLDED)
    if "size" in columns and report.totals.buffer_bytes:
        size = words.size(report.totals.buffer_bytes)
        remarks.append(f"size: the buffers, {size}, are in that of the whole network alone")
    return remarks
