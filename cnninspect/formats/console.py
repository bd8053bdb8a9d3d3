"""The table for a terminal, a pipe or a text file."""

import io

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from cnninspect.formats.grid import Grid, Row, lay_out
from cnninspect.formats.interface import View
from cnninspect.report import Report

_WIDEST = 10_000
_PLAIN = str.maketrans({"├": "|", "└": "`", "│": "|", "─": "-", "×": "x", "≥": ">=", "…": "~"})


def render(report: Report, view: View) -> str:
    """The table as text, with ANSI colours if ``view`` has them, fitted to its width if it has one."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=_WIDEST,
        force_terminal=view.color,
        color_system="standard" if view.color else None,
        no_color=not view.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    content = drawn(lay_out(report, view), is_ascii=view.ascii)
    needed = Measurement.get(console, console.options, content)
    console.width = max(view.width or needed.maximum, needed.minimum)  # no figure is cut, however narrow the terminal
    console.print(content)
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    return text.translate(_PLAIN).encode("ascii", "backslashreplace").decode() if view.ascii else text


def drawn(grid: Grid, *, is_ascii: bool = False) -> Group:
    """The title, the table, the totals and the remarks, to be printed by Rich."""
    table = Table(box=box.ASCII2 if is_ascii else box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("Layer", overflow="ellipsis", min_width=12)
    for index, column in enumerate(grid.columns):
        widest = max(map(cell_len, [column.header, *(row.cells[index] for row in grid.rows)]))
        table.add_column(column.header, justify="right" if column.is_number else "left", no_wrap=True, min_width=widest)
    for row in grid.rows:
        table.add_row(_label(row), *(Text(cell, style="dim" if cell in {"", "0"} else "") for cell in row.cells))
    totals = Table.grid(padding=(0, 2))
    totals.add_column(style="bold")
    totals.add_column(justify="left", overflow="fold")
    totals.add_column(style="dim")
    for total in grid.totals:
        totals.add_row(Text(total.name), Text(total.exact), Text(total.short))
    remarks = [Text(remark, style="magenta") for remark in grid.remarks]
    return Group(
        Text(grid.title, style="bold"), Text(), table, Text(), totals, *([Text(), *remarks] if remarks else [])
    )


def _label(row: Row) -> Text:
    label = Text(no_wrap=True, overflow="ellipsis")
    label.append(row.guide, style="dim")
    if row.name:
        label.append(row.name, style="bold" if row.depth == 1 else "")
        label.append(f": {row.type}", style="dim")
    else:
        label.append(row.type, style="bold")
    if row.mark:
        label.append(f" ({row.mark})", style="magenta")
    return label
