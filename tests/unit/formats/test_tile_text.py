"""Small pictures in characters: what each stands for, and that they fit."""

import re

import pytest
from rich.cells import cell_len

from cnninspect.formats import Terminal
from cnninspect.formats.document import Tile, Tiles
from cnninspect.formats.raster import heat
from cnninspect.formats.tile_text import drawn


def tiles(*sides: int) -> Tiles:
    """Each as many numbers high as wide, the upper half 0 and the lower 1."""
    made = (
        Tile(f"channel {place}", "0 to 1", heat([[0.0] * side] * (side // 2) + [[1.0] * side] * (side - side // 2)))
        for place, side in enumerate(sides)
    )
    return Tiles(tuple(made))


def bare(line: str) -> str:
    return re.sub("\x1b\\[[0-9;]*m", "", line)


def test_a_character_stands_for_two_pixels() -> None:
    assert list(drawn(tiles(16), Terminal(width=80))) == ["channel 0", "0 to 1", *[""] * 4, *["█" * 16] * 4]


def test_tiny_ones_are_enlarged() -> None:
    """2×2 becomes 8×8, four lines of which two are dark."""
    assert list(drawn(tiles(2), Terminal()))[2:] == ["", "", "█" * 8, "█" * 8]


def test_ascii() -> None:
    assert list(drawn(tiles(8), Terminal(ascii=True, color=True)))[-1] == "@" * 8


def test_half_blocks() -> None:
    """Black is 16 of 256 colours and white 231; an odd row at the end has no lower half."""
    lines = list(drawn(tiles(16), Terminal(color=True)))
    assert lines[2] == f"\x1b[38;5;16;48;5;16m{'▀' * 16}\x1b[0m"
    assert lines[-1] == f"\x1b[38;5;231;48;5;231m{'▀' * 16}\x1b[0m"
    assert list(drawn(tiles(9), Terminal(color=True, deep=True)))[-1] == f"\x1b[38;2;255;255;255m{'▀' * 9}\x1b[0m"


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("color", [False, True])
def test_they_fit(width: int, color: bool) -> None:
    lines = list(drawn(tiles(55, 224, 16, 3, 1), Terminal(width=width, color=color)))
    assert max(cell_len(bare(line)) for line in lines) <= width


def test_a_side_of_16_is_whole_however_narrow_the_terminal_is() -> None:
    lines = list(drawn(tiles(16, 16), Terminal(width=20)))
    assert [line for line in lines if line == "█" * 16] == ["█" * 16] * 8
