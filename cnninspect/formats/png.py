"""A document as pixels, by Pillow: what its SVG has, on white, in the letters that Pillow brings with it."""

import io
from typing import TYPE_CHECKING, Final

from cnninspect.errors import RequestError
from cnninspect.formats import words
from cnninspect.formats.document import Document, Tone
from cnninspect.formats.picture_lines import EDGE, LETTER, LINE, SIZE, PictureLine, PictureText, page_of
from cnninspect.formats.pixels import image_of

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

_MOST_PIXELS: Final = 100_000_000
_PAPER, _RULE = (255, 255, 255), (140, 149, 159)
_INK: Final = {
    Tone.dim: (89, 99, 110), Tone.good: (26, 127, 55), Tone.bad: (207, 34, 46), Tone.changed: (130, 80, 223),
    Tone.remark: (130, 80, 223), Tone.heavy: (154, 103, 0),
}  # fmt: skip
_BLACK: Final = (31, 35, 40)
_BARS: Final = " ▁▂▃▄▅▆▇█"  # drawn, not written: no font is needed for them


def render(document: Document) -> bytes:
    """The document as a PNG.

    Raises:
        RequestError: It would have too many pixels.
    """
    from PIL import Image as Images
    from PIL import ImageDraw as Draws
    from PIL import ImageFont as Fonts

    page = page_of(document)
    width, height = int(page.width), page.height
    if width * height > _MOST_PIXELS:
        raise RequestError(f"a PNG of {width:,}×{height:,} pixels is too large", hint="show less, or draw an SVG")
    image = Images.new("RGB", (width, height), _PAPER)
    drawing = Draws.Draw(image)
    font = Fonts.load_default(SIZE - 1)
    for top, line in page.placed():
        _draw_line(drawing, font, top, line)
        for each in line.rasters:
            small = image_of(each.raster, each.width, each.height)
            image.paste(small, (EDGE + int(each.at * LETTER), top))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw_line(drawing: "ImageDraw", font: "FreeTypeFont | ImageFont", top: int, line: PictureLine) -> None:
    if line.rule:
        middle = top + LINE // 2
        drawing.line([(EDGE, middle), (EDGE + int(line.rule * LETTER), middle)], _RULE)
    for text in line.texts:
        _write(drawing, font, top, text)


def _write(drawing: "ImageDraw", font: "FreeTypeFont | ImageFont", top: int, text: PictureText) -> None:
    """Words as wide as they are, one after the other; those that end at a cell are measured first."""
    x = EDGE + text.at * LETTER
    pieces = [(_in_letters(said), tone) for said, tone in text.pieces]
    if text.is_end:
        x -= sum(font.getlength(said) for said, _ in pieces)
    for said, tone in pieces:
        ink = _INK.get(tone, _BLACK)
        if said and set(said) <= set(_BARS):
            _draw_bars(drawing, x, top, said, ink)
            x += len(said) * LETTER
            continue
        drawing.text((x, top), said, ink, font, stroke_width=0.4 if tone in {Tone.strong, Tone.bad} else 0)
        x += font.getlength(said)


def _draw_bars(drawing: "ImageDraw", x: float, top: int, said: str, ink: tuple[int, int, int]) -> None:
    for place, char in enumerate(said):
        high = _BARS.index(char) * SIZE // (len(_BARS) - 1)
        if high:
            left = x + place * LETTER
            drawing.rectangle([(left, top + SIZE - high), (left + LETTER - 2, top + SIZE - 1)], ink)


def _in_letters(text: str) -> str:
    """ASCII, which is what Pillow's letters are sure to have, and bars, which are drawn."""
    return text if set(text) <= set(_BARS) else words.in_ascii(text)
