"""The steps of ``apply`` as data: every window, in JSON and in CSV."""

import math
from typing import Final

import msgspec

from cnninspect.apply.applied import Applied, Step
from cnninspect.errors import RequestError
from cnninspect.formats.records import Records

_FIELDS: Final = (
    "step", "layer", "channel", "row", "column", "rows", "columns", "operands", "bias", "result",
)  # fmt: skip


def finite(applied: Applied) -> Applied:
    """What the layers gave, as it is.

    Raises:
        RequestError: Not every number is finite.
    """
    try:
        return msgspec.json.decode(msgspec.json.encode(applied), type=Applied)
    except msgspec.ValidationError as error:  # infinity and NaN are written as null
        layer = next((step.layer for step in applied.steps if not _is_finite(step)), "a layer")
        raise RequestError(
            f"{layer} gives numbers that are not finite, which JSON does not have",
            hint="take smaller --values and --weight, or a wider --dtype; every other format shows them",
        ) from error


def _is_finite(step: Step) -> bool:
    return all(math.isfinite(value) for channel in step.output for row in channel for value in row)


def records(applied: Applied) -> Records:
    """A row a window, as CSV has it."""
    rows = [
        (index, step.layer, *window.at, window.rows, window.columns, window.operands, window.bias, window.result)
        for index, step in enumerate(applied.steps)
        for window in step.windows
    ]
    return Records(_FIELDS, rows)
