"""A sign of life on standard error while something takes long; on a terminal only, gone when done."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext


def shown(text: str, *, is_quiet: bool = False) -> AbstractContextManager[object]:
    """A spinner with ``text`` beside it."""
    if is_quiet or sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.text import Text

    return Console(stderr=True).status(Text(text))


@contextmanager
def steps(text: str, *, is_quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """A spinner that begins with ``text``; what it yields changes the words beside it."""
    with shown(text, is_quiet=is_quiet) as spinner:
        update = getattr(spinner, "update", None)

        def say(step: str) -> None:
            if update is not None:
                from rich.text import Text

                update(Text(f"{step} …"))

        yield say
