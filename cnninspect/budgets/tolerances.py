"""How far a figure may be from that of the baseline: ``params=1%``, ``macs=0.5M``, ``1%`` for all, ``layers=2``.

A figure that isn't named takes over the tolerance of the one it follows from: the size and the trainable parameters
that of the parameters. Otherwise that of all, otherwise none.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import floor
from typing import Final

import msgspec

from cnninspect import totals
from cnninspect.errors import RequestError, unknown_name
from cnninspect.totals import Place
from cnninspect.units import COUNT, Unit

#: The totals that a baseline is compared on, by the names of the options.
COMPARED: Final = {total.name: total for total in totals.read_in(Place.BASELINE).values()}
LAYERS: Final = "layers"
_ALL: Final = ""


class Tolerance(msgspec.Struct, frozen=True):
    """A share of the baseline's figure, or a number in its unit."""

    amount: Fraction
    is_share: bool


Tolerances = Mapping[str, Tolerance]


def parse(texts: Iterable[str]) -> Tolerances:
    """Read tolerances, by the name of the figure; ``""`` stands for all totals.

    Raises:
        RequestError: One is malformed, or there is no such figure.
    """
    return dict(map(_parse_one, texts))


def _parse_one(text: str) -> tuple[str, Tolerance]:
    name, equals, amount = text.rpartition("=")
    name = name.strip().replace("_", "-")
    if equals and name == "flops":
        raise RequestError(f"tolerance: {text!r}: FLOPs are twice the MACs", hint=f"write macs={amount}")
    known = (*COMPARED, LAYERS)
    if equals and name not in known:
        raise unknown_name("total in the tolerance", name, known, see=f"a tolerance goes with {', '.join(known)}")
    hint = "write NAME=1% or NAME=1000, or 1% for all totals"
    if amount.strip().endswith("%"):
        return name, Tolerance(_parsed(text, amount.strip()[:-1], COUNT, hint) / 100, is_share=True)
    if not equals:
        raise RequestError(f"tolerance: {text!r} is neither NAME=NUMBER nor a percentage", hint=hint)
    return name, Tolerance(_parsed(text, amount, _unit(name), hint), is_share=False)


def _parsed(text: str, amount: str, unit: Unit, hint: str) -> Fraction:
    try:
        return unit.parse(amount)
    except RequestError as error:
        raise RequestError(f"tolerance: {text!r}: {error.message}", hint=hint) from error


def allowed(name: str, baseline: Mapping[str, int], tolerances: Tolerances) -> int:
    """How far the figure ``name`` may be from that of the baseline, in its own unit, rounded down.

    >>> allowed("size", {"params": 1000, "size": 4000}, parse(["params=10"]))  # four bytes each
    40

    Args:
        name: One of ``COMPARED``, or ``LAYERS``.
        baseline: Its figures, as far as they are known.
        tolerances: As ``parse`` gives them.
    """
    parent = (COMPARED[name].follows if name in COMPARED else None) or name
    tolerance = tolerances.get(name) or tolerances.get(parent) or tolerances.get(_ALL)
    if tolerance is None:
        return 0
    if tolerance.is_share:
        return floor(tolerance.amount * baseline[name])
    is_other_unit = name not in tolerances and _unit(name) is not _unit(parent) and bool(baseline.get(parent))
    units_each = Fraction(baseline[name], baseline[parent]) if is_other_unit else 1
    return floor(tolerance.amount * units_each)


def _unit(name: str) -> Unit:
    return COMPARED[name].unit if name in COMPARED else COUNT
