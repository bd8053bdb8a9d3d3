"""The smallest square image that a network takes, found by trying.

Every side is tried from 1 upwards where that is cheap (on the meta device), so that nothing is assumed about networks
that take some sizes and not others between; where each trial is a real pass, sides are halved instead, and only that
the side found runs and the next smaller one fails is known.
"""

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from cnninspect.capture.trials import TrialFailure


class SideTrials(Protocol):
    """Tries a network with one side after another."""

    def runs(self, side: int) -> bool:
        """Does it take ``side × side``?"""

    def failure(self, side: int) -> "TrialFailure | None":
        """Why not; ``None`` if it does."""


class Smallest(msgspec.Struct, frozen=True):
    """What is known of the sizes that a network takes.

    Attributes:
        side: The smallest; ``None`` if it isn't known, for the reason that the only line gives.
        words: What was found beside it, a line each.
        set_by: The layer that fails at the next smaller side, ``features.12: MaxPool2d``; empty if there is none.
    """

    side: int | None
    words: tuple[str, ...]
    set_by: str = ""


def search(trials: SideTrials, side: int, *, is_cheap: bool) -> Smallest:
    """Look for it.

    Args:
        trials: Try a side.
        side: At which the network is known, or likely, to run.
        is_cheap: Whether to try every side.
    """
    found = side
    if not trials.runs(side):
        return Smallest(None, (f"the smallest square input is unknown: the network does not take {side}×{side}",))
    if is_cheap:
        found = next(n for n in range(1, side + 1) if n == side or trials.runs(n))
    elif trials.runs(1):
        found = 1
    else:
        found = _boundary(trials, fails=1, runs=side)
    return _told(trials, found, side, is_cheap=is_cheap)


def _boundary(trials: SideTrials, *, fails: int, runs: int) -> int:
    """A side that runs, next to one that fails, between the two."""
    while abs(runs - fails) > 1:
        middle = (runs + fails) // 2
        if trials.runs(middle):
            runs = middle
        else:
            fails = middle
    return runs


def _told(trials: SideTrials, found: int, side: int, *, is_cheap: bool) -> Smallest:
    gap = _gap(trials, found, side) if is_cheap else None
    more = [] if gap is None else [f"not every larger one: at {gap}×{gap} {_said(trials.failure(gap))}"]
    if found == 1:
        kind = "takes any square input: it" if gap is None else "has no smallest square input but 1×1: it"
        return Smallest(1, (f"the network {kind} runs at 1×1 already", *more))
    below = trials.failure(found - 1)
    set_by = f"{below.path}: {below.type}" if below and below.path else (below.type or "") if below else ""
    words = [f"at {found - 1}×{found - 1} {_said(below)}", *more]
    if not is_cheap:
        words.append("sides further below were not all tried: each would be a whole forward pass")
    largest = _largest(trials, side) if is_cheap and gap is None else None
    if largest == found:
        others = f"at every smaller one, at {found + 1} and at {2 * found}"
        words.insert(0, f"the network takes one size only, {found}×{found}: it fails {others}")
    elif largest is not None:
        above = trials.failure(largest + 1)
        words.append(f"the largest is {largest}×{largest}: at {largest + 1}×{largest + 1} {_said(above)}")
    return Smallest(found, tuple(words), set_by)


def _gap(trials: SideTrials, found: int, side: int) -> int | None:
    """A larger side that fails although one that is larger still runs; of those next to the sides that are known."""
    runs_above = trials.runs(2 * side)
    tried = [n for n in (found + 1, found + 2, side - 1) if found < n < side] + [side + 1] * runs_above
    return next((n for n in tried if not trials.runs(n)), None)


def _largest(trials: SideTrials, side: int) -> int | None:
    """The side from ``side`` on whose next larger one fails; ``None`` if twice the side runs as well."""
    if trials.runs(2 * side):
        return None
    return _boundary(trials, fails=2 * side, runs=side)


def _said(failure: "TrialFailure | None") -> str:
    return failure.reason if failure else "it runs"
