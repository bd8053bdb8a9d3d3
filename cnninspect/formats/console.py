"""The table for a terminal, a pipe or a text file."""

from collections.abc import Callable
from typing import Final

from rich import box
from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cnninspect.formats.grid import Grid, Row, lay_out
from cnninspect.formats.interface import View
from cnninspect.formats.terminal import printed
from cnninspect.report import Report

_PLAIN: Final = str.maketrans({"├": "|", "└": "`", "│": "|", "─": "-", "×": "x", "≥": ">=", "…": "~"})


def render(report: Report, view: View) -> str:
    """The table as text, with ANSI colours if ``view`` has them, fitted to its width if it has one."""
    return printed(drawn(lay_out(report, view), _ascii if view.ascii else str), view)


def _ascii(text: str) -> str:
    return text.translate(_PLAIN).encode("ascii", "backslashreplace").decode()


def drawn(grid: Grid, spell: Callable[[str], str] = str) -> Group:
    """The title, the table, the totals and the remarks, to be printed by Rich.

    Args:
        grid: What they say.
        spell: Turns each text into the characters that can be shown.
    """
    lines = box.SIMPLE_HEAD if spell is str else box.ASCII2
    table = Table(box=lines, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("Layer", overflow="ellipsis", min_width=12)
    for index, column in enumerate(grid.columns):
        widest = max(cell_len(spell(text)) for text in (column.header, *(row.cells[index] for row in grid.rows)))
        table.add_column(column.header, justify="right" if column.is_number else "left", no_wrap=True, min_width=widest)
    for row in grid.rows:
        table.add_row(
            _label(row, spell), *(Text(spell(cell), "dim" if cell in {"", "0"} else "") for cell in row.cells)
        )
    totals = Table.grid(padding=(0, 2))
    totals.add_column(style="bold")
    totals.add_column(overflow="fold")
    totals.add_column(style="dim")
    for total in grid.totals:
        totals.add_row(Text(total.name), Text(spell(total.exact)), Text(spell(total.short)))
    remarks = [Text(), *(Text(spell(remark), "magenta") for remark in grid.remarks)] if grid.remarks else []
    return Group(Text(spell(grid.title), "bold"), Text(), table, Text(), totals, *remarks)


def _label(row: Row, spell: Callable[[str], str]) -> Text:
    label = Text(no_wrap=True, overflow="ellipsis")
    label.append(spell(row.guide), style="dim")
    if row.name:
        label.append(spell(row.name), style="bold" if row.depth == 1 else "")
        label.append(f": {spell(row.type)}", style="dim")
    else:
        label.append(spell(row.type), style="bold")
    if row.mark:
        label.append(f" ({row.mark})", style="magenta")
    return label
