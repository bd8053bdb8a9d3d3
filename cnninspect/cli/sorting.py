"""What ``--sort`` says, of networks or of layers."""

from collections.abc import Collection
from typing import NamedTuple

from cnninspect import totals
from cnninspect.errors import unknown_name


class Sorting(NamedTuple):
    """A column to sort by, and whether the largest comes first."""

    column: str
    is_descending: bool


def sorting(text: str | None, known: Collection[str]) -> Sorting | None:
    """What ``--sort`` says; ``None`` if nothing was asked for.

    Args:
        text: What was typed.
        known: The columns that sort.

    Raises:
        RequestError: There is no such column.
    """
    if text is None:
        return None
    typed = text.removeprefix("-").strip()
    column = typed.replace("-", "_")
    column = totals.FORMER.get(column, column)
    if column not in known:
        raise unknown_name("column", typed, known, see=f"--sort takes {', '.join(known)}")
    return Sorting(column, text.startswith("-"))
