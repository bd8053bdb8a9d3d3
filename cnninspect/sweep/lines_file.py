"""The file of a sweep: lines that are added one by one, each whole, and what a file holds that is there already."""

import contextlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from cnninspect.errors import RequestError
from cnninspect.report import SCHEMA_VERSION
from cnninspect.spec.file_kinds import SWEPT_ENDING
from cnninspect.spec.input_spec import InputSpec
from cnninspect.sweep.line import SweepLine
from cnninspect.sweep.line_key import asked_of

_MADE_BY: Final = "cnninspect sweep PATTERN -o FILE.jsonl writes them"


#: Of every line, as it is written.
_BEGINNING: Final = f'{{"schema_version":{SCHEMA_VERSION},"key":"'.encode()


class Content(NamedTuple):
    """What a file holds.

    Attributes:
        lines: Of each network and input the last.
        whole: Bytes of the lines that are whole; what is behind them is a line that was torn.
    """

    lines: Mapping[str, SweepLine]
    whole: int


def read(file: Path) -> Content:
    """The lines of a file by the first halves of their keys, in the order in which each was first met.

    Raises:
        RequestError: It can't be read, or has other lines.
    """
    if file.exists() and not file.is_file():
        raise RequestError(f"{str(file)!r} is not a file that holds lines", hint=_MADE_BY)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RequestError(f"can't read {str(file)!r}: {error.strerror or error}", hint=_MADE_BY) from error
    lines: dict[str, SweepLine] = {}
    whole = content.rfind(b"\n") + 1
    start = 0
    while start < whole:
        end = content.index(b"\n", start) + 1
        try:
            line = SweepLine.from_json(content[start:end])
        except (ValueError, RecursionError) as error:
            if end == len(content) and _is_rubbish(content[start:end]):  # as a power failure leaves it
                return Content(lines, start)
            number = content.count(b"\n", 0, start) + 1
            raise RequestError(f"line {number} of {str(file)!r} is not of a sweep: {error}", hint=_MADE_BY) from error
        lines[asked_of(line.key)] = line
        start = end
    torn = content[whole:]
    if not (_BEGINNING.startswith(torn[: len(_BEGINNING)]) or _is_rubbish(torn)):
        raise RequestError(f"the end of {str(file)!r} is not of a sweep", hint=_MADE_BY)
    return Content(lines, whole)


def is_name(text: str) -> bool:
    """Is a file called as those are that hold lines?"""
    return text.endswith(SWEPT_ENDING)


def named_lines(file: Path) -> list[tuple[str, SweepLine]]:
    """The lines of a file with what each is called there: its spec, and how it was run where the spec has several.

    Of those that are called alike the last counts.

    Raises:
        RequestError: It can't be read, has other lines, or none.
    """
    lines = list(read(file).lines.values())
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


class LineFile:
    """A file that is open to be added to.

    Args:
        handle: Of the open file.
        name: Of the file.
    """

    def __init__(self, handle: int, name: str) -> None:
        self._handle = handle
        self._name = name

    def add(self, line: SweepLine) -> None:
        """Add a line: whole, and on the disk, or not at all.

        Raises:
            RequestError: There is no room for it, say.
        """
        content, before = line.to_json(), os.fstat(self._handle).st_size
        try:
            if os.write(self._handle, content) != len(content):
                os.ftruncate(self._handle, before)
                raise RequestError(f"can't write {self._name!r}: there is no room for a line", hint=_MADE_BY)
            os.fsync(self._handle)
        except OSError as error:
            raise RequestError(f"can't write {self._name!r}: {error.strerror or error}") from error


@contextlib.contextmanager
def opened(file: Path, *, whole: int | None) -> Iterator[LineFile]:
    """Context in which a file is added to, by nobody else.

    Args:
        file: Which.
        whole: Bytes that stay of what it holds; ``None``: there is no such file yet.

    Raises:
        RequestError: It is there, can't be written, or is being written by another sweep.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | (os.O_EXCL if whole is None else 0)
    try:
        handle = os.open(file, flags, 0o666)
    except FileExistsError as error:
        hint = "--resume runs what is missing in it; or name another file"
        raise RequestError(f"{str(file)!r} is there already", hint=hint) from error
    except OSError as error:
        raise RequestError(f"can't write {str(file)!r}: {error.strerror or error}") from error
    try:
        _alone(handle, file)
        if whole is not None and os.fstat(handle).st_size > whole:
            os.ftruncate(handle, whole)
        yield LineFile(handle, str(file))
    finally:
        if whole is None and not os.fstat(handle).st_size:  # nothing was written: nothing is in the way of a next try
            file.unlink(missing_ok=True)
        os.close(handle)


def _alone(handle: int, file: Path) -> None:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RequestError(f"another sweep is writing {str(file)!r}", hint="wait for it, or name another") from error
    except OSError:  # a file system without locks
        return
