"""Pictures as two independent programs draw them: numbers end where their column does, names begin at theirs."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from cnninspect.formats import Format, Terminal
from cnninspect.formats.presentation import written
from cnninspect.formats.summary import presentation
from tests.canned import REPORT

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
LIBRSVG = shutil.which("rsvg-convert")
_TEXT = re.compile(r'<text x="([\d.]+)" y="([\d.]+)"( class="end")?>(.*?)</text>')


def by_chromium(picture: Path, size: tuple[int, int], to: Path) -> None:
    assert CHROMIUM
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking"]
    where = [f"--user-data-dir={to.parent / 'profile'}", f"--window-size={size[0]},{size[1]}", f"--screenshot={to}"]
    subprocess.run([CHROMIUM, *options, *where, picture.as_uri()], check=True, capture_output=True, timeout=120)


def by_librsvg(picture: Path, size: tuple[int, int], to: Path) -> None:
    assert LIBRSVG
    subprocess.run([LIBRSVG, "-w", str(size[0]), str(picture), "-o", str(to)], check=True, timeout=120)


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(by_chromium, marks=pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")),
        pytest.param(by_librsvg, marks=pytest.mark.skipif(LIBRSVG is None, reason="there is no librsvg")),
    ],
)
def test_each_cell_is_drawn_at_its_place(draw: Callable[[Path, tuple[int, int], Path], None], tmp_path: Path) -> None:
    """The ink of a text begins, or ends, within three pixels of the place that the picture gives it."""
    text = written(presentation(REPORT), Format.svg, Terminal())
    size = re.search(r'width="([\d.]+)" height="(\d+)"', text)
    assert size
    picture, drawn = tmp_path / "report.svg", tmp_path / "report.png"
    picture.write_text(text, encoding="utf-8")
    draw(picture, (round(float(size[1])), int(size[2])), drawn)
    image = Image.open(drawn).convert("L").point(lambda value: 255 * (value < 200))
    found = 0
    for x, y, is_end, inside in _TEXT.findall(text):
        words = re.sub("<[^>]*>", "", inside)
        if not words.isascii() or len(words) > 20:  # its letters are of one font, and nothing reaches into its room
            continue
        top, width, at = round(float(y)) - 12, 8.5 * len(words), float(x)
        left, right = (at - width - 4, at + 6) if is_end else (at - 6, at + width + 4)
        ink = image.crop((round(left), top, round(right), top + 16)).getbbox()
        assert ink, words
        assert abs((left + ink[2] if is_end else left + ink[0]) - at) <= 3, words
        found += 1
    assert found >= 15
