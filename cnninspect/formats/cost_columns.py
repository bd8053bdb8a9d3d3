"""The columns of the calls of a profile: what each shows, and what calls are sorted by."""

from collections.abc import Callable
from typing import Final, NamedTuple

from cnninspect.formats import document as doc
from cnninspect.formats import shares, words
from cnninspect.formats.document import Line, Tone
from cnninspect.profile.profiled import LayerCost
from cnninspect.units import figure, si


class CostColumn(NamedTuple):
    """A column of the table of calls.

    Attributes:
        header: What stands above it.
        value: Of a call; by it the calls are sorted.
        cell: The words for it.
        is_extra: It is for where there is room.
    """

    header: str
    value: Callable[[LayerCost], float | None]
    cell: Callable[[LayerCost], Line]
    is_extra: bool = False


def rate(value: float | None, unit: str) -> str:
    """``9.52 G MAC/s``.

    Args:
        value: Of what is done in a second.
        unit: Of it.
    """
    return words.UNKNOWN if value is None else f"{si(round(value)) if value >= 100 else figure(value, 3)} {unit}"


def _cost(header: str, name: str, text: Callable[[int | float | None], str], *, is_extra: bool = False) -> CostColumn:
    def value(cost: LayerCost) -> float | None:
        found: float | None = getattr(cost, name)
        return found

    def cell(cost: LayerCost) -> Line:
        found = value(cost)
        return () if found is None else doc.words(text(found), Tone.dim if not found else Tone.plain)

    return CostColumn(header, value, cell, is_extra)


def _rate_of(header: str, name: str) -> CostColumn:
    """What of it is done in a second of the call's own time."""

    def value(cost: LayerCost) -> float | None:
        amount: int | None = getattr(cost, name)
        return amount / cost.self_seconds if amount and cost.self_seconds else None

    def cell(cost: LayerCost) -> Line:
        found = value(cost)
        return () if found is None else doc.words(rate(found, "").strip())

    return CostColumn(header, value, cell, is_extra=True)


def _bytes(value: float | None) -> str:
    return words.size(None if value is None else int(value))


def _macs(value: float | None) -> str:
    return words.UNKNOWN if value is None else si(int(value))


#: What calls can be sorted by, and what their table shows of what is known.
COLUMNS: Final = {
    "self_seconds": _cost("Own time", "self_seconds", words.seconds),
    "share": CostColumn("Share", lambda cost: cost.share, lambda cost: shares.line(cost.share)),
    "seconds": _cost("With what is below", "seconds", words.seconds, is_extra=True),
    "live": _cost("At the peak", "live", _bytes),
    "saved": _cost("For backward", "saved", _bytes),
    "macs": _cost("MACs", "macs", _macs),
    "backward_macs": _cost("Backward MACs", "backward_macs", _macs, is_extra=True),
    "bytes_moved": _cost("Moved", "bytes_moved", _bytes, is_extra=True),
    "macs_per_second": _rate_of("MACs/s", "macs"),
    "bytes_per_second": _rate_of("B/s", "bytes_moved"),
    "intensity": _cost("MACs/byte", "intensity", lambda value: figure(value or 0, 3)),
    "bound": CostColumn("Bound by", lambda _: None, lambda cost: doc.words(cost.bound or "")),
}
SORTABLE: Final = tuple(name for name in COLUMNS if name != "bound")
