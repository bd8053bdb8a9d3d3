"""What a colour can tell of a row: a figure, and what part of the largest it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cnninspect.draw.rows import GraphRow

Figure = Callable[[GraphRow], int | None]


def _field(row: GraphRow) -> int | None:
    field = row.layer.receptive_field if row.layer else None
    return max(field.size, default=None) if field else None


#: By what is typed.
MEASURES: Final[Mapping[str, Figure]] = {
    "macs": lambda row: row.layer.macs if row.layer else None,
    "params": lambda row: row.layer.params if row.layer else None,
    "memory": lambda row: row.layer.output_bytes if row.layer else None,
    "receptive_field": _field,
}
SHADES: Final = 8


def shades(rows: Sequence[GraphRow], measure: str) -> list[int]:
    """For each row from 0 (nothing, or unknown) to ``SHADES`` (the largest), by the square root of its figure.

    Args:
        rows: Frames have none: their figures are those of what is in them.
        measure: One of ``MEASURES``.
    """
    figures = [0 if row.is_frame else MEASURES[measure](row) or 0 for row in rows]
    largest = max(figures, default=0) or 1
    return [-int(-SHADES * (figure / largest) ** 0.5 // 1) for figure in figures]
