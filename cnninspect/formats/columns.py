"""The columns that a table can have: each an object that knows its key, its header and its cell."""

from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from cnninspect.formats import words
from cnninspect.report import Layer, Report

#: What a table shows if nothing else is asked for: of a forward pass, and of a file of weights, which has none.
DEFAULT_COLUMNS: Final = ("output", "params", "macs")
WEIGHTS_COLUMNS: Final = ("shape", "dtype", "params")


class Context(msgspec.Struct, frozen=True):
    """What a cell may need beside its own layer."""

    report: Report
    calls: dict[str, int]

    @classmethod
    def of(cls, report: Report) -> "Context":
        """The context of all cells of one report."""
        return cls(report, Counter(layer.path for layer in report.layers if layer.call))


class LayerColumn(msgspec.Struct, frozen=True):
    """One column: ``cell`` gives the words for a layer, an empty string where there is nothing to say."""

    key: str
    header: str
    about: str
    cell: Callable[[Layer, Context], str]
    is_number: bool = False


def _setting(key: str) -> Callable[[Layer, Context], str]:
    def cell(layer: Layer, _context: Context) -> str:
        value = layer.settings.get(key)
        return "" if value is None else _told(value)

    return cell


def _told(value: object) -> str:
    return words.safe(words.sides(value) if isinstance(value, list | tuple) else str(value))


def _params(layer: Layer, _context: Context) -> str:
    number = words.count(layer.params)
    return f"({number})" if layer.call > 1 and layer.params else number


def _bounded(count: Callable[[Layer], int | None]) -> Callable[[Layer, Context], str]:
    """A count that is a lower bound while operators are uncounted."""

    def cell(layer: Layer, context: Context) -> str:
        return ("≥ " if context.report.uncounted_ops and layer.call else "") + words.count(count(layer))

    return cell


def _share(layer: Layer, context: Context) -> str:
    total = context.report.totals.params
    return f"{100 * layer.params / total:.1f} %" if layer.params is not None and total else ""


def _receptive_field(layer: Layer, _context: Context) -> str:
    return words.sides(layer.receptive_field.size) if layer.receptive_field else ""


def _shape(layer: Layer, context: Context) -> str:
    """Of a tensor in a file of weights; a layer that ran has none."""
    if context.report.is_of_pass or "shape" not in layer.settings:
        return ""
    return _told(layer.settings["shape"]) or "scalar"


def _dtype(layer: Layer, context: Context) -> str:
    if not context.report.is_of_pass:
        return words.safe(str(layer.settings.get("dtype", "")))
    return ", ".join(dict.fromkeys(words.safe(spec.dtype) for spec in layer.outputs))


COLUMNS: Final = {
    column.key: column
    for column in (
        LayerColumn("input", "Input", "shapes that reach the layer", lambda layer, _: words.tensors(layer.inputs)),
        LayerColumn("output", "Output", "shapes that it gives", lambda layer, _: words.tensors(layer.outputs)),
        LayerColumn("kernel", "Kernel", "kernel size", _setting("kernel_size")),
        LayerColumn("stride", "Stride", "stride", _setting("stride")),
        LayerColumn("padding", "Padding", "padding", _setting("padding")),
        LayerColumn("params", "Params", "parameters at or below it", _params, is_number=True),
        LayerColumn("share", "Share", "of all parameters", _share, is_number=True),
        LayerColumn(
            "trainable",
            "Trainable",
            "parameters that require a gradient",
            lambda layer, _: words.count(layer.trainable_params),
            is_number=True,
        ),
        LayerColumn(
            "macs", "MACs", "multiply-accumulates at or below it", _bounded(lambda layer: layer.macs), is_number=True
        ),
        LayerColumn(
            "activations",
            "Activations",
            "elements output by convolutions, linear layers and matrix products",
            _bounded(lambda layer: layer.activations),
            is_number=True,
        ),
        LayerColumn(
            "bytes", "Bytes", "bytes of its parameters", lambda layer, _: words.count(layer.param_bytes), is_number=True
        ),
        LayerColumn("shape", "Shape", "of a tensor in a file of weights", _shape),
        LayerColumn("receptive_field", "Receptive field", "input pixels that one element sees", _receptive_field),
        LayerColumn("dtype", "Dtype", "of its outputs, or of a stored tensor", _dtype),
        LayerColumn(
            "calls",
            "Calls",
            "how often it ran",
            lambda layer, context: str(context.calls.get(layer.path, 0)),
            is_number=True,
        ),
    )
}
