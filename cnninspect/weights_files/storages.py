"""The two containers of ``torch.save``: a zip archive, and the stream of pickles from before torch 1.6.

Both are mapped into memory, so that pages are read when a tensor's values are needed. No storage is larger than what
the file holds for it.
"""

import io
import mmap
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch

from cnninspect.weights_files import archives
from cnninspect.weights_files.pickles import Reader
from cnninspect.weights_files.rebuilt import MADE, Storage

#: The first pickle of a stream (``torch.serialization.MAGIC_NUMBER``).
_STREAM: Final = 0x1950A86A20F9469CFC6C
_COUNT_BYTES: Final = 8


class NotSaved(Exception):  # noqa: N818 - it is no fault of the file's
    """It is a pickle, and not one of ``torch.save``."""

    def __init__(self, found: object) -> None:
        super().__init__()
        self.found = found


def read(path: Path) -> Any:
    """What ``torch.save`` wrote, with placeholders for what are no tensors.

    Raises:
        OSError: The file can't be read, or not mapped.
        Refused: It names what only code would.
        NotSaved: It is another pickle.
        Exception: It is cut short, or makes no sense.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        is_archive = file.read(len(archives.MAGIC)) == archives.MAGIC
        members = archives.by_path(archives.members(file)) if is_archive else {}
        starts = {name: (archives.start_of(each, file), each.file_size) for name, each in members.items()}
    return _archive(mapped, starts) if is_archive else _stream(mapped)


def _archive(mapped: mmap.mmap, members: dict[str, tuple[int, int]]) -> Any:
    """Members of a zip: ``data.pkl``, and each storage as ``data/KEY``."""
    storages: dict[Any, Storage] = {}

    def content(name: str) -> bytes:
        start, size = members[name]
        return mapped[start : start + size]

    is_swapped = "byteorder" in members and content("byteorder").decode() != sys.byteorder

    def storage(identity: tuple[Any, ...]) -> Storage:
        _, dtype, key, _, count = identity[:5]
        if key not in storages:
            start, size = members[f"data/{key}"]
            needed = count * dtype.itemsize
            if not 0 <= needed <= size:
                raise ValueError(f"storage {key!r} has {size} bytes and says {needed}")
            untyped = _bytes(mapped, start, needed)
            if is_swapped:
                untyped.byteswap(dtype)  # type: ignore[no-untyped-call]  # missing in torch's stubs
            storages[key] = Storage(untyped, dtype)
        return Storage(storages[key].untyped, dtype)

    return Reader(io.BytesIO(content("data.pkl")), MADE, _checked(storage)).load()


def _stream(mapped: mmap.mmap) -> Any:
    """Pickles one after the other: a number, a version, the machine, what was saved, the keys; then the storages.

    What was saved is read twice: first for the sizes of the storages, which lie behind it.
    """
    identities: dict[Any, tuple[Any, ...]] = {}

    def noted(identity: tuple[Any, ...]) -> None:
        identities.setdefault(identity[2], identity)

    def load(made: dict[str, Any], storage: Callable[[tuple[Any, ...]], Any]) -> Any:
        return Reader(mapped, made, _checked(storage)).load()  # type: ignore[arg-type]  # it has a file's methods

    first = load({}, noted)
    if first != _STREAM:
        raise NotSaved(first)
    load({}, noted), load({}, noted)
    start = mapped.tell()
    load({name: each for name, each in MADE.items() if not callable(each)}, noted)
    storages: dict[Any, Storage] = {}
    for key in load({}, noted):
        _, dtype, _, _, count = identities[key][:5]
        said, place = int.from_bytes(mapped.read(_COUNT_BYTES), "little"), mapped.tell()
        if said != count or place + count * dtype.itemsize > len(mapped):
            raise EOFError(f"storage {key!r} is not whole")
        # elements may lie at odd addresses in the file: they are copied to even ones
        storages[key] = Storage(_bytes(bytearray(mapped[place : place + count * dtype.itemsize])), dtype)
        mapped.seek(place + count * dtype.itemsize)

    def storage(identity: tuple[Any, ...]) -> Storage:
        _, dtype, key, _, _, view = (*identity, None)[:6]
        whole = storages[key].untyped
        if view is None:
            return Storage(whole, dtype)
        _, begin, count = view
        return Storage(whole[begin * dtype.itemsize : (begin + count) * dtype.itemsize], dtype)

    mapped.seek(start)
    return load(MADE, storage)


def _bytes(buffer: mmap.mmap | bytearray, start: int = 0, size: int | None = None) -> torch.UntypedStorage:
    """The storage that ``size`` bytes of a buffer are; it keeps the buffer alive."""
    size = len(buffer) if size is None else size
    if not size:
        return torch.empty(0, dtype=torch.uint8).untyped_storage()
    return torch.frombuffer(buffer, dtype=torch.uint8, count=size, offset=start).untyped_storage()


def _checked(storage: Callable[[tuple[Any, ...]], Any]) -> Callable[[Any], Any]:
    """``storage`` for persistent ids that are of storages; those of the classes of modules are the classes."""

    def checked(identity: Any) -> Any:
        if isinstance(identity, tuple) and identity[0] == "module":
            return identity[1]
        if not isinstance(identity, tuple) or identity[0] != "storage" or not isinstance(identity[1], torch.dtype):
            raise ValueError("a persistent id of something else than a storage")
        return storage(identity)

    return checked
