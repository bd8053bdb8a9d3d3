"""Two sequences aligned: their longest common subsequence, gaps at sensible places, pairs of the best score.

Sequences are of the layers of networks, in which runs repeat (conv, norm, relu, conv, norm, relu …), so that a
longest common subsequence is seldom the only one. ``slid`` picks among those of equal length.
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise

#: Indices into the first and the second sequence.
Pair = tuple[int, int]


def ends(first: Sequence[Hashable], second: Sequence[Hashable]) -> tuple[int, int]:
    """How many items at the start, and of the rest at the end, are equal.

    >>> ends("abxyc", "abzc")
    (2, 1)
    """
    shorter = min(len(first), len(second))
    start = next((i for i in range(shorter) if first[i] != second[i]), shorter)
    rest = shorter - start
    return start, next((i for i in range(rest) if first[-1 - i] != second[-1 - i]), rest)


def common(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[Pair]:
    """The indices of a longest common subsequence, ascending in both.

    Bit-parallel: one integer a row of the classic table, a cleared bit where the length grows
    (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004).

    >>> common("abcbd", "abbd")
    [(0, 0), (1, 1), (3, 2), (4, 3)]
    """
    places: dict[Hashable, int] = {}
    for column, item in enumerate(first):
        places[item] = places.get(item, 0) | 1 << column
    everything = (1 << len(first)) - 1
    table, row = [everything], everything
    for item in second:
        matched = row & places.get(item, 0)
        row = ((row + matched) | (row - matched)) & everything
        table.append(row)
    pairs: list[Pair] = []
    i, j = len(first), len(second)
    while i and j:
        if table[j] >> (i - 1) & 1:  # the first i are no better than the first i − 1
            i -= 1
        elif not table[j - 1] >> (i - 1) & 1:  # the j-th item of the second is not needed
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


def paired(first: int, second: int, score: Callable[[int, int], int]) -> list[Pair]:
    """Pairs of indices, ascending in both, of the largest total score; a score of 0 makes no pair.

    Args:
        first: Length of the first sequence.
        second: Length of the second sequence.
        score: Of a pair, 0 or more.

    >>> paired(2, 3, lambda i, j: [[1, 5, 0], [0, 3, 2]][i][j])
    [(0, 1), (1, 2)]
    """
    best = [[0] * (second + 1) for _ in range(first + 1)]
    scores = [[score(i, j) for j in range(second)] for i in range(first)]
    for i in range(first - 1, -1, -1):
        for j in range(second - 1, -1, -1):
            taken = scores[i][j] and scores[i][j] + best[i + 1][j + 1]
            best[i][j] = max(taken, best[i + 1][j], best[i][j + 1])
    pairs: list[Pair] = []
    i = j = 0
    while i < first and j < second:
        if scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def slid(pairs: Sequence[Pair], first: Sequence[str], second: Sequence[str], keys: Sequence[Hashable]) -> list[Pair]:
    """The same number of pairs, with runs that stand in ``second`` alone moved to where they are whole.

    A run can move by a place when the item that it takes in equals the one that it gives back. It goes where most
    pairs have equal paths; of those places, where it begins and ends between the outermost modules; of those, to
    the last.

    Args:
        pairs: As ``common`` gives them.
        first: Paths of the first sequence.
        second: Paths of the second sequence.
        keys: What makes items of the second sequence equal.
    """
    moved = [(-1, -1), *pairs, (len(first), len(second))]
    for place in range(len(moved) - 1):
        (i, j), (next_i, next_j) = moved[place : place + 2]
        if next_i == i + 1 and next_j > j + 1:  # nothing but a run in the second
            _slide(moved, place, first, second, keys)
    return moved[1:-1]


def _slide(
    moved: list[Pair], place: int, first: Sequence[str], second: Sequence[str], keys: Sequence[Hashable]
) -> None:
    """Move the run behind ``moved[place]`` to its best place."""
    start, length = moved[place][1] + 1, moved[place + 1][1] - moved[place][1] - 1
    while place > 0 and moved[place][1] == start - 1 and keys[start - 1] == keys[start + length - 1]:
        moved[place] = moved[place][0], start + length - 1
        start, place = start - 1, place - 1
    best: tuple[int, int] | None = None
    gained, steps, shift = 0, 0, 0
    while True:
        rating = gained, -_split(second, start + steps, start + steps + length)
        if best is None or rating >= best:
            best, shift = rating, steps
        here = place + 1 + steps
        is_next = here < len(moved) - 1 and moved[here][1] == start + steps + length
        if not is_next or keys[start + steps] != keys[start + steps + length]:
            break
        path = first[moved[here][0]]
        gained += (path == second[start + steps]) - (path == second[start + steps + length])
        steps += 1
    for step in range(shift):
        moved[place + 1 + step] = moved[place + 1 + step][0], start + step


def _split(paths: Sequence[str], start: int, end: int) -> int:
    """How deep the modules are that a run of ``paths`` cuts through at its start and at its end."""
    return sum(_shared(paths[cut - 1], paths[cut]) for cut in (start, end) if 0 < cut < len(paths))


def _shared(one: str, other: str) -> int:
    """How many modules two paths are both in."""
    count = 0
    for a, b in zip(one.split(".")[:-1], other.split(".")[:-1], strict=False):
        if a != b:
            break
        count += 1
    return count


def gaps(pairs: Sequence[Pair], first: int, second: int) -> list[tuple[range, range]]:
    """The indices in front of each pair, and behind the last, that are in no pair."""
    edges = [(-1, -1), *pairs, (first, second)]
    return [(range(i + 1, next_i), range(j + 1, next_j)) for (i, j), (next_i, next_j) in pairwise(edges)]
