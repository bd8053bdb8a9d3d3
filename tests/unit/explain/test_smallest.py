"""The search for the smallest input, over networks that take these sides and no others."""

from collections.abc import Callable

import pytest

from cnninspect.capture.trials import TrialFailure
from cnninspect.explain.smallest import Smallest, search


class Network:
    """Takes the sides of which ``takes`` is true."""

    def __init__(self, takes: Callable[[int], bool]) -> None:
        self.takes = takes
        self.tried: list[int] = []

    def runs(self, side: int) -> bool:
        self.tried.append(side)
        return self.takes(side)

    def failure(self, side: int) -> TrialFailure | None:
        if self.takes(side):
            return None
        return TrialFailure("pool", "MaxPool2d", f"pool fails at {side}")


def found(takes: Callable[[int], bool], side: int = 224, *, is_cheap: bool = True) -> Smallest:
    return search(Network(takes), side, is_cheap=is_cheap)


@pytest.mark.parametrize("is_cheap", [True, False])
def test_from_a_side_on(is_cheap: bool) -> None:
    smallest = found(lambda n: n >= 63, is_cheap=is_cheap)
    assert (smallest.side, smallest.set_by) == (63, "pool: MaxPool2d")
    assert "pool fails at 62" in smallest.words[0]


def test_sides_are_halved_where_trials_are_dear() -> None:
    network = Network(lambda n: n >= 63)
    assert search(network, 224, is_cheap=False).side == 63
    assert len(network.tried) < 15
    assert "were not all tried" in search(network, 224, is_cheap=False).words[1]


def test_multiples_only() -> None:
    """Halving would find another boundary between 16 and 224."""
    smallest = found(lambda n: n % 16 == 0)
    assert smallest.side == 16
    assert smallest.words[1] == "not every larger one: at 17×17 pool fails at 17"
    assert not any("largest" in line for line in smallest.words)


def test_odd_ones_only() -> None:
    smallest = found(lambda n: n % 2 == 1, 225)
    assert smallest.side == 1
    assert smallest.words[1].startswith("not every larger one: at 2×2")


def test_the_size_and_its_multiples() -> None:
    """Twice the size runs, so it isn't the only one."""
    smallest = found(lambda n: n % 224 == 0)
    assert smallest.side == 224
    assert "not every larger one: at 225×225" in smallest.words[1]


def test_some_below_others_that_fail() -> None:
    assert found(lambda n: n == 7 or n >= 50).side == 7


def test_the_next_smaller_than_the_side_that_is_known() -> None:
    """63 is the smallest, 64 and 65 run, so do 224, 225 and 448: of the sides next to these only 223 fails."""
    smallest = found(lambda n: n >= 63 and n != 223)
    assert smallest.side == 63
    assert smallest.words[1:] == ("not every larger one: at 223×223 pool fails at 223",)


@pytest.mark.parametrize("is_cheap", [True, False])
def test_any(is_cheap: bool) -> None:
    smallest = found(lambda n: n > 0, is_cheap=is_cheap)
    assert (smallest.side, smallest.words) == (1, ("the network takes any square input: it runs at 1×1 already",))


def test_one_only() -> None:
    smallest = found(lambda n: n == 224)
    assert smallest.side == 224
    assert "one size only, 224×224: it fails at every smaller one, at 225 and at 448" in smallest.words[0]


def test_from_one_to_another() -> None:
    """AlexNet without adaptive pooling: 223 to 254."""
    smallest = found(lambda n: 223 <= n <= 254)
    assert smallest.side == 223
    assert smallest.words[-1] == "the largest is 254×254: at 255×255 pool fails at 255"


def test_not_even_where_it_should() -> None:
    smallest = found(lambda n: n < 0)
    assert smallest.side is None
    assert "does not take 224×224" in smallest.words[0]
