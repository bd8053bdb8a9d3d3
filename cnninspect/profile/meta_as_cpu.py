"""The meta device, where it passes for the CPU: what is asked and kept there is what would be on the CPU."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from cnninspect.torch_internals import DispatchMode, name_of
from cnninspect.torch_internals.default_devices import makes_on

META: Final = torch.device("meta")
_MEAN, _TRAINING = 3, 5  # the places of these arguments
_CHANNELS_LAST: Final = {4: torch.channels_last, 5: torch.channels_last_3d}
#: An object of its own, by which it is known again.
_TOLD: Final = torch.device("cpu")
#: What a tensor of the CPU answers.
_ANSWERS: Final = {"device": _TOLD, "is_cpu": True, "is_meta": False}
#: The same, by the function that asks it.
_ASKED: Final[Mapping[Any, Any]] = {getattr(Tensor, name).__get__: answer for name, answer in _ANSWERS.items()}
_OF_NUMBERS: Final = (torch.tensor, torch.as_tensor, torch.asarray)


class OnMeta:
    """Makes the context in which what is made goes there.

    Attributes:
        is_autocast: The network has asked for another dtype where it is right for the CPU, which meta isn't told.
        has_told: It has asked where a tensor is, and was told the CPU.
    """

    is_autocast = False
    has_told = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """The context."""
        with makes_on(META), _Calls(self), _Results():  # type: ignore[no-untyped-call]
            yield


class _Calls(TorchFunctionMode):
    """Who asks where a tensor is, is told the CPU; what is then made there is made on meta.

    Numbers that become a tensor are seen by others as on the CPU, where it is handed over to autograd.
    """

    def __init__(self, around: OnMeta) -> None:
        super().__init__()
        self._around = around

    def __torch_function__(
        self, func: Any, types: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Call it."""
        if torch.is_autocast_enabled("cpu"):
            self._around.is_autocast = True
        if func in _ASKED and args[0].is_meta:
            self._around.has_told = True
            return _ASKED[func]
        made = func(*map(_placed, args), **{name: _placed(value) for name, value in (kwargs or {}).items()})
        if func in _OF_NUMBERS and args and not isinstance(args[0], Tensor) and isinstance(made, Tensor):
            torch.ops.aten.lift_fresh(made)
        return made


def _placed(argument: Any) -> Any:
    return META if argument is _TOLD else argument


class _Results(DispatchMode):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """What operators give is what they give on the CPU."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run ``func``."""
        out = func(*args, **(kwargs or {}))
        mended = _MENDED.get(name_of(func))
        return out if mended is None else mended(out, args)


def _statistics(out: Sequence[Tensor], args: Sequence[Any]) -> tuple[Tensor, ...]:
    """Batch normalisation's statistics: none in evaluation, in training in the weights' dtype.

    ``torch._decomp.decompositions.native_batch_norm_helper`` says the first of fakes.
    """
    if not args[_TRAINING]:
        return out[0], out[1].new_empty((0,)), out[2].new_empty((0,))
    given, weight, mean = args[0], args[1], args[_MEAN]
    dtype = next(each.dtype for each in (weight, mean, given) if each is not None)
    return out[0], *(each if each.dtype == dtype else torch.empty_like(each, dtype=dtype) for each in out[1:])


def _laid_out(out: Sequence[Tensor | None], args: Sequence[Any]) -> tuple[Tensor | None, ...]:
    """Gradients of a convolution: channels last where its input or weight has them last; torch 2.9 forgets it."""
    layout = _CHANNELS_LAST.get(args[1].dim())
    if layout is None or not any(_has_layout(each, layout) for each in args[1:3]):
        return tuple(out)
    return *(each if each is None else each.contiguous(memory_format=layout) for each in out[:2]), *out[2:]


def _has_layout(tensor: Tensor, layout: torch.memory_format) -> bool:
    return tensor.is_contiguous(memory_format=layout) and not tensor.is_contiguous()


_MENDED: Final = {"aten::native_batch_norm": _statistics, "aten::convolution_backward": _laid_out}
