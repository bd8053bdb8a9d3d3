"""The matrices of ``cnninspect apply`` as pictures: in each format that has some, and where a terminal has no room."""

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from tests.conftest import Cli

#: 1 to 256; the middle of a kernel is 1, so that the inner 14×14 come out as they are: 18 to 239.
LARGE = ["apply", "Conv2d(1, 1, 3, bias=False)", "--values", "1:256", "--weight", "0 0 0; 0 1 0; 0 0 0"]
#: 1 2 3 4 / 5 6 7 8 / 9 10 11 12 / 13 14 15 16, and what is left of a column less what is two to the right: -6.
SMALL = ["apply", "Conv2d(1, 1, 3, bias=False)", "--values", "1:16", "--weight", "1 0 -1; 1 0 -1; 1 0 -1"]
MARKS = set(" ░▒▓█")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rows_of_marks(text: str, label: str) -> list[str]:
    lines = text.splitlines()
    labels = (number for number, line in enumerate(lines) if line.split()[:1] == [label])
    place = next(number for number in labels if "to" in lines[number + 1])
    return [line for line in lines[place + 2 : place + 10] if set(line) <= MARKS]


def test_a_map_of_16_by_16_is_shown_whole(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A character for two rows: eight lines of sixteen and fourteen, from dark to light."""
    monkeypatch.setenv("COLUMNS", "80")
    result = cli(*LARGE)
    assert result.code == 0
    rows = rows_of_marks(result.out, "Input")
    assert len(rows) == 8
    # 1 is 1/256 of white and 256 is white: the last two rows are █ in both maps, 16 and 14 of them, two cells apart
    assert rows[7].startswith("█" * 16)
    assert rows[6][18:] == "█" * 14


def test_what_is_printed_whole_has_no_picture_in_the_terminal(cli: Cli) -> None:
    assert not MARKS - {" "} & set(cli(*SMALL).out)
    assert not MARKS - {" "} & set(cli(*LARGE, "--all").out)


def test_in_colour(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """White is 231 of 256 colours (16 + 36·5 + 6·5 + 5), or 255;255;255 where a terminal tells that it has all."""
    assert "48;5;231m▀" in cli(*LARGE, "--color").out
    monkeypatch.setenv("COLORTERM", "truecolor")
    assert "48;2;255;255;255m▀" in cli(*LARGE, "--color").out


def pictures(text: str) -> list[Image.Image]:
    found = re.findall(r"data:image/png;base64,([\w+/=]+)", text)
    return [Image.open(io.BytesIO(base64.b64decode(each))).convert("RGB") for each in found]


@pytest.mark.parametrize("form", ["svg", "html"])
def test_pixels_of_a_picture_in_text(cli: Cli, form: str) -> None:
    """Input, kernel and output: 16 is white and 8 half of it, 1 is red and -1 blue, -6 is the most there is: blue."""
    text = cli(*SMALL, "-f", form).out
    if form == "svg":
        assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314 - our own
    else:
        assert "img-src data:" in text
    before, kernel, after = pictures(text)
    assert (before.size, kernel.size, after.size) == ((4, 4), (3, 3), (2, 2))
    assert [before.getpixel(each) for each in ((3, 3), (3, 1))] == [(255, 255, 255), (128, 128, 128)]
    assert [kernel.getpixel((column, 0)) for column in range(3)] == [(178, 24, 43), (247, 247, 247), (33, 102, 172)]
    assert {after.getpixel((x, y)) for x in range(2) for y in range(2)} == {(33, 102, 172)}


def test_pixels_of_a_png(cli: Cli) -> None:
    """Each number is a square of one colour: of the kernel a red, a white and a blue one, 37·3 pixels wide."""
    assert cli(*SMALL, "-o", "a.png").code == 0
    image = Image.open(io.BytesIO(Path("a.png").read_bytes())).convert("RGB")
    counts = {color: count for count, color in image.getcolors(2**20) or []}
    assert counts[178, 24, 43] == 3 * 37 * 37  # 112 // 3 pixels a number
    assert counts[33, 102, 172] == 3 * 37 * 37 + 4 * 56 * 56  # and of the output 112 // 2


def test_png_needs_a_file(cli: Cli) -> None:
    result = cli(*SMALL, "-f", "png")
    assert (result.code, result.out) == (2, "")
    assert "--format png needs a file" in result.err
