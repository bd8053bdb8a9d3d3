"""A document for a terminal, a pipe or a text file."""

import io
from collections.abc import Callable
from typing import Final

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from cnninspect.formats import Terminal, words
from cnninspect.formats.document import Block, Column, Document, Facts, Fit, Line, Row, Table, Tone, text_of

#: Of the sixteen colours, those that can be read on dark and on light backgrounds.
STYLES: Final = {
    Tone.plain: "", Tone.strong: "bold", Tone.dim: "dim", Tone.good: "green", Tone.bad: "bold red",
    Tone.changed: "magenta", Tone.remark: "magenta", Tone.heavy: "bold yellow",
}  # fmt: skip
_LEAST: Final = 12  # cells of a column that can be cut
_WIDEST: Final = 10_000

Spell = Callable[[str], str]


def render(document: Document, terminal: Terminal) -> str:
    """The document as text, with ANSI colours if the terminal has them, fitted to its width if that is known."""
    spell = words.in_ascii if terminal.ascii else words.harmless
    content = drawn(document, spell)
    out = io.StringIO()
    console = Console(
        file=out,
        width=_WIDEST,
        force_terminal=terminal.color,
        color_system="standard" if terminal.color else None,
        no_color=not terminal.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    needed = Measurement.get(console, console.options, content)
    if terminal.width is None or needed.maximum > terminal.width:
        content = drawn(document.without_extras(), spell)
        needed = Measurement.get(console, console.options, content)
    console.width = max(terminal.width or needed.maximum, needed.minimum)  # no figure is cut, however narrow it is
    console.print(content)
    return "\n".join(words.closed(line.rstrip()) for line in out.getvalue().splitlines()).strip("\n") + "\n"


def drawn(document: Document, spell: Spell = words.harmless) -> Group:
    """The title and the blocks, to be printed by Rich.

    Args:
        document: What they say.
        spell: Turns each text into the characters that can be shown.
    """
    title = [Text(spell(document.title), "bold")] if document.title else []
    blocks = [_block(block, spell) for block in document.blocks]
    spaced = [part for block in (*title, *blocks) for part in (Text(), block)]
    return Group(*spaced[1:])


def _block(block: Block, spell: Spell) -> RenderableType:
    match block:
        case Table():
            caption = [Text(spell(block.caption), "bold"), Text()] if block.caption else []
            return Group(*caption, _table(block, spell))
        case Facts():
            return _facts(block, spell)
        case _:
            return Group(*(_text(line, spell) for line in block.lines))


def _table(block: Table, spell: Spell) -> RichTable:
    lines = box.SIMPLE_HEAD if spell is words.harmless else box.ASCII2
    table = RichTable(box=lines, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    cells = [[_cell(row, index, column, spell) for index, column in enumerate(block.columns)] for row in block.rows]
    for index, column in enumerate(block.columns):
        _add_column(table, column, spell(column.header), [row[index] for row in cells])
    for row in cells:
        table.add_row(*row)
    return table


def _add_column(table: RichTable, column: Column, header: str, cells: list[Text]) -> None:
    """A column that is never narrower than what it must show."""
    widest = max(cell_len(header), *(cell.cell_len for cell in cells), 0)
    table.add_column(
        header,
        justify="right" if column.is_number else "left",
        overflow="fold" if column.fit is Fit.wrap else "ellipsis",
        no_wrap=column.fit is Fit.whole,  # Rich takes room from the others first
        min_width=widest if column.fit is Fit.whole else min(widest, _LEAST),
    )


def _cell(row: Row, index: int, column: Column, spell: Spell) -> Text:
    guide = (spell(row.guide), "dim") if index == 0 else ""
    is_cut = column.fit is Fit.cut
    return Text.assemble(
        guide, _text(row.cells[index], spell), no_wrap=is_cut or None, overflow="ellipsis" if is_cut else None
    )


def _text(line: Line, spell: Spell) -> Text:
    is_faint = text_of(line) in {"", "0"}
    return Text.assemble(*((spell(span.text), "dim" if is_faint else STYLES[span.tone]) for span in line))


def _facts(block: Facts, spell: Spell) -> RichTable:
    table = RichTable.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    if any(fact.short for fact in block.facts):  # of an empty column Rich gives the room to nobody
        table.add_column(style="dim")
    for fact in block.facts:
        cells = (fact.name, spell(fact.exact), spell(fact.short))
        table.add_row(*map(Text, cells[: len(table.columns)]))
    return table
