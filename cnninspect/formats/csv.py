"""One row a layer, one column a field of the JSON.

Tensors are written as input specs (``1x64x55x55:float32``, several separated by a space), settings and
receptive fields as JSON; an unknown figure is an empty cell.
"""

import csv
import io

import msgspec

from cnninspect.formats.interface import View
from cnninspect.input_spec import InputSpec
from cnninspect.report import Layer, Report, TensorSpec


def render(report: Report, view: View) -> str:  # noqa: ARG001 - the signature of all formats
    """Every layer and field, whatever the columns and the depth."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    fields = Layer.__struct_fields__
    writer.writerow(fields)
    writer.writerows([_cell(getattr(layer, field)) for field in fields] for layer in report.layers)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join(_tensor(spec) for spec in value)
    if value is None or isinstance(value, str | int):
        return value
    return msgspec.json.encode(value).decode()


def _tensor(spec: TensorSpec) -> str:
    return str(InputSpec(spec.shape, spec.name or None, spec.dtype))
