"""What a stream leads to: how wide it is, whether colour is asked for there, which characters it can show."""

import os
import shutil
from typing import TextIO

from cnninspect.formats import Terminal

_DRAWN_WITH = "├─└│×≥…"


def terminal(stream: TextIO, color: bool | None = None) -> Terminal:
    """What a stream leads to, and whether colour is asked for there.

    Args:
        stream: Standard output, say.
        color: What was typed; ``None``: nothing was.
    """
    has_width = os.environ.get("COLUMNS", "").isdigit() or stream.isatty()
    width = max(shutil.get_terminal_size().columns, 20) if has_width else None
    is_deep = os.environ.get("COLORTERM") in {"truecolor", "24bit"}  # as terminals tell it, and termstandard.org
    return Terminal(width, wants_color(color, stream), _is_ascii(stream), is_deep)


def wants_color(asked: bool | None, stream: TextIO) -> bool:
    """Is colour asked for: by what was typed, else by the environment, else on a terminal that has some.

    Args:
        asked: What was typed; ``None``: nothing was.
        stream: That would have it.
    """
    if asked is not None:
        return asked
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def _is_ascii(stream: TextIO) -> bool:
    try:
        _DRAWN_WITH.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False
