"""``import torchvision`` without torch's compiler, which takes longer to import than all the rest together.

``torchvision/ops/roi_align.py`` begins with ``from torch._dynamo.utils import is_compile_supported``: a predicate that
it asks only where the operator is missing, or has to be deterministic on an accelerator. While torchvision is
being imported here, that one statement is given a function which imports the real predicate when it is called, and
puts it where it belongs. What it stands on is ``builtins.__import__``, Python's documented place to change what
an import statement means; it is back in its own place when the import is done, also after an exception.

- Every other statement, of whichever module in whichever thread, means what it always does. ``sys.modules`` is as
  after any import of torchvision, but for ``torch._dynamo`` and what only that imports; it can be imported later.
- It steps aside where the compiler is in memory already, where another release of torchvision asks for something
  else or elsewhere, and where torchvision is in memory.
"""

import builtins
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final

_ASKING: Final = "torchvision.ops.roi_align"
_ASKED: Final = ("torch._dynamo.utils", ("is_compile_supported",))
_COMPILER: Final = "torch._dynamo"
_LOCK: Final = threading.Lock()  # what stands in has to go in the order in which it came


def import_torchvision() -> None:
    """Import torchvision, to its end; the compiler comes along only if it is asked for."""
    if "torchvision" not in sys.modules:
        with _LOCK, _compiler_deferred():
            import torchvision
    # Another thread may be at it: this waits. Who went on to a module inside would hold that and wait for torchvision,
    # and the other thread the reverse, which Python 3.14 ends with an error.
    import torchvision  # noqa: F401


@contextmanager
def _compiler_deferred() -> Iterator[None]:
    real = builtins.__import__

    def import_(
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - its name in the signature of __import__
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        asked = (name, tuple(fromlist or ()))
        if asked == _ASKED and (globals or {}).get("__name__") == _ASKING and _COMPILER not in sys.modules:
            return SimpleNamespace(is_compile_supported=is_compile_supported)
        return real(name, globals, locals, fromlist, level)

    builtins.__import__ = import_
    try:
        yield
    finally:
        if builtins.__import__ is import_:  # or somebody else has put theirs there, with ours below it
            builtins.__import__ = real


def is_compile_supported(device_type: Any) -> Any:
    """Stand in for the function of ``torch._dynamo.utils`` with this name, until it is called."""
    from torch._dynamo import utils

    asking = vars(sys.modules[_ASKING])
    if asking["is_compile_supported"] is is_compile_supported:
        asking["is_compile_supported"] = utils.is_compile_supported
    return utils.is_compile_supported(device_type)
