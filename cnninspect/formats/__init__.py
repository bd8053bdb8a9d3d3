"""Report in, text out: one file a format. Nothing here prints, opens a file or imports torch."""

from importlib import import_module
from typing import Final

from cnninspect.formats.interface import DEFAULT_COLUMNS, View
from cnninspect.report import Report

__all__ = ["DEFAULT_COLUMNS", "ENDINGS", "FORMATS", "TABLES", "View", "render"]

#: Formats that show a table, with its columns and depth.
TABLES: Final = {"table": "console", "markdown": "markdown", "html": "html", "svg": "svg", "latex": "latex"}
#: Every format, with the module that makes it.
FORMATS: Final = TABLES | {"json": "json", "csv": "csv"}
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


def render(report: Report, format_name: str, view: View) -> str:
    """``report`` as text in one of ``FORMATS``, with a newline at its end."""
    text: str = import_module(f"{__name__}.{FORMATS[format_name]}").render(report, view)
    return text
