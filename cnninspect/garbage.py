"""When Python's garbage collector is to look at what: it goes through all objects again and again while many are made.

Importing torch makes 200,000 that stay, and a recorded forward pass a few dozen for each layer.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Context in which nothing is collected: what is made in it, stays."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def old_aside() -> Iterator[None]:
    """Context in which new objects alone are collected: none of the many from before becomes garbage now."""
    is_free = not gc.get_freeze_count()  # else somebody has put theirs aside, and wants them to stay there
    if is_free:
        gc.freeze()
    try:
        yield
    finally:
        if is_free:
            gc.unfreeze()
