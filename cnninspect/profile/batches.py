"""Memory as a function of the batch: two traces give it for every batch, and a third one tells whether it is so.

Every storage of a network that treats the images of a batch alike is affine in their number, ``a + b·n``, and so is
what is alive at the end of an operator. What is needed is the largest of these lines.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cnninspect.profile.lives import Timeline, running


class Trace(NamedTuple):
    """What one batch needs.

    Attributes:
        held: Bytes of parameters, buffers and inputs.
        timeline: What is alive beyond these.
        among: The operators that count.
    """

    held: int
    timeline: Timeline
    among: range

    @property
    def needed(self) -> int:
        """Bytes."""
        sizes = self.timeline.sizes()
        return self.held + max((sizes[at] for at in self.among), default=0)


class Affine(NamedTuple):
    """Bytes as a function of the batch: ``constant + slope · n``."""

    constant: int
    slope: int

    def at(self, batch: int) -> int:
        """Bytes of a batch."""
        return self.constant + self.slope * batch


class Largest(NamedTuple):
    """The largest batch that fits; ``None``: every one does. And whether that followed from lines."""

    batch: int | None
    is_affine: bool


#: Batches of 1 can be another case: sides of 1 need no copies, batch normalisation doesn't train on one value.
FIRST, SECOND = 2, 3


def lines(first: Trace, second: Trace) -> list[Affine] | None:
    """What is alive in a batch at the end of each operator, as lines without those that others are always above.

    Args:
        first: Of a batch of ``FIRST``.
        second: Of a batch of ``SECOND``.

    Returns:
        ``None`` where the two did not run the same operators on storages that live as long.
    """
    if first.timeline.shape() != second.timeline.shape():
        return None
    pairs = zip(first.timeline.lives, second.timeline.lives, strict=True)
    slopes = [(b.size - a.size) // (SECOND - FIRST) for a, b in pairs]
    constants = [a.size - FIRST * slope for a, slope in zip(first.timeline.lives, slopes, strict=True)]
    held = (second.held - first.held) // (SECOND - FIRST)
    alive = zip(running(constants, first.timeline), running(slopes, first.timeline), strict=True)
    base = first.held - FIRST * held
    found = [Affine(base + constant, held + slope) for constant, slope in alive]
    return _highest([found[at] for at in first.among])


def _highest(found: Sequence[Affine]) -> list[Affine]:
    """For each slope the line above the others."""
    best: dict[int, int] = {}
    for each in found:
        best[each.slope] = max(each.constant, best.get(each.slope, each.constant))
    return [Affine(constant, slope) for slope, constant in best.items()]


def closed_form(found: Sequence[Affine], room: int) -> int | None:
    """The largest batch whose lines are all within ``room`` bytes; 0 if none is, ``None`` if every one is.

    >>> closed_form([Affine(100, 10), Affine(0, 30)], 160)
    5

    Args:
        found: Its lines.
        room: Bytes.
    """
    limits = [(room - each.constant) // each.slope for each in found if each.slope > 0]
    if any(each.constant > room for each in found if each.slope <= 0):
        return 0
    return max(min(limits), 0) if limits else None


def largest(trace: Callable[[int], Trace], room: int, most: int) -> Largest:
    """The largest batch that fits into ``room`` bytes: in closed form, held against a trace; else by search.

    Args:
        trace: Of a batch.
        room: Bytes.
        most: Where the search ends.
    """
    found = lines(trace(FIRST), trace(SECOND))
    if found is not None:
        batch = closed_form(found, room)
        if batch is None or batch > most:
            return Largest(None if batch is None else most, is_affine=True)
        if batch < FIRST:
            return Largest(int(trace(1).needed <= room), is_affine=True)
        if trace(batch).needed == max(each.at(batch) for each in found):
            return Largest(batch, is_affine=True)
    return Largest(_searched(trace, room, most), is_affine=False)


def _searched(trace: Callable[[int], Trace], room: int, most: int) -> int:
    """Doubled until it doesn't fit, then between the last two."""
    fits, fails = 0, 1
    while fails <= most and trace(fails).needed <= room:
        fits, fails = fails, 2 * fails
    while fails - fits > 1:
        middle = (fits + fails) // 2
        fits, fails = (middle, fails) if trace(middle).needed <= room else (fits, middle)
    return fits
