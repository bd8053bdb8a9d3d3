"""What is used of torch that its documentation doesn't promise, each with what becomes of us in a torch without it.

What is imported here, and the base classes, nothing that runs a network can do without: such a torch is told by an
error that names what is missing. ``nn.Module``'s ``_parameters``, ``_buffers`` and ``_modules`` are used where they are
needed: they are what a module is.
"""

import contextlib
import inspect
import os
from collections.abc import Callable, Iterator
from typing import Any, Final

import torch
from torch import nn
from torch._ops import HigherOrderOperator, OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["HigherOrderOperator", "OpOverload"]

#: What the layers of one kind have in common, whatever their dimensions.
Convolution = nn.modules.conv._ConvNd  # also the transposed ones
TransposedConvolution = nn.modules.conv._ConvTransposeNd
BatchNorm = nn.modules.batchnorm._BatchNorm
InstanceNorm = nn.modules.instancenorm._InstanceNorm
AdaptiveAvgPool = nn.modules.pooling._AdaptiveAvgPoolNd
AdaptiveMaxPool = nn.modules.pooling._AdaptiveMaxPoolNd


def paddings_around(layer: Convolution) -> list[int]:
    """Before and after each side, from the last side to the first, also of ``padding="same"``. Without it: raises."""
    return layer._reversed_padding_repeated_twice


#: The layout of oneDNN's own tensors. Without it: products of such tensors are uncounted.
ONEDNN: Final[torch.layout] = getattr(torch, "_mkldnn", torch.strided)
#: Who has something to say while a program is read. Without these names: it is said.
EXPORT_LOGGERS: Final = ("torch.export", "torch._export")
_WEIGHTS_ONLY: Final = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"


class DispatchMode(TorchDispatchMode):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """A dispatch mode that sees operators which take functions, and nothing that torch compiles by itself.

    Its three hooks are undocumented; a torch that doesn't ask for one does as it does by default.
    """

    supports_higher_order_operators = True  # torch.cond, flex_attention; not asked: these raise under the mode

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: nothing here is compiled. Not asked: ``torch._dynamo`` is imported, a second's work."""
        return False

    @classmethod
    def ignore_compile_internals(cls) -> bool:
        """Yes: what torch compiles by itself (``flex_attention``) runs as without the mode. Not asked: it fails."""
        return True


def name_of(op: Any) -> str:
    """``aten::linear``, ``higher_order::cond``."""
    name: str = f"higher_order::{op.__name__}" if isinstance(op, HigherOrderOperator) else op._schema.name
    return name


def overload_of(op: Any) -> str:
    """``default``, ``Tensor``; empty for one that has none. Without it: rules of one overload alone don't apply."""
    overload: str = getattr(op, "_overloadname", "")
    return overload


def schema_of(op: OpOverload) -> Any:
    """Its arguments and returns. Without it: the first operator of a pass raises."""
    return op._schema


def is_composite(op: Any) -> bool:
    """Is it composed of other operators? Without the question: none is taken apart; what has no rule is uncounted."""
    has_kernel = getattr(torch._C, "_dispatch_has_kernel_for_dispatch_key", lambda *_: False)
    return bool(has_kernel(op.name(), "CompositeImplicitAutograd"))


def registered_formula(op: OpOverload) -> Callable[..., int] | None:
    """The FLOPs of an operator in torch's own registry, where ``register_flop_formula`` of somebody's puts them.

    Without the registry: there are none, and such an operator is uncounted.
    """
    from torch.utils import flop_counter  # imported for those alone that nothing else covers

    formula: Callable[..., int] | None = getattr(flop_counter, "flop_registry", {}).get(op._overloadpacket)
    return formula


def has_formulas_of_others() -> bool:
    """Has somebody in this process told torch how to count operators? Without the registry: nobody can have."""
    from torch.utils import flop_counter

    formulas = getattr(flop_counter, "flop_registry", {}).values()
    return any(getattr(formula, "__module__", None) != flop_counter.__name__ for formula in formulas)


def default_device() -> Any:
    """What ``torch.set_default_device`` has set, if anything; ``with torch.device(…)`` is not of its kind.

    Without it: a default that a forward pass sets stays when the pass is over.
    """
    return getattr(getattr(torch, "_GLOBAL_DEVICE_CONTEXT", None), "device_context", None)


def generator_of(device: torch.device) -> torch.Generator | None:
    """What draws on an accelerator; ``None`` elsewhere, and without the names: what is drawn there stays drawn."""
    if device.type in {"cpu", "meta"}:
        return None
    if device.type == "mps":
        mps: Callable[[], torch.Generator | None] = getattr(torch._C, "_mps_get_default_generator", lambda: None)
        return mps()
    torch.zeros((), device=device)  # they are there when the device has been used
    generators = getattr(torch.get_device_module(device.type), "default_generators", ())
    index = torch.accelerator.current_device_index() if str(device) == device.type else device.index
    return generators[index] if index < len(generators) else None


def parts_of_coo(tensor: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Indices and values of a sparse tensor, coalesced or not. Without these names: raises where there is one."""
    return tensor._indices(), tensor._values()


def module_that_loads() -> nn.Module | None:
    """The module whose ``load_state_dict`` is running in this thread; its frame holds it as ``self``.

    Without that: there seems to be none, and loading a network's own state into it fails.
    """
    frame = inspect.currentframe()
    while frame is not None and frame.f_code is not nn.Module.load_state_dict.__code__:
        frame = frame.f_back
    return None if frame is None else frame.f_locals.get("self")


def is_of_compiler(error: BaseException | None) -> bool:
    """Was it raised by torch's compiler? With another name for it: a model that compiles a part of itself fails."""
    return type(error).__module__.startswith("torch._dynamo.")


@contextlib.contextmanager
def weights_only() -> Iterator[None]:
    """Context in which every ``torch.load`` unpickles tensors alone, those that torch itself calls included.

    A torch that doesn't obey the variable runs what a hostile program holds; a test says so.
    """
    before = os.environ.get(_WEIGHTS_ONLY)
    os.environ[_WEIGHTS_ONLY] = "1"
    try:
        yield
    finally:
        del os.environ[_WEIGHTS_ONLY]
        if before is not None:
            os.environ[_WEIGHTS_ONLY] = before
