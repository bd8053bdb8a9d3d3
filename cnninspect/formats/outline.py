"""A table whose rows open and close, for a page: what other formats fold or leave out is there to be opened."""

from enum import StrEnum

import msgspec

from cnninspect.formats.document import Block, Column, Fact, Line


class RowKind(StrEnum):
    """What a row of an outline is."""

    branch = "branch"
    group = "group"
    leaf = "leaf"
    rest = "rest"


class OutlineRow(msgspec.Struct, frozen=True):
    """One row; those of what is inside it follow, a level deeper.

    Attributes:
        before: What a whole path has before the name that the first cell begins with.
        values: What it is sorted by in each column behind the first, in words as plain as data are.
        level: 0 for the outermost.
        kind: Of equal neighbours (a group), and of what a call holds and does beside those inside it (the rest):
            a sorted list has no groups and no branches, and nothing else shows what is a rest.
        is_open: What is inside it is shown from the start.
        facts: What is told of it where somebody asks.
        remarks: Likewise, in words.
        place: Its number, by which a drawing leads to it.
        box: The number of what stands for it in the drawing; -1: nothing does.
    """

    cells: tuple[Line, ...]
    before: str = ""
    values: tuple[str, ...] = ()
    level: int = 0
    kind: RowKind | None = None
    is_open: bool = False
    facts: tuple[Fact, ...] = ()
    remarks: tuple[str, ...] = ()
    place: int = -1
    box: int = -1


class Outline(msgspec.Struct, frozen=True):
    """Rows that open and close, below headers.

    Attributes:
        sortable: Which columns behind the first have values to sort by.
        is_flat: It is a list, each row of which is told by its whole path.
    """

    columns: tuple[Column, ...]
    sortable: tuple[bool, ...]
    rows: tuple[OutlineRow, ...]
    caption: str = ""
    is_flat: bool = False


class Drawing(msgspec.Struct, frozen=True):
    """An SVG picture, in which text from outside is escaped, and what it shows, in words."""

    svg: str
    about: str


class DrawnOutline(msgspec.Struct, frozen=True):
    """An outline with the drawing of what is in it, each row of which leads to its box and each box to its row.

    Attributes:
        drawing: Whose boxes are ``#d`` with their numbers, and lead to ``#r`` with those of the rows.
    """

    drawing: Drawing
    outline: Outline


class Page(msgspec.Struct, frozen=True):
    """As a document, with outlines and drawings among its blocks."""

    title: str
    blocks: tuple[Block | Outline | Drawing | DrawnOutline, ...]
    command: str
