"""A page with a real table, readable on light and dark backgrounds and by a screen reader."""

from html import escape

from cnninspect.formats.grid import Grid, Row, lay_out
from cnninspect.formats.interface import View
from cnninspect.report import Report

_STYLE = """
.cnninspect { font: 14px/1.4 system-ui, sans-serif; color-scheme: light dark; }
.cnninspect table { border-collapse: collapse; margin: 0 0 1em; }
.cnninspect caption { text-align: left; font-weight: bold; padding: 0 0 .5em; }
.cnninspect th, .cnninspect td { text-align: left; padding: .1em .8em .1em 0; font-variant-numeric: tabular-nums; }
.cnninspect thead th { border-bottom: 1px solid; }
.cnninspect tbody th { font-weight: normal; white-space: pre; font-family: ui-monospace, monospace; }
.cnninspect .number { text-align: right; }
.cnninspect small, .cnninspect .kind { opacity: .7; }
"""


def render(report: Report, view: View) -> str:
    """A whole page, UTF-8, without scripts and without anything from elsewhere."""
    title = escape(lay_out(report, view).title)
    head = f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n'
    return f"{head}<body>\n{fragment(report, view)}</body>\n</html>\n"


def fragment(report: Report, view: View) -> str:
    """The table alone, to stand in somebody else's page."""
    grid = lay_out(report, view)
    headers = "".join(_header(column.header, is_number=column.is_number) for column in grid.columns)
    totals = "".join(
        f"<tr><th>{total.name}</th><td>{escape(total.exact)} <small>{escape(total.short)}</small></td></tr>\n"
        for total in grid.totals
    )
    remarks = "".join(f"<p>{escape(remark)}</p>\n" for remark in grid.remarks)
    return (
        f'<div class="cnninspect">\n<style>{_STYLE}</style>\n'
        f"<table>\n<caption>{escape(grid.title)}</caption>\n"
        f"<thead>\n<tr>{_header('Layer', is_number=False)}{headers}</tr>\n</thead>\n"
        f"<tbody>\n{''.join(_row(row, grid) for row in grid.rows)}</tbody>\n</table>\n"
        f"<table>\n<tbody>\n{totals}</tbody>\n</table>\n{remarks}</div>\n"
    )


def _header(text: str, *, is_number: bool) -> str:
    return f'<th scope="col"{_class(is_number=is_number)}>{escape(text)}</th>'


def _row(row: Row, grid: Grid) -> str:
    named = f'{escape(row.name)}<span class="kind">: {escape(row.type)}</span>' if row.name else escape(row.type)
    mark = f" <small>({row.mark})</small>" if row.mark else ""
    cells = "".join(
        f"<td{_class(is_number=column.is_number)}>{escape(cell)}</td>"
        for column, cell in zip(grid.columns, row.cells, strict=True)
    )
    return f'<tr><th scope="row">{row.guide}{named}{mark}</th>{cells}</tr>\n'


def _class(*, is_number: bool) -> str:
    return ' class="number"' if is_number else ""
