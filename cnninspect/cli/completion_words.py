"""The words of a command line that a shell wants completed, whole.

Bash breaks words at colons and equals signs: of ``scratch:v`` it hands on ``scratch``, ``:`` and ``v``, and what it is
given takes the place of the ``v`` alone. The pieces are put together for typer, and of its answers only what stands
behind the last break goes back.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Final, NamedTuple

_ASKED: Final = "_CNNINSPECT_COMPLETE"  # of the environment, as typer's scripts for the shells set it
_BREAK: Final = re.compile("[:=]+")


class WholeWords(NamedTuple):
    """Words put together.

    Attributes:
        words: As they were typed.
        current: The index of the one that is to be completed.
        kept: What of that one the shell leaves as it is, in front of what it replaces.
    """

    words: list[str]
    current: int
    kept: str


def joined(pieces: Sequence[str], current: int) -> WholeWords:
    """The words whose pieces bash hands on.

    >>> joined(["cnninspect", "summary", "scratch", ":", "v"], 4)
    WholeWords(words=['cnninspect', 'summary', 'scratch:v'], current=2, kept='scratch:')

    Args:
        pieces: In their order; an empty one is a word that has not been begun.
        current: The index of the piece at the cursor.
    """
    words: list[str] = []
    place, kept, is_open = 0, "", False
    for number, piece in enumerate(pieces):
        is_break = _BREAK.fullmatch(piece) is not None
        is_joined = bool(words) and bool(piece) and (is_break or is_open)
        if number == current:
            place = len(words) - is_joined
            kept = (words[-1] if is_joined else "") + (piece if is_break else "")
        if is_joined:
            words[-1] += piece
        else:
            words.append(piece)
        is_open = is_break
    return WholeWords(words, place, kept)


def words() -> list[str]:
    """What was typed up to the cursor: the program, and last the word that is to be completed; empty if none is."""
    if _ASKED not in os.environ:
        return []
    told = os.environ.get("_TYPER_COMPLETE_ARGS")
    if told is None:
        told = os.environ.get("COMP_WORDS", "")
        pieces = told.split("\n") if "\n" in told else told.split(" ")
        return pieces[: int(os.environ.get("COMP_CWORD") or len(pieces)) + 1]
    return told.split(" ")


@contextmanager
def whole() -> Iterator[None]:
    """Context in which typer is given whole words, and bash what goes behind its last break."""
    told = os.environ.get("COMP_WORDS", "")
    if os.environ.get(_ASKED) != "complete_bash" or "\n" not in told:
        yield
        return
    found = joined(told.split("\n"), int(os.environ.get("COMP_CWORD") or 0))
    os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = "\n".join(found.words), str(found.current)
    answers = StringIO()
    try:
        with redirect_stdout(answers):
            yield
    finally:
        kept = found.kept.partition("=")[2] if found.kept.startswith("--") else found.kept
        lines = [line.removeprefix(kept) for line in answers.getvalue().splitlines()]
        sys.stdout.write("".join(f"{line}\n" for line in lines))
