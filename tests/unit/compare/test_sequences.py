"""Alignment of sequences against a brute force, and where runs are put."""

import itertools
import random

import pytest

from cnninspect.compare.sequences import common, ends, gaps, paired, slid


def longest(first: str, second: str) -> int:
    """The length of a longest common subsequence, by the textbook's recurrence."""
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@pytest.mark.parametrize("seed", range(200))
def test_common_is_as_long_as_the_textbooks(seed: int) -> None:
    draw = random.Random(seed)
    first, second = ("".join(draw.choices("abcd", k=draw.randint(0, 30))) for _ in range(2))
    pairs = common(first, second)
    assert len(pairs) == longest(first, second)
    assert all(first[i] == second[j] for i, j in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(pairs))


def best_total(scores: list[list[int]]) -> int:
    """The largest total of ascending pairs, by trying all."""
    rows, columns = range(len(scores)), range(len(scores[0]))
    return max(
        sum(scores[i][j] for i, j in zip(chosen, others, strict=True))
        for count in range(min(len(rows), len(columns)) + 1)
        for chosen in itertools.combinations(rows, count)
        for others in itertools.combinations(columns, count)
    )


@pytest.mark.parametrize("seed", range(50))
def test_paired_has_the_largest_total(seed: int) -> None:
    draw = random.Random(seed)
    scores = [[draw.randint(0, 9) for _ in range(draw.randint(4, 4))] for _ in range(5)]
    pairs = paired(5, 4, lambda i, j: scores[i][j])
    assert sum(scores[i][j] for i, j in pairs) == best_total(scores)
    assert all(scores[i][j] for i, j in pairs)


def test_ends_do_not_overlap() -> None:
    assert ends("aaa", "aa") == (2, 0)
    assert ends("abc", "abc") == (3, 0)
    assert ends("", "a") == (0, 0)


def test_gaps() -> None:
    assert gaps([(0, 1)], 2, 2) == [(range(0), range(1)), (range(1, 2), range(2, 2))]


def test_run_is_put_where_its_module_is_whole() -> None:
    # a.0 and a.1 are conv, relu; b has three such blocks: any conv-relu or relu-conv could be the new one
    first = ["a.0.conv", "a.0.relu", "a.1.conv", "a.1.relu", "end"]
    second = ["b.x.conv", "b.x.relu", "b.y.conv", "b.y.relu", "b.z.conv", "b.z.relu", "end"]
    keys = "crcrcrE"
    for shifted in ([(0, 0), (1, 3), (2, 4), (3, 5), (4, 6)], [(0, 0), (1, 1), (2, 2), (3, 5), (4, 6)]):
        moved = slid(shifted, first, second, keys)
        (alone,) = [range_j for _, range_j in gaps(moved, 5, 7) if range_j]
        assert alone[0] % 2 == 0, "begins with a convolution"
        assert all(keys[j] == "crcrE"[i] for i, j in moved)


def test_run_is_put_where_paths_agree() -> None:
    paths = ["f.0", "f.1", "f.2"]
    moved = slid([(0, 0), (1, 1), (2, 5)], [*paths[:2], "g"], [*paths, "f.3", "f.4", "g"], "aaaaag")
    assert moved == [(0, 0), (1, 1), (2, 5)]
    moved = slid([(0, 3), (1, 4), (2, 5)], [*paths[:2], "g"], [*paths, "f.3", "f.4", "g"], "aaaaag")
    assert moved == [(0, 0), (1, 1), (2, 5)]
