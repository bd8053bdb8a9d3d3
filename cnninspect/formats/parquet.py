"""A comparison as a Parquet file, one row a network, written by pyarrow."""

import io
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final

from cnninspect import totals
from cnninspect.compare.comparison import Comparison
from cnninspect.errors import RequestError
from cnninspect.formats import words
from cnninspect.formats.side_by_side import first_metric
from cnninspect.totals import SIGNS, Place

_LARGEST: Final = 2**63 - 1  # that a column of integers holds


def check_installed() -> None:
    """Find out whether pyarrow is there, without importing it.

    Raises:
        RequestError: It isn't.
    """
    if find_spec("pyarrow") is None:
        raise RequestError("--format parquet needs pyarrow", hint="pip install 'cnninspect[parquet]'")


def rendered(comparison: Comparison) -> bytes:
    """The content of the file: totals as integers, ``macs_bound`` is ``≥`` where they are lower bounds."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = list(_rows(comparison))
    columns = {name: pa.array([row[name] for row in rows], _kind(name)) for name in rows[0]}
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def _kind(name: str) -> str:
    """The type of a column, the same whatever is in it."""
    if name in totals.read_in(Place.COMPARE):
        return "int64"
    return {"accuracy": "float64", "front": "bool"}.get(name, "string")


def _rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    front = comparison.front.indices if comparison.front else None
    named = zip(comparison.names, comparison.reports, comparison.accuracy, strict=True)
    for index, (name, report, accuracy) in enumerate(named):
        metric, measured = first_metric(accuracy)
        figures = {key: total.figure(report) for key, total in totals.read_in(Place.COMPARE).items()}
        yield {
            "model": name, "source": report.model.source, "input": words.tensors(report.run.inputs, dtype=True),
            "output": words.tensors(report.run.outputs), "device": report.run.device, "dtype": report.run.dtype,
            **{key: _held(each.value) for key, each in figures.items()},
            "macs_bound": SIGNS.get(figures["macs"].bound), "accuracy": measured, "metric": metric or None,
            **({} if front is None else {"front": index in front}),
        }  # fmt: skip


def _held(value: int | None) -> int | None:
    return value if value is not None and value <= _LARGEST else None
