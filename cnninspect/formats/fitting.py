"""A table fitted to a width: how wide each column is, what each cell says in it, and what there was no room for.

Where it is too wide, room is taken in this order, until it fits:

1. columns that are there where the width allows go;
2. headers that are wider than their cells get their short forms, which a remark explains;
3. columns that can be wrapped become narrower;
4. cells that can be cut give up their dim words (the type of a layer), and then the end of what they say (its name);
5. columns for which there is no room beside those at their left go, which a remark names.

Only what can be wrapped ever takes more than a line, and no figure is cut: where that doesn't help, it is too wide.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size

from cnninspect.formats.document import Column, Fit, Line, Row, Table, Tone

GAP: Final = 2  # cells between two columns
_LEAST: Final = 12  # of what can be cut or wrapped
_ELLIPSIS: Final = "…"

Spell = Callable[[str], str]
#: Words with the way in which they are meant.
Piece = tuple[str, Tone]


class Words(NamedTuple):
    """What a cell says, and how wide that is; ``guide`` cells of it lead to it and are never cut."""

    pieces: tuple[Piece, ...]
    width: int
    guide: int = 0


class FittedColumn(NamedTuple):
    """A column that is shown: its place in the table, its header there, and its width."""

    column: Column
    header: str
    width: int


class Fitted(NamedTuple):
    """A table that fits; each row is a cell a column, each cell one line or more."""

    columns: tuple[FittedColumn, ...]
    rows: Sequence[Sequence[Sequence[Words]]]
    remarks: tuple[str, ...]


def width_of(text: str) -> int:
    """In cells of a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def fitted(table: Table, width: int | None, spell: Spell) -> Fitted:
    """The table in a width.

    Args:
        table: Its headers and cells as they are.
        width: In cells; ``None``: as wide as it needs to be, but for what only a terminal has room for.
        spell: Turns each text into the characters that can be shown.
    """
    if width is None:
        table = table.without_extras()
    cells = [[_cell(row, index, spell) for row in table.rows] for index in range(len(table.columns))]
    natural = [max((cell.width for cell in column), default=0) for column in cells]
    headers = [spell(column.header) for column in table.columns]
    widths = [max(width_of(header), inside) for header, inside in zip(headers, natural, strict=True)]
    shown = list(range(len(widths)))
    if width is not None and _whole(widths, shown) > width:
        shown = [index for index in shown if not table.columns[index].is_extra]
    remarks: list[str] = []
    if width is not None and _whole(widths, shown) > width:
        short = _shorten(table.columns, headers, widths, natural, shown, width)
        least = [
            _least(column, inside, wide) for column, inside, wide in zip(table.columns, cells, widths, strict=True)
        ]
        shown, left_out = _dropped(least, shown, width)
        if legend := ", ".join(short[index] for index in shown if index in short):
            remarks.append(legend)
        _narrow(table.columns, widths, least, shown, width)
        if left_out:
            names = ", ".join(spell(table.columns[index].header) for index in left_out)
            remarks.append(f"left out, for want of room: {names}")
    columns = tuple(FittedColumn(table.columns[index], headers[index], widths[index]) for index in shown)
    by_column = [_lines(cells[index], each) for index, each in zip(shown, columns, strict=True)]
    return Fitted(columns, list(zip(*by_column, strict=True)) if by_column else [], tuple(remarks))


def _cell(row: Row, index: int, spell: Spell) -> Words:
    line = row.cells[index]
    if len(line) == 1 and (index or not row.guide):  # as most are
        text = spell(line[0].text)
        return Words(((text, line[0].tone),), width_of(text))
    guide: tuple[Piece, ...] = ((spell(row.guide), Tone.dim),) if index == 0 and row.guide else ()
    led = width_of(guide[0][0]) if guide else 0
    pieces = tuple([(spell(span.text), span.tone) for span in line])
    return Words((*guide, *pieces), led + sum([width_of(text) for text, _ in pieces]), led)


def _whole(widths: Sequence[int], shown: Sequence[int]) -> int:
    return sum(widths[index] for index in shown) + GAP * (len(shown) - 1)


def _shorten(
    columns: Sequence[Column], headers: list[str], widths: list[int], natural: Sequence[int], shown: Sequence[int],
    width: int,
) -> dict[int, str]:  # fmt: skip
    """Give headers that are wider than their cells their short forms, as many as it takes, and say what these mean."""
    said = {}
    short = {index: max(natural[index], width_of(columns[index].short)) for index in shown if columns[index].short}
    for index in sorted(short, key=lambda each: short[each] - widths[each]):  # what gives most comes first
        if _whole(widths, shown) > width and short[index] < widths[index]:
            said[index] = f"{columns[index].short}: {headers[index][:1].lower()}{headers[index][1:]}"
            headers[index], widths[index] = columns[index].short, short[index]
    return said


def _least(column: Column, cells: Sequence[Words], width: int) -> int:
    """How narrow a column may become, if others are to be shown beside it."""
    if column.fit is Fit.whole:
        return width
    if column.fit is Fit.wrap:
        return min(width, _LEAST)
    named = max((_without_dim(cell) for cell in cells), default=0)
    return min(width, max(named, _LEAST))


def _without_dim(cell: Words) -> int:
    """Its width without its dim words, but for the marks that they are gone."""
    dim = [width_of(text) for text, tone in _own(cell) if tone is Tone.dim and text]
    return cell.width - sum(dim) + len(dim)


def _own(cell: Words) -> tuple[Piece, ...]:
    return cell.pieces[1:] if cell.guide else cell.pieces


def _dropped(least: Sequence[int], shown: list[int], width: int) -> tuple[list[int], list[int]]:
    """The columns that fit beside those at their left, the first in any case; and those that don't."""
    kept = shown[:1]
    for index in shown[1:]:
        if _whole(least, [*kept, index]) <= width:
            kept.append(index)
    return kept, [index for index in shown if index not in kept]


def _narrow(columns: Sequence[Column], widths: list[int], least: list[int], shown: Sequence[int], width: int) -> None:
    """Take from what can be wrapped what is too much, then from what can be cut."""
    if len(shown) == 1:
        least[shown[0]] = min(least[shown[0]], _LEAST)  # the names themselves
    for fit in (Fit.wrap, Fit.cut):
        for index in (each for each in shown if columns[each].fit is fit):
            widths[index] -= min(max(_whole(widths, shown) - width, 0), widths[index] - least[index])


def _lines(cells: Sequence[Words], column: FittedColumn) -> list[Sequence[Words]]:
    """Each cell as the lines that it takes."""
    room = column.width
    if column.column.fit is Fit.wrap:
        return [[cell] if cell.width <= room else list(_wrapped(cell, room)) for cell in cells]
    if column.column.fit is Fit.cut:
        return [[cell if cell.width <= room else _cut(cell, room)] for cell in cells]
    return [[cell] for cell in cells]


def _cut(cell: Words, room: int) -> Words:
    """Dim words give way before the others, the last first; a mark stands where something is gone."""
    pieces, over = list(cell.pieces), cell.width - room
    first = 1 if cell.guide else 0
    dim = [index for index in range(first, len(pieces)) if pieces[index][1] is Tone.dim]
    others = [index for index in range(first, len(pieces)) if pieces[index][1] is not Tone.dim]
    for index in (*reversed(dim), *others):
        text, tone = pieces[index]
        wide = width_of(text)
        if over <= 0 or not wide:
            continue
        left = max(wide - over - 1, 0)
        pieces[index] = (set_cell_size(text, left).rstrip() + _ELLIPSIS, tone)
        over -= wide - left - 1
        over += 0 if left or index not in dim else _joined(pieces, index)
    width = sum(width_of(text) for text, _ in pieces)
    return Words(tuple(pieces), width, cell.guide)


def _joined(pieces: list[Piece], index: int) -> int:
    """Of two marks in a row one goes: how many cells that gives back, as a negative number."""
    for behind in pieces[index + 1 :]:
        if behind[0] == _ELLIPSIS:
            pieces[index] = ("", pieces[index][1])
            return -1
        if behind[0]:
            break
    return 0


def _wrapped(cell: Words, room: int) -> Iterator[Words]:
    """Lines of whole words; a word that is longer than a line is broken."""
    line: list[Piece] = []
    used = 0
    for text, tone in cell.pieces:
        for word in _words(text, room):
            wide = width_of(word)
            if used and used + width_of(word.rstrip()) > room:
                yield _ended(line)
                line, used = [], 0
            line.append((word, tone))
            used += wide
    yield _ended(line)


def wrapped(line: Line, room: int, spell: Spell) -> list[Words]:
    """A sentence in lines of at most ``room`` cells."""
    pieces = tuple((spell(span.text), span.tone) for span in line)
    cell = Words(pieces, sum(width_of(text) for text, _ in pieces))
    return [cell] if cell.width <= room else list(_wrapped(cell, room))


def _words(text: str, room: int) -> Iterator[str]:
    """Words with the spaces behind them, none wider than a line."""
    for part in text.replace(" ", " \0").split("\0"):
        rest = part
        while width_of(rest.rstrip()) > room:
            begin = set_cell_size(rest, room).rstrip() or rest[:1]
            yield begin
            rest = rest[len(begin) :]
        yield rest


def _ended(line: Sequence[Piece]) -> Words:
    """A line without the space at its end, words of one tone in one piece."""
    pieces: list[Piece] = []
    for text, tone in line:
        if pieces and pieces[-1][1] is tone:
            pieces[-1] = (pieces[-1][0] + text, tone)
        else:
            pieces.append((text, tone))
    if pieces:
        pieces[-1] = (pieces[-1][0].rstrip(), pieces[-1][1])
    return Words(tuple(pieces), sum(width_of(text) for text, _ in pieces))
