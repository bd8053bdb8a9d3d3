"""A report laid out as a tree of rows, a title and totals: what every table format draws from."""

import msgspec

from cnninspect.formats import words
from cnninspect.formats.columns import COLUMNS, Column, Context
from cnninspect.formats.interface import DEFAULT_COLUMNS, WEIGHTS_COLUMNS, View
from cnninspect.report import Layer, Report
from cnninspect.units import si


class Row(msgspec.Struct, frozen=True):
    """One layer: its place in the tree, its name, what is to be said of it, its cells."""

    depth: int
    guide: str
    name: str
    type: str
    mark: str
    cells: tuple[str, ...]


class Total(msgspec.Struct, frozen=True):
    """One line below the table: a figure to the last digit, and the same in short."""

    name: str
    exact: str
    short: str = ""


class Grid(msgspec.Struct, frozen=True):
    """A whole table, in words."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Total, ...]
    remarks: tuple[str, ...]


class _Node(msgspec.Struct):
    layer: Layer
    children: "list[_Node]" = []


def lay_out(report: Report, view: View) -> Grid:
    """The rows down to ``view.depth``, with the columns of ``view``."""
    default = DEFAULT_COLUMNS if report.is_of_pass else WEIGHTS_COLUMNS
    columns = tuple(COLUMNS[key] for key in view.columns or default)
    context = Context.of(report)
    rows = tuple(
        Row(
            depth=layer.depth,
            guide=guide,
            name=words.safe(layer.name),
            type=words.safe(layer.type),
            mark=_mark(layer) if report.is_of_pass else "",
            cells=tuple(column.cell(layer, context) for column in columns),
        )
        for guide, layer in _tree(report.layers, view.depth)
    )
    return Grid(_title(report), columns, rows, _totals(report), _remarks(report, rows))


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

    def draw(node: _Node, guide: str, below: str) -> None:
        drawn.append((guide, node.layer))
        if node.layer.depth < depth:
            for child in node.children:
                is_last = child is node.children[-1]
                draw(child, below + ("└─ " if is_last else "├─ "), below + ("   " if is_last else "│  "))

    for root in roots:
        draw(root, "", "")
    return drawn


def _mark(layer: Layer) -> str:
    if layer.call == 0:
        return "never called"
    return f"call {layer.call}" if layer.call > 1 else ""


def _title(report: Report) -> str:
    run = report.run
    if not report.is_of_pass:
        return f"{words.safe(report.model.name)} ({report.model.source})"
    parts = [
        f"{words.safe(report.model.name)} ({report.model.source})",
        f"input {words.tensors(run.inputs, dtype=True)}",
        f"on {run.device}" + (", train mode" if run.mode == "train" else ""),
    ]
    if report.model.weights:
        parts.insert(1, f"weights {words.safe(report.model.weights)}")
    return ", ".join(parts)


def _totals(report: Report) -> tuple[Total, ...]:
    totals = report.totals
    size = None if totals.param_bytes is None else totals.param_bytes + (totals.buffer_bytes or 0)
    held = bool(totals.buffer_bytes)
    bound = "≥ " if report.uncounted_ops else ""
    params = _counted("Parameters", totals.params)
    memory = Total("Size", words.mebibytes(size), "" if size is None else f"{size:,} bytes" + " with buffers" * held)
    if not report.is_of_pass:
        return params, memory
    return (
        params,
        _counted("Trainable", totals.trainable_params),
        memory,
        _counted("MACs", totals.macs, bound),
        _counted("FLOPs", totals.flops, bound),
        _counted("Activations", totals.activations, bound),
        Total("Output", words.tensors(report.run.outputs, dtype=True) or "no tensor"),
    )


def _counted(name: str, number: int | None, bound: str = "") -> Total:
    short = "" if number is None or number < 1000 else bound + si(number)
    return Total(name, bound + words.count(number), short)


def _remarks(report: Report, rows: tuple[Row, ...]) -> tuple[str, ...]:
    remarks = [words.safe(note) for note in report.notes]
    if report.uncounted_ops:
        named = ", ".join(f"{words.safe(op.op)} ({op.calls}×)" for op in report.uncounted_ops)
        remarks.append(f"figures with ≥ are lower bounds: no rule counts {named}")
    if any(row.mark.startswith("call ") for row in rows):
        remarks.append("call 2 and later: the parameters in parentheses are those of the first call")
    if any(row.mark == "never called" for row in rows):
        remarks.append("never called: the forward pass did not reach the layer")
    return tuple(remarks)
