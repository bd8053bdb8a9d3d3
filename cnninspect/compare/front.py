"""Which networks nothing is better than: the Pareto front of two figures."""

from collections.abc import Sequence

import msgspec


class Front(msgspec.Struct, frozen=True):
    """The networks that no other beats in one figure without being behind in the other.

    Attributes:
        columns: The two figures.
        indices: Of the reports on it.
    """

    columns: tuple[str, str]
    indices: tuple[int, ...]


def front_of(points: Sequence[tuple[float, float] | None]) -> tuple[int, ...]:
    """The indices of the points that no other beats; less is better, in both.

    Steps: by the first figure, then by the second; what comes later is on the front if its second figure is less than
    all before. Points that are alike are all on it.

    >>> front_of([(1, 5), (2, 3), (2, 4), (3, 3), None, (4, 1), (2, 3)])
    (0, 1, 5, 6)

    Args:
        points: ``None``: one of the two is unknown.
    """
    known = sorted((point, index) for index, point in enumerate(points) if point is not None)
    found: list[int] = []
    least, last = float("inf"), (float("inf"), float("inf"))
    for point, index in known:
        if point[1] < least or point == last:
            found.append(index)
            least, last = point[1], point
    return tuple(sorted(found))
