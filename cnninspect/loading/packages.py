"""The packages that take long to import, imported as quickly as they can be."""

import re
from importlib import import_module
from typing import Final

from cnninspect.errors import ModelError, is_lack_of_memory
from cnninspect.loading import python_source
from cnninspect.loading.torchvision_import import import_torchvision
from cnninspect.process import uncollected
from cnninspect.spec import PythonModel, Request, RunnableModel, ZooModel
from cnninspect.spec.file_kinds import CODE_ENDINGS
from cnninspect.spec.sources import row

_IMPORTS_TORCHVISION: Final = re.compile(rb"(?:^|\")[ \t]*(?:import|from)[ \t]+torchvision\b", re.MULTILINE)


def import_packages(request: Request) -> None:
    """Import what a request is built and run with, unless it is in memory: torch, and the package of its source.

    timm uses torch's compiler while it is being imported; there is nothing to be saved.

    Raises:
        ModelError: There is not enough memory for them.
    """
    try:
        with uncollected():
            import torch  # noqa: F401

            package = _package_of(request.model)
            if package == "torchvision":
                import_torchvision()
            elif package is not None:
                import_module(package)
    except (MemoryError, ImportError, OSError) as error:
        if is_lack_of_memory(error):
            raise ModelError(f"there is not enough memory to import what builds networks: {error}") from error
        raise


def _package_of(model: RunnableModel) -> str | None:
    """What a network is built with; of the user's own code that is seen to which imports torchvision."""
    if isinstance(model, ZooModel):
        return row(model.source).package
    if isinstance(model, PythonModel):
        file = python_source.find(model.place).file
        if file is not None and file.suffix in CODE_ENDINGS and _IMPORTS_TORCHVISION.search(file.read_bytes()):
            return "torchvision"
    return None
