"""A sign of life on standard error while something takes long; on a terminal only, gone when done."""

import sys
from contextlib import AbstractContextManager, nullcontext


def shown(text: str, *, is_quiet: bool = False) -> AbstractContextManager[object]:
    """A spinner with ``text`` beside it."""
    if is_quiet or sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.text import Text

    return Console(stderr=True).status(Text(text))
