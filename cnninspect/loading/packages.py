"""The packages that take long to import, imported as quickly as they can be."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from cnninspect.loading.torchvision_import import import_torchvision
from cnninspect.spec import Request, ZooModel


def import_for(request: Request) -> None:
    """Import what a request is built and run with, unless it is in memory: torch, and the package of its source."""
    sources = {request.model.source} if isinstance(request.model, ZooModel) else set()
    import_packages(torchvision=bool(sources & {"torchvision", "timm"}), timm="timm" in sources)


def import_packages(*, torchvision: bool = False, timm: bool = False) -> None:
    """Import torch, and what else is said, unless it is in memory.

    Args:
        torchvision: Without torch's compiler (``torchvision_import.py``).
        timm: It imports torchvision by itself, but with the compiler; so that goes before.
    """
    with _nothing_collected():
        import torch  # noqa: F401

        if torchvision:
            import_torchvision()
        if timm:
            import timm as _  # noqa: F401


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Let the garbage collector rest: it would go through what is being imported again and again, and keep it all."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
