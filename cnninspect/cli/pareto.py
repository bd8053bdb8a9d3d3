"""``--pareto A,B``: which networks nothing is better than in two columns."""

from collections.abc import Sequence
from typing import Final

import msgspec

from cnninspect import totals
from cnninspect.cli import options
from cnninspect.compare.comparison import Comparison
from cnninspect.compare.front import Front, front_of
from cnninspect.errors import RequestError
from cnninspect.formats.side_by_side import SORTABLE, first_metric, sort_value
from cnninspect.report import Report
from cnninspect.totals import Accuracy, Bound, Place

_TOTALS: Final = totals.read_in(Place.COMPARE)
_TWO: Final = 2
_ERROR: Final = "epe"  # in the name of a metric of which less is better: the end-point error of optical flow


def pair(text: str | None) -> tuple[str, str] | None:
    """The two columns that were typed; ``None`` if nothing was.

    Raises:
        RequestError: They are not two, or there is no such column.
    """
    columns = options.keys(text, SORTABLE)
    if columns is None:
        return None
    if len(set(columns)) != _TWO or len(columns) != _TWO:
        raise RequestError(f"--pareto {text!r}: a front is of two columns", hint="write accuracy,macs")
    return columns[0], columns[1]


def marked(comparison: Comparison, columns: tuple[str, str] | None) -> Comparison:
    """The comparison with its front, if one was asked for.

    More is better of accuracy, as far as it is measured alike, and of the receptive field, less of all else. Of a
    network with a figure that is unknown or a bound nothing can be said.

    Args:
        comparison: Of the networks.
        columns: As typed.
    """
    if columns is None:
        return comparison
    metric = next((first_metric(each)[0] for each in comparison.accuracy if each), "")
    pairs = zip(comparison.reports, comparison.accuracy, strict=True)
    points = [_point(report, accuracy, columns, metric) for report, accuracy in pairs]
    return msgspec.structs.replace(comparison, front=Front(columns, front_of(points)))


def _point(
    report: Report, accuracy: Accuracy | None, columns: Sequence[str], metric: str
) -> tuple[float, float] | None:
    first, second = (_cost(report, accuracy, column, metric) for column in columns)
    return None if first is None or second is None else (first, second)


def _cost(report: Report, accuracy: Accuracy | None, column: str, metric: str) -> float | None:
    """A figure, or its opposite where more of it is better."""
    value = sort_value(column)(report, accuracy)
    if value is None or (column == "accuracy" and first_metric(accuracy)[0] != metric):
        return None
    if column != "accuracy" and _TOTALS[column].figure(report).bound is not Bound.EXACT:
        return None
    is_less_better = _ERROR in metric if column == "accuracy" else _TOTALS[column].is_smaller_better
    return value if is_less_better else -value
