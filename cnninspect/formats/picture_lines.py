"""A document as the lines of a picture: words that begin or end at a cell, rules, rows of small pictures.

Each cell stands at its own place, so that columns stay columns however wide the letters of a font are. A page of an
SVG and a PNG are drawn from the same lines.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from cnninspect.formats import words
from cnninspect.formats.document import Block, Document, Facts, Span, Table, Tile, Tiles, Tone
from cnninspect.formats.fitting import GAP, Piece, Words, fitted, width_of
from cnninspect.formats.raster import Raster

#: Pixels: a cell, a line, the font, the edge of a page; no system's monospaced font is wider.
LETTER, LINE, SIZE, EDGE = 8.5, 20, 14, 20
_ROOM: Final = 10_000  # cells: a picture is as wide as it needs to be, with all that there is to see
_ABREAST: Final = 128  # cells of small pictures beside each other
_SMALL, _MOST = 112, 224  # pixels: of the longer side of a small picture, enlarged, and at most


class PictureText(NamedTuple):
    """Words that begin, or end, at a cell of a line."""

    at: int
    pieces: tuple[Piece, ...]
    is_end: bool = False


class PlacedRaster(NamedTuple):
    """A small picture that begins at a cell, and how large it is, in pixels."""

    at: int
    raster: Raster
    width: int
    height: int


class PictureLine(NamedTuple):
    """A line of words, a rule as long as a table, or pictures beside each other, which make it higher."""

    texts: Sequence[PictureText] = ()
    rule: int = 0
    rasters: Sequence[PlacedRaster] = ()

    @property
    def height(self) -> int:
        """In pixels."""
        return max((each.height + LINE // 2 for each in self.rasters), default=LINE)


class PicturePage(NamedTuple):
    """Lines, and how large a page they make, in pixels."""

    lines: tuple[PictureLine, ...]
    width: float
    height: int

    def placed(self) -> Iterator[tuple[int, PictureLine]]:
        """Each line with where its upper edge is."""
        top = EDGE
        for line in self.lines:
            yield top, line
            top += line.height


def page_of(document: Document) -> PicturePage:
    """The document in lines, as wide as it is.

    Args:
        document: What there is to show.
    """
    title = [_said([(0, document.title, Tone.strong)])] if document.title else []
    parts = [title, *(list(_block(block)) for block in document.blocks)]
    lines = [line for part in parts if part for line in (PictureLine(), *part)][1:]
    width = max((_reach(line) for line in lines), default=0) * LETTER + 2 * EDGE
    return PicturePage(tuple(lines), width, sum(line.height for line in lines) + 2 * EDGE)


def size_of(raster: Raster) -> tuple[int, int]:
    """How large a small picture is shown, in pixels: a number in so many of them, or several in one.

    >>> size_of(Raster(11, 11, b"", b"")), size_of(Raster(448, 224, b"", b""))
    ((110, 110), (224, 112))
    """
    longest = max(raster.width, raster.height)
    if longest > _MOST:
        part = _MOST / longest
        return max(round(raster.width * part), 1), max(round(raster.height * part), 1)
    factor = max(_SMALL // longest, 1)
    return raster.width * factor, raster.height * factor


def _reach(line: PictureLine) -> int:
    ends = [text.at if text.is_end else text.at + _width(text.pieces) for text in line.texts]
    return max([line.rule, *ends, *(each.at + math.ceil(each.width / LETTER) for each in line.rasters)])


def _width(pieces: Sequence[Piece]) -> int:
    return sum(width_of(text) for text, _ in pieces)


def _block(block: Block) -> Iterator[PictureLine]:
    match block:
        case Table():
            if block.caption:
                yield _said([(0, block.caption, Tone.strong)])
                yield PictureLine()
            yield from _table(block)
        case Facts():
            named = max((width_of(fact.name) for fact in block.facts), default=0) + GAP
            exact = max((width_of(words.harmless(fact.exact)) for fact in block.facts), default=0) + GAP
            for fact in block.facts:
                cells = [(fact.name, Tone.strong), (fact.exact, Tone.plain), (fact.short, Tone.dim)]
                places = (0, named, named + exact)
                yield _said([(at, *cell) for at, cell in zip(places, cells, strict=True)])
        case Tiles():
            yield from _tiles(block)
        case _:
            for line in block.lines:
                yield PictureLine([PictureText(0, _pieces(line))])


def _pieces(line: Sequence[Span]) -> tuple[Piece, ...]:
    return tuple((words.harmless(span.text), span.tone) for span in line)


def _table(block: Table) -> Iterator[PictureLine]:
    table = fitted(block, _ROOM, words.harmless)
    starts = [0]
    for column in table.columns:
        starts.append(starts[-1] + column.width + GAP)
    headers = [Words(((each.header, Tone.strong),), 0) for each in table.columns]
    for number, row in enumerate([[[cell] for cell in headers], *table.rows]):
        for cells in zip_longest(*row, fillvalue=Words((), 0)):
            texts = []
            for cell, start, column in zip(cells, starts, table.columns, strict=False):
                is_end = column.column.is_number
                texts.append(PictureText(start + column.width * is_end, cell.pieces, is_end))
            yield PictureLine(texts)
        if not number:
            yield PictureLine(rule=starts[-1] - GAP)


def _tiles(block: Tiles) -> Iterator[PictureLine]:
    """Rows of small pictures in columns that are all as wide, what each is of in two lines above it."""
    if block.caption:
        yield _said([(0, block.caption, Tone.strong)])
    if block.colors:
        yield _said([(0, block.colors, Tone.dim)])
    wide = max(map(_wide, block.tiles), default=0) + GAP
    abreast = max(_ABREAST // wide, 1)
    for start in range(0, len(block.tiles), abreast):
        row = [(wide * place, tile) for place, tile in enumerate(block.tiles[start : start + abreast])]
        yield _said([(at, tile.label, Tone.plain) for at, tile in row])
        yield _said([(at, tile.detail, Tone.dim) for at, tile in row])
        yield PictureLine(rasters=[PlacedRaster(at, tile.raster, *size_of(tile.raster)) for at, tile in row])


def _wide(tile: Tile) -> int:
    """In cells."""
    said = max(width_of(words.harmless(text)) for text in (tile.label, tile.detail))
    return max(said, math.ceil(size_of(tile.raster)[0] / LETTER))


def _said(texts: Sequence[tuple[int, str, Tone]]) -> PictureLine:
    return PictureLine([PictureText(at, ((words.harmless(text), tone),)) for at, text, tone in texts])
