"""Records as CSV: a header, then one row a record.

Tensors are written as input specs (``1x64x55x55:float32``, several separated by a space), whatever else has
parts of its own as JSON; an unknown figure is an empty cell.
"""

import csv
import io
from collections.abc import Iterable, Sequence

import msgspec

from cnninspect.input_spec import InputSpec
from cnninspect.report import TensorSpec


def written(fields: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows of values under the names of their fields."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def of_structs(kind: type[msgspec.Struct], records: Iterable[msgspec.Struct]) -> str:
    """Every field of every record, in the order of the JSON."""
    fields = kind.__struct_fields__
    return written(fields, ([getattr(record, field) for field in fields] for record in records))


def _cell(value: object) -> object:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple) and all(isinstance(part, TensorSpec) for part in value):
        return " ".join(str(InputSpec(spec.shape, spec.name or None, spec.dtype)) for spec in value)
    return msgspec.json.encode(value).decode()
