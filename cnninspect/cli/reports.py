"""A report for a command, wherever it comes from: a forward pass, a file, or standard input."""

import functools
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cnninspect.cli import output, progress
from cnninspect.errors import RequestError
from cnninspect.file_limits import MOST_BYTES
from cnninspect.report import Report
from cnninspect.spec import InlineModel, Request, SavedReport, WeightsFile, ZooModel
from cnninspect.sweep.line import SweepLine

if TYPE_CHECKING:
    from cnninspect.cache import Cache

_SAVE: Final = "a report is what cnninspect summary MODEL -o report.json writes"


def cache(*, is_off: bool, is_quiet: bool) -> "Cache | None":
    """The cache of a command; what is wrong with it is said once, on standard error.

    Args:
        is_off: ``--no-cache``: ``None``.
        is_quiet: Without notes.
    """
    if is_off:
        return None
    from cnninspect.cache import opened

    return opened(_unsaid if is_quiet else functools.cache(output.note))


def beside(requests: Iterable[object], cache: "Cache | None") -> "Cache | None":
    """The cache for all of ``requests``: none where code of the user's runs, which may change what the others are."""
    runs_own = any(
        isinstance(each, Request) and not isinstance(each.model, ZooModel | InlineModel) for each in requests
    )
    return None if runs_own else cache


def _unsaid(_text: str) -> None:
    pass


def obtain(
    request: Request | SavedReport | WeightsFile | SweepLine,
    *,
    is_quiet: bool = False,
    beside: str = "",
    cache: "Cache | None" = None,
) -> Report:
    """Run what is to be run, read what is saved. Nothing but results goes to standard output meanwhile.

    Args:
        request: What to run or read; a line has been read already.
        is_quiet: Without a sign of life.
        beside: What else to say in it.
        cache: Where the report may be of an earlier run, and is kept otherwise.

    Raises:
        RequestError: The request can't be carried out as written, or the file can't be read.
        ModelError: The network can't be built, or its forward pass raises.
    """
    if isinstance(request, SweepLine):
        return request.report()
    if isinstance(request, SavedReport | WeightsFile):
        return read_file(request)

    def run() -> Report:
        from cnninspect import inspection

        with running(request, is_quiet=is_quiet, beside=beside) as tell:
            return inspection.report_of(request, on_step=tell)

    return run() if cache is None else cache.through(request, run)


@contextmanager
def running(request: Request | WeightsFile, *, is_quiet: bool, beside: str = "") -> Iterator[progress.Tell]:
    """Context around whatever runs a network: a sign of life, and standard output kept for results.

    What it gives can be told the step or the layer at hand.
    """
    model, weights = (request, None) if isinstance(request, WeightsFile) else (request.model, request.weights)
    text = f"inspecting {model.text}{beside} …"
    # a download shows its own progress
    with progress.shown(text, is_quiet=is_quiet or weights is not None) as tell, output.results_only():
        yield tell


def read_file(file: SavedReport | WeightsFile) -> Report:
    """A saved report, from a file or from standard input, or what a file of weights holds.

    Raises:
        RequestError: It can't be read, or it is something else.
    """
    if isinstance(file, WeightsFile):
        from cnninspect import inspection

        return inspection.inspect_weights(file)
    name = file.text
    if name == "-" and sys.stdin is None:
        raise RequestError("standard input is closed", hint="name a file, or pipe a report into the command")
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if name == "-" else _start_of(Path(name))
    except OSError as error:
        raise RequestError(f"can't read {name!r}: {error.strerror}", hint=_SAVE) from error
    return Report.from_json(content)


def _start_of(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MOST_BYTES + 1)  # one more than a report may have says that it has too many
