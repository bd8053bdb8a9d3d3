"""Two networks' layers aligned like a diff.

A layer is a call of a module that has no modules below it, or that has parameters or MACs of its own beside
them (``nn.MultiheadAttention``). Two are the same if their types, settings, shapes, dtypes and parameters are;
names do not matter. Those of one type are paired so that they are most alike in sum, and what differs is named.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from cnninspect.compare import sequences
from cnninspect.report import Layer, Report, TensorSpec

_SAME: Final = 200  # the score of two equal layers: more than that of two pairs that have changed
_NAMESAKE: Final = 5  # what an equal path adds to it: less than an equal setting does
_MOST_CELLS: Final = 1_000_000  # of a table of scores; of larger networks what is equal is matched first


class Status(StrEnum):
    """How a layer of one network stands to the other network."""

    same = "same"
    changed = "changed"
    only_first = "only_first"
    only_second = "only_second"


class Aligned(msgspec.Struct, frozen=True):
    """A layer of the first network beside one of the second, or alone.

    Attributes:
        status: How the two stand to each other.
        first: The path in the first network; ``None`` if it is only in the second.
        second: The path in the second network; ``None`` if it is only in the first.
        changes: What differs, by setting, ``inputs``, ``outputs`` (shapes such as ``1x64x55x55:float32``), ``params``
            or ``trainable_params``: the value in the first and in the second.
    """

    status: Status
    first: str | None
    second: str | None
    changes: dict[str, tuple[Any, Any]] = {}


def layers_of(report: Report) -> tuple[Layer, ...]:
    """The layers of a report that are aligned, a row a call, in execution order."""
    holders = {layer.path.rpartition(".")[0] for layer in report.layers if layer.path}
    return tuple(layer for layer in report.layers if layer.path not in holders or layer.own_params or layer.own_macs)


def align(first: Report, second: Report) -> tuple[Aligned, ...]:
    """The layers of two reports beside each other, in execution order; what is only in the first comes first."""
    ours, theirs = layers_of(first), layers_of(second)
    pairs = _pairs(ours, theirs)
    found: list[Aligned] = []
    for place, (i_range, j_range) in enumerate(sequences.gaps(pairs, len(ours), len(theirs))):
        found.extend(Aligned(Status.only_first, ours[i].path, None) for i in i_range)
        found.extend(Aligned(Status.only_second, None, theirs[j].path) for j in j_range)
        if place < len(pairs):
            found.append(_beside(*(layers[index] for layers, index in zip((ours, theirs), pairs[place], strict=True))))
    return tuple(found)


def are_same(first: Report, second: Report) -> bool:
    """Have two networks the same layers in the same order?"""
    return list(map(key_of, layers_of(first))) == list(map(key_of, layers_of(second)))


def _pairs(ours: Sequence[Layer], theirs: Sequence[Layer]) -> list[sequences.Pair]:
    """Which layer stands beside which, by index."""
    our_keys, their_keys = list(map(key_of, ours)), list(map(key_of, theirs))
    start, end = sequences.ends(our_keys, their_keys)
    middle = slice(start, len(ours) - end), slice(start, len(theirs) - end)
    inner = _best(ours[middle[0]], theirs[middle[1]], our_keys[middle[0]], their_keys[middle[1]])
    pairs = [
        *((index, index) for index in range(start)),
        *((i + start, j + start) for i, j in inner),
        *((len(ours) - back, len(theirs) - back) for back in range(end, 0, -1)),
    ]
    our_paths, their_paths = [layer.path for layer in ours], [layer.path for layer in theirs]
    pairs = sequences.slid(pairs, our_paths, their_paths, their_keys)
    swapped = [(j, i) for i, j in pairs]
    return [(i, j) for j, i in sequences.slid(swapped, their_paths, our_paths, our_keys)]


def _best(
    ours: Sequence[Layer], theirs: Sequence[Layer], our_keys: Sequence[bytes], their_keys: Sequence[bytes]
) -> list[sequences.Pair]:
    """The pairs of layers of one type that are most alike in sum."""
    if len(ours) * len(theirs) <= _MOST_CELLS:
        mine, other = list(map(_compared, ours)), list(map(_compared, theirs))
        known: dict[tuple[bytes, bytes], int] = {}

        def score(i: int, j: int) -> int:
            if ours[i].type != theirs[j].type:
                return 0
            keys = our_keys[i], their_keys[j]
            if keys not in known:
                known[keys] = _SAME if keys[0] == keys[1] else _likeness(mine[i], other[j])
            is_namesake = known[keys] < _SAME and ours[i].path == theirs[j].path
            return known[keys] + _NAMESAKE * is_namesake

        return sequences.paired(len(ours), len(theirs), score)
    matched = sequences.common(our_keys, their_keys)
    if not matched:
        return sequences.common([layer.type for layer in ours], [layer.type for layer in theirs])
    pairs = list(matched)
    for i_range, j_range in sequences.gaps(matched, len(ours), len(theirs)):
        gap = slice(i_range.start, i_range.stop), slice(j_range.start, j_range.stop)
        inner = _best(ours[gap[0]], theirs[gap[1]], our_keys[gap[0]], their_keys[gap[1]])
        pairs.extend((i + i_range.start, j + j_range.start) for i, j in inner)
    return sorted(pairs)


def _beside(ours: Layer, theirs: Layer) -> Aligned:
    changes = _changes(ours, theirs)
    return Aligned(Status.changed if changes else Status.same, ours.path, theirs.path, changes)


def key_of(layer: Layer) -> bytes:
    """Equal for layers that are the same."""
    return msgspec.json.encode((layer.type, _compared(layer)), order="deterministic")


def _compared(layer: Layer) -> dict[str, Any]:
    """All that may differ between two layers of one type."""
    shapes = {"inputs": _shapes(layer.inputs), "outputs": _shapes(layer.outputs)}
    held = {"params": layer.params, "trainable_params": layer.trainable_params}
    return {**layer.settings, **shapes, **held}


def _shapes(tensors: Sequence[TensorSpec]) -> list[str]:
    return [f"{'x'.join(map(str, tensor.shape))}:{tensor.dtype}" for tensor in tensors]


def _likeness(ours: dict[str, Any], theirs: dict[str, Any]) -> int:
    """From 1 to 81: how much of what is known of two layers of one type is equal."""
    known = ours.keys() | theirs.keys()
    alike = [name for name in known if ours.get(name) == theirs.get(name)]
    return 1 + 80 * len(alike) // len(known)


def _changes(ours: Layer, theirs: Layer) -> dict[str, tuple[Any, Any]]:
    mine, other = _compared(ours), _compared(theirs)
    names = [*mine, *(name for name in other if name not in mine)]
    return {name: (mine.get(name), other.get(name)) for name in names if mine.get(name) != other.get(name)}
