"""What was found, as frozen plain data. No torch in it."""

from enum import StrEnum

import msgspec

from cnninspect.compare.alignment import Aligned
from cnninspect.report import Report
from cnninspect.shown import Shown


class Verdict(StrEnum):
    """The answer, from the strongest to the weakest.

    ``identical``: the same layers, the same keys, and every number the same to the last bit. ``equivalent``: the same
    function of the same weights, up to rounding, whatever the layers and keys are called. ``different``: neither.
    """

    identical = "identical"
    equivalent = "equivalent"
    different = "different"


class Mismatch(msgspec.Struct, frozen=True):
    """A key that both state dicts have, with the two shapes.

    Attributes:
        key: In both state dicts.
        first: Its shape in the first.
        second: Its shape in the second.
    """

    key: str
    first: tuple[int, ...]
    second: tuple[int, ...]


class StateDictFit(msgspec.Struct, frozen=True):
    """What ``second.load_state_dict(first.state_dict())`` would say; all three are empty if it fits.

    Attributes:
        missing: Keys that the second network has and the first has not.
        unexpected: Keys that the first network has and the second has not.
        mismatched: Keys of both, in different shapes.
    """

    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: tuple[Mismatch, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Does it load?"""
        return not (self.missing or self.unexpected or self.mismatched)


class Difference(msgspec.Struct, frozen=True):
    """How far the two are apart at most.

    Attributes:
        max_abs: The largest absolute difference of any two elements.
        max_rel: The same relative to the largest magnitude among all elements compared in the same pass: an element
            near 0 has no digits of its own to be relative to.

    Both are ``None`` where one network gives a number and the other none (NaN, infinity).
    """

    max_abs: float | None
    max_rel: float | None

    @property
    def is_nothing(self) -> bool:
        """Are the two the same to the last bit?"""
        return self.max_abs == 0

    def is_within(self, tolerance: float) -> bool:
        """Is it rounding, if rounding is at most ``tolerance`` of the largest magnitude?"""
        return self.max_rel is not None and self.max_rel <= tolerance


class Verification(msgspec.Struct, frozen=True):
    """The answer and its four findings.

    ``outputs`` and ``gradients`` are the largest differences over all random inputs in the dtype of the first network;
    ``None`` if they could not be compared.

    Attributes:
        verdict: The answer.
        layers: Those of the two networks beside each other.
        state_dict: Does the one's fit the other?
        outputs: The largest difference of any output.
        gradients: The largest difference of any gradient.
    """

    schema_version: int
    verdict: Verdict
    layers: tuple[Aligned, ...]
    state_dict: StateDictFit
    outputs: Difference | None
    gradients: Difference | None


class Pass(msgspec.Struct, frozen=True):
    """Both networks, run in one dtype.

    Attributes:
        dtype: Of the floating weights and inputs.
        tolerance: What is rounding in it, relative to the largest magnitude.
        gradient_at: The parameter or input, in the first network's words, whose gradient is the farthest off.
        statistics: In train mode, the buffers that the runs have changed, such as those of batch normalisation.
        statistic_at: The buffer that is the farthest off.
    """

    dtype: str
    tolerance: float
    outputs: Difference | None
    gradients: Difference | None
    gradient_at: str | None = None
    statistics: Difference | None = None
    statistic_at: str | None = None

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All that could be compared."""
        return tuple(each for each in (self.outputs, self.gradients, self.statistics) if each is not None)


class Departure(msgspec.Struct, frozen=True):
    """The first place at which the two part: the paths there, where there is a layer, and what is the matter."""

    first: str | None
    second: str | None
    why: str


class Evidence(Shown, frozen=True):
    """A verification with all that stands behind it.

    Attributes:
        first, second: The two models, as typed.
        reports: Of a pass that each has been through: what ``verification.layers`` are about.
        draws: How many random inputs both were given.
        copied: How the weights of the first came into the second, in words; ``None`` if they don't fit.
        passes: The first network's own dtype first.
        harmless: What is said of layers that differ where the outputs don't.
        notes: What else is to be said.
    """

    verification: Verification
    first: str
    second: str
    reports: tuple[Report, Report]
    draws: int
    copied: str | None
    passes: tuple[Pass, ...]
    departure: Departure | None
    harmless: tuple[str, ...]
    notes: tuple[str, ...]
