"""Results in, text out: one file a command lays out what it says, one file a format writes it.

Nothing here prints, opens a file or imports torch.
"""

from enum import StrEnum
from typing import Final, Self

import msgspec


class Format(StrEnum):
    """A way to write a result, with the endings of the files that mean it; ``presentation.written`` writes each."""

    table = "table", ".txt"
    json = "json", ".json"
    csv = "csv", ".csv"
    markdown = "markdown", ".md"
    html = "html", ".html", ".htm"
    svg = "svg", ".svg"
    latex = "latex", ".tex"
    junit = "junit", ".xml"
    github = "github"
    torchinfo = "torchinfo"

    endings: tuple[str, ...]

    def __new__(cls, name: str, *endings: str) -> Self:
        """A member: what is typed after ``--format``, and the endings."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.endings = endings
        return member


#: The formats that a command has if nothing else is said of it.
SHARED: Final = (Format.table, Format.json, Format.csv, Format.markdown, Format.html, Format.svg, Format.latex)
#: Those of data, which always have every field.
DATA: Final = (Format.json, Format.csv)


class Terminal(msgspec.Struct, frozen=True):
    """What a table is shown on.

    Attributes:
        width: In cells; ``None``: as wide as the table is.
        color: With ANSI colours.
        ascii: Without characters outside ASCII.
    """

    width: int | None = None
    color: bool = False
    ascii: bool = False
