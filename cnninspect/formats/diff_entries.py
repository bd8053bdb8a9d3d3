"""The entries of an alignment with the layers that they are about, and where those went that moved."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from cnninspect.compare.alignment import Aligned, Status, key_of, layers_of
from cnninspect.report import Layer, Report


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
