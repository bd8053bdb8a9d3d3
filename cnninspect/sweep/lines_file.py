"""The file of a sweep that is open to be added to: lines come one by one, each whole."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from cnninspect.errors import RequestError
from cnninspect.sweep.kept_lines import Content, TornLine, check_is_file, read
from cnninspect.sweep.line import SweepLine

_AGAIN: Final = "what is there is whole: make room, and --resume goes on"
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
                raise RequestError(f"can't write {self._name!r}: there is no room for a line", hint=_AGAIN)
            os.fsync(self._handle)
        except OSError as error:
            hint = _AGAIN if error.errno in _NO_ROOM else None
            raise RequestError(f"can't write {self._name!r}: {error.strerror or error}", hint=hint) from error


class OpenFile(NamedTuple):
    """A file that is added to, and what it held before."""

    out: LineFile
    before: Content


@contextlib.contextmanager
def opened(file: Path, *, resumes: bool = False) -> Iterator[OpenFile]:
    """Context in which a file is added to, by nobody else; nothing stays in it that was torn.

    Args:
        file: Which.
        resumes: It may be there already.

    Raises:
        RequestError: It is there and may not be, has other lines, can't be written, or another sweep is writing it.
    """
    is_new = not (resumes and file.exists())
    if not is_new:
        check_is_file(file)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | (0 if resumes else os.O_EXCL)
    try:
        handle = os.open(file, flags, 0o666)
    except FileExistsError as error:
        hint = "--resume runs what is missing in it; or name another file"
        raise RequestError(f"{str(file)!r} is there already", hint=hint) from error
    except OSError as error:
        raise RequestError(f"can't write {str(file)!r}: {error.strerror or error}") from error
    try:
        _alone(handle, file)
        before = read(file)
        _mend(handle, file, before)
        yield OpenFile(LineFile(handle, str(file)), before)
    finally:
        if is_new and not os.fstat(handle).st_size:  # nothing was written: nothing is in the way of a next try
            file.unlink(missing_ok=True)
        os.close(handle)


def _mend(handle: int, file: Path, content: Content) -> None:
    """Cut off what is behind the lines, and blank those in between that were torn: no other byte moves."""
    if os.fstat(handle).st_size > content.whole:
        os.ftruncate(handle, content.whole)
    for each in content.torn:
        _blank(file, each)


def _blank(file: Path, torn: TornLine) -> None:
    try:
        with file.open("r+b", buffering=0) as opened_again:  # what is open to be added to, writes at its end alone
            opened_again.seek(torn.start)
            opened_again.write(b" " * (torn.end - torn.start - 1))
    except OSError as error:
        raise RequestError(f"can't write {str(file)!r}: {error.strerror or error}") from error


def _alone(handle: int, file: Path) -> None:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RequestError(f"another sweep is writing {str(file)!r}", hint="wait for it, or name another") from error
    except OSError:  # a file system without locks
        return
