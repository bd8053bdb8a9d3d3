"""What is compiled runs as it was written, and the compiler is not imported for nothing."""

import functools
import sys
import threading
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from types import CellType, FunctionType
from typing import Any, Final, TypeVar

import torch
from torch import _decomp
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

#: What all that compiles imports first. With another name for it: what is compiled runs compiled, and isn't seen.
_COMPILER: Final = "torch._dynamo"
#: Held while torch's stance is changed: who puts it back must be who changed it last.
_STANCE: Final = threading.RLock()

_Result = TypeVar("_Result")


def uncompiled(run: Callable[[], _Result]) -> _Result:
    """What ``run`` gives while nothing is compiled, and what was (modules, functions, methods) runs as it was written.

    Torch has one stance for all threads: who runs so waits for the others that do, and what other threads have compiled
    runs as it was written for that time. The stance is left alone while nobody has imported the compiler, a second's
    work; a run that is the first to do so is stopped there and run again.
    """
    if _COMPILER not in sys.modules:
        watch = _Watch()
        sys.meta_path.insert(0, watch)
        try:
            result = run()
        except (Exception, _CompilerAskedForError):  # TorchScript makes a RuntimeError of whatever is raised in it
            if not watch.has_seen:
                raise
        else:
            if not watch.has_seen:
                return result
        finally:
            sys.meta_path.remove(watch)
    with _STANCE, torch.compiler.set_stance("force_eager"):
        return run()


@functools.cache  # once in a process
def spare_the_compiler() -> None:
    """Let what torch doesn't want compiled run as it is as long as nobody compiles: on meta, and of fakes.

    Each such function imports the compiler when it is first called, a second's work, to be told to leave it alone; it
    keeps what it was told under this name. Without the name: the compiler is imported.
    """
    if _COMPILER in sys.modules:
        return
    code = getattr(getattr(torch, "_disable_dynamo", _as_it_is)(_as_it_is), "__code__", None)
    tables = getattr(_decomp, "global_decomposition_table", {}).values()
    waiting = [value for each in (*tables, vars(FakeTensorMode), vars(FakeTensor)) for value in each.values()]
    seen: set[int] = set()
    while waiting:
        function = waiting.pop()
        if not isinstance(function, FunctionType) or id(function) in seen:
            continue
        seen.add(id(function))
        inside = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        if function.__code__ is code:
            for each in filter(callable, inside):
                if not hasattr(each, _TOLD):
                    setattr(each, _TOLD, _as_it_is(each))
        waiting += [*inside, getattr(function, "__wrapped__", None)]


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises
    except ValueError:
        return False
    return True


_TOLD: Final = "__dynamo_disable"


def _as_it_is(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        if _COMPILER not in sys.modules:
            return function(*args, **kwargs)
        disabled: Any = torch.compiler.disable(function)  # type: ignore[no-untyped-call]
        return disabled(*args, **kwargs)

    return run


class _CompilerAskedForError(BaseException):
    """The compiler is about to be imported; no code of others takes this for an error of its own."""


class _Watch(MetaPathFinder):
    """Sees the import of the compiler in the thread that it was made in."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self.has_seen = False

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == _COMPILER and threading.get_ident() == self._thread:
            self.has_seen = True
            raise _CompilerAskedForError


def written_function(value: Any) -> Any:
    """The function or method that ``value`` was compiled from, else ``None``.

    Without the name: a copy of a module runs a compiled method of the original.
    """
    return getattr(value, "_torchdynamo_orig_callable", None) if isinstance(value, FunctionType) else None
