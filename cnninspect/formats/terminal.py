"""What Rich prints, as text."""

import io
from typing import Final

from rich.console import Console, RenderableType
from rich.measure import Measurement

from cnninspect.formats.interface import View

_WIDEST: Final = 10_000


def printed(content: RenderableType, view: View) -> str:
    """``content`` as lines, with ANSI colours if ``view`` has them, fitted to its width if it has one."""
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
    needed = Measurement.get(console, console.options, content)
    console.width = max(view.width or needed.maximum, needed.minimum)  # no figure is cut, however narrow the terminal
    console.print(content)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip("\n") + "\n"
