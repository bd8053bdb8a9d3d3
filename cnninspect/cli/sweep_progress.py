"""How far a sweep is, on standard error: a bar on a terminal, elsewhere a line every half minute."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cnninspect.cli import output
from cnninspect.formats import words
from cnninspect.formats.sweep import spelled
from cnninspect.sweep.tally import Tally

if TYPE_CHECKING:
    from rich.progress import Progress

_EVERY: Final = 30.0  # seconds
_MOST_NAMES: Final = 3
_BAR: Final = 10  # cells


@contextmanager
def shown(*, is_quiet: bool) -> Iterator[Callable[[Tally, Sequence[str]], None]]:
    """Context in which whoever is told how far it is shows it.

    Args:
        is_quiet: Nothing is shown.
    """
    if is_quiet or sys.stderr is None:
        yield lambda _tally, _at_hand: None
    elif sys.stderr.isatty():
        bar = _bar()
        number = bar.add_task("", total=None)

        def tell(tally: Tally, at_hand: Sequence[str]) -> None:
            said = f"{tally.reached:,}/{tally.total:,} {_said(tally, at_hand)}"  # of which what is last is cut first
            bar.update(number, total=tally.total, completed=tally.reached, description=said)
            bar.start()  # if it isn't there yet: notes that come before the first network stand above it

        try:
            yield tell
        finally:
            if bar.live.is_started:
                bar.stop()
    else:
        yield _Lines().tell


class _Lines:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def tell(self, tally: Tally, at_hand: Sequence[str]) -> None:
        if time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            output.note(f"{tally.reached:,} of {tally.total:,}, {_said(tally, at_hand)}")


def _said(tally: Tally, at_hand: Sequence[str]) -> str:
    """Failures, rate, estimate and names: ``3 failed, 4.2 a second, 5 min left; at alexnet, vgg16``.

    >>> _said(Tally(total=10, failed=1), ["alexnet"])
    '1 failed; at alexnet'
    """
    left = tally.seconds_left
    told = [f"{tally.failed:,} failed"]
    told += [f"{tally.rate:.2g} a second", f"{spelled(left)} left"] if left is not None else []
    names = [words.safe(name) for name in at_hand[:_MOST_NAMES]] + ["…"] * (len(at_hand) > _MOST_NAMES)
    return ", ".join(told) + (f"; at {', '.join(names)}" if names else "")


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    bar = BarColumn(_BAR, table_column=Column(width=_BAR, no_wrap=True))
    text = TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True))
    return Progress(bar, text, expand=True, console=Console(stderr=True), redirect_stdout=False, redirect_stderr=False)
