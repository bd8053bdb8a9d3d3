"""What ``summary`` shows: a report as a tree of rows, a title, totals and remarks."""

from collections.abc import Sequence
from typing import Final

import msgspec

from cnninspect import totals
from cnninspect.formats import document as doc
from cnninspect.formats import records, words
from cnninspect.formats.columns import COLUMNS, DEFAULT_COLUMNS, WEIGHTS_COLUMNS, Context
from cnninspect.formats.document import Document, Fact, Facts, Fit, Line, Row, Span, Table, Tone
from cnninspect.formats.presentation import Presentation
from cnninspect.report import Layer, Report
from cnninspect.totals import SIGNS, Figure, Place, Total
from cnninspect.units import BYTES, si

DEFAULT_DEPTH: Final = 3


def presentation(report: Report, columns: Sequence[str] | None = None, depth: int = DEFAULT_DEPTH) -> Presentation:
    """A report, to be written in any format; JSON and CSV have every layer and field, whatever a table shows.

    Args:
        report: What to show.
        columns: Keys of ``columns.COLUMNS``; ``None``: those that say most about the report.
        depth: Layers deeper than this are left out of a table; their figures are in those of their parents.
    """
    return Presentation(
        data=lambda: report,
        records=lambda: records.of_structs(Layer, report.layers),
        document=lambda: lay_out(report, columns, depth),
    )


class _Node(msgspec.Struct):
    layer: Layer
    children: "list[_Node]" = []


def lay_out(report: Report, columns: Sequence[str] | None = None, depth: int = DEFAULT_DEPTH) -> Document:
    """The rows down to ``depth``, with the columns, the totals and the remarks; the arguments are those above."""
    default = DEFAULT_COLUMNS if report.is_of_pass else WEIGHTS_COLUMNS
    chosen = tuple(COLUMNS[key] for key in columns or default)
    context = Context.of(report)
    shown = _tree(report.layers, depth)
    table = Table(
        (doc.Column("Layer", fit=Fit.cut), *(doc.Column(column.header, column.is_number) for column in chosen)),
        tuple(
            Row(
                (_label(layer, _mark(layer, report)), *(doc.words(column.cell(layer, context)) for column in chosen)),
                guide,
            )
            for guide, layer in shown
        ),
    )
    remarks = _remarks(report, [layer for _, layer in shown])
    command = f"cnninspect summary {words.safe(report.model.spec)}"
    return Document(_title(report), (table, Facts(_totals(report)), *doc.remarks(remarks)), command)


def _label(layer: Layer, mark: str) -> Line:
    name, kind = words.safe(layer.name), words.safe(layer.type)
    marked = (Span(f" ({mark})", Tone.remark),) if mark else ()
    if not name:
        return (Span(kind, Tone.strong), *marked)
    return (Span(name, Tone.strong if layer.depth == 1 else Tone.plain), Span(f": {kind}", Tone.dim), *marked)


def _tree(layers: tuple[Layer, ...], depth: int) -> list[tuple[str, Layer]]:
    """Each layer with the lines that lead to it; below its parent's latest call, in execution order."""
    latest: dict[str, _Node] = {}
    roots: list[_Node] = []
    for layer in layers:
        node = _Node(layer)
        parent = latest.get(layer.path.rpartition(".")[0]) if layer.path else None
        (parent.children if parent else roots).append(node)
        latest[layer.path] = node
    drawn: list[tuple[str, Layer]] = []
    waiting = [(root, "", "") for root in reversed(roots)]  # with what leads to it, and to what is below it
    while waiting:
        node, guide, below = waiting.pop()
        drawn.append((guide, node.layer))
        if node.layer.depth < depth:
            guides = [("├─ ", "│  ")] * (len(node.children) - 1) + [("└─ ", "   ")]
            inside = [(child, below + to, below + on) for child, (to, on) in zip(node.children, guides, strict=False)]
            waiting += reversed(inside)
    return drawn


def _mark(layer: Layer, report: Report) -> str:
    if not report.is_of_pass:
        return ""
    if layer.call == 0:
        return "never called"
    return f"call {layer.call}" if layer.call > 1 else ""


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
        exact = "" if number is None else f"{number:,} bytes {figure.includes}".rstrip()
        return Fact(total.header, words.mebibytes(number), exact)
    bound = f"{SIGNS[figure.bound]} " if figure.bound in SIGNS else ""
    short = "" if number is None or number < 1000 else bound + si(number)
    return Fact(total.header, bound + words.count(number), short)


def _remarks(report: Report, shown: list[Layer]) -> list[str]:
    remarks = [words.safe(note) for note in report.notes]
    if report.run.cached:
        remarks.append("cached: this is the report of an earlier run; --no-cache runs the network again")
    if report.uncounted_ops:
        named = ", ".join(f"{words.safe(op.op)} ({op.calls}×)" for op in report.uncounted_ops)
        remarks.append(f"figures with ≥ are lower bounds: no rule counts {named}")
    marks = [_mark(layer, report) for layer in shown]
    if any(mark.startswith("call ") for mark in marks):
        remarks.append("call 2 and later: the parameters in parentheses are those of the first call")
    if "never called" in marks:
        remarks.append("never called: the forward pass did not reach the layer")
    return remarks
