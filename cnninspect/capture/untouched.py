"""A forward pass that leaves nothing behind: not in the module, not in global state."""

import random
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn

from cnninspect.capture.holdings import own
from cnninspect.garbage import uncollected
from cnninspect.torch_internals import default_device

_CONTAINERS: Final = frozenset((dict, OrderedDict, list, set))

#: To be called with a tensor before it is written to.
BeforeWrite = Callable[[Tensor], None]


@contextmanager
def untouched(modules: Sequence[nn.Module]) -> Iterator[BeforeWrite]:
    """Put ``modules`` back as they were on leaving, also after an exception.

    Attributes (training flags, hooks, registered names, caches the model keeps), the values of its
    buffers (the statistics of batch normalisation) and its parameters are restored; parameters, which
    are large and seldom written to, are copied when what is yielded is called with them.
    """
    with uncollected():
        attributes = [(m, dict(m.__dict__), m.training) for m in modules]
        contents = [
            (value, value.copy() if value else ())  # most are empty: hooks that nobody has registered
            for _, saved, _ in attributes
            for value in saved.values()
            if type(value) in _CONTAINERS
        ]
        held_buffers = {id(held): held for m in modules for held in m._buffers.values() if held is not None}
        held_parameters = {id(held): held for m in modules for held in own(m)}
        buffers = [(buffer, buffer.clone()) for buffer in held_buffers.values() if buffer.device.type != "meta"]
        parameters = [_Parameter(held) for held in held_parameters.values() if _is_ordinary(held)]
    written = _Written([p.data for p in parameters] + [p.grad for p in parameters if p.grad is not None])
    try:
        yield written.before_write
    finally:
        for m, saved, training in attributes:
            m.__dict__.clear()
            m.__dict__.update(saved)
            if isinstance(m, torch.jit.ScriptModule):
                m.training = training  # kept in C++
        for container, copied in contents:
            if container or copied:
                _refill(container, copied)
        with torch.no_grad():
            for buffer, value in buffers:
                if not torch.equal(buffer, value):
                    buffer.copy_(value)
        for parameter in parameters:
            parameter.restore()
        written.restore()


class _Parameter:
    """A parameter as it was: which memory, which flag, which gradient."""

    def __init__(self, parameter: Tensor) -> None:
        self.parameter = parameter
        self.data = parameter.detach()
        self.requires_grad = parameter.requires_grad
        self.grad = parameter.grad

    def restore(self) -> None:
        if not self.parameter.is_set_to(self.data):
            self.parameter.data = self.data
        if self.parameter.requires_grad != self.requires_grad:
            self.parameter.requires_grad_(self.requires_grad)
        if self.parameter.grad is not self.grad:
            self.parameter.grad = self.grad


class _Written:
    """The values of tensors from before they were written to, whichever view of them that was."""

    def __init__(self, tensors: list[Tensor]) -> None:
        self._tensors: dict[int, list[Tensor]] = {}
        for tensor in tensors:
            self._tensors.setdefault(tensor.untyped_storage().data_ptr(), []).append(tensor)
        self._values: list[tuple[Tensor, Tensor]] = []

    def before_write(self, tensor: Tensor) -> None:
        if self._tensors and _is_ordinary(tensor):
            for kept in self._tensors.pop(tensor.untyped_storage().data_ptr(), ()):
                self._values.append((kept, kept.clone()))

    def restore(self) -> None:
        with torch.no_grad():
            for tensor, value in self._values:
                tensor.copy_(value)


def _is_ordinary(tensor: Tensor) -> bool:
    """Does it have values in memory of its own?"""
    return tensor.layout is torch.strided and tensor.device.type != "meta" and not tensor.is_nested


def _refill(container: Any, contents: Any) -> None:
    container.clear()
    if isinstance(container, list):
        container.extend(contents)
    else:
        container.update(contents)


@contextmanager
def switches_kept() -> Iterator[None]:
    """Put torch's global switches back on leaving: default dtype and device, attention's fast path.

    The modes of autograd come back by themselves.
    """
    dtype, device, fast_path = torch.get_default_dtype(), default_device(), _fast_path.get_fastpath_enabled()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        _fast_path.set_fastpath_enabled(fast_path)
        if default_device() is not device:
            torch.set_default_device(device and device.device)


_fast_path: Final[Any] = torch.backends.mha


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Draw from ``seed`` inside (dropout in train mode), by torch, Python or NumPy; outside, nothing has been drawn."""
    devices = [device] if device.type not in {"cpu", "meta", "mps"} else []
    numpy: Any = sys.modules.get("numpy")
    states = random.getstate(), numpy and numpy.random.get_state()
    with torch.random.fork_rng(devices=devices, device_type=device.type if devices else "cuda"):
        torch.manual_seed(seed)
        random.seed(seed)
        if numpy:
            numpy.random.seed(seed % 2**32)
        try:
            yield
        finally:
            random.setstate(states[0])
            if numpy:
                numpy.random.set_state(states[1])
