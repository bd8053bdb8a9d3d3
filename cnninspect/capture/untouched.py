"""A forward pass that leaves nothing behind: not in the module, not in global state."""

import random
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnninspect.capture.holdings import own
from cnninspect.capture.stored import memory, stored
from cnninspect.process import kept, shared, uncollected
from cnninspect.torch_internals import default_device, generator_of, restore_default_device

_CONTAINERS: Final = frozenset((dict, OrderedDict, list, set, deque))

#: To be called with a tensor before it is written to.
BeforeWrite = Callable[[Tensor], None]


@contextmanager
def untouched(modules: Sequence[nn.Module]) -> Iterator[BeforeWrite]:
    """Put ``modules`` back as they were on leaving, also after an exception.

    Attributes (training flags, hooks, registered names, caches the model keeps), its buffers (the statistics of
    batch normalisation), its parameters and the tensors among its attributes are restored, values, shape, dtype,
    strides and memory. Buffers are copied before; the others, which are large and seldom written to, when what is
    yielded is called with them.

    What can't be put back keeps nothing else from it, and is raised when all has been tried.
    """
    with ExitStack() as restoring:
        with uncollected():
            buffers = {id(each): each for m in modules for each in m._buffers.values() if each is not None}
            parameters = {id(each): each for m in modules for each in own(m)}
            tensors = _Kept(restoring)
            _keep_attributes(modules, restoring, tensors.keep)
            for parameter in parameters.values():
                _keep_parameter(parameter, restoring, tensors.keep)
            for buffer in buffers.values():
                tensors.keep(buffer)
                tensors.before_write(buffer)  # they are small, and some are written to by what no operator shows
        yield tensors.before_write


def _keep_attributes(modules: Sequence[nn.Module], restoring: ExitStack, keep: Callable[[Tensor], None]) -> None:
    seen: set[int] = set()
    for m in modules:
        contents = [
            (value, value.copy() if value else ())  # most are empty: hooks that nobody has registered
            for value in _containers(m.__dict__.values(), keep, seen)
        ]
        restoring.callback(_restore_attributes, m, dict(m.__dict__), contents, is_training=m.training)


def _containers(values: Iterable[Any], keep: Callable[[Tensor], None], seen: set[int]) -> Iterator[Any]:
    """Those among ``values`` and in one another; tensors that are met are kept."""
    for value in values:
        if type(value) in _CONTAINERS and id(value) not in seen:
            seen.add(id(value))
            yield value
            if value:
                yield from _containers(value.values() if isinstance(value, dict) else value, keep, seen)
        elif type(value) is Tensor:
            keep(value)


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
    if isinstance(container, list | deque):
        container.extend(contents)
    else:
        container.update(contents)


def _keep_parameter(parameter: Tensor, restoring: ExitStack, keep: Callable[[Tensor], None]) -> None:
    """Which flag and which gradient it has, beside what every tensor has."""
    keep(parameter)
    if parameter.grad is not None:
        keep(parameter.grad)
    restoring.callback(_restore_parameter, parameter, parameter.grad, is_trained=parameter.requires_grad)


def _restore_parameter(parameter: Tensor, grad: Tensor | None, *, is_trained: bool) -> None:
    if parameter.requires_grad != is_trained:
        parameter.requires_grad_(is_trained)
    if parameter.grad is not grad:
        parameter.grad = grad


class _Kept:
    """Keeps where tensors have their values, and these when they are about to be written to by whichever view."""

    def __init__(self, restoring: ExitStack) -> None:
        self._restoring = restoring
        self._ids: set[int] = set()
        self._parts: dict[int, list[Tensor]] = {}  # not written to yet, by their memory

    def keep(self, tensor: Tensor) -> None:
        """Remember where its values are."""
        if id(tensor) in self._ids or is_lazy(tensor):
            return
        self._ids.add(id(tensor))
        parts = stored(tensor)
        if tensor.layout is torch.strided and parts[0] is not tensor and not tensor.is_nested:
            self._restoring.callback(_restore_wrapper, tensor, dict(vars(tensor)))
            own_parts: Sequence[Tensor] = [part.detach() for part in parts]
        else:
            data = tensor.detach()  # has the same memory, whatever becomes of the tensor
            self._restoring.callback(_restore_place, tensor, data, _room(data))
            own_parts = stored(data)
        for part, same in zip(parts, own_parts, strict=True):
            self._parts.setdefault(memory(part) or id(part), []).append(same)

    def before_write(self, tensor: Tensor) -> None:
        if self._parts and tensor.device.type != "meta":
            for part in stored(tensor):
                for same in self._parts.pop(memory(part) or id(part), ()):
                    self._restoring.callback(_restore_values, same, same.clone(), _room(same))


def _room(tensor: Tensor) -> int | None:
    """Bytes of its storage, if it has one."""
    return tensor.untyped_storage().nbytes() if memory(tensor) is not None else None


def _make_room(tensor: Tensor, room: int | None) -> None:
    if room is not None and tensor.untyped_storage().nbytes() != room:
        tensor.untyped_storage().resize_(room)


def _restore_values(tensor: Tensor, value: Tensor, room: int | None) -> None:
    _make_room(tensor, room)
    if not _holds(tensor.equal, value):
        with torch.inference_mode():  # what was made in it can be written to in it alone
            tensor.copy_(value)


def _restore_place(tensor: Tensor, data: Tensor, room: int | None) -> None:
    _make_room(data, room)
    if not _holds(tensor.is_set_to, data):
        tensor.data = data


def _restore_wrapper(tensor: Tensor, saved: dict[str, Any]) -> None:
    vars(tensor).clear()
    vars(tensor).update(saved)


def _holds(question: Callable[[Tensor], bool], other: Tensor) -> bool:
    try:
        return question(other)
    except NotImplementedError:  # of what is nested, quantized, on meta, or in a layout of somebody's own
        return False


@contextmanager
def switches_kept() -> Iterator[None]:
    """Put torch's global switches back on leaving: default dtype and device, attention's fast path.

    The modes of autograd come back by themselves.
    """
    device = default_device()  # each thread has its own
    try:
        with shared("switches", _common_switches_kept):
            yield
    finally:
        restore_default_device(device)


@contextmanager
def _common_switches_kept() -> Iterator[None]:
    dtype, fast_path = torch.get_default_dtype(), _fast_path.get_fastpath_enabled()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        _fast_path.set_fastpath_enabled(fast_path)


_fast_path: Final[Any] = torch.backends.mha


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Draw from ``seed`` inside (dropout in train mode), by torch, Python or NumPy; outside, nothing has been drawn.

    Among threads that are inside at once, who draws what is open.
    """
    numpy: Any = sys.modules.get("numpy")
    generator = generator_of(device)
    with ExitStack() as states:
        states.enter_context(kept("random", random.getstate, random.setstate))
        random.seed(seed)
        if numpy:
            states.enter_context(kept("numpy", numpy.random.get_state, numpy.random.set_state))
            numpy.random.seed(seed % 2**32)
        for each in (torch.default_generator, generator):
            if each is not None:
                states.enter_context(kept(each, each.get_state, each.set_state))
                each.manual_seed(seed)
        yield
