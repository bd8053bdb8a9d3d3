"""The rows of a diff of layers: of an entry, of a run that is the same in both networks, of equal neighbours."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cnninspect.compare.alignment import Status
from cnninspect.formats import words
from cnninspect.formats.diff_entries import AlignedLayers
from cnninspect.formats.diff_folding import Repeated, path_of
from cnninspect.formats.document import Line, Row, Span, Tone
from cnninspect.formats.document import words as toned
from cnninspect.report import Layer

_SIGNS: Final = {Status.same: " ", Status.changed: "~", Status.only_first: "-", Status.only_second: "+"}
_TONES: Final = {
    Status.same: Tone.dim, Status.changed: Tone.changed, Status.only_first: Tone.bad, Status.only_second: Tone.good,
}  # fmt: skip
_WORDS: Final = {"inputs": "input", "outputs": "output", "trainable_params": "trainable"}
_COUNTS: Final = ("params", "trainable_params")


def of_entry(entry: AlignedLayers) -> Row:
    """The row of one entry."""
    aligned = entry.aligned
    label = toned(f"{_SIGNS[aligned.status]} {words.safe(_layer(entry).type)}", _TONES[aligned.status])
    return Row((label, toned(_both(_path(aligned.first), _path(aligned.second))), _what(entry)))


def of_repeated(repeated: Repeated, by_path: Sequence[Mapping[str, Layer]]) -> Row:
    """The row of equal neighbours, with the figures of one.

    Args:
        repeated: The neighbours.
        by_path: The layers of the first network, and of the second.
    """
    ours, theirs = (
        [_outer(copy, side, repeated.depth) for copy in (repeated.first, repeated.last)] for side in ("first", "second")
    )
    here, path = (by_path[0], ours[0]) if theirs[0] is None else (by_path[1], theirs[0])
    layer = here.get(path or "")
    kind = words.safe(layer.type) if layer else "layers"
    label = toned(f"{_SIGNS[repeated.status]} {repeated.copies} × {kind}", _TONES[repeated.status])
    return Row((label, toned(_both(_from_to(ours), _from_to(theirs))), _each(repeated, layer)))


def _outer(entries: Sequence[AlignedLayers], side: str, depth: int) -> str | None:
    """The path of a block in one of the networks."""
    for entry in entries:
        path: str | None = getattr(entry.aligned, side)
        if path is not None:
            inner = path_of(entry).count(".") + 1 - depth
            return path.rsplit(".", inner)[0] if inner else path
    return None


def _from_to(paths: Sequence[str | None]) -> str:
    first, last = paths
    return "" if first is None or last is None else words.from_to(first, last)


def _each(repeated: Repeated, layer: Layer | None) -> Line:
    if repeated.status in {Status.only_first, Status.only_second}:
        held = [f"{words.count(layer.params)} parameters each"] if layer and layer.params else []
        shapes = [words.tensors(layer.outputs)] if layer and layer.outputs else []
        return toned(", ".join(shapes + held))
    if not repeated.inside:
        return _what(repeated.first[0])
    unlike = sum(entry.aligned.status is not Status.same for entry in repeated.first)
    of_all = words.of_layers(len(repeated.first))
    return toned(f"in each {unlike} of {of_all} differ{'s' * (unlike == 1)}" if unlike else f"{of_all} each, the same")


def of_run(group: Sequence[AlignedLayers]) -> Row:
    """The row of entries that are the same in both networks."""
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


def _what(entry: AlignedLayers) -> Line:
    if entry.aligned.status is Status.changed:
        return toned("; ".join(_change(name, *values) for name, values in _told(entry.aligned.changes)))
    layer = _layer(entry)
    held = [f"{words.count(layer.params)} parameters"] if layer.params else []
    said = ", ".join([text for text in [words.tensors(layer.outputs)] if text] + held)
    return (Span(f"{entry.moved}, ", Tone.changed), Span(said)) if entry.moved else toned(said)


def _layer(entry: AlignedLayers) -> Layer:
    layer = entry.second or entry.first
    assert layer is not None, "an entry has at least one layer"  # noqa: S101
    return layer


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
