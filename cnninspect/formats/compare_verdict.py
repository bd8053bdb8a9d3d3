"""How networks stand to each other, in one sentence."""

from collections import Counter
from typing import Final

from cnninspect import totals
from cnninspect.compare.alignment import Status
from cnninspect.compare.comparison import Change, Comparison, against, differences
from cnninspect.formats import words

_MEASURES: Final = {"params": "parameters", "macs": "MACs"}
_WHOLE: Final = 1000  # from there a ratio is a whole number


def sentence(comparison: Comparison) -> str:
    """Are they identical? If not, the ratios of parameters and MACs, and of two networks how many layers differ."""
    if comparison.identical:
        number = words.of_layers(len(comparison.alignment))
        return f"identical: {number}, same shapes, same parameters" if comparison.alignment else "all are identical"
    if len(comparison.reports) > 2:
        return _of_many(comparison)
    return "; ".join(filter(None, (_of_two(comparison), _of_layers(comparison)))) or "their layers were not kept"


def times(value: float) -> str:
    """A ratio, to three digits.

    >>> times(2.26441), times(1.0), times(21661.4)
    ('2.26', '1.00', '21,661')
    """
    return f"{value:#.3g}".rstrip(".") if value < _WHOLE else f"{value:,.0f}"


def _against(comparison: Comparison, key: str, index: int) -> Change:
    total = totals.read_in(totals.Place.COMPARE)[key]
    held = comparison.reports[comparison.baseline]
    return against(total.figure(comparison.reports[index]), total.figure(held))


def _name(comparison: Comparison, index: int) -> str:
    return words.safe(comparison.reports[index].model.spec)


def _of_two(comparison: Comparison) -> str:
    other = 1 - comparison.baseline
    said = []
    for key, noun in _MEASURES.items():
        change = _against(comparison, key, other)
        if change.ratio is not None:
            said.append(f"{times(change.ratio)} × the {noun}" if change.difference else f"exactly the {noun}")
    if not said:
        return ""
    return f"{_name(comparison, other)} has {' and '.join(said)} of {_name(comparison, comparison.baseline)}"


def _of_many(comparison: Comparison) -> str:
    """The range of each ratio, with the networks at its ends."""
    others = [index for index in range(len(comparison.reports)) if index != comparison.baseline]
    said = []
    for key, noun in _MEASURES.items():
        ratios = [(ratio, index) for index in others if (ratio := _against(comparison, key, index).ratio) is not None]
        if ratios:
            ends = (f"{times(ratio)} × ({_name(comparison, index)})" for ratio, index in (min(ratios), max(ratios)))
            said.append(f"{noun} from {' to '.join(ends)}")
    return f"against {_name(comparison, comparison.baseline)}: {', '.join(said)}" if said else "they differ"


def _of_layers(comparison: Comparison) -> str:
    if any(report.counted for report in comparison.reports):
        return ""
    first, second = (_name(comparison, index) for index in (0, 1))
    parts = {
        Status.same: "alike",
        Status.changed: "changed",
        Status.only_first: f"only in {first}",
        Status.only_second: f"only in {second}",
    }
    counts = Counter(entry.status for entry in comparison.alignment)
    told = [(counts[status], text) for status, text in parts.items() if counts[status]]
    said = [f"{words.of_layers(number)} {text}" for number, text in told[:1]]
    said += [f"{number:,} {text}" for number, text in told[1:]]
    layers = ", ".join(said) or "no layers"
    if counts.keys() <= {Status.same}:
        return f"{layers}, but the {' and the '.join(differences(*comparison.reports))} differ"
    return layers
