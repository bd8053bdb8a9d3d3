"""Where names of networks come from: one row a source, with what has to be known before its file is imported.

What a source does is in that file, ``loading/`` with the name of the source: its names, their published figures, how
one is checked and built, its default input (``loading.Zoo``).
"""

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple, assert_never


class Source(StrEnum):
    """Where names of networks come from."""

    torchvision = "torchvision"
    scratch = "scratch"
    timm = "timm"


class SourceRow(NamedTuple):
    """What is known of a source without its file.

    Attributes:
        package: What defines its networks: it is imported to build one, its version is reported, and its files decide
            how long a report is kept. ``None``: they are cnninspect's own.
        extra: Of cnninspect, to be installed with the package. ``None``: the package is always there.
        has_tags: Is ``NAME.TAG`` the network that the published weights TAG of NAME describe?
    """

    package: str | None
    extra: str | None = None
    has_tags: bool = False


def row(source: Source) -> SourceRow:
    """The row of a source."""
    match source:
        case Source.torchvision:
            return SourceRow("torchvision")
        case Source.scratch:
            return SourceRow(None)
        case Source.timm:
            return SourceRow("timm", extra="timm", has_tags=True)
        case _:
            assert_never(source)


#: The source of a bare name.
DEFAULT_SOURCE: Final = Source.torchvision
#: What builds networks, and takes long to import.
PACKAGES: Final = ("torch", *(package for package in (row(each).package for each in Source) if package))


def spelled(source: str, name: str) -> str:
    """A name as it is typed: bare if its source is the default one.

    Args:
        source: Of the name.
        name: In that source.

    >>> spelled("torchvision", "alexnet"), spelled("timm", "resnet50")
    ('alexnet', 'timm:resnet50')
    """
    return name if source == DEFAULT_SOURCE else f"{source}:{name}"


def is_installed(source: Source) -> bool:
    """Is there what its networks are built with?"""
    package = row(source).package
    return package is None or folder_of(package) is not None


def folder_of(package: str) -> Path | None:
    """Where a package lies, which is not imported for it; ``None`` if it isn't installed."""
    found = find_spec(package)
    return None if found is None or found.origin is None else Path(found.origin).parent
