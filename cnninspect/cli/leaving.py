"""Leaving the process without taking the interpreter apart first.

With torch in memory that takes half a second and touches over a hundred MiB, to free what the operating system frees
anyway. What a model's code could miss is done nevertheless: threads are waited for, what is registered with ``atexit``
runs, and where a file is still open for writing the interpreter ends in the ordinary way, which may write to it.
"""

import atexit
import contextlib
import os
import stat
import sys
import threading
from pathlib import Path

_OPEN_FILES = Path("/dev/fd")  # on Linux and macOS
_STANDARD = 2  # the largest number of a standard stream


def leave_soon(code: int) -> None:
    """End the process with an exit code; come back if it has to end in the ordinary way."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        return
    atexit._run_exitfuncs()  # they are gone then, and can't run twice
    if not _OPEN_FILES.is_dir() or any(map(_is_being_written, os.listdir(_OPEN_FILES))):  # noqa: PTH208 - names alone
        return
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):  # the results have been flushed when they were written
                stream.flush()
    os._exit(code)


def _is_being_written(number: str) -> bool:
    """Is it a file on disk that is open for writing?"""
    import fcntl

    file = int(number)
    try:
        is_writable = fcntl.fcntl(file, fcntl.F_GETFL) & (os.O_WRONLY | os.O_RDWR)
        return file > _STANDARD and bool(is_writable) and stat.S_ISREG(os.fstat(file).st_mode)
    except OSError:  # that of the listing itself
        return False
