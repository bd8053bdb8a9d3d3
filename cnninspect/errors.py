"""What can go wrong, and the exit code each kind ends with."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from cnninspect.report import Report

_LONGEST = 200  # characters of a name that is compared with others: the time grows with their square


class CnnInspectError(Exception):
    """Base of every error that is reported as one message, without a traceback.

    Args:
        message: What was wrong, quoting the user's own words.
        hint: What to do next, if there is something to say.
    """

    exit_code: ClassVar[int] = 4
    partial: "Report | None" = None
    """Of a forward pass that failed: the layers until then, the one that failed last."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RequestError(CnnInspectError):
    """The request can't be carried out as written: a flag, a shape, a name or a file (exit code 2)."""

    exit_code = 2


class ModelError(CnnInspectError):
    """The model or the machine could not do it: building, weights, device, forward pass (exit code 3)."""

    exit_code = 3


def unknown_name(kind: str, word: str, known: Iterable[str], *, see: str = "") -> RequestError:
    """The error for a misspelt name, with the nearest known ones as its hint.

    >>> unknown_name("model", "alexnt", ["alexnet", "vgg16"]).hint
    'did you mean alexnet?'
    """
    by_lower = {name.lower(): name for name in known if len(name) <= _LONGEST}
    close = get_close_matches(word.lower()[: _LONGEST + 1], by_lower, n=3, cutoff=0.7)
    hint = f"did you mean {' or '.join(by_lower[name] for name in close)}?" if close else see
    return RequestError(f"unknown {kind} {word!r}", hint=hint or None)
