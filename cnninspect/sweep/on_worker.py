"""What runs on a worker of a cluster: a network in a child process, kept for the next one, a slot a thread of it."""

import platform
import threading
from importlib import metadata
from typing import Final

import msgspec

from cnninspect import __version__
from cnninspect.spec.sources import PACKAGES
from cnninspect.sweep import messages
from cnninspect.sweep.local_pool import available_cores
from cnninspect.sweep.slot import Limits, ProcessSlot, shared_out, wait_for
from cnninspect.sweep.task import SweepTask

_THREAD: Final = threading.local()
_GIVEN_UP: Final[set[str]] = set()  # names of sweeps, a few bytes each


def answer(content: bytes, limits: Limits, threads: int, sweep: str) -> bytes:
    """Carry a task out and wait for its answer.

    Args:
        content: The task, as JSON.
        limits: Of the network.
        threads: Of the worker, each with a network of its own.
        sweep: By which name ``give_up`` knows the sweep that it is of.

    Returns:
        The answer, as JSON; nothing, where nobody waits for it any more.
    """
    slot = _slot(limits, threads)
    slot.begin(msgspec.json.decode(content, type=SweepTask))
    while (found := slot.advance()) is None:
        if sweep in _GIVEN_UP:
            slot.stop()
            return b""
        wait_for([slot])
    return messages.packed(found)


def give_up(sweep: str) -> None:
    """Let no network of a sweep go on here, and none begin.

    Args:
        sweep: Its name.
    """
    _GIVEN_UP.add(sweep)


def versions() -> dict[str, str]:
    """What decides figures, with its version."""
    known = {"python": platform.python_version(), "cnninspect": __version__}
    for name in PACKAGES:
        try:
            known[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            known[name] = "not installed"
    return known


def _slot(limits: Limits, threads: int) -> ProcessSlot:
    """The one of this thread, with these limits."""
    held: tuple[Limits, ProcessSlot] | None = getattr(_THREAD, "held", None)
    if held is None or held[0] != limits:
        if held is not None:
            held[1].stop()
        own = shared_out(limits, threads)
        held = _THREAD.held = limits, ProcessSlot(own, max(1, available_cores() // threads))
    return held[1]
