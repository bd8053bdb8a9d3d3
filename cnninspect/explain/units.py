"""Which pixels of the input one unit of a feature map sees.

A unit at ``y`` of a map with receptive field ``r``, effective stride ``S`` and effective padding ``P`` sees the rows
``y·S − P`` to ``y·S − P + r − 1``, as far as they are in the input: what is beyond is padding (Araujo, Norris and Sim,
2019, section 2).
"""

import msgspec

from cnninspect.errors import RequestError
from cnninspect.explain.expression import Expression, Number
from cnninspect.explain.formula import Formula
from cnninspect.report import Layer, Report

Span = tuple[int, int]


class Seen(msgspec.Struct, frozen=True):
    """A rectangle of the input; first and last are both in it, counted from 0.

    Attributes:
        at: The unit's row and column in the layer's output.
        rows, columns: In the input; ``None`` if all of it is padding.
        reach: The same before it is cut to the input: what is below 0 or beyond the last is padding.
        sides: Height and width of the input.
    """

    path: str
    type: str
    at: tuple[int, int]
    rows: Span | None
    columns: Span | None
    reach: tuple[Span, Span]
    sides: tuple[int, int]


def parse(text: str) -> tuple[int, int]:
    """Read ``Y,X``.

    Raises:
        RequestError: It is something else.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise RequestError(f"{text!r} is not a unit", hint="write its row and column, counted from 0: --unit 3,5")
    return int(parts[0]), int(parts[1])


def seen(report: Report, path: str, at: tuple[int, int]) -> Seen:
    """What the unit ``at`` of a layer's output sees; of several calls, the first.

    Raises:
        RequestError: The layer has no such unit, or it isn't defined what its units see.
    """
    layer = next(layer for layer in report.layers if layer.path == path)
    named = f"{path!r} ({layer.type})" if path else f"the model itself ({layer.type})"
    field = layer.receptive_field
    if field is None or len(field.size) != len(at) or not layer.outputs:
        raise RequestError(
            f"what a unit of {named} sees isn't defined",
            hint="it is for feature maps: before a flatten, a global pooling or attention",
        )
    height, width = layer.outputs[0].shape[-2:]
    if not (at[0] < height and at[1] < width):
        raise RequestError(
            f"{named} has no unit {at[0]},{at[1]}: it gives {height}×{width}",
            hint=f"rows are 0 to {height - 1}, columns 0 to {width - 1}",
        )
    sides = _input_sides(report)
    first = [Number(n) * s - p for n, s, p in zip(at, field.stride, field.padding, strict=True)]
    reach = [(int(begin.value), int(begin.value) + size - 1) for begin, size in zip(first, field.size, strict=True)]
    rows, columns = (_cut(span, side) for span, side in zip(reach, sides, strict=True))
    return Seen(path, layer.type, at, rows, columns, (reach[0], reach[1]), sides)


def _input_sides(report: Report) -> tuple[int, int]:
    height, width = next(spec.shape[-2:] for spec in report.run.inputs if len(spec.shape) > 2)
    return height, width


def _cut(span: Span, side: int) -> Span | None:
    first, last = max(span[0], 0), min(span[1], side - 1)
    return (first, last) if first <= last else None


def formulas(report: Report, path: str, at: tuple[int, int]) -> tuple[Formula, ...]:
    """The arithmetic of the first and last row and column that a unit reaches."""
    layer: Layer = next(layer for layer in report.layers if layer.path == path)
    field = layer.receptive_field
    if field is None:
        return ()
    found = []
    for name, n, size, stride, padding in zip(
        ("row", "column"), at, field.size, field.stride, field.padding, strict=True
    ):
        first: Expression = Number(n) * stride - padding
        found += [Formula(f"first {name}", first), Formula(f"last {name}", first + size - 1)]
    return tuple(found)
