"""A picture of the terminal's table, for a README or a slide."""

import io

from rich.console import Console
from rich.measure import Measurement
from rich.terminal_theme import SVG_EXPORT_THEME

from cnninspect.formats import words
from cnninspect.formats.console import drawn
from cnninspect.formats.grid import lay_out
from cnninspect.formats.interface import View
from cnninspect.report import Report


def render(report: Report, view: View) -> str:
    """The table as an SVG, as wide as it is."""
    console = Console(file=io.StringIO(), record=True, width=10_000, force_terminal=True, color_system="standard")
    group = drawn(lay_out(report, view))
    console.width = Measurement.get(console, console.options, group).maximum
    console.print(group, highlight=False)
    command = f"cnninspect summary {words.safe(report.model.spec)}"
    return console.export_svg(title=command, theme=SVG_EXPORT_THEME, unique_id="cnninspect") + "\n"
