"""Two sequences aligned: their longest common subsequence, gaps at sensible places, pairs of the best score.

Sequences are of the layers of networks, in which runs repeat (conv, norm, relu, conv, norm, relu …), so that a
longest common subsequence is seldom the only one. ``slid`` picks among those of equal length.
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import accumulate, pairwise

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

    Each of the first two stages of VGG-16 has a convolution and a ReLU more than that of VGG-11; they are in small
    letters here. Before, one such run is in front of its stage and the other is torn.

    >>> vgg11, vgg16 = "CRPCRP", "CRCRPCRCRP"  # convolution, ReLU, pooling
    >>> pairs = [(0, 2), (1, 3), (2, 4), (3, 5), (4, 8), (5, 9)]
    >>> def shown(pairs):
    ...     return "".join(key if j in {j for _, j in pairs} else key.lower() for j, key in enumerate(vgg16))
    >>> shown(pairs)
    'crCRPCrcRP'
    >>> paths = [f"features.{place}" for place in range(10)]
    >>> shown(slid(pairs, paths[:6], paths, vgg16))
    'CRcrPCRcrP'
    """
    moved = [(-1, -1), *pairs, (len(first), len(second))]
    for place in range(len(moved) - 1):
        (i, j), (next_i, next_j) = moved[place : place + 2]
        length = next_j - j - 1
        if next_i == i + 1 and length:  # nothing but a run in the second
            # 1. Which pairs can it move past?
            back, ahead = _reach(moved, place, keys)
            start, passed = j + 1 - back, slice(place + 1 - back, place + 1 + ahead)
            ours = [i for i, _ in moved[passed]]
            # 2. Behind how many of them does it stand best?
            best = _best_place([first[i] for i in ours], second, start, length)
            # 3. These stand before it, the others behind it.
            moved[passed] = [(i, start + n + length * (n >= best)) for n, i in enumerate(ours)]
    return moved[1:-1]


def _reach(edges: Sequence[Pair], place: int, keys: Sequence[Hashable]) -> tuple[int, int]:
    """How many pairs the run behind ``edges[place]`` can move past, one by one, to either side."""
    start, end = edges[place][1] + 1, edges[place + 1][1]
    back = ahead = 0
    while (
        place - back > 0
        and edges[place - back][1] == start - 1 - back
        and keys[start - 1 - back] == keys[end - 1 - back]
    ):
        back += 1
    while (
        place + 1 + ahead < len(edges) - 1
        and edges[place + 1 + ahead][1] == end + ahead
        and keys[start + ahead] == keys[end + ahead]
    ):
        ahead += 1
    return back, ahead


def _best_place(ours: Sequence[str], second: Sequence[str], start: int, length: int) -> int:
    """Behind how many of the pairs that a run can move past it stands best.

    Args:
        ours: Paths of these pairs in the first sequence.
        second: Paths of the second sequence.
        start: Where the run starts when it stands before all of them.
        length: Of the run.
    """
    gains = [(path == second[at]) - (path == second[at + length]) for at, path in enumerate(ours, start)]
    equal_paths = list(accumulate(gains, initial=0))
    cuts = [_split(second, start + steps, start + steps + length) for steps in range(len(equal_paths))]
    return max(range(len(cuts)), key=lambda steps: (equal_paths[steps], -cuts[steps], steps))


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
