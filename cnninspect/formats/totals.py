"""The totals of networks side by side, against one of them as ratio and difference."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from cnninspect.compare import TOTALS, Accuracy, Comparison, against
from cnninspect.figures import Bound
from cnninspect.formats import words
from cnninspect.formats.document import Column, Fit, Line, Row, Table, Tone
from cnninspect.formats.document import words as toned
from cnninspect.report import Report
from cnninspect.units import si

_BOUNDS: Final = {Bound.AT_LEAST: "≥ ", Bound.AT_MOST: "≤ "}
_HEADERS: Final = {
    "params": "Parameters",
    "size": "Size (bytes)",
    "macs": "MACs",
    "flops": "FLOPs",
    "activations": "Activations",
    "convolutions": "Convolutions",
    "linear": "Linear layers",
    "receptive_field": "Receptive field",
    "accuracy": "Accuracy",
    "output": "Output",
}
#: What can be shown of each network.
COLUMNS: Final = tuple(_HEADERS)
#: Of more than two networks, unless something else is asked for.
_FEW: Final = ("params", "macs", "accuracy")
_WHOLE: Final = 1000  # from there a ratio is a whole number
_BESIDE: Final = 2  # that many networks are columns, more are rows


class Total(msgspec.Struct, frozen=True):
    """A figure of one network in words, and how it stands to the baseline's."""

    text: str
    ratio: str = ""
    difference: str = ""


def tables(comparison: Comparison, columns: Sequence[str] | None) -> tuple[Table, ...]:
    """A table with the networks as columns, or for more than two with the networks as rows."""
    if len(comparison.reports) == _BESIDE:
        return (_side_by_side(comparison, columns or COLUMNS),)
    return (_listed(comparison, columns or _FEW),)


def sort_value(key: str) -> Callable[[Report, Accuracy | None], float | None]:
    """What ``--sort KEY`` sorts by; ``None`` for a report of which it is unknown."""

    def value(report: Report, accuracy: Accuracy | None) -> float | None:
        if key == "accuracy":
            return first_metric(accuracy)[1]
        if key == "output":
            return None if not report.run.outputs else float(len(report.run.outputs))
        return TOTALS[key](report).value

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
        totals = [_total(comparison, index, key) for index in range(_BESIDE)]
        held = totals[1 - comparison.baseline]
        cells = [*(total.text for total in totals), held.ratio, held.difference]
        rows.append(Row((toned(_HEADERS[key], Tone.strong), *map(toned, cells))))
    numbers = (Column(header, is_number=True) for header in (*names, "Ratio", "Difference"))
    return Table((Column(""), *numbers), tuple(rows))


def _listed(comparison: Comparison, columns: Sequence[str]) -> Table:
    headers = [Column("Model", fit=Fit.cut)]
    for key in columns:
        headers.append(Column(_HEADERS[key], is_number=True))
        headers.extend([Column("×", is_number=True), Column("±", is_number=True)] * (key != "output"))
    rows = (_model_row(comparison, index, columns) for index in range(len(comparison.reports)))
    return Table(tuple(headers), tuple(rows))


def _model_row(comparison: Comparison, index: int, columns: Sequence[str]) -> Row:
    tone = Tone.strong if index == comparison.baseline else Tone.plain
    cells: list[Line] = [toned(words.safe(comparison.reports[index].model.spec), tone)]
    for key in columns:
        total = _total(comparison, index, key)
        cells.append(toned(total.text))
        if key != "output":
            cells.extend((toned(total.ratio, Tone.dim), toned(total.difference, Tone.dim)))
    return Row(tuple(cells))


def _total(comparison: Comparison, index: int, key: str) -> Total:
    report, baseline = comparison.reports[index], comparison.reports[comparison.baseline]
    if key == "output":
        return Total(words.tensors(report.run.outputs) or words.UNKNOWN)
    if key == "accuracy":
        return _accuracy(comparison, index)
    figure, held = TOTALS[key](report), TOTALS[key](baseline)
    text = _BOUNDS.get(figure.bound, "") + words.count(figure.value)
    if index == comparison.baseline:
        return Total(text)
    against_it = against(figure, held)
    spell = difference if len(comparison.reports) == _BESIDE else short
    return Total(text, ratio(against_it.ratio), spell(against_it.difference))


def _accuracy(comparison: Comparison, index: int) -> Total:
    metric, value = first_metric(comparison.accuracy[index])
    if value is None:
        return Total("not published")
    text = f"{value} {metric.partition(' on ')[0]}"
    other_metric, other = first_metric(comparison.accuracy[comparison.baseline])
    if index == comparison.baseline or other is None or metric != other_metric:
        return Total(text)
    return Total(text, ratio(value / other if other else None), f"{value - other:+.3f}")


def ratio(value: float | None) -> str:
    """A ratio, to three digits.

    >>> ratio(2.26441), ratio(1.0), ratio(None)
    ('2.26×', '1.00×', '')
    """
    if value is None:
        return ""
    return f"{value:#.3g}".rstrip(".") + "×" if value < _WHOLE else f"{value:,.0f}×"


def difference(value: int | None) -> str:
    """A difference with its sign, to the last digit.

    >>> difference(77256704), difference(-3), difference(0), difference(None)
    ('+77,256,704', '−3', '0', '')
    """
    if not value:
        return "" if value is None else "0"
    return f"{'+' if value > 0 else '−'}{abs(value):,}"


def short(value: int | None) -> str:
    """A difference with its sign, to three digits.

    >>> short(77256704), short(0)
    ('+77.3 M', '0')
    """
    if not value:
        return "" if value is None else "0"
    return f"{'+' if value > 0 else '−'}{si(abs(value))}"
