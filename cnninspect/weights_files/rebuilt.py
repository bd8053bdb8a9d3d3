"""What tensors are made of in a pickle: storages, dtypes, and the functions that put them together, by name.

They are torch's own names (``torch/_utils.py``); what stands here does the same and checks first that a tensor lies in
its storage, so that nothing is allocated that the file does not hold. A tensor of a subclass with parts of its own
(torchao's packed weights, a ``DTensor``) would need its class: its shape, dtype and parts are kept.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.torch_internals import empty_quantized
from cnninspect.weights_files.pickles import Name, Placeholder

_STORAGES: Final = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
    "ComplexDoubleStorage": torch.complex128, "ComplexFloatStorage": torch.complex64,
    "QInt8Storage": torch.qint8, "QUInt8Storage": torch.quint8, "QInt32Storage": torch.qint32,
    "QUInt4x2Storage": torch.quint4x2, "QUInt2x4Storage": torch.quint2x4, "UntypedStorage": torch.uint8,
}  # fmt: skip
_PLACES: Final = ("torch", "torch.cuda", "torch.storage")
_DEEPEST: Final = 8  # parts in parts


class PackedTensor(NamedTuple):
    """A tensor that only its own class could make.

    Attributes:
        name: Of the class.
        parts: The tensors that it stores.
    """

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]
    parts: tuple[Tensor, ...]


class Storage(NamedTuple):
    """Bytes of a file, and the dtype that they were saved as."""

    untyped: torch.UntypedStorage
    dtype: torch.dtype


def tensors_in(value: object, depth: int = _DEEPEST, seen: set[int] | None = None) -> Iterator[Tensor]:
    """Every tensor in a value of a pickle, also in what stands in for objects.

    Args:
        value: Of a pickle: what is in it may be in it in many places.
        depth: How far to look.
        seen: What has been looked into.
    """
    seen = set() if seen is None else seen
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, PackedTensor):
        yield from value.parts
    elif depth and id(value) not in seen:
        seen.add(id(value))
        inside: Iterable[object] = ()
        if isinstance(value, list | tuple):
            inside = value
        elif isinstance(value, dict):
            inside = value.values()
        elif isinstance(value, Placeholder):
            inside = (*value.content, *value.items.values())
        for each in inside:
            yield from tensors_in(each, depth - 1, seen)


def _ordered(pairs: Iterable[tuple[Any, Any]] = ()) -> OrderedDict[Any, Any]:
    return OrderedDict((key, value) for key, value in pairs if isinstance(key, str | int))


def _tensor(storage: Storage, offset: int, size: Sequence[int], stride: Sequence[int], *_: object) -> Tensor:
    return torch.empty((0,), dtype=storage.dtype).set_(storage.untyped, offset, tuple(size), tuple(stride))


def _tensor_v2(
    storage: Storage,
    offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    requires_grad: bool,  # noqa: ARG001, FBT001 - torch's arguments
    hooks: object = None,  # noqa: ARG001
    metadata: object = None,
) -> Tensor:
    tensor = _tensor(storage, offset, size, stride)
    if isinstance(metadata, dict) and metadata.get("conj"):
        tensor = tensor.conj()
    if isinstance(metadata, dict) and metadata.get("neg"):
        tensor = tensor.neg()
    return tensor


def _tensor_v3(
    storage: Storage,
    offset: int,
    size: Sequence[int],
    stride: Sequence[int],
    requires_grad: bool,  # noqa: FBT001
    hooks: object,
    dtype: torch.dtype,
    metadata: object = None,
) -> Tensor:
    return _tensor_v2(Storage(storage.untyped, dtype), offset, size, stride, requires_grad, hooks, metadata)


def _quantized(
    storage: Storage, offset: int, size: Sequence[int], stride: Sequence[int], scheme: Sequence[Any], *_: object
) -> Tensor:
    if math.prod(size) > 8 * storage.untyped.nbytes():
        raise ValueError("a quantized tensor is larger than its storage")
    kind, scales, zero_points = scheme[:3]
    axis = None if kind == torch.per_tensor_affine else scheme[3]
    if axis is not None and not (0 <= axis < len(size) and len(scales) == len(zero_points) == size[axis]):
        raise ValueError("a quantized tensor has other scales than channels")
    tensor = empty_quantized(size, scales, zero_points, storage.dtype, axis)
    return tensor.set_(storage.untyped, offset, tuple(size), tuple(stride))


def _sparse(layout: torch.layout, data: Sequence[Any]) -> Tensor:
    if layout is torch.sparse_coo:
        return torch.sparse_coo_tensor(*data[:3], is_coalesced=(*data, None)[3], check_invariants=True)
    return torch.sparse_compressed_tensor(*data, layout=layout, check_invariants=True)


def _nested(buffer: Tensor, *_: object) -> PackedTensor:
    return PackedTensor("nested tensor", buffer.dtype, tuple(buffer.shape), (buffer,))


def _meta(dtype: torch.dtype, size: Sequence[int], stride: Sequence[int], *_: object) -> Tensor:
    return torch.empty_strided(tuple(size), tuple(stride), dtype=dtype, device="meta")


def _wrapper(kind: object, dtype: torch.dtype, size: Sequence[int], *_: object) -> PackedTensor:
    return PackedTensor(str(kind), dtype, tuple(map(int, size)), ())


def _of_type(function: object, kind: object, arguments: Sequence[Any], state: object = None) -> Any:
    """A tensor of a subclass: as a plain one, or with its parts if it has some of its own."""
    make = MADE.get(function) if isinstance(function, Name) else None
    if make is None:
        return Placeholder(str(kind), *arguments)
    made = make(*arguments)
    return made._replace(parts=tuple(tensors_in(state))) if isinstance(made, PackedTensor) else made


def _first(value: Any, *_: object) -> Any:
    return value


_LAYOUTS: Final = {str(each): each for each in vars(torch).values() if isinstance(each, torch.layout)}

#: What a pickle may have made, by name: functions are called with its arguments, values taken as they are.
MADE: Final[dict[str, Any]] = {
    str(each): each for each in vars(torch).values() if isinstance(each, torch.dtype | torch.qscheme)
} | {
    f"{place}.{name}": dtype for name, dtype in _STORAGES.items() for place in _PLACES
} | {
    "collections.OrderedDict": _ordered,
    "torch.Size": lambda sides=(): torch.Size(map(int, sides)),
    "torch.serialization._get_layout": _LAYOUTS.__getitem__,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor_v2,
    "torch._utils._rebuild_tensor_v3": _tensor_v3,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _first,
    "torch._utils._rebuild_qtensor": _quantized,
    "torch._utils._rebuild_sparse_tensor": _sparse,
    "torch._utils._rebuild_nested_tensor": _nested,
    "torch._utils._rebuild_meta_tensor_no_storage": _meta,
    "torch._utils._rebuild_wrapper_subclass": _wrapper,
    "torch._tensor._rebuild_from_type": _of_type,
    "torch._tensor._rebuild_from_type_v2": _of_type,
    "torch.tensor._rebuild_from_type": _of_type,
}  # fmt: skip
