"""The canned report in every format. ``python -m tests.golden.refresh`` after a change that is meant; read the diff."""

from pathlib import Path

from cnninspect.formats import View
from cnninspect.formats.columns import COLUMNS
from cnninspect.formats.summary import render
from tests.canned import REPORT

FOLDER = Path(__file__).parent
GOLDEN = {
    "table.txt": ("table", View()),
    "table_80.txt": ("table", View(width=80, columns=("input", "output", "kernel", "params", "macs"))),
    "table_color.txt": ("table", View(width=80, color=True)),
    "table_ascii.txt": ("table", View(ascii=True)),
    "table_depth_1.txt": ("table", View(depth=1)),
    "table_all_columns.txt": ("table", View(columns=tuple(COLUMNS))),
    "report.json": ("json", View()),
    "report.csv": ("csv", View()),
    "report.md": ("markdown", View()),
    "report.html": ("html", View()),
    "report.svg": ("svg", View()),
    "report.tex": ("latex", View()),
}

if __name__ == "__main__":
    for file_name, (format_name, view) in GOLDEN.items():
        (FOLDER / file_name).write_text(render(REPORT, format_name, view), encoding="utf-8", newline="")
