"""Networks beside each other: totals against a baseline, where the weight sits, and two networks' layers as a diff.

A ratio or difference is told only of figures that are both exact: between lower bounds there is none.
"""

import reprlib
from collections.abc import Sequence

import msgspec

from cnninspect.compare.alignment import Aligned, align, are_same
from cnninspect.compare.front import Front
from cnninspect.errors import RequestError
from cnninspect.report import SCHEMA_VERSION, Report
from cnninspect.shown import Shown
from cnninspect.totals import Accuracy, Bound, Figure


class Comparison(Shown, frozen=True):
    """Two or more reports compared.

    Attributes:
        reports: Of the networks, in the order of the names.
        identical: All have the same layers, with the same shapes and parameters, and the same totals; never said where
            the layers of one were only counted.
        alignment: The layers of two networks beside each other; empty for more, and where they were only counted.
        accuracy: As the source of each publishes it, where it does.
        names: What each is called here; the specs, unless they were called otherwise.
        baseline: The index of the report that the others are held against.
        front: Where it was asked for.
    """

    schema_version: int
    reports: tuple[Report, ...]
    identical: bool
    alignment: tuple[Aligned, ...]
    accuracy: tuple[Accuracy | None, ...]
    names: tuple[str, ...]
    baseline: int = 0
    front: Front | msgspec.UnsetType = msgspec.UNSET


class Change(msgspec.Struct, frozen=True):
    """A figure held against the baseline's; ``None`` where one is not exactly known, or where the baseline's is 0."""

    ratio: float | None
    difference: int | None


def check_is_report(value: object) -> None:
    """Check that it is a report.

    Args:
        value: That was given for one.

    Raises:
        RequestError: It is something else, a spec say.
    """
    if not isinstance(value, Report):
        raise RequestError(f"{reprlib.repr(value)} is not a report", hint="inspect_model gives the report of a model")


def compare_reports(
    first: Report,
    second: Report,
    *others: Report,
    baseline: int = 0,
    accuracy: Sequence[Accuracy | None] = (),
    names: Sequence[str] = (),
) -> Comparison:
    """Compare reports: totals side by side, and the layers of two aligned like a diff.

    >>> from cnninspect import inspect_model
    >>> first = inspect_model("nn:Linear(8, 4); ReLU()", inputs=(1, 8))
    >>> second = inspect_model("nn:Linear(8, 4); ReLU(); Linear(4, 2)", inputs=(1, 8))
    >>> comparison = compare_reports(first, second)
    >>> [(each.status.value, each.first, each.second) for each in comparison.alignment]
    [('same', '0', '0'), ('same', '1', '1'), ('only_second', None, '2')]

    Args:
        first: The first of two whose layers are aligned.
        second: The second.
        others: More reports; layers are aligned of two alone.
        baseline: The index of the report that the others are held against.
        accuracy: As published, of each; none if left out.
        names: What to call each; by default its spec.

    Returns:
        The reports, whether they are ``identical``, and the ``alignment`` of two; parameters and elements are counted,
        MACs are multiply-accumulates, sizes are bytes. ``print`` shows ratios and differences.

    Raises:
        RequestError: There is no such report as ``baseline`` says.
    """
    reports = (first, second, *others)
    for each in reports:
        check_is_report(each)
    if not 0 <= baseline < len(reports):
        raise RequestError(f"baseline={baseline} is not the index of one of {len(reports)} reports")
    is_known = not any(each.counted for each in reports)  # else the layers themselves weren't kept
    identical = is_known and all(are_same(first, each) and not differences(first, each) for each in (second, *others))
    return Comparison(
        SCHEMA_VERSION,
        reports,
        identical,
        align(first, second) if is_known and not others else (),
        tuple(accuracy) or (None,) * len(reports),
        tuple(names) or tuple(report.model.spec for report in reports),
        baseline,
    )


def differences(first: Report, second: Report) -> list[str]:
    """What two networks differ in beside their layers, in a word each."""
    outputs = [[(tensor.shape, tensor.dtype) for tensor in report.run.outputs] for report in (first, second)]
    compared = {
        "totals": (first.totals, second.totals),
        "outputs": tuple(outputs),
        "uncounted operators": (first.uncounted_ops, second.uncounted_ops),
    }
    return [word for word, (one, other) in compared.items() if one != other]


def against(figure: Figure, baseline: Figure) -> Change:
    """A figure against the baseline's.

    >>> against(Figure(138_357_544), Figure(61_100_840)).difference
    77256704
    """
    if figure.value is None or baseline.value is None or {figure.bound, baseline.bound} != {Bound.EXACT}:
        return Change(None, None)
    return Change(figure.value / baseline.value if baseline.value else None, figure.value - baseline.value)
