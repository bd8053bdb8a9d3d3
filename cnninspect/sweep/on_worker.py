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


def answer(content: bytes, limits: Limits, threads: int) -> bytes:
    """Carry a task out and wait for its answer.

    Args:
        content: The task, as JSON.
        limits: Of the network.
        threads: Of the worker, each with a network of its own.

    Returns:
        The answer, as JSON.
    """
    slot = _slot(limits, threads)
    slot.begin(msgspec.json.decode(content, type=SweepTask))
    while (found := slot.advance()) is None:
        wait_for([slot])
    return messages.packed(found)


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
