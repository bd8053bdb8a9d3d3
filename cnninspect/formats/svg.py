"""A picture of what the terminal shows, for a README or a slide."""

import io

from rich.console import Console
from rich.measure import Measurement
from rich.terminal_theme import SVG_EXPORT_THEME

from cnninspect.formats import words
from cnninspect.formats.console import drawn
from cnninspect.formats.document import Document


def render(document: Document) -> str:
    """The document as an SVG, as wide as it is."""
    console = Console(file=io.StringIO(), record=True, width=10_000, force_terminal=True, color_system="standard")
    group = drawn(document)
    console.width = Measurement.get(console, console.options, group).maximum
    console.print(group, highlight=False)
    picture = console.export_svg(title=words.harmless(document.command), theme=SVG_EXPORT_THEME, unique_id="cnninspect")
    return f"{words.in_xml(picture)}\n"
