"""Equal neighbours in a diff as one item: blocks of which every layer stands to the other network in the same way.

A block is what stands below one module of the second network; layers of the first alone belong to the module of the
same path. Nothing here recurses, however deep modules are nested.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from typing import Any

import msgspec

from cnninspect.compare.alignment import Status
from cnninspect.formats.diff_entries import AlignedLayers
from cnninspect.layer_tree import looks_of
from cnninspect.report import Layer, Report


class Repeated(msgspec.Struct, frozen=True, eq=False):
    """Equal neighbours.

    Attributes:
        first: The entries of the first of them.
        last: Those of the last.
        depth: How many names their paths have.
        inside: What the first shows, with its own equal neighbours as one; nothing for a layer.
    """

    copies: int
    first: tuple[AlignedLayers, ...]
    last: tuple[AlignedLayers, ...]
    depth: int
    inside: "tuple[AlignedLayers | Repeated, ...]" = ()

    @property
    def status(self) -> Status:
        """That of all its entries, or ``changed``."""
        found = {entry.aligned.status for entry in self.first}
        return found.pop() if len(found) == 1 else Status.changed


Item = AlignedLayers | Repeated


class _Block(msgspec.Struct, eq=False):
    """What stands below one module, from entry ``start`` to ``end``."""

    path: tuple[str, ...]
    start: int
    end: int = 0
    inside: "list[_Block | int]" = []
    look: int = -1
    items: list[Item] = []


def folded(entries: Sequence[AlignedLayers], first: Report, second: Report, *, is_whole: bool) -> list[Item]:
    """The entries with equal neighbours as one item.

    Args:
        entries: Of the alignment of the two reports.
        first: The first report.
        second: The second report.
        is_whole: Fold blocks that are alike in both networks, too, because they are shown.
    """
    numbers: dict[Any, int] = {}
    looks = [numbers.setdefault(look, len(numbers)) for look in _looks(entries, looks_of(first), looks_of(second))]
    blocks = _blocks(entries)
    for block in reversed(blocks):  # what is inside a block comes after it
        inner = [looks[each] if isinstance(each, int) else each.look for each in block.inside]
        block.look = numbers.setdefault(("block", *inner), len(numbers))
        start = 0
        for _, run in groupby(inner):
            alike = block.inside[start : start + len(list(run))]
            start += len(alike)
            block.items += _items(alike, entries, len(block.path), is_whole=is_whole)
    return blocks[0].items


def _items(
    alike: Sequence[_Block | int], entries: Sequence[AlignedLayers], depth: int, *, is_whole: bool
) -> Iterator[Item]:
    """A run of equal neighbours below a path of ``depth`` names as one item, or as what they are."""
    first, last = (
        entries[each : each + 1] if isinstance(each, int) else entries[each.start : each.end]
        for each in (alike[0], alike[-1])
    )
    is_shown = is_whole or any(entry.aligned.status is not Status.same for entry in first)
    if len(alike) > 1 and is_shown:
        inside = () if isinstance(alike[0], int) else tuple(alike[0].items)
        yield Repeated(len(alike), tuple(first), tuple(last), depth + 1, inside)
        return
    for each in alike:
        yield from [entries[each]] if isinstance(each, int) else each.items


def path_of(entry: AlignedLayers) -> str:
    """Where an entry stands: in the second network, if it is there."""
    aligned = entry.aligned
    return (aligned.first if aligned.second is None else aligned.second) or ""


def _blocks(entries: Sequence[AlignedLayers]) -> list[_Block]:
    """The blocks, each before those inside it; the first holds everything."""
    opened = [_Block((), 0, inside=[])]
    found = list(opened)
    for place, entry in enumerate(entries):
        above = path_of(entry).split(".")[:-1]
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(above, opened[-1].path, strict=False)))
        while len(opened) > shared + 1:
            opened.pop().end = place
        for level in range(shared, len(above)):
            block = _Block(tuple(above[: level + 1]), place)
            opened[-1].inside.append(block)
            opened.append(block)
            found.append(block)
        opened[-1].inside.append(place)
    for block in opened:
        block.end = len(entries)
    return found


def _looks(
    entries: Sequence[AlignedLayers], first: dict[int, int], second: dict[int, int]
) -> Iterator[tuple[Any, ...]]:
    """Equal for entries that are equal but for their paths."""

    def number(layer: Layer | None, looks: dict[int, int]) -> int | None:
        return None if layer is None else looks[id(layer)]

    for entry in entries:
        changes = msgspec.json.encode(entry.aligned.changes, order="deterministic")
        yield entry.aligned.status, number(entry.first, first), number(entry.second, second), entry.moved, changes
