"""A forward pass that leaves nothing behind: not in the module, not in global state."""

import random
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn

from cnninspect.capture.holdings import own
from cnninspect.garbage import uncollected
from cnninspect.torch_internals import default_device, restore_default_device

_CONTAINERS: Final = frozenset((dict, OrderedDict, list, set))

#: To be called with a tensor before it is written to.
BeforeWrite = Callable[[Tensor], None]


@contextmanager
def untouched(modules: Sequence[nn.Module]) -> Iterator[BeforeWrite]:
    """Put ``modules`` back as they were on leaving, also after an exception.

    Attributes (training flags, hooks, registered names, caches the model keeps), the values of its
    buffers (the statistics of batch normalisation) and its parameters are restored; parameters, which
    are large and seldom written to, are copied when what is yielded is called with them.

    What can't be put back keeps nothing else from it, and is raised when all has been tried.
    """
    with ExitStack() as restoring:
        with uncollected():
            kept = _keep_parameters(modules, restoring)
            _keep_buffers(modules, restoring)
            _keep_attributes(modules, restoring)
            written = _Written(kept, restoring)
        yield written.before_write


def _keep_attributes(modules: Sequence[nn.Module], restoring: ExitStack) -> None:
    for m in modules:
        contents = [
            (value, value.copy() if value else ())  # most are empty: hooks that nobody has registered
            for value in m.__dict__.values()
            if type(value) in _CONTAINERS
        ]
        restoring.callback(_restore_attributes, m, dict(m.__dict__), contents, is_training=m.training)


def _restore_attributes(
    m: nn.Module, saved: dict[str, Any], contents: list[tuple[Any, Any]], *, is_training: bool
) -> None:
    m.__dict__.clear()
    m.__dict__.update(saved)
    if isinstance(m, torch.jit.ScriptModule):
        m.training = is_training  # kept in C++
    for container, copied in contents:
        if container or copied:
            _refill(container, copied)


def _refill(container: Any, contents: Any) -> None:
    container.clear()
    if isinstance(container, list):
        container.extend(contents)
    else:
        container.update(contents)


def _keep_buffers(modules: Sequence[nn.Module], restoring: ExitStack) -> None:
    """Their values: they are small, and some are written to by what no operator shows."""
    held = {id(buffer): buffer for m in modules for buffer in m._buffers.values() if buffer is not None}
    for buffer in held.values():
        if buffer.device.type != "meta":
            restoring.callback(_restore_values, buffer, buffer.clone())


def _restore_values(tensor: Tensor, value: Tensor) -> None:
    if not torch.equal(tensor, value):
        with torch.no_grad():
            tensor.copy_(value)


def _keep_parameters(modules: Sequence[nn.Module], restoring: ExitStack) -> list[Tensor]:
    """Which memory they have, which flag, which gradient; gives what their values, and those of gradients, are in."""
    held = {id(parameter): parameter for m in modules for parameter in own(m)}
    kept = []
    for parameter in held.values():
        if _is_ordinary(parameter):
            data, grad = parameter.detach(), parameter.grad
            restoring.callback(_restore_parameter, parameter, data, grad, is_trained=parameter.requires_grad)
            kept += [each for each in (data, grad) if each is not None and _is_ordinary(each)]
    return kept


def _restore_parameter(parameter: Tensor, data: Tensor, grad: Tensor | None, *, is_trained: bool) -> None:
    if not parameter.is_set_to(data):
        parameter.data = data
    if parameter.requires_grad != is_trained:
        parameter.requires_grad_(is_trained)
    if parameter.grad is not grad:
        parameter.grad = grad


class _Written:
    """Keeps the values of tensors when they are about to be written to, whichever view of them that is."""

    def __init__(self, tensors: list[Tensor], restoring: ExitStack) -> None:
        self._restoring = restoring
        self._tensors: dict[int, list[Tensor]] = {}
        for tensor in tensors:
            self._tensors.setdefault(tensor.untyped_storage().data_ptr(), []).append(tensor)

    def before_write(self, tensor: Tensor) -> None:
        if self._tensors and _is_ordinary(tensor):
            for kept in self._tensors.pop(tensor.untyped_storage().data_ptr(), ()):
                self._restoring.callback(_restore_values, kept, kept.clone())


def _is_ordinary(tensor: Tensor) -> bool:
    """Does it have values in memory of its own?"""
    return tensor.layout is torch.strided and tensor.device.type != "meta" and not tensor.is_nested


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
        restore_default_device(device)


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
