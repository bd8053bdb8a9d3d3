"""What a process has once and its threads share: whose turn it is, what has to come back, how deep calls go, garbage.

Python's collector goes through all objects again and again while many are made. Importing torch makes 200,000 that
stay, and a recorded forward pass a few dozen for each layer.
"""

import gc
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final

_TURN: Final = threading.RLock()
_LOCK: Final = threading.RLock()
_ENTERED: Final[dict[Hashable, tuple[int, AbstractContextManager[Any]]]] = {}  # with how many are in it
_FEW: Final = 1000  # objects: Python 3.12 itself puts some hundreds aside
_ROOM: Final = 3  # a level of modules takes three or four frames, with hooks five; copying one takes six


def alone() -> AbstractContextManager[object]:
    """Context that one thread at a time is in, in which networks are built, copied and run; it may enter it again.

    Two threads with one module would see each other's hooks. With different ones they can't be let in together either:
    where both are the first to meet an operator under a dispatch mode, torch (2.14) hands one of them what the other
    has already freed.
    """
    return _TURN


@contextmanager
def shared(key: Hashable, context: Callable[[], AbstractContextManager[Any]]) -> Iterator[None]:
    """Be in a context that changes the whole process, which the first thread enters and the last one leaves.

    Were each to put back what it has found, one could put back what another had changed.

    Args:
        key: Of what is changed.
        context: Makes the context.
    """
    with _LOCK:
        number, entered = _ENTERED.get(key) or (0, context())
        if not number:
            entered.__enter__()
        _ENTERED[key] = number + 1, entered
    try:
        yield
    finally:
        with _LOCK:
            number, entered = _ENTERED.pop(key)
            if number > 1:
                _ENTERED[key] = number - 1, entered
            else:
                entered.__exit__(None, None, None)


def kept(key: Hashable, get: Callable[[], Any], put: Callable[[Any], object]) -> AbstractContextManager[None]:
    """Context after which something of the whole process is as it was before the first thread came.

    Args:
        key: Of it.
        get: What it is.
        put: Makes it that again.
    """
    return shared(key, partial(_put_back, get, put))


@contextmanager
def _put_back(get: Callable[[], Any], put: Callable[[Any], object]) -> Iterator[None]:
    state = get()
    try:
        yield
    finally:
        put(state)


def unlogged(*names: str) -> AbstractContextManager[None]:
    """Context in which loggers say nothing.

    Args:
        names: Of the loggers.
    """
    return shared(("loggers", names), partial(_unlogged, names))


@contextmanager
def _unlogged(names: Sequence[str]) -> Iterator[None]:
    levels = {logger: logger.level for logger in map(logging.getLogger, names)}
    try:
        for logger in levels:
            logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


def quiet() -> AbstractContextManager[None]:
    """Context without warnings."""
    return shared("warnings", _ignoring)


@contextmanager
def _ignoring() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def deep() -> AbstractContextManager[None]:
    """Context in which what Python's limit on recursion lets run by itself runs with hooks, and can be copied, too."""
    return shared("recursion", _deeper)


@contextmanager
def _deeper() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(_ROOM * limit)
    try:
        yield
    finally:
        if sys.getrecursionlimit() == _ROOM * limit:  # or somebody else has set it
            sys.setrecursionlimit(limit)


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
    is_free = gc.get_freeze_count() < _FEW  # else somebody has put theirs aside, and wants them to stay there
    if is_free:
        gc.freeze()
    try:
        yield
    finally:
        if is_free:
            gc.unfreeze()
