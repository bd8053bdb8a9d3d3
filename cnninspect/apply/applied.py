"""What applying layers gave: frozen plain data, every window with its coordinates, operands and result."""

from enum import StrEnum

import msgspec

from cnninspect.apply.values import Maps
from cnninspect.shown import Shown


class Rule(StrEnum):
    """How a result comes from its operands.

    Attributes:
        maximum: The largest of them.
        mean: Their sum over their number, or over ``Step.divisor``.
        products: The sum of value times weight, plus the bias.
        pointwise: ``Step.formula`` of the one operand x, and of its weight a if it has one.
        normalised: The one operand x gives (x − mean)/√(variance + epsilon), times its weight, plus the bias.
        response: The operand x of the window's own channel, over a power of the sum of squares: ``Step.formula``.
        whole: No windows are known: the layer moves elements, works on all at once, or goes its own way.
    """

    maximum = "maximum"
    mean = "mean"
    products = "products"
    pointwise = "pointwise"
    normalised = "normalised"
    response = "response"
    whole = "whole"


class Operand(msgspec.Struct, frozen=True):
    """One element that a window sees.

    Attributes:
        channel: Of the input, from 0.
        row: Of the input, from 0; negative, or beyond the last, in the padding.
        column: Likewise.
        value: What is there, or what the padding puts there; ``None`` where it puts nothing.
        weight: What the value is multiplied with; ``None`` if with nothing.
    """

    channel: int
    row: int
    column: int
    value: float | None
    weight: float | None = None


class Window(msgspec.Struct, frozen=True):
    """One element of the output, and where it comes from.

    Attributes:
        at: Channel, row and column of the output, from 0.
        rows: Of the input, that the window covers; those outside are padding.
        columns: Likewise.
        operands: What it sees there, channel by channel and row by row.
        result: torch's own; it may be infinite, or no number.
        bias: What is added in the end; ``None`` if nothing is.
        statistics: The index of those in ``Step.statistics`` that it is normalised with, if it is.
    """

    at: tuple[int, int, int]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    operands: tuple[Operand, ...]
    result: float
    bias: float | None = None
    statistics: int | None = None


class Statistics(msgspec.Struct, frozen=True):
    """Mean and (biased) variance that the elements in these channels and rows are normalised with.

    Attributes:
        channels: That they are of.
        rows: Likewise.
        mean: Of the elements.
        variance: Of the elements, divided by their number.
        epsilon: That is added to the variance.
    """

    channels: tuple[int, ...]
    rows: tuple[int, ...]
    mean: float
    variance: float
    epsilon: float


class Step(msgspec.Struct, frozen=True):
    """One layer, applied.

    Attributes:
        layer: As it could be typed: ``MaxPool2d(2, 2)``.
        rule: How each result comes from the operands of its window.
        formula: What becomes of an operand x, for the rules that need one.
        divisor: Of every sum under the rule ``mean``; ``None``: the number of operands that have a value.
        input_shape: As torch sees it, with the batch of one.
        output_shape: Likewise.
        input: ``(channels, rows, columns)``; a vector is one channel of one row.
        output: Likewise.
        weights: ``(filters, channels, rows, columns)``, in torch's order; empty if there are none.
        biases: One a filter; empty if there are none.
        statistics: Under the rule ``normalised``.
        windows: One for each element of the output, in reading order; empty under the rule ``whole``.
    """

    layer: str
    rule: Rule
    formula: str | None
    divisor: int | None
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    input: Maps
    output: Maps
    weights: tuple[Maps, ...]
    biases: tuple[float, ...]
    statistics: tuple[Statistics, ...]
    windows: tuple[Window, ...]


class Applied(Shown, frozen=True):
    """Layers applied one after another.

    Attributes:
        steps: One a layer, in order.
    """

    schema_version: int
    steps: tuple[Step, ...]
