"""Small pictures in characters: half blocks in colour, each with a pixel above another, or shades without.

Where there is no room they have fewer pixels, each the mean of some; tiny ones are enlarged.
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

from cnninspect.formats import Terminal, words
from cnninspect.formats.document import Block, Line, Remarks, Span, Tile, Tiles, Tone, Verbatim
from cnninspect.formats.fitting import width_of
from cnninspect.formats.raster import Raster, resized

_WIDTH: Final = 100  # where there is no terminal
_GAP: Final = 2
_ABREAST: Final = 3  # of those that are too large to be shown whole
_SMALL, _LEAST, _MOST = 8, 16, 40  # pixels: enlarged up to; shown whole at least; shown at most
_SHADES: Final = " ░▒▓█"
_IN_ASCII: Final = " .:-=+*#%@"
_CUBE: Final = (0, 95, 135, 175, 215, 255)  # of xterm's 256 colours
_FIRST_GREY, _GREYS, _FIRST_OF_CUBE = 232, 24, 16
_END: Final = "\x1b[0m"


def drawn(block: Tiles, terminal: Terminal) -> Iterator[str]:
    """The lines of the pictures, each with what it is of above it.

    Args:
        block: What is shown.
        terminal: What it is to fit.
    """
    width = terminal.width or _WIDTH
    tiles = [_lines(tile, terminal, width) for tile in block.tiles]
    wide = max((each.width for each in tiles), default=0) + _GAP
    abreast = max((width + _GAP) // wide, 1)
    for start in range(0, len(tiles), abreast):
        if start:
            yield ""
        row = tiles[start : start + abreast]
        for place in range(max(len(each.lines) for each in row)):
            yield "".join(each.line(place, wide) for each in row).rstrip()


def legend(block: Tiles, terminal: Terminal) -> str:
    """What its colours mean, or its shades.

    Args:
        block: What is shown.
        terminal: Where.
    """
    return block.colors if terminal.color and not terminal.ascii else block.shades


def in_words(block: Tiles) -> list[Block]:
    """Its caption and shades, for what has no pictures."""
    lines: tuple[Line, ...] = tuple((Span(line),) for line in drawn(block, Terminal()))
    said = [(block.caption, Tone.strong), (block.shades, Tone.plain)]
    above = [Remarks(((Span(text, tone),),)) for text, tone in said if text]
    return [*above, Verbatim(lines)]


class _TileLines(NamedTuple):
    """A picture in lines, each with how many cells it takes."""

    lines: tuple[tuple[str, int], ...]

    @property
    def width(self) -> int:
        return max(cells for _, cells in self.lines)

    def line(self, number: int, wide: int) -> str:
        text, cells = self.lines[number] if number < len(self.lines) else ("", 0)
        return text + " " * (wide - cells)


def _lines(tile: Tile, terminal: Terminal, width: int) -> _TileLines:
    """What it is of, its range, and the picture."""
    spell = words.in_ascii if terminal.ascii else words.harmless
    label, detail = spell(tile.label), spell(tile.detail)
    raster = _sized(tile.raster, width)
    if terminal.color and not terminal.ascii:
        body = _half_blocks(raster, is_deep=terminal.deep)
    else:
        body = _shaded(raster, _IN_ASCII if terminal.ascii else _SHADES)
    faint = f"\x1b[2m{detail}{_END}" if terminal.color else detail
    above = ((label, width_of(label)), (faint, width_of(detail)))
    return _TileLines((*above, *((line, raster.width) for line in body)))


def _sized(raster: Raster, width: int) -> Raster:
    """As it is if it fits; in proportion if not."""
    room = min(max((width - _GAP * (_ABREAST - 1)) // _ABREAST, _LEAST), _MOST, max(width, 1))
    longest = max(raster.width, raster.height)
    if longest <= _SMALL:
        factor = max(_SMALL // longest, 1)
        return resized(raster, raster.width * factor, raster.height * factor)
    if longest <= room:
        return raster
    part = room / longest
    return resized(raster, max(round(raster.width * part), 1), max(round(raster.height * part), 1))


def _shaded(raster: Raster, ramp: str) -> Iterator[str]:
    """A character for two pixels above each other."""
    for top in range(0, raster.height, 2):
        rows = [
            raster.shades[row * raster.width : (row + 1) * raster.width]
            for row in range(top, min(top + 2, raster.height))
        ]
        means = [sum(column) / len(column) for column in zip(*rows, strict=True)]
        yield "".join(ramp[min(int(mean * len(ramp) / 256), len(ramp) - 1)] for mean in means)


def _half_blocks(raster: Raster, *, is_deep: bool) -> Iterator[str]:
    """Upper halves in the colour of the letters, lower ones in that behind them."""
    for top in range(0, raster.height, 2):
        line, before = [], ""
        for column in range(raster.width):
            code = f"38;{_code(_dot(raster, top, column), is_deep=is_deep)}"
            if top + 1 < raster.height:
                code += f";48;{_code(_dot(raster, top + 1, column), is_deep=is_deep)}"
            line.append("▀" if code == before else f"\x1b[{code}m▀")
            before = code
        yield "".join(line) + _END


def _dot(raster: Raster, row: int, column: int) -> bytes:
    place = 3 * (row * raster.width + column)
    return raster.pixels[place : place + 3]


def _code(dot: bytes, *, is_deep: bool) -> str:
    """A colour as SGR has it: direct, or the nearest of 256."""
    red, green, blue = dot
    if is_deep:
        return f"2;{red};{green};{blue}"
    if red == green == blue:
        level = math.floor((red - 8) / 10 + 0.5)
        if 0 <= level < _GREYS:
            return f"5;{_FIRST_GREY + level}"
    parts = [_nearest(each) for each in dot]
    return f"5;{_FIRST_OF_CUBE + 36 * parts[0] + 6 * parts[1] + parts[2]}"


def _nearest(part: int) -> int:
    return min(range(len(_CUBE)), key=lambda place: abs(_CUBE[place] - part))
