"""Small files in one folder, whole or not at all, bounded in size: of too many the longest unused are dropped.

Several processes may read, write and drop at once. What a file holds is not known here. The folder may be
anybody's, such as a home directory named by mistake: only regular files with names like these are ever touched.
"""

import contextlib
import errno
import os
import re
import stat
import time
from pathlib import Path
from typing import Final, NamedTuple

#: Bytes that all files together may have.
LIMIT: Final = 100 * 2**20
_ENDING: Final = ".report"
_NAMES: Final = re.compile(r"cnninspect-[0-9a-f]{32}\.report(\.[\w-]+\.part)?")
_ABANDONED: Final = 3600  # seconds after which nobody writes to a part any more


class File(NamedTuple):
    """A file: its size in bytes, and when it was last used (seconds since 1970)."""

    path: Path
    size: int
    used: float

    @property
    def is_whole(self) -> bool:
        """Is it more than a part that a process left behind?"""
        return self.path.suffix == _ENDING


def path_of(folder: Path, key: str) -> Path:
    """Where the file with a key is, or would be."""
    return folder / f"cnninspect-{key}{_ENDING}"


def read(folder: Path, key: str) -> bytes | None:
    """What was written under ``key``; ``None`` if there is nothing.

    Raises:
        OSError: It can't be read, or is not a file of that size.
    """
    path = path_of(folder, key)
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > LIMIT:
            raise OSError(errno.EINVAL, "not a small regular file", str(path))
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def mark_used(folder: Path, key: str) -> None:
    """Let a file count as used now, if that can be written."""
    with contextlib.suppress(OSError):
        os.utime(path_of(folder, key))


def write(folder: Path, key: str, content: bytes) -> None:
    """Keep ``content`` under ``key``, unless it is larger than all may be, and drop what there is no room for.

    Raises:
        OSError: It can't be written.
    """
    if len(content) > LIMIT:
        return
    if folder.exists() and not folder.is_dir():
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    path = path_of(folder, key)
    part = path.with_name(f"{path.name}.{os.getpid()}-{time.monotonic_ns()}.part")
    try:
        with part.open("xb") as out:
            out.write(content)
        part.replace(path)  # of several processes the last one wins
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    _make_room(folder)


def files(folder: Path) -> list[File]:
    """Every file that was written here, the longest unused first; parts that are being written are left out.

    Raises:
        OSError: The folder can't be read.
    """
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAMES.fullmatch(entry.name):
                with contextlib.suppress(FileNotFoundError):  # dropped meanwhile
                    about = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(about.st_mode):
                        found.append(File(Path(entry.path), about.st_size, about.st_mtime))
    latest = time.time() - _ABANDONED
    return sorted((each for each in found if each.is_whole or each.used < latest), key=lambda each: each.used)


def clear(folder: Path) -> list[File]:
    """Drop every file that was written here; the folder stays, and whatever else is in it.

    Returns:
        What was dropped.

    Raises:
        OSError: The folder can't be read, or a file can't be dropped.
    """
    found = files(folder)
    for each in found:
        each.path.unlink(missing_ok=True)  # another process may have been quicker
    return found


def _make_room(folder: Path) -> None:
    found = files(folder)
    excess = sum(each.size for each in found) - LIMIT
    for each in found:
        if excess <= 0:
            return
        with contextlib.suppress(OSError):  # one that can't be dropped stays
            each.path.unlink(missing_ok=True)
            excess -= each.size
