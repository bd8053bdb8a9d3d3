"""The canned report in every format. ``python -m tests.golden.refresh`` after a change that is meant; read the diff."""

from pathlib import Path

from cnninspect.formats import Format, Terminal
from cnninspect.formats.columns import COLUMNS
from cnninspect.formats.presentation import Presentation, written
from cnninspect.formats.summary import presentation
from tests.canned import REPORT

FOLDER = Path(__file__).parent
PLAIN = Terminal()
WHOLE = presentation(REPORT)
GOLDEN: dict[str, tuple[Presentation, Format, Terminal]] = {
    "table.txt": (WHOLE, Format.table, PLAIN),
    "table_80.txt": (
        presentation(REPORT, ("input", "output", "kernel", "params", "macs")), Format.table, Terminal(width=80)
    ),
    "table_color.txt": (WHOLE, Format.table, Terminal(width=80, color=True)),
    "table_ascii.txt": (WHOLE, Format.table, Terminal(ascii=True)),
    "table_depth_1.txt": (presentation(REPORT, depth=1), Format.table, PLAIN),
    "table_all_columns.txt": (presentation(REPORT, tuple(COLUMNS)), Format.table, PLAIN),
    "report.json": (WHOLE, Format.json, PLAIN),
    "report.csv": (WHOLE, Format.csv, PLAIN),
    "report.md": (WHOLE, Format.markdown, PLAIN),
    "report.html": (WHOLE, Format.html, PLAIN),
    "report.svg": (WHOLE, Format.svg, PLAIN),
    "report.tex": (WHOLE, Format.latex, PLAIN),
}  # fmt: skip

if __name__ == "__main__":
    for file_name, golden in GOLDEN.items():
        (FOLDER / file_name).write_text(written(*golden), encoding="utf-8", newline="")
