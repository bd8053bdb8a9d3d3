"""Records as CSV: a header, then one row a record.

Tensors are written as input specs (``1x64x55x55:float32``, several separated by a space), whatever else has
parts of its own as JSON; an unknown figure is an empty cell. Text that a spreadsheet would take for a formula, or a log
for a command, has a ``'`` before it; a negative number is a number.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from cnninspect import json_text
from cnninspect.formats import words
from cnninspect.report import TensorSpec
from cnninspect.spec.input_spec import InputSpec

_OBEYED: Final = re.compile(r"\s*(?:[=+\-@]|::)")


class Records(NamedTuple):
    """Rows of values under the names of their fields."""

    fields: Sequence[str]
    rows: Iterable[Sequence[object]]


def of_structs(kind: type[msgspec.Struct], structs: Iterable[msgspec.Struct]) -> Records:
    """Every field of every struct of a kind, in the order of the JSON."""
    fields = kind.__struct_fields__
    return Records(fields, ([getattr(struct, field) for field in fields] for struct in structs))


def render(records: Records) -> str:
    """The records as CSV, with a newline at its end."""
    return "".join(map(_line, (records.fields, *records.rows)))


def _line(row: Sequence[object]) -> str:
    r"""A row with its end, ``\n``; a cell is quoted for a ``\r`` alone where that is in the end that csv writes."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(map(_cell, row))
    return out.getvalue().removesuffix("\r\n") + "\n"


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    text = words.bare(_written(value))
    return f"'{text}" if _OBEYED.match(text) else text


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple) and all(isinstance(part, TensorSpec) for part in value):
        return " ".join(str(InputSpec(spec.shape, spec.name or None, spec.dtype)) for spec in value)
    return json_text.compact(value)
