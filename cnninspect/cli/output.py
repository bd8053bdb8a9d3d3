"""The only place that prints, opens or writes: results to standard output or a file, all else to standard error."""

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cnninspect import json_text
from cnninspect.cli import terminals
from cnninspect.errors import RequestError
from cnninspect.formats import words
from cnninspect.report import Report

if TYPE_CHECKING:
    from cnninspect.formats.document import Document

_STDERR = 2
#: Signals that end a process, those that the system has.
_ENDINGS = [signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if name in signal.Signals.__members__]


def check_writable(file: Path) -> None:
    """Find out before any work is done whether a file can be written.

    Raises:
        RequestError: It is a directory, has none to be in, or may not be written.
    """
    try:
        file.resolve()
    except (OSError, RuntimeError) as error:  # a link to itself
        raise RequestError(f"can't write {str(file)!r}: {error}") from error
    if file.is_dir():
        raise RequestError(f"can't write {str(file)!r}: it is a directory", hint="name a file in it")
    if not file.parent.is_dir():
        raise RequestError(
            f"can't write {str(file)!r}: there is no directory {str(file.parent)!r}", hint="make it, or name another"
        )
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise RequestError(f"can't write {str(file)!r}: permission denied", hint="name a file elsewhere")


def write(text: str, file: Path | None = None) -> None:
    """Write a result to ``file``, whole or not at all, or to standard output.

    Raises:
        RequestError: It can't be written.
    """
    if file is not None:
        write_bytes(text.encode(), file)
        return
    try:
        stream(text)
    except BrokenPipeError:
        abandon()


def stream(text: str) -> None:
    """Write a part of a result to standard output.

    Raises:
        BrokenPipeError: Nobody reads it any more.
        RequestError: It can't be written.
    """
    try:
        _write_all(text, sys.stdout)
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon()
        raise RequestError(f"can't write to standard output: {error.strerror or error}") from error


def _write_all(text: str, stream: TextIO) -> None:
    """Write every byte, also where the system takes only some at a time, and what the stream has no letters for."""
    encoding = stream.encoding or "ascii"
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        content = json_text.in_ascii(text).encode(encoding)
    if stream is not sys.__stdout__:  # somebody else's, who takes text
        stream.write(content.decode(encoding))
        stream.flush()
        return
    stream.flush()
    left = memoryview(content)
    while left:
        try:
            left = left[os.write(stream.fileno(), left) :]
        except BlockingIOError:
            select.select([], [stream], [])


def append(text: str, file: Path) -> None:
    """Add to a file that others add to as well; where that can't be, a note says so and nothing is lost but that."""
    try:
        with file.open("a", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as error:
        note(f"can't write {str(file)!r}: {error.strerror or error}")


def write_bytes(content: bytes, file: Path) -> None:
    """Write ``file``, whole or not at all.

    Raises:
        RequestError: It can't be written.
    """
    try:
        with _undisturbed():
            _write_whole(content, file)
    except OSError as error:
        raise RequestError(f"can't write {str(file)!r}: {error.strerror or error}") from error


def _write_whole(content: bytes, file: Path) -> None:
    file = file.resolve()  # through a link, so that the link stays
    if file.exists() and not file.is_file():  # a device or a pipe has no whole
        file.write_bytes(content)
        return
    import tempfile  # takes a while

    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(temporary).chmod(file.stat().st_mode & 0o7777 if file.exists() else 0o666 & ~_umask())
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Context in which a signal to end waits until nothing half-done is left, and then does what it always does."""
    if threading.current_thread() is not threading.main_thread():  # only there can signals be handled
        yield
        return
    caught: list[int] = []
    handled = [each for each in _ENDINGS if signal.getsignal(each) is not None]
    before = {each: signal.signal(each, lambda number, _frame: caught.append(number)) for each in handled}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for number in caught[:1]:
            signal.raise_signal(number)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def leave_at_once(code: int) -> None:
    """End the process without any more ado, but with the cursor that a progress line may have hidden."""
    if sys.stderr is not None and sys.stderr.isatty():
        os.write(sys.stderr.fileno(), b"\r\x1b[K\x1b[?25h")
    os._exit(code)


def abandon() -> None:
    """Nobody reads standard output any more (``| head -1``), or nothing can be written to it: the rest goes nowhere.

    Where somebody else's stands in its place, nothing is done.
    """
    with contextlib.suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def results_only() -> Iterator[None]:
    """Context in which what a network prints, from Python, from C or from a process it starts, goes to standard error.

    Whoever runs a network does it in here, so that standard output has results and nothing else.
    """
    with contextlib.redirect_stdout(sys.stderr), contextlib.ExitStack() as stack:
        if sys.__stdout__ is not None:  # closed, its number may be another file's
            kept, beside = os.dup(1), _standard_error()
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, 1)
            stack.callback(_flush)
            os.dup2(beside, 1)
            if beside != _STDERR:
                os.close(beside)
        yield


def _standard_error() -> int:
    return _STDERR if sys.__stderr__ is not None else os.open(os.devnull, os.O_WRONLY)


def _flush() -> None:
    """Let go of what C and Python still hold for standard output."""
    import ctypes

    with contextlib.suppress(OSError, TypeError, AttributeError):  # not every system has its C library in the process
        ctypes.CDLL(None).fflush(None)
    if sys.__stdout__ is not None:
        sys.__stdout__.flush()


def report_error(message: str, hint: str | None) -> None:
    """One message on standard error: what was wrong, and what to do next."""
    _to_stderr("error: ", "bold red", message)
    if hint:
        _to_stderr("  hint: ", "bold", hint)


def report_partial(report: Report) -> None:
    """On standard error the layers of a forward pass that fails, up to the one where it does."""
    from cnninspect.formats import partial

    show_beside(partial.lay_out(report))


def show_beside(document: "Document") -> None:
    """A table on standard error."""
    if sys.stderr is None:
        return
    from cnninspect.formats import console

    with contextlib.suppress(OSError):
        table = console.render(document, terminals.terminal(sys.stderr))
        sys.stderr.write(f"{words.unobeyed(table)}\n")


@contextlib.contextmanager
def log_shown() -> Iterator[None]:
    """Context in which what is logged below ``cnninspect`` comes out on standard error, tracebacks with it."""
    import logging

    class LogOnStderr(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            _to_stderr("debug: ", "dim", self.format(record))

    logger, handler = logging.getLogger("cnninspect"), LogOnStderr()
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False  # not once more by what a network's code has set up
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def report_traceback() -> None:
    """Where the exception that is being handled comes from, on standard error."""
    import traceback

    _to_stderr("", "", traceback.format_exc().removesuffix("\n"))


def note(text: str) -> None:
    """A remark on standard error."""
    _to_stderr("note: ", "bold", text)


def _to_stderr(label: str, style: str, text: str) -> None:
    if sys.stderr is None:
        return
    printable = words.unobeyed("\n".join(map(words.spelled, text.split("\n"))))
    if not terminals.wants_color(None, sys.stderr):
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{label}{printable}\n")
        return
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, highlight=False, soft_wrap=True).print(Text.assemble((label, style), printable))
