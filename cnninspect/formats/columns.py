"""The columns that a table of layers can have: each an object that knows its key, its header and its cell.

``COLUMNS`` is the one table of them. What is a total as well bears the same key there and in ``totals.TOTALS``.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from cnninspect import totals
from cnninspect.formats import document as doc
from cnninspect.formats import shares, words
from cnninspect.formats.document import Line, Tone
from cnninspect.layer_tree import Node
from cnninspect.report import Layer, Report

#: Levels of the module tree, if nothing else is asked for.
DEFAULT_DEPTH: Final = 3
#: What a table shows if nothing else is asked for: of a forward pass, and of a file of weights, which has none.
DEFAULT_COLUMNS: Final = ("output", "params", "share", "macs", "macs_share")
WEIGHTS_COLUMNS: Final = ("shape", "dtype", "params", "share")
#: Those of them that a narrow terminal goes without.
EXTRA_COLUMNS: Final = frozenset({"share", "macs_share"})


class Context(msgspec.Struct, frozen=True):
    """What a cell may need beside its own layers."""

    report: Report
    calls: dict[str, int]

    @classmethod
    def of(cls, report: Report) -> "Context":
        """The context of all cells of one report."""
        return cls(report, Counter(layer.path for layer in report.layers if layer.call))


Number = Callable[[Node, Context], float | None]


class LayerColumn(msgspec.Struct, frozen=True):
    """One column.

    Attributes:
        about: What it tells, in words.
        cell: The words for a row, none where there is nothing to say.
        value: What rows are sorted by, ``None`` where that is unknown; by a column without it none are.
        share: What part of the whole network a row is, from 0 to 1, where the column tells that figure or the part.
        short: A header for a narrow terminal.
    """

    key: str
    header: str
    about: str
    cell: Callable[[Node, Context], Line]
    value: Number | None = None
    share: Number | None = None
    is_number: bool = False
    short: str = ""


def _words(key: str, header: str, about: str, text: Callable[[Layer, Context], str], *, short: str = "") -> LayerColumn:
    def cell(node: Node, context: Context) -> Line:
        return doc.words(text(node.layer, context))

    return LayerColumn(key, header, about, cell, short=short)


def _setting(key: str, header: str, about: str, short: str) -> LayerColumn:
    setting = about.replace(" ", "_")

    def text(layer: Layer, _context: Context) -> str:
        value = layer.settings.get(setting)
        return "" if value is None else _spelled(value)

    return _words(key, header, about, text, short=short)


def _spelled(value: object) -> str:
    return words.safe(words.sides(value) if isinstance(value, list | tuple) else str(value))


def _shape(layer: Layer, context: Context) -> str:
    """Of a tensor in a file of weights; a layer that ran has none."""
    if context.report.is_of_pass or "shape" not in layer.settings:
        return ""
    return _spelled(layer.settings["shape"]) or "scalar"


def _dtype(layer: Layer, context: Context) -> str:
    if not context.report.is_of_pass:
        return words.safe(str(layer.settings.get("dtype", "")))
    return ", ".join(dict.fromkeys(words.safe(spec.dtype) for spec in layer.outputs))


def _figure(
    key: str, header: str, about: str, value: Callable[[Layer, Context], int | None],
    *, spelled: Callable[[int | None], str] = words.count, is_bound: bool = False, share: Number | None = None,
    short: str = "", is_of_params: bool = False,
) -> LayerColumn:  # fmt: skip
    """A column of figures; with ``is_bound`` they are lower bounds while operators are uncounted.

    Those ``is_of_params`` are in parentheses where they are those of an earlier call.
    """

    def cell(node: Node, context: Context) -> Line:
        number = value(node.layer, context)
        if is_of_params and is_told_before(node):
            return doc.words(f"({spelled(number)})", _tone(number))
        is_least = is_bound and number is not None and context.report.uncounted_ops and node.layer.call
        text = f"≥ {spelled(number)}" if is_least else spelled(number)
        return doc.words(text, _tone(number))

    def number(node: Node, context: Context) -> int | None:
        return 0 if is_of_params and is_told_before(node) else value(node.layer, context)

    return LayerColumn(key, header, about, cell, number, share, is_number=True, short=short)


def _tone(number: int | None) -> Tone:
    return Tone.dim if number == 0 else Tone.plain


def is_told_before(node: Node) -> bool:
    """Are its parameters those of an earlier call?

    Args:
        node: A row.
    """
    return bool(node.layer.call > 1 and node.layer.params)


def _params_share(node: Node, context: Context) -> float | None:
    if is_told_before(node):
        return None
    return totals.share(_sum(layer.params for layer in node.layers), context.report.totals.params)


def _macs_share(node: Node, context: Context) -> float | None:
    return totals.share(_sum(layer.macs for layer in node.layers), context.report.totals.macs)


def _sum(figures: Iterable[int | None]) -> int | None:
    total = 0
    for figure in figures:
        if figure is None:
            return None
        total += figure
    return total


def _share(key: str, header: str, about: str, share: Number) -> LayerColumn:
    def cell(node: Node, context: Context) -> Line:
        return shares.line(share(node, context))

    return LayerColumn(key, header, about, cell, share, share)


def _size(layer: Layer, context: Context) -> int | None:
    """Buffers are told of the whole network alone."""
    is_whole = layer is context.report.layers[0] and not layer.path
    return totals.size(context.report).value if is_whole else layer.param_bytes


def _flops(layer: Layer, _context: Context) -> int | None:
    return None if layer.macs is None else 2 * layer.macs


def _field(node: Node, _context: Context) -> Line:
    """Of a folded row that of the last."""
    field = node.layers[-1].receptive_field
    return doc.words(words.sides(field.size)) if field else ()


def _largest_side(node: Node, _context: Context) -> int | None:
    field = node.layers[-1].receptive_field
    return max(field.size) if field else None


COLUMNS: Final = {
    column.key: column
    for column in (
        _words("input", "Input", "shapes that reach the layer", lambda layer, _: words.tensors(layer.inputs)),
        _words("output", "Output", "shapes that it gives", lambda layer, _: words.tensors(layer.outputs)),
        _setting("kernel", "Kernel", "kernel size", "K"),
        _setting("stride", "Stride", "stride", "S"),
        _setting("padding", "Padding", "padding", "P"),
        _figure(
            "params", "Params", "parameters at or below it", lambda layer, _: layer.params, share=_params_share,
            is_of_params=True,
        ),
        _share("share", "Params share", "of all parameters", _params_share),
        _figure(
            "trainable_params", "Trainable", "parameters that require a gradient",
            lambda layer, _: layer.trainable_params, is_of_params=True,
        ),
        _figure(
            "macs", "MACs", "multiply-accumulates at or below it", lambda layer, _: layer.macs,
            is_bound=True, share=_macs_share,
        ),
        _share("macs_share", "MACs share", "of all MACs", _macs_share),
        _figure("flops", "FLOPs", "twice the MACs", _flops, is_bound=True, share=_macs_share),
        _figure(
            "activations", "Activations", "elements output by convolutions, linear layers and matrix products",
            lambda layer, _: layer.activations, is_bound=True, short="Acts",
        ),
        _figure(
            "size", "Size", "of its parameters, and of the whole network with its buffers", _size, spelled=words.size,
            is_of_params=True,
        ),
        _words("shape", "Shape", "of a tensor in a file of weights", _shape),
        LayerColumn(
            "receptive_field", "Receptive field", "input pixels that one element sees", _field, _largest_side,
            short="RF",
        ),
        _words("dtype", "Dtype", "of its outputs, or of a stored tensor", _dtype),
        _figure("calls", "Calls", "how often it ran", lambda layer, context: context.calls.get(layer.path, 0)),
    )
}  # fmt: skip
#: What layers can be sorted by.
SORTABLE: Final = tuple(key for key, column in COLUMNS.items() if column.value)
