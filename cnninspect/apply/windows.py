"""The geometry of windows along one axis, and the windows that two axes make. No torch.

Along an axis, an element of the output has taps: the places of the input that it sees, each with the index in the
kernel that meets it there. A place before the first element or after the last is padding.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from cnninspect.apply.applied import Operand, Window
from cnninspect.apply.values import Maps
from cnninspect.geometry import KernelWindow


class Tap(NamedTuple):
    """A place of the input, and the index in the kernel that meets it."""

    place: int
    kernel: int


#: The taps of each element of the output, along one axis.
Axis = tuple[tuple[Tap, ...], ...]
#: Channel, row and column.
Place = tuple[int, int, int]


class Plan(NamedTuple):
    """Where each element of an output comes from.

    Attributes:
        rows: Taps along the rows.
        columns: Taps along the columns.
        channels: The channels of the input that a channel of the output sees.
        value: What is at a place of the input or of its padding; ``None`` where nothing is.
        weight: Of a window at the first place, for a channel of the input and a row and a column of the kernel.
        bias: Of a window at a place.
        statistics: The index of those that a window at a place is normalised with.
    """

    rows: Axis
    columns: Axis
    channels: Callable[[int], Iterable[int]]
    value: Callable[[Place], float | None]
    weight: Callable[[Place, Place], float | None] = lambda _at, _place: None
    bias: Callable[[Place], float | None] = lambda _at: None
    statistics: Callable[[Place], int | None] = lambda _at: None

    def operands(self, channels: int) -> int:
        """How many there are, for so many channels of the output."""
        seen = sum(len(tuple(self.channels(channel))) for channel in range(channels))
        return seen * sum(map(len, self.rows)) * sum(map(len, self.columns))


def sliding(size: int, window: KernelWindow) -> Axis:
    """Taps of a kernel that slides, for ``size`` elements of the output.

    >>> [[tap.place for tap in taps] for taps in sliding(2, KernelWindow(3, 2, 1, 1, behind=1))]
    [[-1, 0, 1], [1, 2, 3]]
    """
    return tuple(tuple(Tap(place, k) for k, place in enumerate(window.places(index))) for index in range(size))


def adaptive(size: int, source: int) -> Axis:
    """Taps of adaptive pooling from ``source`` elements to ``size``: from ⌊i·source/size⌋ up to ⌈(i + 1)·source/size⌉.

    >>> [[tap.place for tap in taps] for taps in adaptive(2, 3)]
    [[0, 1], [1, 2]]
    """
    bounds = [(index * source // size, -(-(index + 1) * source // size)) for index in range(size)]
    return tuple(tuple(Tap(place, place - first) for place in range(first, last)) for first, last in bounds)


def transposed(size: int, source: int, window: KernelWindow) -> Axis:
    """Taps of a transposed convolution: input i reaches output ``i·stride − padding + k·dilation``.

    >>> transposed(3, 2, KernelWindow(2, 1, 0, 1, behind=0))[1]
    (Tap(place=0, kernel=1), Tap(place=1, kernel=0))
    """
    reached = [(Tap(place, k), at) for place in range(source) for k, at in enumerate(window.places(place))]
    return tuple(tuple(tap for tap, at in reached if at == index) for index in range(size))


def same(size: int) -> Axis:
    """Each element sees the one in its own place."""
    return tuple((Tap(index, 0),) for index in range(size))


def everything(size: int, source: int) -> Axis:
    """Each of ``size`` elements sees all of ``source``."""
    return tuple(tuple(Tap(place, place) for place in range(source)) for _ in range(size))


def windows(plan: Plan, output: Maps) -> tuple[Window, ...]:
    """One window for each element of ``output``, in reading order."""
    return tuple(
        _window(plan, (channel, row, column), result)
        for channel, rows in enumerate(output)
        for row, results in enumerate(rows)
        for column, result in enumerate(results)
    )


def _window(plan: Plan, at: Place, result: float) -> Window:
    channel, row, column = at
    return Window(
        at=at,
        rows=tuple(dict.fromkeys(tap.place for tap in plan.rows[row])),
        columns=tuple(dict.fromkeys(tap.place for tap in plan.columns[column])),
        operands=tuple(
            Operand(source, down.place, across.place, plan.value((source, down.place, across.place)),
                    plan.weight(at, (source, down.kernel, across.kernel)))
            for source in plan.channels(channel)
            for down in plan.rows[row]
            for across in plan.columns[column]
        ),
        result=result,
        bias=plan.bias(at),
        statistics=plan.statistics(at),
    )  # fmt: skip
