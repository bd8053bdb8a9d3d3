"""Finished reports of built-in networks on disk: the same request is answered at once, and without torch.

A report lies under a key that holds everything that decides it (``key.py``), in a file of its own (``folder.py``):
a line that says what it is, then the key and the report as MessagePack, compressed. Nothing in a file runs: it is
decoded into the types of ``report.py``, or passed over with a note.
"""

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from cnninspect.cache import folder
from cnninspect.cache.key import key_of
from cnninspect.errors import RequestError
from cnninspect.report import Report
from cnninspect.spec import Request

#: Of the environment: the folder to use instead of the user's own, or ``off``.
VARIABLE: Final = "CNNINSPECT_CACHE"
_OFF: Final = "off"
_HEADER: Final = b"cnninspect report 1\n"
_QUICKLY: Final = 1  # of zlib's levels; a large report shrinks to a twentieth even so
_LARGEST: Final = 2**28  # bytes of a report; who writes more into a small file means ill


class _KeptReport(msgspec.Struct, frozen=True):
    key: str
    report: Report


class Cache(msgspec.Struct, frozen=True):
    """Where reports are kept, and whom to tell what is wrong there; whatever that is, it costs nothing but speed."""

    folder: Path
    note: Callable[[str], None]

    def through(self, request: Request, run: Callable[[], Report]) -> Report:
        """The report that was kept of an earlier run, else that of ``run``, which is kept.

        One without a graph is passed over where that is asked for, and gives way to one that has it.

        Args:
            request: Has been checked.
            run: Carries it out.

        Raises:
            CnnInspectError: Whatever ``run`` raises; it is not kept.
        """
        kept = self.kept(request)
        if kept is not None:
            return kept
        report = run()
        self.keep(request, report)
        return report

    def kept(self, request: Request) -> Report | None:
        """The report that was kept of an earlier run; ``None`` if it has to run."""
        key = key_of(request)
        kept = None if key is None else self._find(key)
        if kept is not None and not request.with_graph:
            return msgspec.structs.replace(kept, graph=None)
        return kept if kept is not None and kept.graph is not None else None

    def keep(self, request: Request, report: Report) -> None:
        """Keep a report for the next time, if it is one that is to be kept.

        Args:
            request: That it is of.
            report: As it has just been made.
        """
        key = key_of(request)
        if key is not None:
            self._keep(key, report)

    def _find(self, key: str) -> Report | None:
        try:
            content = folder.read(self.folder, key)
            if content is None:
                return None
            report = _decoded(content, key)
        except OSError as error:
            self.note(f"the cache can't be read: {_words(error)}")
            return None
        except ValueError:
            path = folder.path_of(self.folder, key)
            self.note(f"passed over {str(path)!r}: it is damaged, or no report that cnninspect kept")
            return None
        folder.mark_used(self.folder, key)
        return msgspec.structs.replace(report, run=msgspec.structs.replace(report.run, cached=True))

    def _keep(self, key: str, report: Report) -> None:
        try:
            encoded = msgspec.msgpack.encode(_KeptReport(key, report))
        except (OverflowError, ValueError):  # a figure beyond 64 bits, a name that is no text
            return
        if len(encoded) > _LARGEST:
            return
        try:
            folder.write(self.folder, key, _HEADER + zlib.compress(encoded, _QUICKLY))
        except OSError as error:
            self.note(f"the report can't be kept: {_words(error)}; {VARIABLE} names another folder, or is 'off'")


def opened(note: Callable[[str], None]) -> Cache | None:
    """The cache that the environment asks for; ``None`` if it is off or there is no place for it.

    Args:
        note: Takes what is wrong with it, in words.
    """
    try:
        place = location()
    except RequestError as error:
        note(f"{error.message}; {error.hint}")
        return None
    return None if place is None else Cache(place, note)


def location() -> Path | None:
    """The folder of the cache; ``None`` if it is off. It need not be there.

    Raises:
        RequestError: The user has no folder for such things.
    """
    told = os.environ.get(VARIABLE, "")
    if told.lower() == _OFF:
        return None
    try:
        place = Path(told).expanduser().absolute() if told else _users_own()
    except RuntimeError as error:  # there is no home
        what = f"{VARIABLE}={told!r} names no folder" if told else "no folder for the cache is known"
        raise RequestError(what, hint=f"set {VARIABLE} to one, or to off") from error
    return place


def _users_own() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("cnninspect", appauthor=False).expanduser()


def _decoded(content: bytes, key: str) -> Report:
    """The report in a file.

    Raises:
        ValueError: The file is damaged, or it is something else.
    """
    if not content.startswith(_HEADER):
        raise ValueError("no such header")
    unpacking = zlib.decompressobj()
    try:
        unpacked = unpacking.decompress(memoryview(content)[len(_HEADER) :], _LARGEST)
        entry = msgspec.msgpack.decode(unpacked, type=_KeptReport)
    except (zlib.error, RecursionError, MemoryError) as error:
        raise ValueError("damaged") from error
    if entry.key != key or not unpacking.eof or unpacking.unused_data:
        raise ValueError("another key, or more than a report")
    return entry.report


def _words(error: OSError) -> str:
    where = f" {str(error.filename)!r}" if error.filename is not None else ""
    return f"{error.strerror or error}{where}"
