"""A picture of what the terminal shows, for a README or a slide: text that stays text, light or dark as the reader is.

The font is the system's; each cell stands at its own place. Nothing is loaded from elsewhere: pictures are in the text.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from cnninspect.formats import words
from cnninspect.formats.document import Document, Tone
from cnninspect.formats.picture_lines import EDGE, LETTER, SIZE, PictureLine, PictureText, PlacedRaster, page_of

#: As Inkscape and resvg understand it, and as browsers do.
_PIXELATED: Final = 'image-rendering="optimizeSpeed" style="image-rendering: pixelated"'
_HARD: Final = "\u00a0"
_STYLE: Final = """
svg { color-scheme: light dark; }
rect.page { fill: #ffffff; } line { stroke: #8c959f; }
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; }
.end { text-anchor: end; } .strong, .bad, .heavy { font-weight: bold; }
.dim { fill: #59636e; } .good { fill: #1a7f37; } .bad { fill: #cf222e; } .changed, .remark { fill: #8250df; }
.heavy { fill: #9a6700; }
@media (prefers-color-scheme: dark) {
rect.page { fill: #0d1117; } line { stroke: #656d76; } text { fill: #e6edf3; }
.dim { fill: #9198a1; } .good { fill: #4ac26b; } .bad { fill: #ff7b72; } .changed, .remark { fill: #c297ff; }
.heavy { fill: #d4a72c; }
}
"""


def render(document: Document) -> str:
    """The document as an SVG, as wide as it is."""
    page = page_of(document)
    name = _escaped(words.harmless(document.command))
    body = "\n".join(_drawn(top, line) for top, line in page.placed() if line.texts or line.rule or line.rasters)
    return words.in_xml(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="name" xml:space="preserve" '
        f'width="{page.width:g}" height="{page.height}" viewBox="0 0 {page.width:g} {page.height}">\n'
        f'<title id="name">{name}</title>\n'
        f'<style>{_STYLE}</style>\n<rect class="page" width="100%" height="100%" rx="6"/>\n{body}\n</svg>\n'
    )


def _drawn(top: int, line: PictureLine) -> str:
    y = top + SIZE
    if line.rule:
        middle = y - SIZE / 2 + 2
        return f'<line x1="{EDGE}" x2="{EDGE + line.rule * LETTER:g}" y1="{middle:g}" y2="{middle:g}"/>'
    texts = (_text(text, y) for text in line.texts if any(words for words, _ in text.pieces))
    return "".join([*texts, *_images(top, line.rasters)])


def _images(top: int, rasters: Sequence[PlacedRaster]) -> Iterator[str]:
    """Pixels that stay pixels, in every program that draws SVG."""
    if not rasters:
        return
    from cnninspect.formats.pixels import data_of

    for each in rasters:
        place = f'x="{EDGE + each.at * LETTER:g}" y="{top}" width="{each.width}" height="{each.height}"'
        yield f'<image {place} {_PIXELATED} href="{data_of(each.raster, each.width, each.height)}"/>'


def _text(text: PictureText, y: float) -> str:
    """A text whose words follow one another as wide as they are, but for what leads to a name: it is drawn in cells."""
    place = f'x="{EDGE + text.at * LETTER:g}" y="{y:g}"'
    inside = "".join(_span(said, tone) for said, tone in text.pieces)
    anchor = ' class="end"' if text.is_end else ""
    return f"<text {place}{anchor}>{inside}</text>"


def _span(said: str, tone: Tone) -> str:
    if not said:
        return ""
    return _escaped(said) if tone is Tone.plain else f'<tspan class="{tone}">{_escaped(said)}</tspan>'


def _escaped(text: str) -> str:
    """Spaces at an end, or several in a row, are kept by every renderer only if they can't be broken at."""
    inside = text.replace("\n", " ").strip(" ")
    before, behind = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    kept = _HARD * before + inside.replace("  ", " " + _HARD) + _HARD * (behind if inside else 0)
    return escape(kept, quote=False)
