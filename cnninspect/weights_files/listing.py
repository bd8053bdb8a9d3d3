"""A file of weights on its own, as a report: of safetensors the header is read alone, without torch."""

from collections.abc import Iterator
from importlib.metadata import version
from platform import python_version
from typing import TYPE_CHECKING, Any

import msgspec

from cnninspect.errors import unknown_name
from cnninspect.report import Report
from cnninspect.spec import WeightsFile
from cnninspect.weights_files import place, safetensors_header, state_files, stored_report
from cnninspect.weights_files.place import WeightsPlace
from cnninspect.weights_files.stored_report import StoredTensor

if TYPE_CHECKING:
    from torch import Tensor


def listed(file: WeightsFile) -> Report:
    """What is stored in ``file``: keys, shapes, dtypes and parameters.

    Raises:
        RequestError: It is missing, damaged, or no file of weights.
        ModelError: There is not enough memory to read it.
    """
    versions = {"python": python_version()}
    if state_files.check(file.text) == "safetensors":
        return stored_report.report(file.text, _headers(file.text), versions)
    found = state_files.read(file.text)
    tensors = [each for key, value in found.values.items() for each in _stored(key, value)]
    left_out = f"; left out: {', '.join(found.left_out)}" if found.left_out else ""
    what = f"the state dict is the checkpoint's entry {found.entry!r}" if found.entry else "the file is a state dict"
    notes = [what + left_out] if found.entry or found.left_out else []
    return stored_report.report(file.text, tensors, versions | {"torch": version("torch")}, notes)


def _headers(text: str) -> list[StoredTensor]:
    """The tensors of a safetensors file, or of all shards; those below a key, if one is named."""
    where = place.find(text)
    tensors = [each for name in where.files for each in safetensors_header.read(name) if _is_of(each.key, name, where)]
    if where.shard_of is not None and len(tensors) < len(where.shard_of):
        missing = next(key for key in where.shard_of if key not in {each.key for each in tensors})
        state_files.not_whole(text, missing)
    if where.key is None:
        return tensors
    start = f"{where.key}."
    below = [each for each in tensors if each.key.startswith(start)]
    if not below:
        near = sorted({each.key.partition(".")[0] for each in tensors})
        raise unknown_name(f"key of {where.files[0]!r}", where.key, near, see=f"it has {', '.join(near[:10])}")
    return [msgspec.structs.replace(each, key=each.key.removeprefix(start)) for each in below]


def _is_of(key: str, name: str, where: WeightsPlace) -> bool:
    return where.shard_of is None or where.shard_of.get(key) == name


def _stored(key: str, value: Any) -> Iterator[StoredTensor]:
    """The tensors that a value of a state dict stores: itself, or those in the packed weights of a quantized module."""
    from torch import Tensor

    from cnninspect.weights_files import choice, rebuilt

    if isinstance(value, Tensor):
        yield StoredTensor(key, tuple(value.shape), _name(value.dtype), _size(value), _identity(value))
    elif isinstance(value, rebuilt.PackedTensor):
        size = sum(map(_size, {_identity(part): part for part in value.parts}.values()))
        identity = tuple(map(_identity, value.parts)) or id(value)
        yield StoredTensor(key, value.shape, _name(value.dtype), size, identity)
    elif choice.is_value(value):
        for number, tensor in enumerate(rebuilt.tensors_in(value)):
            yield from _stored(f"{key}.{number}", tensor)


def _name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _size(tensor: "Tensor") -> int:
    """The bytes that it stores: of a sparse one those of its parts, of one that repeats its elements those it has."""
    import torch

    from cnninspect.torch_internals import parts_of_coo

    if tensor.layout == torch.strided:
        whole = tensor.numel() * tensor.element_size()
        return whole if tensor.is_meta else min(whole, tensor.untyped_storage().nbytes())
    parts: tuple[Tensor, ...]
    if tensor.layout == torch.sparse_coo:
        parts = parts_of_coo(tensor)
    elif tensor.layout in {torch.sparse_csr, torch.sparse_bsr}:
        parts = (tensor.crow_indices(), tensor.col_indices(), tensor.values())
    else:
        parts = (tensor.ccol_indices(), tensor.row_indices(), tensor.values())
    return sum(map(_size, parts))


def _identity(tensor: "Tensor") -> tuple[object, ...]:
    """Equal for tensors that show the same elements of the same storage in the same way."""
    import torch

    if tensor.layout != torch.strided or tensor.device.type == "meta":
        return (id(tensor),)  # no storage of its own to tell it by
    place = tensor.untyped_storage().data_ptr()
    return (place, tensor.storage_offset(), tuple(tensor.shape), tensor.stride(), tensor.dtype)
