"""Two networks' layers as a diff: one row a layer, with runs that are the same folded."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec

from cnninspect.compare.alignment import Aligned, Status, key_of, layers_of
from cnninspect.formats import words
from cnninspect.formats.document import Column, Fit, Line, Row, Span, Table, Tone
from cnninspect.formats.document import words as toned
from cnninspect.report import Layer, Report

_SIGNS: Final = {Status.same: " ", Status.changed: "~", Status.only_first: "-", Status.only_second: "+"}
_TONES: Final = {
    Status.same: Tone.dim, Status.changed: Tone.changed, Status.only_first: Tone.bad, Status.only_second: Tone.good,
}  # fmt: skip
_WORDS: Final = {"inputs": "input", "outputs": "output", "trainable_params": "trainable"}
_COUNTS: Final = ("params", "trainable_params")
_SHORTEST_FOLD: Final = 2  # a fold of one row saves nothing


class AlignedLayers(msgspec.Struct, frozen=True):
    """Aligned layers with their rows in the reports, and where else a moved one stands."""

    aligned: Aligned
    first: Layer | None
    second: Layer | None
    moved: str = ""


def entries(alignment: Sequence[Aligned], first: Report, second: Report) -> list[AlignedLayers]:
    """Each entry of an alignment of two reports with the layers that it is about."""
    ours, theirs = iter(layers_of(first)), iter(layers_of(second))
    found = [
        AlignedLayers(
            each, next(ours) if each.first is not None else None, next(theirs) if each.second is not None else None
        )
        for each in alignment
    ]
    return _with_moves(found)


def table(alignment: Sequence[Aligned], first: Report, second: Report, *, is_whole: bool = False) -> Table:
    """The diff.

    Args:
        alignment: Of the two reports.
        first: The first report.
        second: The second report.
        is_whole: With every layer that is the same, instead of one row for a run of them.
    """
    columns = (Column("Layer"), Column("Path", fit=Fit.wrap), Column("What", fit=Fit.wrap))
    rows: list[Row] = []
    for status, run in groupby(entries(alignment, first, second), key=lambda entry: entry.aligned.status):
        group = list(run)
        is_folded = status is Status.same and not is_whole and len(group) >= _SHORTEST_FOLD
        rows.extend([_fold(group)] if is_folded else map(_row, group))
    names = f"- {words.safe(first.model.spec)}, + {words.safe(second.model.spec)}"
    return Table(columns, tuple(rows), f"Layers: {names}")


def summary(alignment: Sequence[Aligned], first: Report, second: Report) -> str:
    """How many layers stand how to the other network, in a sentence."""
    parts = {
        Status.same: "the same",
        Status.changed: "changed",
        Status.only_first: f"only in {words.safe(first.model.spec)}",
        Status.only_second: f"only in {words.safe(second.model.spec)}",
    }
    counts = Counter(entry.status for entry in alignment)
    said = [f"{words.of_layers(counts[status])} {text}" for status, text in parts.items() if counts[status]]
    return ", ".join(said) or "no layers"


def _with_moves(found: list[AlignedLayers]) -> list[AlignedLayers]:
    """Mark runs of the first network alone that stand as they are elsewhere in the second alone."""
    gone = [_run(group) for group in _runs(found, Status.only_first)]
    come = [_run(group) for group in _runs(found, Status.only_second)]
    moved: dict[int, str] = {}
    for indices, looks in gone:
        match = next((each for each in come if each[1] == looks and each[0][0] not in moved), None)
        if match is not None and any(found[index].first and _has_weights(found[index].first) for index in indices):
            for here, there in zip(indices, match[0], strict=True):
                moved[here] = f"moved to {found[there].aligned.second}"
                moved[there] = f"moved from {found[here].aligned.first}"
    return [msgspec.structs.replace(entry, moved=moved.get(index, "")) for index, entry in enumerate(found)]


def _runs(found: Sequence[AlignedLayers], status: Status) -> Iterator[list[tuple[int, AlignedLayers]]]:
    for is_wanted, run in groupby(enumerate(found), key=lambda item: item[1].aligned.status is status):
        if is_wanted:
            yield list(run)


def _run(group: Sequence[tuple[int, AlignedLayers]]) -> tuple[list[int], list[bytes]]:
    return [index for index, _ in group], [_look(entry.first or entry.second) for _, entry in group]


def _look(layer: Layer | None) -> bytes:
    assert layer is not None, "an entry has at least one layer"  # noqa: S101
    return key_of(layer)


def _has_weights(layer: Layer | None) -> bool:
    return bool(layer and layer.own_params)


def _fold(group: Sequence[AlignedLayers]) -> Row:
    first, last = group[0].aligned, group[-1].aligned
    ours, theirs = _span(first.first, last.first), _span(first.second, last.second)
    label = f"{_SIGNS[Status.same]} {words.of_layers(len(group))}"
    return Row(tuple(toned(text, Tone.dim) for text in (label, _both(ours, theirs), "the same")))


def _span(first: str | None, last: str | None) -> str:
    return f"{_path(first)} … {_path(last)}"


def _path(path: str | None) -> str:
    """As a table shows it; the model itself has no path."""
    return "" if path is None else words.safe(path) or "(itself)"


def _both(first: str, second: str) -> str:
    """The path in both networks, once if it is the same."""
    return f"{first} → {second}" if first and second and first != second else first or second


def _row(entry: AlignedLayers) -> Row:
    aligned, layer = entry.aligned, entry.second or entry.first
    assert layer is not None, "an entry has at least one layer"  # noqa: S101
    label = toned(f"{_SIGNS[aligned.status]} {words.safe(layer.type)}", _TONES[aligned.status])
    return Row((label, toned(_both(_path(aligned.first), _path(aligned.second))), _what(entry, layer)))


def _what(entry: AlignedLayers, layer: Layer) -> Line:
    if entry.aligned.status is Status.changed:
        return toned("; ".join(_change(name, *values) for name, values in _told(entry.aligned.changes)))
    held = [f"{words.count(layer.params)} parameters"] if layer.params else []
    said = ", ".join([text for text in [words.tensors(layer.outputs)] if text] + held)
    return (Span(f"{entry.moved}, ", Tone.changed), Span(said)) if entry.moved else toned(said)


def _told(changes: Mapping[str, tuple[Any, Any]]) -> list[tuple[str, tuple[Any, Any]]]:
    """Without what follows from another change: inputs from the layer before, what is trainable from the parameters."""
    follows = {"inputs"} if changes.keys() - {"inputs"} else set()
    if "params" in changes:
        follows.add("trainable_params")
    return [(name, values) for name, values in changes.items() if name not in follows]


def _change(name: str, before: Any, after: Any) -> str:
    return f"{words.safe(_WORDS.get(name, name))} {_value(name, before)} → {_value(name, after)}"


def _value(name: str, value: Any) -> str:
    """As a person writes it: 11×11, 1×64×55×55, 4,097,000."""
    if name in _COUNTS:
        return words.count(value)
    if value is None:
        return "none"
    if name in {"inputs", "outputs"} and isinstance(value, list | tuple):
        return ", ".join(_shape(str(each)) for each in value) or "nothing"
    if isinstance(value, list | tuple):
        return words.safe(words.sides(value))
    return words.safe(str(value))


def _shape(text: str) -> str:
    return words.safe(text.removesuffix(":float32").replace("x", "×").replace(":", " "))
