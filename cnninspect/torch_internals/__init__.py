"""What is used of torch that its documentation doesn't promise, each with what becomes of us in a torch without it.

What is imported here, and the base classes, nothing that runs a network can do without: such a torch is told by an
error that names what is missing. ``nn.Module``'s ``_parameters``, ``_buffers`` and ``_modules`` are used where they are
needed: they are what a module is.
"""

import contextlib
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch._ops import HigherOrderOperator, OpOverload
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
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
#: Who has something to say while a program is read, and while fakes run. Without these names: it is said.
EXPORT_LOGGERS: Final = ("torch.export", "torch._export")
FAKE_LOGGER: Final = "torch._subclasses.fake_tensor"
_WEIGHTS_ONLY: Final = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"


class DispatchMode(TorchDispatchMode):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """A dispatch mode that sees operators which take functions.

    Its two hooks are undocumented; a torch that doesn't ask for one does as it does by default.
    """

    supports_higher_order_operators = True  # torch.cond, flex_attention; not asked: these raise under the mode

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: nothing here is compiled. Not asked: ``torch._dynamo`` is imported, a second's work."""
        return False


#: What stands under this name in the ``__dict__`` of a module is called in the module's place (``torch.compile`` puts
#: there what it has made), and no copy of the module takes it along. Without it: no layer is recorded; a test says so.
CALLED_INSTEAD: Final = "_compiled_call_impl"


def call_of(module: nn.Module) -> Callable[..., Any]:
    """What calls the module's hooks and its forward pass. Without it: recording a pass raises."""
    return module._call_impl


def packs_what_is_saved() -> Any:
    """What autograd hands to, just now, what an operator keeps for its backward pass. Without it: ``None``, nobody."""
    find = getattr(torch._C._autograd, "_top_saved_tensors_default_hooks", None)
    hooks = None if find is None else find(False)  # noqa: FBT003 - it takes no names
    return hooks[0] if hooks else None


def has_global_hooks() -> bool:
    """Has somebody hooked something to all modules? Without the question: it is taken that somebody has."""
    return bool(getattr(nn.modules.module, "_has_any_global_hook", lambda: True)())


def undispatched() -> Any:
    """While what it gives is alive, no dispatch mode and no subclass of tensors sees operators. Without it: raises."""
    return torch._C._DisableTorchDispatch()


def dispatch_modes() -> int:
    """How many are on, one in another. Without it: −1, and every operator goes through them."""
    return int(getattr(torch._C, "_len_torch_dispatch_stack", lambda: -1)())


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
    try:
        return bool(has_kernel(op.name(), "CompositeImplicitAutograd"))
    except RuntimeError:  # TorchScript's alone, as `aten::dim`, which torch 2.9 calls on its way to a jagged tensor
        return False


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


def kind_of_packed(packed: Any) -> str:
    """``LinearPackedParamsBase``: the class of what torch has packed. Without it: nothing is unpacked."""
    name: str = packed._type().qualified_name()
    return name.rpartition(".")[2]


def parts_of_coo(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """Indices and values of a sparse tensor, coalesced or not. Without them: what holds such a tensor raises."""
    return tensor._indices(), tensor._values()


def empty_quantized(
    size: Sequence[int], scales: Any, zero_points: Any, dtype: torch.dtype, axis: int | None = None
) -> Tensor:
    """A quantized tensor without values. Without what makes it: a file that holds one counts as damaged.

    Args:
        size: Of the tensor.
        scales: A number, or one for each place along ``axis``.
        zero_points: Likewise.
        dtype: One of the quantized ones.
        axis: Along which the scales differ, if they do.
    """
    if axis is None:
        return torch._empty_affine_quantized(size, scale=scales, zero_point=zero_points, dtype=dtype)
    return torch._empty_per_channel_affine_quantized(
        size, scales=torch.as_tensor(scales), zero_points=torch.as_tensor(zero_points), axis=axis, dtype=dtype
    )


def module_that_loads() -> nn.Module | None:
    """The module whose ``load_state_dict`` is running in this thread; its frame holds it as ``self``.

    Without that: there seems to be none, and loading a network's own state into it fails.
    """
    frame = inspect.currentframe()
    while frame is not None and frame.f_code is not nn.Module.load_state_dict.__code__:
        frame = frame.f_back
    return None if frame is None else frame.f_locals.get("self")


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


def sequence_number() -> int:
    """The number of the next node of autograd's graph in this thread. Without it: a training step can't be followed."""
    return int(torch._C._autograd._get_sequence_nr())


def current_node() -> int | None:
    """The number of the node whose backward is running; ``None`` outside of a backward pass. Without it: raises."""
    node: Any = torch._C._current_autograd_node()
    return None if node is None else int(node._sequence_nr())


def storage_of(tensor: Tensor) -> int:
    """What tells its storage from every other one that is alive. Without it: memory can't be followed."""
    return int(tensor.untyped_storage()._cdata)


def fakes_on(device: torch.device) -> tuple[contextlib.AbstractContextManager[object], Callable[[Tensor], Any]]:
    """What runs fakes, tensors on meta that pass for others, and what makes them. Without it: attention is unknown.

    Args:
        device: For whose tensors they pass.
    """
    mode = FakeTensorMode()
    return mode, lambda tensor: FakeTensor(mode, tensor, device)


def is_fake(tensor: Tensor) -> bool:
    """Does it pass for a tensor of a device, and is on meta? Without the name: none does."""
    return hasattr(tensor, "fake_mode")
