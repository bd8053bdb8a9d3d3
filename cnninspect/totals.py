"""The figures of a whole network that a report gives, how far each is known, and where each is read.

``TOTALS`` is the one table of them: the last lines of ``summary``, ``compare``, and the budgets and the baseline of
``check`` are made from its rows.

- ``size`` is the parameters and the buffers in bytes: what a state dict of the network takes.
- Layers are counted as modules: one that runs twice counts once, one that never runs counts too.
- The receptive field of a network is that of the layer that sees most, among those that have one: on
  its way to the scores it ends at a flatten, a global pooling or attention.
- While an operator has no rule, MACs, FLOPs and activations are lower bounds. The tensors of a file of weights may be
  parameters or buffers: its parameters are an upper bound.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum, Flag, auto
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from cnninspect.layer_counts import counts_of
from cnninspect.report import Report
from cnninspect.units import BYTES, COUNT, PIXELS, Unit

#: Published metrics by name, by the dataset that they were measured on; ``None`` where the source says NaN.
Accuracy = dict[str, dict[str, float | None]]

NOTHING_RAN: Final = "a file of weights has nothing to run"
_NO_TYPES: Final = "a file of weights does not tell the types of layers"
_MAYBE_BUFFERS: Final = "an upper bound: a file of weights does not tell parameters from buffers"
_LONGEST: Final = 200  # characters of a type that is compared with others: the time grows with their square
_NO_FIELD: Final = "the receptive field of no layer is defined"


class Bound(Enum):
    """How a figure stands to the true one: the true one is that, at least that, at most that, or unknown."""

    EXACT = "exact"
    AT_LEAST = "at least"
    AT_MOST = "at most"
    UNKNOWN = "unknown"


#: How a table spells a bound.
SIGNS: Final = {Bound.AT_LEAST: "≥", Bound.AT_MOST: "≤"}


class Figure(msgspec.Struct, frozen=True):
    """A figure and how far it is known.

    Attributes:
        why: What casts a doubt on it, in words.
        where: Which layer it is of, in words.
        includes: What is in it that its name does not say, in words.
    """

    value: int | None
    bound: Bound = Bound.EXACT
    why: str = ""
    where: str = ""
    includes: str = ""

    @classmethod
    def unknown(cls, why: str) -> "Figure":
        """One that can't be known."""
        return cls(None, Bound.UNKNOWN, why)


def params(report: Report) -> Figure:
    """Elements of the parameters, each counted once."""
    figure = _known(report, report.totals.params)
    if report.is_of_pass or figure.value is None:
        return figure
    return Figure(figure.value, Bound.AT_MOST, _MAYBE_BUFFERS)


def size(report: Report) -> Figure:
    """Bytes of parameters and buffers."""
    totals = report.totals
    if not report.is_of_pass:  # all tensors of the file are in it
        return _known(report, totals.param_bytes)
    if totals.param_bytes is None or totals.buffer_bytes is None:
        return _known(report, None)
    return Figure(totals.param_bytes + totals.buffer_bytes, includes="with buffers" if totals.buffer_bytes else "")


def smallest_side(report: Report) -> Figure:
    """The receptive field, in pixels, along the dimension where it is smallest."""
    return _receptive_field(report, min)


def largest_side(report: Report) -> Figure:
    """The receptive field, in pixels, along the dimension where it is largest."""
    return _receptive_field(report, max)


def layers(report: Report, pattern: str | None = None) -> Figure:
    """Modules whose type matches ``pattern`` (``Conv2d``, ``BatchNorm*``), or all that have none below them."""
    if not report.is_of_pass:
        return Figure.unknown(_NO_TYPES)
    counts = counts_of(report)
    if pattern is None:
        return Figure(counts.leaves)
    number = sum(many for kind, many in counts.types.items() if fnmatchcase(kind, pattern))
    return Figure(number, why="" if number else _nearest(pattern, counts.types))


def convolutions(report: Report) -> Figure:
    """Convolutions, transposed and user-made ones too: the layers that have a kernel, and channels in and out."""
    return _counted(report, counts_of(report).convolutions)


def linear_layers(report: Report) -> Figure:
    """Linear layers: those that have features in and out."""
    return _counted(report, counts_of(report).linear)


class Place(Flag):
    """Where a total is read."""

    SUMMARY = auto()
    """Below the table of ``summary``."""
    COMPARE = auto()
    """A column of ``compare``, to sort by as well."""
    CHECK = auto()
    """A budget: ``--max-`` and ``--min-``, and the keys of the same names."""
    BASELINE = auto()
    """Held against a baseline, within a tolerance."""
    EVERYWHERE = SUMMARY | COMPARE | CHECK | BASELINE


class Total(msgspec.Struct, frozen=True):
    """One row of the table.

    Attributes:
        key: As in the columns of ``compare``; with hyphens it is the name of the options.
        about: What it is, for the help of its budgets.
        examples: Limits as they may be typed, shown with the budget that is the usual one.
        is_smaller_better: The usual budget is an upper one.
        follows: The total whose tolerance it takes over, unless it has its own.
        at_least: What a lower budget is held against and is on, in words, where that is another figure.
        by_type: The same of the layers of one type; its budgets may then name one, and be several.
    """

    key: str
    header: str
    figure: Callable[[Report], Figure]
    about: str
    unit: Unit = COUNT
    examples: str = ""
    is_smaller_better: bool = True
    places: Place = Place.EVERYWHERE
    follows: str | None = None
    at_least: tuple[Callable[[Report], Figure], str] | None = None
    by_type: Callable[[Report, str], Figure] | None = None

    @property
    def name(self) -> str:
        """As in the options: ``trainable-params``."""
        return self.key.replace("_", "-")


#: In the order in which they are shown. FLOPs are always twice the MACs: a baseline has no use for both.
TOTALS: Final = (
    Total("params", "Parameters", params, "Parameters", examples="62M, 62_000_000, 6.2e7"),
    Total(
        "trainable_params", "Trainable", lambda report: _known(report, report.totals.trainable_params),
        "Parameters that ask for a gradient",
        places=Place.EVERYWHERE & ~Place.COMPARE, follows="params",
    ),
    Total(
        "size", "Size", size, "Parameters and buffers in bytes", BYTES, examples="250MiB, 250MB", follows="params"
    ),
    Total(
        "macs", "MACs", lambda report: _of_operators(report, report.totals.macs),
        "Multiply-accumulates", examples="0.8G, 8e8",
    ),
    Total(
        "flops", "FLOPs", lambda report: _of_operators(report, report.totals.flops),
        "FLOPs, twice the multiply-accumulates", places=Place.EVERYWHERE & ~Place.BASELINE,
    ),
    Total(
        "activations", "Activations", lambda report: _of_operators(report, report.totals.activations),
        "Elements output by convolutions and linear layers",
    ),
    Total("convolutions", "Convolutions", convolutions, "Layers that have a kernel", places=Place.COMPARE),
    Total("linear", "Linear layers", linear_layers, "Layers that have features in and out", places=Place.COMPARE),
    Total(
        "layers", "Layers", layers, "Layers of a type", examples="Conv2d=5, 'BatchNorm*=0'; or of all",
        places=Place.CHECK, at_least=(layers, "Likewise"), by_type=layers,
    ),
    Total(
        "receptive_field", "Receptive field", largest_side,
        "Of the layer that sees most, along its largest dimension", PIXELS,
        is_smaller_better=False, places=Place.COMPARE | Place.CHECK,
        at_least=(smallest_side, "Of the layer that sees most, along its smallest dimension"),
    ),
)  # fmt: skip


def read_in(place: Place) -> dict[str, Total]:
    """The totals that are read in ``place``, by their keys."""
    return {total.key: total for total in TOTALS if place in total.places}


#: What figures were called before they had one name everywhere.
FORMER: Final = {"bytes": "size", "trainable": "trainable_params"}


def share(part: int | None, whole: int | None) -> float | None:
    """A part of a whole, from 0 to 1; ``None`` if one is unknown, or the whole is less, which a file may say.

    >>> share(1, 4), share(0, 0), share(2, 1)
    (0.25, None, None)

    Args:
        part: A figure of a layer.
        whole: The same of its network.
    """
    return None if part is None or not whole or part > whole else part / whole


def uncounted(report: Report) -> str:
    """The operators that no rule counts, in words."""
    return ", ".join(f"{each.op} ({each.calls}×)" for each in report.uncounted_ops)


def _known(report: Report, value: int | None) -> Figure:
    if value is not None:
        return Figure(value)
    return Figure.unknown(", ".join(report.notes) if report.is_of_pass and report.notes else NOTHING_RAN)


def _of_operators(report: Report, value: int | None) -> Figure:
    if value is None or not report.uncounted_ops:
        return _known(report, value)
    return Figure(value, Bound.AT_LEAST, f"a lower bound: no rule counts {uncounted(report)}")


def _receptive_field(report: Report, side: Callable[[Sequence[int]], int]) -> Figure:
    found = [(layer.receptive_field, layer.path) for layer in report.layers]
    found += [(report.counted.receptive_field, "")] if report.counted else []
    fields = [(side(field.size), path) for field, path in found if field]
    if not fields:
        return Figure.unknown(_NO_FIELD if report.is_of_pass else NOTHING_RAN)
    most = max(size for size, _ in fields)
    last = next(path for size, path in reversed(fields) if size == most)
    return Figure(most, where=f"of {last!r}, the layer that sees most" if last else "")


def _counted(report: Report, number: int) -> Figure:
    return Figure(number) if report.is_of_pass else Figure.unknown(_NO_TYPES)


def _nearest(pattern: str, types: Iterable[str]) -> str:
    """A type that the network has and that ``pattern`` may have meant, as a question."""
    from difflib import get_close_matches

    by_lower = {kind.lower(): kind for kind in types if len(kind) <= _LONGEST}
    close = get_close_matches(pattern.lower()[: _LONGEST + 1], by_lower, n=1, cutoff=0.8)
    return f"no layer is a {pattern}; did you mean {by_lower[close[0]]}?" if close else ""
