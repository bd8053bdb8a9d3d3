"""A document for a terminal, a pipe or a text file."""

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Final

from cnninspect.formats import Terminal, words
from cnninspect.formats.document import Block, Document, Facts, Line, Remarks, Span, Table, Tiles, Tone, remarks
from cnninspect.formats.fitting import GAP, Fitted, FittedColumn, Piece, Spell, Words, fitted, width_of, wrapped

#: Select Graphic Rendition (ECMA-48, 8.3.117); of the sixteen colours, those to be read on dark and on light.
_RENDITIONS: Final = {
    Tone.strong: "1", Tone.dim: "2", Tone.good: "32", Tone.bad: "1;31", Tone.changed: "35", Tone.remark: "35",
    Tone.heavy: "1;33",
}  # fmt: skip
#: Below a header, and between two columns.
_RULES: Final = {False: ("─", " ", "─"), True: ("-", "|", "+")}

_Paint = Callable[[Sequence[Piece]], str]


def render(document: Document, terminal: Terminal) -> str:
    """The document as text, with ANSI colours if the terminal has them, fitted to its width if that is known."""
    spell = words.in_ascii if terminal.ascii else words.harmless
    paint = _coloured if terminal.color else _plain
    title = [[paint([(each, Tone.strong)]) for each in _title(document.title, terminal.width, spell)]]
    said: dict[str, None] = {}
    parts = [list(_block(block, terminal, spell, paint, said)) for block in document.blocks]
    has_remarks = bool(document.blocks) and isinstance(document.blocks[-1], Remarks)
    if not has_remarks:
        parts.append([])
    for block in remarks(list(said)):
        parts[-1] += _sentences(block.lines, terminal.width, spell, paint)
    lines = [line for part in (*title, *parts) if part for line in ("", *part)]
    return "\n".join(words.closed(line) for line in lines[1:]).strip("\n") + "\n"


def _title(title: str, width: int | None, spell: Spell) -> list[str]:
    lines = wrapped((Span(title),), width, spell) if title and width else []
    return ["".join(text for text, _ in each.pieces) for each in lines] or ([spell(title)] if title else [])


def _block(block: Block, terminal: Terminal, spell: Spell, paint: _Paint, said: dict[str, None]) -> Iterator[str]:
    match block:
        case Table():
            if block.caption:
                yield paint([(spell(block.caption), Tone.strong)])
                yield ""
            shown = fitted(block, terminal.width, spell)
            said |= dict.fromkeys(shown.remarks)
            yield from _table(shown, paint, is_ascii=terminal.ascii)
        case Facts():
            yield from _facts(block, terminal.width, spell, paint)
        case Tiles():
            from cnninspect.formats import tile_text

            if block.caption:
                yield from _sentences(((Span(block.caption, Tone.strong),),), terminal.width, spell, paint)
            if legend := tile_text.legend(block, terminal):
                yield from _sentences(((Span(legend, Tone.dim),),), terminal.width, spell, paint)
            if block.caption or legend:
                yield ""
            yield from tile_text.drawn(block, terminal)
        case _:
            yield from _sentences(block.lines, terminal.width, spell, paint)


def _table(table: Fitted, paint: _Paint, *, is_ascii: bool) -> Iterator[str]:
    rule, between, crossing = _RULES[is_ascii]
    gap = " " + between + " " * (GAP - 2)
    headers = [Words(((each.header, Tone.strong),), width_of(each.header)) for each in table.columns]
    yield _row(headers, table.columns, gap, paint)
    yield (rule + crossing + rule * (GAP - 2)).join(rule * each.width for each in table.columns)
    for row in table.rows:
        if all(len(lines) == 1 for lines in row):
            yield _row([lines[0] for lines in row], table.columns, gap, paint)
        else:
            for cells in zip_longest(*row, fillvalue=Words((), 0)):
                yield _row(cells, table.columns, gap, paint)


def _row(cells: Sequence[Words], columns: Sequence[FittedColumn], gap: str, paint: _Paint) -> str:
    parts = [_padded(paint(cell.pieces), cell, each) for cell, each in zip(cells, columns, strict=True)]
    return gap.join(parts).rstrip()


def _padded(text: str, cell: Words, column: FittedColumn) -> str:
    room = " " * (column.width - cell.width)
    return room + text if column.column.is_number else text + room


def _facts(block: Facts, width: int | None, spell: Spell, paint: _Paint) -> Iterator[str]:
    """Names, exact figures and short ones, each below the other; what is too long goes on in the next line."""
    names = max((width_of(fact.name) for fact in block.facts), default=0) + GAP
    exact, short = [spell(fact.exact) for fact in block.facts], [spell(fact.short) for fact in block.facts]
    wide, brief = max(map(width_of, exact), default=0), max(map(width_of, short), default=0)
    if width is not None and names + wide + GAP + brief > width:
        least = max((width_of(word) for figure in exact for word in figure.split()), default=0)
        short = [""] * len(short) if names + least + GAP + brief > width else short
        wide = max(width - names - (GAP + brief if any(short) else 0), least)
    for fact, figure, said in zip(block.facts, exact, short, strict=True):
        first, *others = wrapped((Span(figure),), wide, str)
        name = fact.name + " " * (names - width_of(fact.name))
        line = paint([(name, Tone.strong)]) + paint(first.pieces) + " " * (wide - first.width + GAP)
        yield (line + paint([(said, Tone.dim)])).rstrip()
        for other in others:
            yield " " * names + paint(other.pieces)


def _sentences(lines: Sequence[Line], width: int | None, spell: Spell, paint: _Paint) -> Iterator[str]:
    for line in lines:
        if width is None:
            yield paint([(spell(span.text), span.tone) for span in line]).rstrip()
        else:
            yield from (paint(each.pieces).rstrip() for each in wrapped(line, width, spell))


def _plain(pieces: Sequence[Piece]) -> str:
    return pieces[0][0] if len(pieces) == 1 else "".join([text for text, _ in pieces])


def _coloured(pieces: Sequence[Piece]) -> str:
    is_faint = len(pieces) == 1 and pieces[0][0] == "0"
    return "".join([_rendered(text, Tone.dim if is_faint else tone) for text, tone in pieces])


def _rendered(text: str, tone: Tone) -> str:
    code = _RENDITIONS.get(tone)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text
