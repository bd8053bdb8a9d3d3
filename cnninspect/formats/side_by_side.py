"""The totals of networks side by side, against one of them as ratio and difference."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from cnninspect import totals
from cnninspect.compare.comparison import Comparison, against
from cnninspect.formats import words
from cnninspect.formats.compare_verdict import times
from cnninspect.formats.document import Column, Fit, Row, Table, Tone
from cnninspect.formats.document import words as toned
from cnninspect.report import Report
from cnninspect.totals import SIGNS, Accuracy, Place
from cnninspect.units import BYTES, binary, si

_TOTALS: Final = totals.read_in(Place.COMPARE)
_HEADERS: Final = {
    **{key: total.header for key, total in _TOTALS.items()},
    "accuracy": "Accuracy",
    "output": "Output",
}
#: What can be shown of each network.
COLUMNS: Final = tuple(_HEADERS)
#: What networks can be sorted by.
SORTABLE: Final = tuple(key for key in COLUMNS if key != "output")
#: Of more than two networks, unless something else is asked for.
_FEW: Final = ("params", "macs", "accuracy")
#: Metrics that are percentages: two of them differ by points.
_PERCENTAGES: Final = {"acc@1", "acc@5", "miou", "pixel_acc", "box_map", "mask_map", "kp_map"}
_BESIDE: Final = 2  # that many networks are columns, more are rows


class Standing(msgspec.Struct, frozen=True):
    """A figure of one network in words, and how it stands to the baseline's."""

    text: str
    ratio: str = ""
    difference: str = ""


def tables(comparison: Comparison, columns: Sequence[str] | None) -> tuple[Table, ...]:
    """A table with the networks as columns, or for more than two with the networks as rows."""
    if len(comparison.reports) == _BESIDE:
        return (_side_by_side(comparison, columns or COLUMNS),)
    return _listed(comparison, columns or _FEW)


def sort_value(key: str) -> Callable[[Report, Accuracy | None], float | None]:
    """What ``--sort KEY``, one of ``SORTABLE``, sorts by; ``None`` for a report of which it is unknown."""

    def value(report: Report, accuracy: Accuracy | None) -> float | None:
        if key == "accuracy":
            return first_metric(accuracy)[1]
        return _TOTALS[key].figure(report).value

    return value


def first_metric(accuracy: Accuracy | None) -> tuple[str, float | None]:
    """The first metric on the first dataset, with where it was measured: ``("acc@1 on ImageNet-1K", 56.522)``."""
    for dataset, metrics in (accuracy or {}).items():
        for metric, value in metrics.items():
            return f"{metric} on {dataset}", value
    return "", None


def _side_by_side(comparison: Comparison, columns: Sequence[str]) -> Table:
    names = [words.safe(report.model.spec) for report in comparison.reports]
    rows = []
    for key in columns:
        standings = [_standing(comparison, index, key) for index in range(_BESIDE)]
        held = standings[1 - comparison.baseline]
        cells = [*(each.text for each in standings), held.ratio, held.difference]
        rows.append(Row((toned(_HEADERS[key], Tone.strong), *map(toned, cells))))
    if comparison.front:
        marks = [_mark(comparison, index) for index in range(_BESIDE)]
        rows.append(Row((toned("Front", Tone.strong), *map(toned, (*marks, "", "")))))
    numbers = (Column(header, is_number=True) for header in (*names, "Ratio", "Difference"))
    return Table((Column(""), *numbers), tuple(rows))


def _listed(comparison: Comparison, columns: Sequence[str]) -> tuple[Table, ...]:
    """The figures, and in a table of their own how they stand to the baseline's."""
    compared = [key for key in columns if key in _TOTALS]
    headers = [Column(_HEADERS[key], is_number=True) for key in columns]
    beside = [Column(f"{_HEADERS[key]} {sign}", is_number=True) for key in compared for sign in "×±"]
    figures, ratios = [], []
    for index, report in enumerate(comparison.reports):
        is_held = index == comparison.baseline
        name = toned(words.safe(report.model.spec), Tone.strong if is_held else Tone.plain)
        mark = (toned(_mark(comparison, index), Tone.good),) if comparison.front else ()
        figures.append(Row((name, *(toned(_standing(comparison, index, key).text) for key in columns), *mark)))
        standings = [_standing(comparison, index, key) for key in compared]
        if not is_held:
            cells = [toned(text) for each in standings for text in (each.ratio, each.difference)]
            ratios.append(Row((name, *cells)))
    against_it = f"Against {words.safe(comparison.reports[comparison.baseline].model.spec)}"
    model = Column("Model", fit=Fit.cut)
    beside_it = (Table((model, *beside), tuple(ratios), against_it),) if compared else ()
    marked = (Column("Front"),) if comparison.front else ()
    return Table((model, *headers, *marked), tuple(figures)), *beside_it


def _mark(comparison: Comparison, index: int) -> str:
    return "yes" if comparison.front and index in comparison.front.indices else ""


def _standing(comparison: Comparison, index: int, key: str) -> Standing:
    report, baseline = comparison.reports[index], comparison.reports[comparison.baseline]
    if key == "output":
        return Standing(words.tensors(report.run.outputs) or words.UNKNOWN)
    if key == "accuracy":
        return _accuracy(comparison, index)
    total = _TOTALS[key]
    figure, held, is_size = total.figure(report), total.figure(baseline), total.unit is BYTES
    spelled = words.size(figure.value) if is_size else words.count(figure.value)
    text = f"{SIGNS.get(figure.bound, '')} {spelled}".lstrip()
    if index == comparison.baseline:
        return Standing(text)
    against_it = against(figure, held)
    spell = binary if is_size else "{:,}".format if len(comparison.reports) == _BESIDE else si
    return Standing(
        text,
        "" if against_it.ratio is None else f"{times(against_it.ratio)}×",
        difference(against_it.difference, spell),
    )


def _accuracy(comparison: Comparison, index: int) -> Standing:
    metric, value = first_metric(comparison.accuracy[index])
    if value is None:
        return Standing("not published")
    text = f"{value} {metric.partition(' on ')[0]}"
    other_metric, other = first_metric(comparison.accuracy[comparison.baseline])
    if index == comparison.baseline or other is None or metric != other_metric:
        return Standing(text)
    points = "{:.3f} points" if metric.partition(" on ")[0] in _PERCENTAGES else "{:.3f}"
    return Standing(text, difference=difference(value - other, points.format))


def difference(value: float | None, spell: Callable[[Any], str] = "{:,}".format) -> str:
    """A difference with its sign.

    >>> difference(77256704), difference(77256704, si), difference(-3), difference(0), difference(None)
    ('+77,256,704', '+77.3 M', '−3', '0', '')

    Args:
        value: What it is; ``None``: unknown.
        spell: Spells what is above 0.
    """
    if not value:
        return "" if value is None else "0"
    return f"{'+' if value > 0 else '−'}{spell(abs(value))}"
