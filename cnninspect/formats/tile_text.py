"""Small pictures in characters: half blocks in colour, each with a pixel above another, or shades without.

Where there is no room they have fewer pixels, each the mean of some; tiny ones are enlarged.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from cnninspect.formats import Terminal, words
from cnninspect.formats.document import Line, Span, Tile, Tiles, Verbatim
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
    spell = words.in_ascii if terminal.ascii else words.harmless
    tiles = [_TileLines(tile, terminal, spell(tile.label), spell(tile.detail)) for tile in block.tiles]
    for number, row in enumerate(_rows(tiles, terminal.width or _WIDTH)):
        if number:
            yield ""
        for place in range(max(len(each.lines) for each in row)):
            yield (" " * _GAP).join(each.line(place) for each in row).rstrip()


def verbatim(block: Tiles) -> Verbatim:
    """Shades, for what has no pictures."""
    above: tuple[Line, ...] = ((Span(block.caption),), ()) if block.caption else ()
    return Verbatim((*above, *((Span(line),) for line in drawn(block, Terminal()))))


class _TileLines:
    """A picture as lines that are all as wide."""

    def __init__(self, tile: Tile, terminal: Terminal, label: str, detail: str) -> None:
        raster = _sized(tile.raster, terminal.width or _WIDTH)
        if terminal.color and not terminal.ascii:
            body = list(_half_blocks(raster, is_deep=terminal.deep))
        else:
            body = list(_shaded(raster, _IN_ASCII if terminal.ascii else _SHADES))
        said = [label, detail]
        self.width = max(raster.width, *map(width_of, said))
        self.lines = [each + " " * (self.width - width_of(each)) for each in said]
        if terminal.color:
            self.lines[1] = f"\x1b[2m{self.lines[1]}{_END}"
        self.lines += [each + " " * (self.width - raster.width) for each in body]

    def line(self, number: int) -> str:
        return self.lines[number] if number < len(self.lines) else " " * self.width


def _rows(tiles: Sequence[_TileLines], width: int) -> Iterator[list[_TileLines]]:
    """Beside each other as far as they fit."""
    row: list[_TileLines] = []
    for tile in tiles:
        if row and sum(each.width + _GAP for each in row) + tile.width > width:
            yield row
            row = []
        row.append(tile)
    if row:
        yield row


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
