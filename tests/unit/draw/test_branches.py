"""Which chains of rows can stand side by side."""

import pytest

from cnninspect.draw.branches import Branch, BranchGroup, branches_of
from cnninspect.draw.rows import GraphRow, GraphRows

ROW = GraphRow("", "", "", 0, is_frame=False, copies=1, last_name="", layer=None, shape=(), nodes=())


def rows(*taken: tuple[int, ...], frames: tuple[int, ...] = (), levels: tuple[int, ...] = ()) -> GraphRows:
    """Rows by what they take; those that are frames, and how many modules each is in."""
    given = levels or (0,) * len(taken)
    found = tuple(ROW._replace(is_frame=place in frames, level=given[place]) for place in range(len(taken)))
    return GraphRows(found, taken)


def test_two_chains_that_meet() -> None:
    """0 → 1 → 2 → 4 and 0 → 3 → 4."""
    found = branches_of(rows((), (0,), (1,), (0,), (2, 3)))
    assert found == (BranchGroup(0, (Branch(1, 1, 2), Branch(3, 3, 3)), 4, columns=2),)
    assert found[0].edges == ((0, 1), (2, 4), (0, 3), (3, 4))


def test_a_skip_is_no_branch_and_may_lead_past_branches() -> None:
    assert branches_of(rows((), (0,), (1, 0))) == ()
    assert [group.meeting for group in branches_of(rows((), (0,), (0,), (1, 2, 0)))] == [3]


@pytest.mark.parametrize(
    "taken",
    [
        ((), (0,), (0,), (1,), (2, 3)),  # 3 goes on where 1 ended, below the other branch
        ((), (0,), (0, 1), (1, 2)),  # the second takes from the first, too
        ((), (0,), (0,), (1, 2), (1, 3)),  # the first leads to two rows
        ((), (0,), (0,), (1,), (2,)),  # they never meet
        ((), (), (0,), (0,), (2, 3)),  # something stands between the source and its branches
        ((), (0,), (1,), (1, 0), (2, 3)),
        ((), *[(0,)] * 7, tuple(range(1, 8))),  # seven are too many for a page
    ],
)
def test_what_stands_below_each_other(taken: tuple[tuple[int, ...], ...]) -> None:
    assert branches_of(rows(*taken)) == ()


def test_six_fit_a_page() -> None:
    (group,) = branches_of(rows((), *[(0,)] * 6, tuple(range(1, 7))))
    assert len(group.branches) == 6


def test_a_branch_may_branch_itself() -> None:
    """0 → 1 → 7, and 0 → 2, from which 3 and 4 → 5 lead to 6, → 7."""
    found = branches_of(rows((), (0,), (0,), (2,), (2,), (4,), (3, 5), (1, 6)))
    assert found == (
        BranchGroup(0, (Branch(1, 1, 1), Branch(2, 2, 6)), 7, columns=1 + 2),
        BranchGroup(2, (Branch(3, 3, 3), Branch(4, 4, 5)), 6, columns=2),
    )


@pytest.mark.parametrize(
    "taken",
    [
        ((), (0,), (0,), (2,), (2,), (3, 4), (1, 5, 2)),  # 2 leads past its branches, to where all meet
        ((), (0,), (0,), (2,), (2,), (3, 4, 0), (1, 5)),  # its branches meet in what takes from outside, too
        ((), (0,), (0,), *[(2,)] * 6, tuple(range(3, 9)), (1, 9)),  # seven columns
    ],
)
def test_what_branches_in_a_branch_stays_in_it(taken: tuple[tuple[int, ...], ...]) -> None:
    assert [group.source for group in branches_of(rows(*taken))] == [2]


def test_branches_in_branches_in_branches() -> None:
    """Each row has a short branch and one that branches in its turn: a column more each, six at most."""
    taken: list[tuple[int, ...]] = [()]
    for depth in range(7):  # 0 → 1 and 2 → 3 and 4 …
        taken += [(2 * depth,)] * 2
    meeting = 14
    for depth in reversed(range(7)):
        taken.append((2 * depth + 1, meeting))
        meeting = len(taken) - 1
    assert [group.columns for group in branches_of(rows(*taken))] == [6, 5, 4, 3, 2]


def test_whole_modules_stand_side_by_side() -> None:
    """A source, a block with two modules of a row each, and the row in the block where they meet."""
    found = rows((), (), (), (0,), (), (0,), (3, 5), frames=(1, 2, 4), levels=(0, 0, 1, 2, 1, 2, 1))
    assert branches_of(found) == (BranchGroup(0, (Branch(2, 3, 3), Branch(4, 5, 5)), 6, columns=2),)


def test_no_module_is_cut() -> None:
    both = rows((), (), (0,), (0,), (2, 3), frames=(1,), levels=(0, 0, 1, 1, 0))
    assert branches_of(both) == ()  # both chains are in one module, and meet outside
    inside = rows((), (), (0,), (1,), (2,), (2,), (4, 5), frames=(1, 3), levels=(0, 0, 1, 1, 2, 1, 0))
    assert branches_of(inside) == ()  # the source is in it, too
