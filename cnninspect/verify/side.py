"""One of the two networks, filled with given weights while it runs and as it was afterwards."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn

from cnninspect.capture.forward import set_up
from cnninspect.capture.untouched import seeded, switches_kept, untouched
from cnninspect.errors import ModelError
from cnninspect.process import alone, deep, shared
from cnninspect.tensor_tree import mapped
from cnninspect.torch_internals.compiler import uncompiled

Call = tuple[tuple[Any, ...], dict[str, Any]]

_WIDE: Final = {False: torch.float64, True: torch.complex128}


class Side(NamedTuple):
    """A network, and what it is to be run on.

    Attributes:
        name: As the user typed it.
        module: Is never changed for longer than a run.
        calls: Arguments and named arguments of each run, on ``device``.
        device: Where the module is.
        mode: ``eval`` or ``train``.
        seed: Of what a forward pass draws itself.
        hosting: Context in which code of the user's runs.
    """

    name: str
    module: nn.Module
    calls: tuple[Call, ...]
    device: torch.device
    mode: str = "eval"
    seed: int = 0
    hosting: Callable[[], AbstractContextManager[None]] = nullcontext


def widened(tensor: Tensor) -> Tensor:
    """``tensor`` in double precision if it is floating or complex."""
    if tensor.is_floating_point() or tensor.is_complex():
        return tensor.to(_WIDE[tensor.is_complex()])
    return tensor


@contextmanager
def filled(side: Side, tensors: Mapping[str, Tensor], values: Mapping[str, Tensor], *, is_wide: bool) -> Iterator[None]:
    """The module with copies of ``values`` in its ``tensors``, in its mode, ready to run; as it was on leaving.

    Args:
        side: The network.
        tensors: What it holds, by key.
        values: By the same keys; what has none keeps its own.
        is_wide: Everything floating in double precision, else each tensor in its own dtype.
    """
    module = side.module
    with side.hosting(), alone(), deep(), untouched(list(module.modules())), switches_kept(), _reproducible():
        before = {id(tensor): (tensor, tensor.data) for tensor in (*module.parameters(), *module.buffers())}
        given = {id(tensor): values[key] for key, tensor in tensors.items() if key in values}
        try:
            for tensor, data in before.values():
                tensor.data = _copied(given.get(id(tensor), data), data.dtype, is_wide=is_wide)
                if isinstance(tensor, nn.Parameter) and (data.is_floating_point() or data.is_complex()):
                    tensor.requires_grad_()
            set_up(module, side.mode)
            yield
        finally:
            for tensor, data in before.values():
                tensor.data = data


def _copied(value: Tensor, dtype: torch.dtype, *, is_wide: bool) -> Tensor:
    new = widened(value) if is_wide else value.to(dtype)
    return new.clone() if new is value else new


def _reproducible() -> AbstractContextManager[None]:
    """An accelerator's fast and loose ways would be taken for a difference."""
    return shared("cudnn", _exact)


@contextmanager
def _exact() -> Iterator[None]:
    with ExitStack() as switched:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Please use the new API")  # torch 2.9, of a name that it uses itself
            exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
            switched.enter_context(exact)
        yield


def run(side: Side, number: int, *, is_wide: bool, leaves: list[Tensor] | None = None) -> Any:
    """What the network gives for one of its calls.

    Args:
        side: The network, filled.
        number: Of the call.
        is_wide: Whether inputs are in double precision.
        leaves: Is given the floating inputs, to differentiate by; ``None``: without gradients.

    Raises:
        ModelError: The forward pass raises.
    """

    def ready(tensor: Tensor) -> Tensor:
        own = (widened(tensor) if is_wide else tensor).detach().clone()
        if leaves is None or not (own.is_floating_point() or own.is_complex()):
            return own
        leaves.append(own.requires_grad_())
        return own.clone()  # a layer that works in place may not write to a leaf

    args, kwargs = mapped(side.calls[number], ready)
    with seeded(side.seed + number, side.device), torch.set_grad_enabled(leaves is not None):
        try:
            return uncompiled(lambda: side.module(*args, **kwargs))
        except Exception as error:
            raise ModelError(f"{side.name}: the forward pass with random weights fails: {reason(error)}") from error


def reason(error: BaseException) -> str:
    """The first line that an exception says, or its kind."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
