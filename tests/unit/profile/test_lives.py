"""What is alive when, of storages whose lives are written down by hand."""

from cnninspect.profile.lives import Contents, Life, Operation, Timeline, by_owner, highest, running

CONV, RELU = ("conv", 1), ("relu", 1)
#: Three operators: one storage of 8 bytes lives through the first two, one of 4 from the second on, one never is seen.
LIVES = (
    Life(8, CONV, 0, 2),
    Life(4, RELU, 1, None, Contents.gradient),
    Life(100, None, 1, 1),  # gone before its operator had ended
)
TIMELINE = Timeline(
    (Operation("a", CONV), Operation("b", RELU), Operation("c", None)), LIVES, {"forward": 0, "step": 2}
)


def test_bytes_at_the_end_of_each_operator() -> None:
    assert TIMELINE.sizes() == [8, 8 + 4, 4]
    assert TIMELINE.sizes(Contents.gradient) == [0, 4, 4]
    assert running([1, 1, 1], TIMELINE) == [1, 2, 1]


def test_the_first_of_the_highest() -> None:
    assert highest([1, 3, 3, 2], range(4)) == 1
    assert highest([1, 3], range(0)) is None


def test_a_phase_ends_where_the_next_begins() -> None:
    assert TIMELINE.phase("forward", "step") == range(2)
    assert TIMELINE.phase("step") == range(2, 3)


def test_alive_is_from_birth_up_to_death() -> None:
    assert [LIVES[0].is_alive(at) for at in range(3)] == [True, True, False]
    assert by_owner((each.owner, each.size) for each in LIVES if each.is_alive(1)) == {CONV: 8, RELU: 4}


def test_other_sizes_are_the_same_shape_and_another_order_is_not() -> None:
    larger = TIMELINE._replace(lives=tuple(each._replace(size=2 * each.size) for each in LIVES))
    assert larger.shape() == TIMELINE.shape()
    later = TIMELINE._replace(lives=(LIVES[0]._replace(died=3), *LIVES[1:]))
    assert later.shape() != TIMELINE.shape()
