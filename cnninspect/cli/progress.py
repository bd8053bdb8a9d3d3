"""A sign of life on standard error while something takes long; on a terminal only, gone when done."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

#: To be told what is at hand: the path of a layer, a step, a model.
Tell = Callable[[str], None]


@contextmanager
def shown(text: str, *, is_quiet: bool = False) -> Iterator[Tell]:
    """A spinner with ``text`` beside it, and behind that what its caller is told to be at hand."""
    if is_quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _at_hand: None
        return
    from rich.console import Console

    line = _Line(text)
    with Console(stderr=True).status(line):
        yield line.tell


class _Line:
    """One line that is put together when it is drawn: being told of thousands of layers costs nothing."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at_hand = ""

    def tell(self, at_hand: str) -> None:
        self._at_hand = at_hand

    def __rich__(self) -> "Text":
        from rich.text import Text

        text, at_hand = ("".join(c if c.isprintable() else "?" for c in each) for each in (self._text, self._at_hand))
        line = Text(text, no_wrap=True, overflow="ellipsis")
        return line.append(f" {at_hand}", style="dim") if at_hand else line
