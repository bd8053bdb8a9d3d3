"""One gate as it is typed: an ``Entry`` is a ``[[tool.cnninspect.check]]`` of a file, and the options of ``check``.

Each field is the key and the option of its name, and says what it takes; the budgets are those of the table of totals.
Their text is parsed in one place, so that both take the same.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import msgspec

from cnninspect import totals
from cnninspect.report import Report
from cnninspect.spec.run_options import RunOptions, Several, described, several
from cnninspect.totals import Figure, Place, Total

Quantity = int | str | None
#: ``Conv2d=5``, several of them, or a table in TOML.
Assignments = int | str | tuple[int | str, ...] | dict[str, int | str]


class Limit(NamedTuple):
    """A budget that can be set on a total.

    Attributes:
        name: As the option: ``max-params``.
        figure: What is held against it.
        about: That in words.
    """

    name: str
    total: Total
    is_upper: bool
    figure: Callable[[Report], Figure]
    about: str

    @property
    def field(self) -> str:
        """Its field in an ``Entry``."""
        return self.name.replace("-", "_")

    @property
    def metavar(self) -> str:
        """What stands for it in a help text."""
        return f"[TYPE=]{self.total.unit.metavar}" if self.total.by_type else self.total.unit.metavar

    @property
    def help(self) -> str:
        """What it is on, with examples where it is the usual one."""
        is_usual = self.is_upper == self.total.is_smaller_better
        return f"{self.about}: {self.total.examples}." if is_usual and self.total.examples else f"{self.about}."


def limits_on(total: Total) -> tuple[Limit, Limit]:
    """The two budgets on a total, the upper one first."""
    figure, about = total.at_least or (total.figure, total.about)
    return (
        Limit(f"max-{total.name}", total, is_upper=True, figure=total.figure, about=total.about),
        Limit(f"min-{total.name}", total, is_upper=False, figure=figure, about=about),
    )


#: Every budget on a total by its name, in the order in which they are judged.
LIMITS: Final = {limit.name: limit for total in totals.read_in(Place.CHECK).values() for limit in limits_on(total)}


def _limit_field(limit: Limit) -> tuple[str, Any, Any]:
    kind, default = (Assignments, ()) if limit.total.by_type else (Quantity, None)
    return limit.field, Annotated[kind, described(limit.help, limit.metavar)], default


def _tolerance() -> msgspec.Meta:
    *names, last = (total.name for total in totals.read_in(Place.BASELINE).values())
    return described(
        f"How far a total may be from the baseline: params=1%, macs=0.5M, or 1% for all; from {', '.join(names)} and "
        f"{last}. With a tolerance the layers may change too, unless one is given for them: layers=0.",
        "[NAME=]LIMIT",
    )


class RunEntry(RunOptions, frozen=True):
    """Which model, and how it is run: the options that other commands share."""

    model: str


if TYPE_CHECKING:
    _LimitedEntry = RunEntry
else:
    _fields = map(_limit_field, LIMITS.values())
    _LimitedEntry = msgspec.defstruct("_LimitedEntry", _fields, bases=(RunEntry,), frozen=True, kw_only=True)


class Entry(_LimitedEntry, frozen=True, kw_only=True):
    """What is to be held against one model, with a field for each of ``LIMITS`` in front of these."""

    output_shape: Annotated[
        Several,
        described("The shape of the output: 1x1000; once for each, or by name: out=1x21.", "[NAME=]SHAPE"),
    ] = ()
    forbid: Annotated[Several, described("No layer may be a Dropout, say.", "TYPE")] = ()
    require: Annotated[Several, described("Some layer must be a BatchNorm2d, say.", "TYPE")] = ()
    baseline: Annotated[str | None, described("A saved report: totals and layers have to be as in it.", "FILE")] = None
    tolerance: Annotated[Assignments, _tolerance()] = ()
    max_inference_memory: Annotated[
        Quantity, described("All that a pass needs, weights and inputs too: 512MiB.", "SIZE")
    ] = None
    max_training_memory: Annotated[
        Quantity, described("All that a training step needs, gradients and the optimizer's state too: 4GiB.", "SIZE")
    ] = None
    max_latency: Annotated[Quantity, described("The median time of a pass on this machine: 20ms.", "TIME")] = None
    batch: Annotated[Quantity, described("How many images at once. Default: as many as the input has.", "N")] = None
    optimizer: Annotated[
        str | None, described("Of the training step: sgd, momentum, adam, adamw or none. Default: adam.", "OPTIMIZER")
    ] = None
    runs: Annotated[Quantity, described("Passes that are timed for --max-latency.", "N")] = None

    def typed_for(self, limit: Limit) -> tuple[str, ...]:
        """What was typed for one of ``LIMITS``."""
        return several(getattr(self, limit.field))
