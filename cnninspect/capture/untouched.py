"""A forward pass that leaves nothing behind: not in the module, not in global state."""

import itertools
import random
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnninspect.capture.holdings import own
from cnninspect.capture.stored import is_plain, memory, stored
from cnninspect.process import kept, shared, uncollected
from cnninspect.torch_internals.default_devices import default_device, generator_of, restore_default_device

#: What many small tensors can be put together in, and compared as one.
_JOINED: Final = frozenset(
    (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.bool)
)
_CONTAINERS: Final = frozenset((dict, OrderedDict, list, set, deque))
_KEPT: Final = _CONTAINERS | {Tensor}

#: To be called with a tensor before it is written to.
BeforeWrite = Callable[[Tensor], None]
_Action = tuple[Callable[..., None], tuple[Any, ...]]


@contextmanager
def untouched(modules: Sequence[nn.Module]) -> Iterator[BeforeWrite]:
    """Put ``modules`` back as they were on leaving, also after an exception.

    Attributes (training flags, hooks, registered names, caches the model keeps), its buffers (the statistics of
    batch normalisation), its parameters and the tensors among its attributes are restored, values, shape, dtype,
    strides and memory. The values of buffers, which are small and some of which are written to by what no operator
    shows, are copied before; those of the others, which are large and seldom written to, when what is yielded is
    called with them.

    What can't be put back keeps nothing else from it, and is raised when all has been tried.
    """
    with uncollected():
        buffers = {id(each): each for m in modules for each in m._buffers.values() if each is not None}
        tensors = _Kept()
        attributes = _kept_attributes(modules, buffers, tensors.keep)
        parameters = [_kept_parameter(parameter, tensors.keep) for m in modules for parameter in own(m)]
        tensors.keep_values(list(buffers.values()))
    try:
        yield tensors.before_write
    finally:
        _carry_out(itertools.chain(reversed(tensors.restoring), reversed(parameters), reversed(attributes)))


def _carry_out(actions: Iterator[_Action]) -> None:
    for restore, args in actions:
        try:
            restore(*args)
        except BaseException:
            _carry_out(actions)  # those that are left
            raise


def _kept_attributes(
    modules: Sequence[nn.Module], buffers: Container[int], keep: Callable[[Tensor], None]
) -> list[_Action]:
    seen: set[int] = set()
    kept: list[_Action] = []
    for m in modules:
        attributes, filled, empty = m.__dict__.copy(), list[tuple[Any, Any]](), list[Any]()
        waiting = [[value for value in attributes.values() if type(value) in _KEPT]]
        for values in waiting:
            for value in values:
                kind = type(value)
                if kind is Tensor:
                    if id(value) not in buffers:
                        keep(value)
                elif not value:  # most of them: hooks that nobody has registered
                    empty.append(value)
                elif id(value) not in seen:
                    seen.add(id(value))
                    copied = value.copy()
                    filled.append((value, copied))
                    inside = copied.values() if isinstance(value, dict) else copied
                    waiting.append([each for each in inside if type(each) in _KEPT])
        kept.append((_restore_attributes, (m, attributes, filled, empty, m.training)))
    return kept


def _restore_attributes(
    m: nn.Module, saved: dict[str, Any], filled: list[tuple[Any, Any]], empty: list[Any], is_training: Any
) -> None:
    m.__dict__.clear()
    m.__dict__.update(saved)
    if isinstance(m, torch.jit.ScriptModule):
        m.training = is_training  # kept in C++
    for container, contents in filled:
        container.clear()
        if isinstance(container, list | deque):
            container.extend(contents)
        else:
            container.update(contents)
    for container in empty:
        if container:
            container.clear()


def _kept_parameter(parameter: Tensor, keep: Callable[[Tensor], None]) -> _Action:
    """Which flag and which gradient it has, beside what every tensor has."""
    keep(parameter)
    if parameter.grad is not None:
        keep(parameter.grad)
    return _restore_parameter, (parameter, parameter.grad, parameter.requires_grad)


def _restore_parameter(parameter: Tensor, grad: Tensor | None, is_trained: Any) -> None:
    if parameter.requires_grad != is_trained:
        parameter.requires_grad_(is_trained)
    if parameter.grad is not grad:
        parameter.grad = grad


class _Kept:
    """Keeps where tensors have their values, and these when they are about to be written to by whichever view."""

    def __init__(self) -> None:
        self.restoring: list[_Action] = []
        self._ids: set[int] = set()
        self._parts: dict[int, list[Tensor]] = {}  # not written to yet, by their memory

    def keep(self, tensor: Tensor) -> None:
        """Remember where its values are."""
        if id(tensor) in self._ids or is_lazy(tensor):
            return
        self._ids.add(id(tensor))
        if is_plain(tensor):  # nearly all are; told from the others for the sake of speed alone
            data, _, address = self._keep_place(tensor)
            self._parts.setdefault(address or id(tensor), []).append(data)
            return
        parts = stored(tensor)
        if tensor.layout is torch.strided and parts[0] is not tensor and not tensor.is_nested:
            self.restoring.append((_restore_wrapper, (tensor, dict(vars(tensor)))))
            own_parts: Sequence[Tensor] = [part.detach() for part in parts]
        else:
            data = tensor.detach()  # has the same memory, whatever becomes of the tensor
            self.restoring.append((_restore_place, (tensor, data, _room(data))))
            own_parts = (data,) if parts[0] is tensor else stored(data)
        for part, same in zip(parts, own_parts, strict=True):
            self._parts.setdefault(memory(part) or id(part), []).append(same)

    def _keep_place(self, tensor: Tensor) -> tuple[Tensor, int | None, int]:
        """Of a plain tensor: a view that stays where it is, the bytes of its storage and the address of that."""
        data = tensor.detach()
        room, address = None, 0
        if not tensor.is_meta:
            storage = data.untyped_storage()
            room, address = storage.nbytes(), storage.data_ptr()
        self.restoring.append((_restore_place, (tensor, data, room)))
        return data, room, address

    def keep_values(self, tensors: Sequence[Tensor]) -> None:
        """Remember where they have their values, and these, in one piece those of a kind: there may be many."""
        kinds: dict[tuple[torch.dtype, torch.device], list[tuple[Tensor, int | None]]] = {}
        for tensor in tensors:
            if tensor.dtype in _JOINED and is_plain(tensor) and id(tensor) not in self._ids:
                self._ids.add(id(tensor))
                data, room, _ = self._keep_place(tensor)
                if not tensor.is_meta:
                    kinds.setdefault((data.dtype, data.device), []).append((data, room))
            else:
                self.keep(tensor)
                self.before_write(tensor)
        for held in kinds.values():
            parts, rooms = zip(*held, strict=True)
            self.restoring.append((_restore_joined, (parts, _joined(parts), rooms)))

    def before_write(self, tensor: Tensor) -> None:
        """Remember its values."""
        if self._parts and tensor.device.type != "meta":
            for part in stored(tensor):
                for same in self._parts.pop(memory(part) or id(part), ()):
                    self.restoring.append((_restore_values, (same, same.clone(), _room(same))))


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat([part.reshape(-1) for part in parts])


def _room(tensor: Tensor) -> int | None:
    """Bytes of its storage, if it has one."""
    return tensor.untyped_storage().nbytes() if memory(tensor) is not None else None


def _make_room(tensor: Tensor, room: int | None) -> None:
    if room is not None and tensor.untyped_storage().nbytes() != room:
        tensor.untyped_storage().resize_(room)


def _restore_joined(parts: Sequence[Tensor], values: Tensor, rooms: Sequence[int | None]) -> None:
    for part, room in zip(parts, rooms, strict=True):
        _make_room(part, room)
    if not _joined(parts).equal(values):
        each = torch.split(values, [part.numel() for part in parts])
        _carry_out(
            (_restore_values, (part, value.reshape(part.shape), room))
            for part, value, room in zip(parts, each, rooms, strict=True)
        )


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
