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

from cnninspect.capture.kept_tensors import Action, KeptTensors, carry_out
from cnninspect.process import kept, shared, uncollected
from cnninspect.tensor_tree import parameters_in
from cnninspect.torch_internals.default_devices import default_device, generator_of, restore_default_device

_CONTAINERS: Final = frozenset((dict, OrderedDict, list, set, deque))
_KEPT: Final = _CONTAINERS | {Tensor}

#: To be called with a tensor before it is written to.
BeforeWrite = Callable[[Tensor], None]


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
        tensors = KeptTensors()
        attributes = _kept_attributes(modules, buffers, tensors.keep)
        parameters = parameters_in(modules)
        tensors.keep_all(parameters)
        gradients = [each.grad for each in parameters]
        tensors.keep_all([*{id(each): each for each in gradients if each is not None}.values()])
        are_trained = [each.requires_grad for each in parameters]
        tensors.keep_values(list(buffers.values()))
    try:
        yield tensors.before_write
    finally:
        of_parameters = _restore_parameters, (parameters, gradients, are_trained)
        carry_out(itertools.chain(reversed(tensors.restoring), [of_parameters], reversed(attributes)))


def _kept_attributes(
    modules: Sequence[nn.Module], buffers: Container[int], keep: Callable[[Tensor], None]
) -> list[Action]:
    seen: set[int] = set()
    kept: list[Action] = []
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


def _restore_parameters(
    parameters: Sequence[Tensor], gradients: Sequence[Tensor | None], are_trained: Sequence[bool]
) -> None:
    """Which flags and which gradients they have, beside what every tensor has."""
    held = zip(parameters, gradients, are_trained, strict=True)
    changed = [each for each in held if each[0].requires_grad != each[2] or each[0].grad is not each[1]]
    carry_out((_restore_parameter, each) for each in reversed(changed))


def _restore_parameter(parameter: Tensor, grad: Tensor | None, is_trained: Any) -> None:
    if parameter.requires_grad != is_trained:
        parameter.requires_grad_(is_trained)
    if parameter.grad is not grad:
        parameter.grad = grad


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
