"""What a file holds that ``sweep`` has written: lines, and what is left of those that were torn.

A line is torn where whoever wrote it was stopped: at the end of the file, or, where something was put behind that, in
the middle. A blank line says nothing, and is passed over.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from cnninspect.errors import RequestError
from cnninspect.report import SCHEMA_VERSION
from cnninspect.spec.file_kinds import SWEPT_ENDING
from cnninspect.spec.input_spec import InputSpec
from cnninspect.sweep.line import SweepLine
from cnninspect.sweep.line_key import asked_of

_MADE_BY: Final = "cnninspect sweep PATTERN -o FILE.jsonl writes them"
_MENDED_BY: Final = "the sweep that has written it takes the line out with --resume, and runs its network again"
#: Of every line, as it is written; nowhere else in one, as quotes in a string are escaped.
_BEGINNING: Final = f'{{"schema_version":{SCHEMA_VERSION},"key":"'.encode()


class TornLine(NamedTuple):
    """A line in the middle that was torn and is of no use: its number, and from where to where it goes, in bytes."""

    number: int
    start: int
    end: int


class Content(NamedTuple):
    """What a file holds.

    Attributes:
        lines: Of each network and input the last.
        whole: Bytes of the lines that are whole; what is behind them is a line that was torn.
        torn: Lines in the middle that were, too.
    """

    lines: Mapping[str, SweepLine]
    whole: int
    torn: tuple[TornLine, ...] = ()


def check_is_file(file: Path) -> None:
    """See that what is there, if something is, can hold lines.

    Raises:
        RequestError: It is a folder, a device or a pipe.
    """
    if file.exists() and not file.is_file():
        raise RequestError(f"{str(file)!r} is not a file that holds lines", hint=_MADE_BY)


def read(file: Path) -> Content:
    """The lines of a file by the first halves of their keys, in the order in which each was first met.

    Raises:
        RequestError: It can't be read, or has other lines.
    """
    check_is_file(file)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RequestError(f"can't read {str(file)!r}: {error.strerror or error}", hint=_MADE_BY) from error
    lines: dict[str, SweepLine] = {}
    torn: list[TornLine] = []
    whole = content.rfind(b"\n") + 1
    start = number = 0
    while start < whole:
        end, number = content.index(b"\n", start) + 1, number + 1
        text = content[start:end]
        try:
            line = _line(text)
        except (ValueError, RecursionError) as error:
            if end == len(content) and _is_rubbish(text):  # as a power failure leaves it
                return Content(lines, start, tuple(torn))
            if not _is_torn(text):
                raise RequestError(
                    f"line {number} of {str(file)!r} is not of a sweep: {error}", hint=_MADE_BY
                ) from error
            torn.append(TornLine(number, start, end))
        else:
            lines |= {} if line is None else {asked_of(line.key): line}
        start = end
    if not (_is_begun(content[whole:]) or not content[whole:].strip()):
        raise RequestError(f"the end of {str(file)!r} is not of a sweep", hint=_MADE_BY)
    return Content(lines, whole, tuple(torn))


def torn_lines(content: Content) -> list[str]:
    """What is to be said, in words, of lines in the middle that were torn.

    >>> torn_lines(Content({}, 99, (TornLine(3, 10, 20),)))
    ['line 3 was torn and is blank now: its network runs again where it is asked for']

    Args:
        content: Of a file that is gone on with.
    """
    what = "was torn and is blank now: its network runs again where it is asked for"
    return [f"line {each.number} {what}" for each in content.torn]


def _line(text: bytes) -> SweepLine | None:
    """The line that a text is, or that stands behind the rest of one that was torn; ``None``: it is blank.

    Raises:
        ValueError: There is none in it.
    """
    if not text.strip():
        return None
    behind = text.rfind(_BEGINNING, 1)
    return SweepLine.from_json(text if behind < 0 or not _is_begun(text[:behind]) else text[behind:])


def _is_torn(text: bytes) -> bool:
    """Was it begun as a line, and is no JSON?"""
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return _is_begun(text.rstrip())
    return False


def _is_begun(text: bytes) -> bool:
    """Is it the beginning of a line, or what was on the disk before?"""
    return _BEGINNING.startswith(text[: len(_BEGINNING)]) or _is_rubbish(text)


def is_name(text: str) -> bool:
    """Is a file called as those are that hold lines?"""
    return text.endswith(SWEPT_ENDING)


def named_lines(file: Path) -> list[tuple[str, SweepLine]]:
    """The lines of a file with what each is called there: its spec, and how it was run where the spec has several.

    Of those that are called alike the last counts.

    Raises:
        RequestError: It can't be read, has other lines, torn ones, or none.
    """
    content = read(file)
    if content.torn:
        raise RequestError(f"line {content.torn[0].number} of {str(file)!r} was torn", hint=_MENDED_BY)
    lines = list(content.lines.values())
    if not lines:
        raise RequestError(f"{str(file)!r} has no lines", hint=_MADE_BY)
    number = Counter(line.spec for line in lines)
    named = {line.spec if number[line.spec] == 1 else f"{line.spec} {_manner(line)}": line for line in lines}
    return list(named.items())


def _manner(line: SweepLine) -> str:
    """Its inputs, and what is not as by default."""
    inputs = [str(InputSpec(each.shape, each.name or None)) for each in line.inputs]
    return " ".join(
        [
            *inputs,
            *([line.dtype] if line.dtype not in {None, "float32"} else []),
            *([line.mode] if line.mode != "eval" else []),
        ]
    )


def _is_rubbish(line: bytes) -> bool:
    """Is it no line of anybody's, but what was on the disk before?"""
    return b"\0" in line
