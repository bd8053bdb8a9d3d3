"""Where and with what a network runs: its device, its dtype, and made-up inputs for it."""

import copy
import itertools
import math
from collections.abc import Iterator, Mapping
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnninspect.errors import ModelError
from cnninspect.loading import memory
from cnninspect.loading.copying import copied
from cnninspect.process import alone, deep, quiet
from cnninspect.spec.input_spec import InputSpec, check_value
from cnninspect.tensor_tree import buffers_in, modules_in, parameters_in
from cnninspect.torch_internals import ONEDNN
from cnninspect.torch_internals.compiler import written_function
from cnninspect.units import binary


def find_device(text: str) -> torch.device:
    """The device that ``cpu``, ``cuda:1``, ``auto`` … names on this machine.

    Raises:
        ModelError: This machine has no such device.
    """
    found = torch.accelerator.current_accelerator(check_available=True)
    if text == "auto":
        return found or torch.device("cpu")
    device = torch.device(text)
    if device.type in {"cpu", "meta"}:
        return device
    if found is None or found.type != device.type:
        has = f"its accelerator is {found.type}" if found else "it has no accelerator that this torch can use"
        raise ModelError(f"this machine has no device {text!r}: {has}", hint="--device cpu, or meta for shapes alone")
    count = torch.accelerator.device_count()
    if (device.index or 0) >= count:
        raise ModelError(f"this machine has no device {text!r}: it has {count} of {device.type}", hint="count from 0")
    return device


def place(module: nn.Module, device: torch.device, dtype_name: str | None) -> nn.Module:
    """``module`` itself if it is on ``device`` in ``dtype`` already, else a copy that is.

    Only tensors that change are copied; ``module`` is left alone. Parameters that are shared stay shared.
    A lazy module is always copied: what it learns from the input is not for its owner.
    """
    dtype: torch.dtype | None = getattr(torch, dtype_name) if dtype_name else None
    with alone(), deep():
        try:
            moved = _all_moved(module, device, dtype)
            placed = duplicate(module, moved) if moved else module
        except Exception as error:
            raise ModelError(f"the model can't be copied to {device}: {error}") from error
    if placed is not module:
        for part in placed.modules():
            if isinstance(part, nn.RNNBase):  # one piece of memory on an accelerator, or it warns of being slow
                part.flatten_parameters()
    return placed


def duplicate(module: nn.Module, instead: Mapping[int, Any] | None = None) -> nn.Module:
    """A copy that shares no tensor with ``module``, whatever it is made of: scripted, compiled, a program.

    Args:
        module: Is left alone.
        instead: What stands in it in the place of tensors, by their ids; ``None``: copies of them.

    Raises:
        ModelError: What its class makes of being copied is no module.
    """
    instead = _copies(module) if instead is None else instead
    memo = dict(instead)
    with quiet():  # of what else hangs on a module, such as the fake tensors of a graph
        other = copied(module, memo)
    if not isinstance(other, nn.Module):
        raise ModelError(f"its copy is a {type(other).__name__}")
    _copy_compiled(module, other, memo)
    _move_scripted(module, other, instead)
    return other


def _copies(module: nn.Module) -> dict[int, Tensor]:
    """Of those tensors of which copying a module makes none of their own: a scripted one's, and computed ones."""
    scripted = [part for part in module.modules() if isinstance(part, torch.jit.ScriptModule)]
    held = {id(tensor): tensor for part in scripted for tensor in _held(part)}
    found = {key: _like(tensor, tensor.detach().clone()) for key, tensor in held.items()}
    return found | {id(tensor): tensor.detach().clone() for tensor in _plain_tensors(module, is_all=False)}


def _all_moved(module: nn.Module, device: torch.device, dtype: torch.dtype | None) -> dict[int, Tensor]:
    """What is to stand in the place of each tensor that isn't there already, by the id of that; nothing if all are."""
    moved: dict[int, Tensor] = {}
    held = _held(module)
    if dtype is None:  # most are there already
        held = [tensor for tensor in held if tensor.device != device or is_lazy(tensor)]
    for tensor in held:
        other = _moved(tensor, device, dtype)
        if other is not tensor:
            moved[id(tensor)] = other
    if moved:
        moved |= {
            id(tensor): tensor.detach().to(device) for tensor in _plain_tensors(module, is_all=device.type == "meta")
        }
    return moved


def _copy_compiled(module: nn.Module, placed: nn.Module, memo: dict[int, Any]) -> None:
    """Give the copies the methods that they keep compiled, as they were written: copied, those are the originals'."""
    for original, placed_part in zip(module.modules(), placed.modules(), strict=True):
        for name, value in original.__dict__.items():
            if isinstance(method := written_function(value), MethodType):
                placed_part.__dict__[name] = copy.deepcopy(method, memo)


def _move_scripted(module: nn.Module, placed: nn.Module, moved: Mapping[int, Any]) -> None:
    """Give the copies of scripted modules their tensors: copying them has taken nothing from the memo."""
    for original, other in zip(module.modules(), placed.modules(), strict=True):
        if isinstance(other, torch.jit.ScriptModule):
            named = itertools.chain(original.named_parameters(recurse=False), original.named_buffers(recurse=False))
            for name, tensor in named:
                if id(tensor) in moved:
                    setattr(other, name, moved[id(tensor)])


def _moved(tensor: Tensor, device: torch.device, dtype: torch.dtype | None) -> Tensor:
    """``tensor`` on ``device`` and, if it is floating, in ``dtype``; itself if it is already."""
    wanted = dtype if dtype and (tensor.is_floating_point() or tensor.is_complex()) else tensor.dtype
    if is_lazy(tensor):
        kind: Any = type(tensor)
        uninitialised: Tensor = kind(tensor.requires_grad, device, wanted)
        return uninitialised
    if tensor.dtype == wanted and tensor.device.type == device.type and device.index in {None, tensor.device.index}:
        return tensor
    if device.type == "meta" and is_sparse(tensor):
        raise ModelError("how many values a sparse tensor has is not known there")
    return _like(tensor, tensor.detach().to(device, wanted))


def _like(tensor: Tensor, data: Tensor) -> Tensor:
    return nn.Parameter(data, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else data


def _plain_tensors(module: nn.Module, *, is_all: bool) -> Iterator[Tensor]:
    """Attributes that are neither parameters nor buffers, and have to be moved or can't be copied.

    As ``module.to`` does, only the meta device takes them along: nothing else would fit together there.
    What is computed from parameters (by pruning, by the older ``weight_norm``) can't be copied.
    """
    for value in (value for m in module.modules() for value in m.__dict__.values()):
        if isinstance(value, Tensor) and (is_all or not value.is_leaf):
            yield value


def is_sparse(tensor: Tensor) -> bool:
    """Does it store those values alone that aren't zero?"""
    return tensor.layout not in {torch.strided, torch.jagged, ONEDNN}


def lacks_values(module: nn.Module) -> bool:
    """Was a part of it built on the meta device, or put there to be loaded when it is needed?"""
    return any(tensor.is_meta for tensor in _held(module))


def tensors_of(module: nn.Module) -> list[Tensor]:
    """Parameters, buffers and what its parts have as attributes."""
    return [*_held(module), *_plain_tensors(module, is_all=True)]


def _held(module: nn.Module) -> list[Tensor]:
    parts = modules_in(module)
    return [*parameters_in(parts), *buffers_in(parts)]


def has_lazy(module: nn.Module) -> bool:
    """Does it hold parameters that no input has given a shape?"""
    return any(map(is_lazy, module.parameters()))


def floating_dtype(module: nn.Module) -> torch.dtype:
    """The dtype of the model's first floating parameter, of its first complex one if all are, else of such a buffer.

    Of what has none of these it is torch's default.
    """
    parts = modules_in(module)
    for held in (parameters_in(parts), buffers_in(parts)):
        kinds = [tensor.dtype for tensor in held if tensor.is_floating_point()]
        kinds += [tensor.dtype for tensor in held if tensor.is_complex()]
        if kinds:
            return kinds[0]
    return torch.get_default_dtype()


def make_up(spec: InputSpec, device: torch.device, dtype: torch.dtype, seed: int) -> Tensor:
    """A tensor of the shape that ``spec`` names, filled with its value if it has one.

    Otherwise floating values are standard normal, integers 0 or 1.

    Args:
        spec: Its dtype, if it has one, wins over ``dtype``.
        device: Where the tensor is to be.
        dtype: The model's own.
        seed: The same seed gives the same values on every device.

    Raises:
        RequestError: The model's own dtype has no such value.
        ModelError: There is not enough memory.
    """
    wanted: torch.dtype = getattr(torch, spec.dtype) if spec.dtype else dtype
    check_value(spec, str(wanted).removeprefix("torch."))
    if device.type == "meta":
        return torch.empty(spec.shape, dtype=wanted, device=device)
    size, free = math.prod(spec.shape) * wanted.itemsize, memory.free()
    lacking = ModelError(
        f"not enough memory for an input {spec}: it takes {binary(size)}", hint="--device meta needs no memory"
    )
    if free is not None and size > free:  # a system that lends more than it has would end the process later
        raise lacking
    try:
        return _made_up(spec, wanted, seed).to(device, wanted)
    except (RuntimeError, MemoryError) as error:  # on the CPU torch's lack of memory is a plain RuntimeError
        raise lacking from error


def _made_up(spec: InputSpec, dtype: torch.dtype, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed % 2**64)
    is_floating = dtype.is_floating_point or dtype.is_complex
    if spec.value is not None:
        return torch.full(spec.shape, float(spec.value) if is_floating else spec.value, dtype=dtype)
    if is_floating:
        return torch.randn(spec.shape, generator=generator, dtype=dtype)
    return torch.randint(0, 2, spec.shape, generator=generator)
