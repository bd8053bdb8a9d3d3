"""A ``tabular`` with booktabs rules, for a report or a paper."""

from cnninspect.formats.grid import Row, lay_out
from cnninspect.formats.interface import View
from cnninspect.report import Report

_ESCAPES = str.maketrans(
    {
        **{char: f"\\{char}" for char in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "×": r"$\times$",
        "≥": r"$\geq$",
    }
)


def render(report: Report, view: View) -> str:
    """A table environment with the title as its caption and the totals below the rows."""
    grid = lay_out(report, view)
    alignment = "l" + "".join("r" if column.is_number else "l" for column in grid.columns)
    width = len(grid.columns) + 1
    below = [f"{total.name}: {total.exact}{f' ({total.short})' * bool(total.short)}" for total in grid.totals]
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        rf"\caption{{{_escaped(grid.title)}}}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        _line(["Layer", *(column.header for column in grid.columns)]),
        r"\midrule",
        *(_line([_label(row), *map(_escaped, row.cells)]) for row in grid.rows),
        r"\midrule",
        *(rf"\multicolumn{{{width}}}{{l}}{{{_escaped(text)}}} \\" for text in (*below, *grid.remarks)),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return rf"{' & '.join(cells)} \\"


def _label(row: Row) -> str:
    named = f"{row.name}: {row.type}" if row.name else row.type
    indent = rf"\hspace*{{{row.depth}em}}" if row.depth else ""
    return indent + _escaped(named) + (rf" \emph{{({row.mark})}}" if row.mark else "")


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
