"""The header of a safetensors file: names, dtypes and shapes, without torch and without reading a tensor.

The format (https://huggingface.co/docs/safetensors): 8 bytes, the length of the header as a little-endian
integer; the header, a JSON object ``{name: {"dtype", "shape", "data_offsets": [begin, end]}}``; the data.
"""

import math
from pathlib import Path
from typing import Annotated, Final

import msgspec

from cnninspect.errors import RequestError
from cnninspect.weights_files.stored_report import StoredTensor

_LENGTH_BYTES: Final = 8
_LONGEST: Final = 100_000_000  # bytes of a header: the format's own limit
_METADATA: Final = "__metadata__"
#: The names that torch has for the format's dtypes, and bytes an element.
_DTYPES: Final = {
    "BOOL": ("bool", 1),
    "U8": ("uint8", 1), "U16": ("uint16", 2), "U32": ("uint32", 4), "U64": ("uint64", 8),
    "I8": ("int8", 1), "I16": ("int16", 2), "I32": ("int32", 4), "I64": ("int64", 8),
    "F16": ("float16", 2), "BF16": ("bfloat16", 2), "F32": ("float32", 4), "F64": ("float64", 8),
    "F8_E4M3": ("float8_e4m3fn", 1), "F8_E5M2": ("float8_e5m2", 1), "F8_E8M0": ("float8_e8m0fnu", 1),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 1), "F8_E5M2FNUZ": ("float8_e5m2fnuz", 1),
    "C64": ("complex64", 8),
}  # fmt: skip

_Count = Annotated[int, msgspec.Meta(ge=0)]


class _TensorEntry(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[_Count, ...]
    data_offsets: tuple[_Count, _Count]


def looks_like_one(path: Path) -> bool:
    """Does the file begin as the format says: a length that fits the file, and a JSON object?

    Raises:
        OSError: It can't be read.
    """
    with path.open("rb") as file:
        start = file.read(_LENGTH_BYTES + 1)
    length = int.from_bytes(start[:_LENGTH_BYTES], "little")
    return start[_LENGTH_BYTES:] == b"{" and length + _LENGTH_BYTES <= path.stat().st_size


def read(name: str) -> tuple[StoredTensor, ...]:
    """The tensors that the header of the file ``name`` lists, in its order.

    Raises:
        RequestError: It can't be read, is damaged, or is something else.
    """
    try:
        header, data_size = _header(Path(name))
        entries = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        entries.pop(_METADATA, None)
        tensors = tuple(
            _tensor(key, msgspec.json.decode(raw, type=_TensorEntry), data_size) for key, raw in entries.items()
        )
        _check_apart(tensors, data_size)
    except OSError as error:
        raise RequestError(f"can't read weights file {name!r}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors too
        raise RequestError(
            f"weights file {name!r} is not a whole safetensors file: {error}", hint="copy or download it again"
        ) from error
    return tensors


def _header(path: Path) -> tuple[bytes, int]:
    """The JSON text, and how many bytes of data follow it."""
    with path.open("rb") as file:
        start = file.read(_LENGTH_BYTES)
        length, rest = int.from_bytes(start, "little"), path.stat().st_size - _LENGTH_BYTES
        if len(start) < _LENGTH_BYTES or length > min(rest, _LONGEST):
            raise ValueError("it has no header, or is cut short in it")
        return file.read(length), rest - length


def _check_apart(tensors: tuple[StoredTensor, ...], data_size: int) -> None:
    """The format lets no two tensors lie in the same bytes: a small file would say any number of them."""
    if sum(tensor.size for tensor in tensors) > data_size:
        raise ValueError(f"its tensors say more than its {data_size} bytes of data")


def _tensor(key: str, entry: _TensorEntry, data_size: int) -> StoredTensor:
    begin, end = entry.data_offsets
    dtype, item_size = _DTYPES.get(entry.dtype, (entry.dtype.lower(), None))
    if not begin <= end <= data_size:
        raise ValueError(f"{key!r} lies at bytes {begin} to {end} of {data_size}")
    if item_size is not None and end - begin != math.prod(entry.shape) * item_size:
        raise ValueError(f"{key!r} has {end - begin} bytes for a shape of {list(entry.shape)} in {dtype}")
    return StoredTensor(key, entry.shape, dtype, end - begin, identity=key)  # the format shares nothing
