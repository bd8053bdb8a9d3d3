"""What can go wrong, and the exit code each kind ends with."""

import copy
import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar, TypeVar

_LONGEST = 200  # characters of a name that is compared with others: the time grows with their square


class CnnInspectError(Exception):
    """Base of every error that is reported as one message, without a traceback.

    Args:
        message: What was wrong, quoting the user's own words.
        hint: What to do next, if there is something to say.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        """The message, and below it the hint."""
        return self.message if self.hint is None else f"{self.message}\n  hint: {self.hint}"

    @property
    def message(self) -> str:
        """What was wrong."""
        return str(self.args[0])


class RequestError(CnnInspectError):
    """The request can't be carried out as written: a flag, a shape, a name or a file (exit code 2)."""

    exit_code = 2


class ModelError(CnnInspectError):
    """The model or the machine could not do it: building, weights, device, forward pass (exit code 3)."""

    exit_code = 3


_Error = TypeVar("_Error", bound=CnnInspectError)


def named(error: _Error, name: str) -> _Error:
    """The same error, with all that it carries, and what it is about in front of its message.

    Args:
        error: Of any kind.
        name: A model, an option, a place in a file; empty: there is nothing to tell apart.

    >>> named(RequestError("it is quantized", hint="name another"), "net.py:Net").message
    'net.py:Net: it is quantized'
    """
    if not name:
        return error
    again = copy.copy(error)
    again.args = (f"{name}: {error.message}",)
    again.__cause__ = error.__cause__
    return again.with_traceback(error.__traceback__)


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Context in which every error says what it is about: those that don't by themselves are ``named``.

    Raises:
        CnnInspectError: The error that was raised, named.
    """
    try:
        yield
    except CnnInspectError as error:
        if name in error.message:
            raise
        raise named(error, name) from error.__cause__


def is_lack_of_memory(error: BaseException) -> bool:
    """Is it Python or the system that has no memory left, also for the libraries of a package being imported?"""
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (isinstance(error, OSError | ImportError) and "failed to map segment" in str(error))
    )


def unforeseen(error: BaseException) -> tuple[str, str | None, int]:
    """What no place that knows more has made an error of the request or the model of: message, hint, exit code."""
    if is_lack_of_memory(error):
        return "there is not enough memory", "take a smaller model, input or file", ModelError.exit_code
    if isinstance(error, OSError):
        return *_refused(error), RequestError.exit_code
    hint = "this is a fault of cnninspect: please report it with what --debug shows"
    return f"{type(error).__name__}: {error}", hint, CnnInspectError.exit_code


def _refused(error: OSError) -> tuple[str, str | None]:
    """What the system has refused: a message and a hint."""
    if error.filename is not None:
        return f"can't use {os.fsdecode(error.filename)!r}: {error.strerror}", None
    try:
        Path.cwd()
    except OSError:
        return "the working directory is gone", "change to one that is there"
    return f"can't write to standard output: {error.strerror or error}", None  # a help text


def shortened(text: str, most: int = 80) -> str:
    """The user's own words, quoted, cut where they are long.

    >>> shortened("alexnet"), shortened("x" * 100, 5)
    ("'alexnet'", "'xxxx…'")

    Args:
        text: What was typed.
        most: Characters that are shown of it.
    """
    return repr(text if len(text) <= most else f"{text[: most - 1]}…")


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Of known names the nearest, at most three.

    Args:
        word: That may be one of them, misspelt.
        known: The names.
    """
    by_lower = {name.lower(): name for name in known if len(name) <= _LONGEST}
    return [by_lower[name] for name in get_close_matches(word.lower()[: _LONGEST + 1], by_lower, n=3, cutoff=0.7)]


def unknown_name(kind: str, word: str, known: Iterable[str], *, see: str = "") -> RequestError:
    """The error for a misspelt name, with the nearest known ones as its hint.

    >>> unknown_name("model", "alexnt", ["alexnet", "vgg16"]).hint
    'did you mean alexnet?'
    """
    close = nearest(word, known)
    hint = f"did you mean {' or '.join(close)}?" if close else see
    return RequestError(f"unknown {kind} {word!r}", hint=hint or None)
