"""The process in which networks run, one after the other: it reads tasks and answers them until nobody asks any more.

It ends with whoever started it, also where a network keeps it busy, and takes with it whatever networks have started;
and where memory runs out the system ends it first.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from cnninspect.sweep import messages
from cnninspect.sweep.measuring import answer_to, failed
from cnninspect.sweep.task import Answer, SweepTask

_IDLE: Final = 120.0  # seconds without a task after which it is in the way
_FIRST_TO_GO: Final = "1000"
_OUT_OF_MEMORY: Final = Path("/proc/self/oom_score_adj")  # on Linux


def main(number: int) -> NoReturn:
    """Answer tasks, in a process that leads a group of its own.

    Args:
        number: Of the file descriptor over which they come.
    """
    channel = socket.socket(fileno=number)
    threading.Thread(target=_end_with, args=(number,), daemon=True).start()
    with contextlib.suppress(OSError):
        _OUT_OF_MEMORY.write_text(_FIRST_TO_GO, encoding="ascii")
    channel.settimeout(_IDLE)
    inbox = messages.Inbox(channel)
    with contextlib.suppress(OSError):  # nobody asks any more
        while (content := inbox.wait()) is not None:
            answer = _answered(channel, msgspec.json.decode(content, type=SweepTask))
            with contextlib.suppress(Exception):  # a network may have put whatever it likes in their place
                sys.stdout.flush()
                sys.stderr.flush()
            channel.settimeout(None)  # a large report is read piece by piece
            messages.send(channel, messages.packed(answer))
            channel.settimeout(_IDLE)
            gc.collect()  # of what the network has left, not of what was imported
    _end()


def _answered(channel: socket.socket, task: SweepTask) -> Answer:
    from cnninspect.loading import packages

    started, modules = time.perf_counter(), len(sys.modules)
    try:
        request = task.request()
        packages.import_packages(request)
    except Exception as error:  # noqa: BLE001 - it is the answer
        messages.send(channel)
        return failed(error, time.perf_counter() - started)
    if len(sys.modules) != modules:
        gc.freeze()  # torch's objects stay, and going through them takes longer than most networks do
    messages.send(channel)
    return answer_to(task, request)


def _end_with(number: int) -> None:
    """End the process as soon as the other side of a socket is gone."""
    poll = select.poll()
    poll.register(number, 0)  # that it is gone is always told
    poll.poll()
    _end()


def _end() -> NoReturn:
    """End the process, and what networks have started in it and left running."""
    with contextlib.suppress(OSError):  # it leads no group
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
