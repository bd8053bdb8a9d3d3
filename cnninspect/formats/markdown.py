"""A GitHub-flavoured table, for a pull request."""

import re

from cnninspect.formats.grid import Row, lay_out
from cnninspect.formats.interface import View
from cnninspect.report import Report


def render(report: Report, view: View) -> str:
    """The title, the table, the totals as a list, the remarks."""
    grid = lay_out(report, view)
    lines = [
        f"**{_escaped(grid.title)}**",
        "",
        _line(["Layer", *(column.header for column in grid.columns)]),
        _line([":--", *("--:" if column.is_number else ":--" for column in grid.columns)]),
        *(_line([_label(row), *map(_escaped, row.cells)]) for row in grid.rows),
        "",
        *(f"- {total.name}: {_escaped(total.exact)}{f' ({total.short})' * bool(total.short)}" for total in grid.totals),
        *(f"\n{_escaped(remark)}" for remark in grid.remarks),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _label(row: Row) -> str:
    named = f"{row.name}: {row.type}" if row.name else row.type
    guide = row.guide.replace(" ", "\N{NO-BREAK SPACE}")  # Markdown drops spaces at the start of a cell
    return guide + _escaped(named) + (f" *({row.mark})*" if row.mark else "")


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", text)
