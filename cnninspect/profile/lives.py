"""When each storage was born and when it died, in operators: what memory over time comes to.

The clock counts operators that have ended. What is born in the operator ``k`` and gone when ``n`` have ended was alive
at the ends of ``k … n − 1``, and that is where memory is looked at.
"""

import itertools
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

#: A call of a module: its path, and 1 for the first call.
Place = tuple[str, int]
#: By call; ``None`` for what is nobody's, and for what is unknown.
Amounts = dict[Place | None, int | None]


class Contents(StrEnum):
    """What a storage holds."""

    activation = "activations"
    gradient = "gradients"
    state = "optimizer state"
    temporary = "temporaries of the step"


class Life(NamedTuple):
    """One storage.

    Attributes:
        size: Bytes.
        owner: The call whose operator made it, or the one that autograd ran it for; ``None``: nobody's.
        born: The operator that it came from.
        died: How many had ended when it was gone; ``None``: it outlived them all.
        kind: What it holds.
        is_saved: Does autograd keep it for the backward pass?
    """

    size: int
    owner: Place | None
    born: int
    died: int | None
    kind: Contents = Contents.activation
    is_saved: bool = False

    def is_alive(self, at: int) -> bool:
        """At the end of the operator ``at``?"""
        return self.born <= at and (self.died is None or at < self.died)


class Operation(NamedTuple):
    """An operator that ran.

    Attributes:
        op: Its name.
        owner: The call that it ran for.
        moved: Bytes that it read and wrote.
        macs: Its multiply-accumulates; ``None`` where no rule covers it.
    """

    op: str
    owner: Place | None
    moved: int = 0
    macs: int | None = 0


class Timeline(NamedTuple):
    """What a trace came to.

    Attributes:
        operations: In their order.
        lives: The storages that came from them, as they were born.
        marks: How many operators had ended at the beginning of each phase, by its name.
        others: Bytes of what operators took that was there before, and is neither parameter, buffer nor input.
    """

    operations: tuple[Operation, ...]
    lives: tuple[Life, ...]
    marks: dict[str, int]
    others: int = 0

    def sizes(self, kind: Contents | None = None) -> list[int]:
        """Bytes alive at the end of each operator, of one kind or all.

        >>> lives = (Life(8, None, 0, 1), Life(4, None, 1, None))
        >>> Timeline((Operation("a", None), Operation("b", None)), lives, {}).sizes()
        [8, 4]
        """
        timeline = self if kind is None else self.only(kind)
        return running([each.size for each in timeline.lives], timeline)

    def only(self, kind: Contents) -> "Timeline":
        """The same with the storages of one kind."""
        return self._replace(lives=tuple(each for each in self.lives if each.kind is kind))

    def phase(self, name: str, end: str | None = None) -> range:
        """The operators from one mark up to another, or to the end."""
        return range(self.marks[name], len(self.operations) if end is None else self.marks[end])

    def most(self) -> dict[Place | None, int]:
        """The most bytes that are alive at the end of an operator of each call."""
        found: dict[Place | None, int] = {}
        for operation, size in zip(self.operations, self.sizes(), strict=True):
            found[operation.owner] = max(size, found.get(operation.owner, 0))
        return found

    def shape(self) -> tuple[object, ...]:
        """What is the same for two batches of a network whose memory is affine in the batch."""
        return (
            [(each.op, each.owner) for each in self.operations],
            self.marks,
            tuple((each.owner, each.born, each.died, each.kind) for each in self.lives),
        )


def running(amounts: Sequence[int], timeline: Timeline) -> list[int]:
    """The sum of the amounts of the storages that are alive, at the end of each operator.

    Args:
        amounts: One for each of its storages.
        timeline: Whose.
    """
    changes = [0] * (len(timeline.operations) + 1)
    for amount, life in zip(amounts, timeline.lives, strict=True):
        if life.died is None or life.died > life.born:
            changes[life.born] += amount
            if life.died is not None:
                changes[life.died] -= amount
    return list(itertools.accumulate(changes[:-1]))


def highest(sizes: Sequence[int], among: range) -> int | None:
    """The first place of the largest size; ``None`` where there is no place."""
    return max(among, key=lambda place: sizes[place], default=None)


def by_owner(amounts: Iterable[tuple[Place | None, int | None]]) -> Amounts:
    """The sum of what each call has; ``None`` where a part of it is unknown.

    >>> by_owner([(("0", 1), 3), (("1", 1), 2), (("0", 1), 4), (("1", 1), None)])
    {('0', 1): 7, ('1', 1): None}
    """
    found: Amounts = {}
    for owner, amount in amounts:
        before = found.get(owner, 0)
        found[owner] = None if before is None or amount is None else before + amount
    return found
