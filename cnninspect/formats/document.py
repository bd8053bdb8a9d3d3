"""What a command has to say, before it is put into a format: a title, and tables, facts and remarks below it.

The words of each cell come with a tone (a dim guide, a bad verdict), which every format shows in its own way
and none shows by colour alone. Names from somebody's code are made ``words.safe`` before they come in here.
"""

from enum import StrEnum

import msgspec

from cnninspect.formats.raster import Raster


class Tone(StrEnum):
    """How words are meant."""

    plain = "plain"
    strong = "strong"
    dim = "dim"
    good = "good"
    bad = "bad"
    changed = "changed"
    remark = "remark"
    heavy = "heavy"


class Fit(StrEnum):
    """What becomes of a column's words where the terminal is too narrow."""

    whole = "whole"
    cut = "cut"
    wrap = "wrap"


class Span(msgspec.Struct, frozen=True):
    """Words of one tone.

    Attributes:
        latex: The same as mathematics, for the formats that can set it.
        bar: What part of a whole the text draws as a bar, for the formats that can draw one.
    """

    text: str
    tone: Tone = Tone.plain
    latex: str | None = None
    bar: float | None = None


Line = tuple[Span, ...]


class Column(msgspec.Struct, frozen=True):
    """A column of a table.

    Attributes:
        short: A header for where there is little room.
        is_extra: It is for where there is room: a wide terminal, a picture, a page.
    """

    header: str
    is_number: bool = False
    fit: Fit = Fit.whole
    short: str = ""
    is_extra: bool = False


class Row(msgspec.Struct, frozen=True):
    """One row of a table; ``guide`` leads to its first cell, three characters a level of a tree."""

    cells: tuple[Line, ...]
    guide: str = ""


class Table(msgspec.Struct, frozen=True):
    """Rows below headers; the first column names what a row is about."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""

    def without_extras(self) -> "Table":
        """For where there is no room for extra columns."""
        kept = [index for index, column in enumerate(self.columns) if not column.is_extra]
        rows = tuple(Row(tuple(row.cells[index] for index in kept), row.guide) for row in self.rows)
        return Table(tuple(self.columns[index] for index in kept), rows, self.caption)


class Fact(msgspec.Struct, frozen=True):
    """A name and what is so: a figure to the last digit, and the same in short."""

    name: str
    exact: str
    short: str = ""


class Facts(msgspec.Struct, frozen=True):
    """Facts, one a line."""

    facts: tuple[Fact, ...]


class Remarks(msgspec.Struct, frozen=True):
    """Sentences, one a line."""

    lines: tuple[Line, ...]


class Verbatim(msgspec.Struct, frozen=True):
    """A small drawing, whose spaces count.

    Attributes:
        latex: The same as mathematics, for LaTeX.
    """

    lines: tuple[Line, ...]
    latex: str | None = None


class Tile(msgspec.Struct, frozen=True):
    """A small picture of numbers, with what it is of above it, and what its colours range over."""

    label: str
    detail: str
    raster: Raster


class Tiles(msgspec.Struct, frozen=True):
    """Small pictures beside each other, below a caption.

    Attributes:
        colors: What their colours mean.
        shades: What their shades mean, where there are no colours.
    """

    tiles: tuple[Tile, ...]
    caption: str = ""
    colors: str = ""
    shades: str = ""


Block = Table | Facts | Remarks | Verbatim | Tiles


class Document(msgspec.Struct, frozen=True):
    """A title and blocks; ``command`` is what the user would type to see it."""

    title: str
    blocks: tuple[Block, ...]
    command: str

    def without_extras(self) -> "Document":
        """For where there is no room for extra columns."""
        blocks = (block.without_extras() if isinstance(block, Table) else block for block in self.blocks)
        return Document(self.title, tuple(blocks), self.command)


def words(text: str, tone: Tone = Tone.plain) -> Line:
    """A line, or a cell, of one tone; empty for an empty text."""
    return (Span(text, tone),) if text else ()


def remarks(texts: tuple[str, ...] | list[str]) -> tuple[Remarks, ...]:
    """A block of remarks, or no block if there are none."""
    return (Remarks(tuple(words(text, Tone.remark) for text in texts)),) if texts else ()


def text_of(line: Line) -> str:
    """The bare words of a line."""
    return "".join(span.text for span in line)
