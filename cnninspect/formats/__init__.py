"""Results in, text out: one file a command lays out what it says, one file a format writes it.

Nothing here prints, opens a file or imports torch.
"""

from typing import Final

from cnninspect.formats.interface import DEFAULT_COLUMNS, View

__all__ = ["DEFAULT_COLUMNS", "ENDINGS", "FORMATS", "TABLES", "View"]

#: Formats that show a document, with the module that writes it.
TABLES: Final = {"table": "console", "markdown": "markdown", "html": "html", "svg": "svg", "latex": "latex"}
#: Every format that all commands have.
FORMATS: Final = ("table", "json", "csv", "markdown", "html", "svg", "latex")
#: The format that the ending of an output file means.
ENDINGS: Final = {
    ".txt": "table",
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".svg": "svg",
    ".tex": "latex",
}
