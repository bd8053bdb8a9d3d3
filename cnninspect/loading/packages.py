"""The packages that take long to import, imported as quickly as they can be."""

from cnninspect.garbage import uncollected
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
    with uncollected():
        import torch  # noqa: F401

        if torchvision:
            import_torchvision()
        if timm:
            import timm as _  # noqa: F401
