"""A picture of what the terminal shows, for a README or a slide: text that stays text, light or dark as the reader is.

Each cell stands at its own place, numbers end at theirs, and the font is the system's: however wide its letters are,
columns stay columns. Nothing is loaded from elsewhere.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import zip_longest
from typing import Final, NamedTuple

from cnninspect.formats import words
from cnninspect.formats.document import Block, Document, Facts, Span, Table, Tone
from cnninspect.formats.fitting import GAP, Piece, Words, fitted, width_of

_LETTER, _LINE, _SIZE = 8.5, 20, 14  # pixels: a cell, a line, the font; no system's monospaced font is wider
_EDGE: Final = 20
_ROOM: Final = 10_000  # cells: a picture is as wide as it needs to be, with all that there is to see
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


class _Text(NamedTuple):
    """Words that begin, or end, at a cell of a line."""

    at: int
    pieces: tuple[Piece, ...]
    is_end: bool = False


class _PictureLine(NamedTuple):
    """A line of words, or a rule as long as a table."""

    texts: Sequence[_Text]
    rule: int = 0


def render(document: Document) -> str:
    """The document as an SVG, as wide as it is."""
    title = [_PictureLine([_Text(0, ((words.harmless(document.title), Tone.strong),))])] if document.title else []
    parts = [title, *(list(_block(block)) for block in document.blocks)]
    lines = [line for part in parts if part for line in (_PictureLine(()), *part)][1:]
    width = max((_reach(line) for line in lines), default=0) * _LETTER + 2 * _EDGE
    height = len(lines) * _LINE + 2 * _EDGE
    name = _escaped(words.harmless(document.command))
    body = "\n".join(_drawn(number, line) for number, line in enumerate(lines) if line.texts or line.rule)
    return words.in_xml(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="name" xml:space="preserve" '
        f'width="{width:g}" height="{height}" viewBox="0 0 {width:g} {height}">\n<title id="name">{name}</title>\n'
        f'<style>{_STYLE}</style>\n<rect class="page" width="100%" height="100%" rx="6"/>\n{body}\n</svg>\n'
    )


def _reach(line: _PictureLine) -> int:
    ends = [text.at if text.is_end else text.at + _width(text.pieces) for text in line.texts]
    return max([line.rule, *ends])


def _width(pieces: Sequence[Piece]) -> int:
    return sum(width_of(text) for text, _ in pieces)


def _block(block: Block) -> Iterator[_PictureLine]:
    match block:
        case Table():
            if block.caption:
                yield _PictureLine([_Text(0, ((words.harmless(block.caption), Tone.strong),))])
                yield _PictureLine(())
            yield from _table(block)
        case Facts():
            named = max((width_of(fact.name) for fact in block.facts), default=0) + GAP
            exact = max((width_of(words.harmless(fact.exact)) for fact in block.facts), default=0) + GAP
            for fact in block.facts:
                cells = [(fact.name, Tone.strong), (fact.exact, Tone.plain), (fact.short, Tone.dim)]
                places = (0, named, named + exact)
                yield _PictureLine([
                    _Text(at, ((words.harmless(text), tone),)) for at, (text, tone) in zip(places, cells, strict=True)
                ])  # fmt: skip
        case _:
            for line in block.lines:
                yield _PictureLine([_Text(0, _pieces(line))])


def _pieces(line: Sequence[Span]) -> tuple[Piece, ...]:
    return tuple((words.harmless(span.text), span.tone) for span in line)


def _table(block: Table) -> Iterator[_PictureLine]:
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
                texts.append(_Text(start + column.width * is_end, cell.pieces, is_end))
            yield _PictureLine(texts)
        if not number:
            yield _PictureLine((), starts[-1] - GAP)


def _drawn(number: int, line: _PictureLine) -> str:
    y = _EDGE + number * _LINE + _SIZE
    if line.rule:
        middle = y - _SIZE / 2 + 2
        return f'<line x1="{_EDGE}" x2="{_EDGE + line.rule * _LETTER:g}" y1="{middle:g}" y2="{middle:g}"/>'
    return "".join(_text(text, y) for text in line.texts if any(words for words, _ in text.pieces))


def _text(text: _Text, y: float) -> str:
    """A text whose words follow one another as wide as they are, but for what leads to a name: it is drawn in cells."""
    place = f'x="{_EDGE + text.at * _LETTER:g}" y="{y:g}"'
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
