"""Building modules without the time and memory of random initialisation.

The figures of a network do not depend on the values of its weights, yet filling VGG16's with random
numbers takes longer than running it. While ``uninitialised()`` is active, random fills of an
``nn.Parameter`` are skipped and its elements are zeros, in pages that are never touched. Everything
else happens: buffers, index tables, constants, parameters made from other tensors.
"""

import mmap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

_RANDOM_FILLS: Final = frozenset(
    (
        *(
            "uniform_",
            "normal_",
            "trunc_normal_",
            "log_normal_",
            "cauchy_",
            "exponential_",
            "geometric_",
            "bernoulli_",
        ),
        *(
            "random_",
            "xavier_uniform_",
            "xavier_normal_",
            "kaiming_uniform_",
            "kaiming_normal_",
            "orthogonal_",
        ),
        *("sparse_",),
    )
)
_WORTH_A_MAPPING: Final = 2**16  # bytes; below, writing zeros is quicker than asking for pages


class uninitialised(TorchFunctionMode):  # noqa: N801 - used as a context manager, like torch.no_grad
    """Context in which random fills of parameters are skipped and leave zeros behind.

    >>> with uninitialised():
    ...     layer = nn.Linear(2, 3)
    >>> layer.weight.abs().sum().item()
    0.0
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Skip ``func`` if it fills a parameter at random."""
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") in _RANDOM_FILLS:
            target = args[0] if args else kwargs.get("tensor")
            if isinstance(target, nn.Parameter) and target.device.type == "cpu":
                _make_zero(target)
                return target
        return func(*args, **kwargs)


def _make_zero(parameter: nn.Parameter) -> None:
    size = parameter.numel() * parameter.element_size()
    if size < _WORTH_A_MAPPING or parameter._is_view() or is_lazy(parameter):
        with torch.no_grad():
            parameter.zero_()
    else:
        parameter.data = zeros(parameter.shape, parameter.dtype)


def zeros(shape: torch.Size, dtype: torch.dtype) -> Tensor:
    """Zeros in pages that take no memory until they are written to, of shape ``shape``."""
    size = shape.numel() * dtype.itemsize
    pages = mmap.mmap(-1, size, access=mmap.ACCESS_COPY)  # private: reading maps the one page of zeros again and again
    return torch.frombuffer(pages, dtype=dtype).view(shape)
