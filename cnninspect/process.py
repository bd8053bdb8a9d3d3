"""What a process has once and its threads share: the turns of modules, what has to come back, how deep calls go."""

import sys
import threading
import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final, Protocol

_TURNS: Final = threading.Condition()
_TAKEN: Final[dict[int, int]] = {}  # the id of a module: the thread whose turn it is
_LOCK: Final = threading.RLock()
_ENTERED: Final[dict[Hashable, tuple[int, AbstractContextManager[Any]]]] = {}  # with how many are in it
_ROOM: Final = 3  # a level of modules takes three or four frames, with hooks five; copying one takes six


class Tree(Protocol):
    """A module and all below it."""

    def modules(self) -> Iterable[Any]:
        """Itself and every module below it."""


@contextmanager
def alone(root: Tree) -> Iterator[None]:
    """Context that one thread at a time is in, of those that want ``root`` or a module which both have.

    A thread may enter it again. Nobody waits for a part while holding what another waits for: the root is taken
    first, so that what is below it stands still, and then all of that at once.
    """
    with _taken({id(root)}), _taken(set(map(id, root.modules()))):
        yield


@contextmanager
def _taken(keys: set[int]) -> Iterator[None]:
    me = threading.get_ident()
    with _TURNS:
        _TURNS.wait_for(lambda: all(_TAKEN.get(key, me) == me for key in keys))
        new = keys - _TAKEN.keys()
        _TAKEN.update(dict.fromkeys(new, me))
    try:
        yield
    finally:
        with _TURNS:
            for key in new:
                del _TAKEN[key]
            _TURNS.notify_all()


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
