"""How far a sweep is: counts, rate, and how long it will still take."""

import time

import msgspec


class Tally(msgspec.Struct):
    """What has been counted so far.

    Attributes:
        total: Networks and inputs that are asked for.
        before: Of them, those that an earlier run has left in the file.
        failed: Of all until now, those that failed.
        now: Those that were run now.
        started: When this run began, by the clock that only goes forward.
    """

    total: int
    before: int = 0
    failed: int = 0
    now: int = 0
    started: float = msgspec.field(default_factory=time.monotonic)

    @property
    def reached(self) -> int:
        """How many there are by now."""
        return self.before + self.now

    @property
    def seconds(self) -> float:
        """Since this run began."""
        return time.monotonic() - self.started

    @property
    def rate(self) -> float:
        """Networks a second, of this run."""
        return self.now / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At this rate; ``None`` as long as nothing has come."""
        return (self.total - self.reached) / self.rate if self.now else None
