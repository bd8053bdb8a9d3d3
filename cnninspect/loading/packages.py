"""The packages that take long to import, imported as quickly as they can be."""

import re
from typing import Final

from cnninspect.garbage import uncollected
from cnninspect.loading import python_source
from cnninspect.loading.torchvision_import import import_torchvision
from cnninspect.spec import PythonModel, Request, RunnableModel, ZooModel

_IMPORTS_TORCHVISION: Final = re.compile(rb"^[ \t]*(?:import|from)[ \t]+torchvision\b", re.MULTILINE)


def import_packages(request: Request) -> None:
    """Import what a request is built and run with, unless it is in memory: torch, and the package of its source.

    timm uses torch's compiler while it is being imported; there is nothing to be saved.
    """
    with uncollected():
        import torch  # noqa: F401

        if _needs_torchvision(request.model):
            import_torchvision()
        if isinstance(request.model, ZooModel) and request.model.source == "timm":
            import timm  # noqa: F401


def _needs_torchvision(model: RunnableModel) -> bool:
    """Will torchvision be imported, with torch's compiler unless that is seen to before?"""
    if isinstance(model, ZooModel):
        return model.source == "torchvision"
    if isinstance(model, PythonModel):
        file = python_source.find(model.place).file
        return file is not None and file.suffix == ".py" and bool(_IMPORTS_TORCHVISION.search(file.read_bytes()))
    return False
