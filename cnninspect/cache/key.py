"""What decides a report, as one key: as long as nothing of it changes, neither does the report.

That is the request as typed; Python, the machine's kind, and the versions of cnninspect and of all packages that
build networks, torch first; every source file (size and time of its last change) of cnninspect and of the package that
defines the network; and the settings of torch in this process that shape a network. None of it needs torch to be
imported.
"""

import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from cnninspect import __version__
from cnninspect.spec import Request, ZooModel
from cnninspect.spec.sources import PACKAGES, folder_of, row

#: Where the same request gives the same report on every machine of a kind.
_DEVICES: Final = ("cpu", "meta")
#: The dtype, device and autocasting that torch starts with.
_AT_START: Final = ("torch.float32", "cpu", "no autocasting")


class _Deciding(msgspec.Struct, frozen=True):
    request: Request
    interpreter: tuple[str, ...]
    versions: tuple[tuple[str, bytes | str | None], ...]
    sources: tuple[tuple[str, int, int], ...]
    settings: tuple[str, ...]


def key_of(request: Request) -> str | None:
    """The key of a request's report, 32 hexadecimal digits; ``None`` for a report that is not to be kept.

    Kept are the reports of built-in networks (not of the user's own code, nor of inline layers) on the CPU or on
    meta, without weights or with published ones: a file of weights could be another one the next time.
    """
    if not _is_to_be_kept(request):
        return None
    try:
        plain = msgspec.structs.replace(request, with_graph=False)  # which the report has beside all else, or not
        deciding = _Deciding(plain, interpreter(), versions(), _sources(request), _settings())
        encoded = msgspec.json.encode(deciding)
    except (OSError, UnicodeEncodeError):  # a source that can't be looked at, an argument that is no text
        return None
    return hashlib.blake2b(encoded, digest_size=16).hexdigest()


def _is_to_be_kept(request: Request) -> bool:
    if not isinstance(request.model, ZooModel) or request.device not in _DEVICES or _has_own_formulas():
        return False
    if request.weights is None:
        return True
    from cnninspect.loading.weights import is_file_name

    return not is_file_name(request.weights)


def interpreter() -> tuple[str, ...]:
    """Python and the machine's kind."""
    return sys.version, sys.platform, platform.machine(), sys.byteorder


def versions() -> tuple[tuple[str, bytes | str | None], ...]:
    """Of cnninspect and of all packages that build networks, with how each was built."""
    return ("cnninspect", __version__), *((name, _version(name)) for name in PACKAGES)


def _version(package: str) -> bytes | str | None:
    """What a package says about its version and how it was built; ``None`` if it isn't installed."""
    place = folder_of(package)
    if place is None:
        return None
    try:
        return (place / "version.py").read_bytes()  # as for torch, which writes its CUDA version there, too
    except FileNotFoundError:
        from importlib import metadata  # takes longer

        return metadata.version(package)


def _sources(request: Request) -> tuple[tuple[str, int, int], ...]:
    """Place, size and time of every source file, of whatever the definition of a network may import."""
    assert isinstance(request.model, ZooModel), "checked before"  # noqa: S101
    package = row(request.model.source).package
    places = [Path(__file__).parents[1], package and folder_of(package)]
    return tuple(sorted(each for place in places if place for each in _files(str(place), place.name)))


def _files(folder: str, name: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                about = entry.stat()
                yield f"{name}/{entry.name}", about.st_size, about.st_mtime_ns
            elif entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, f"{name}/{entry.name}")


def _settings() -> tuple[str, ...]:
    """What decides the dtypes and the place of a network that says nothing of its own."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return _AT_START
    from cnninspect.torch_internals import default_devices  # torch is in memory

    casting = str(torch.get_autocast_dtype("cpu")) if torch.is_autocast_enabled("cpu") else _AT_START[-1]
    return str(torch.get_default_dtype()), str(default_devices.device_of_new_tensors()), casting


def _has_own_formulas() -> bool:
    """Has somebody in this process told torch how to count operators?"""
    if "torch.utils.flop_counter" not in sys.modules:
        return False
    from cnninspect import torch_internals  # torch is in memory

    return torch_internals.has_formulas_of_others()
