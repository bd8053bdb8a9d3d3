"""Building modules without the time and memory of random initialisation.

The figures of a network do not depend on the values of its weights, yet filling VGG16's with random
numbers takes longer than running it. While ``uninitialised()`` is active, random fills of an
``nn.Parameter`` are skipped and its elements are zeros, in pages that are never touched. So is what
shapes those random values afterwards, in place and with plain numbers: a truncated normal distribution is
a uniform one put through ``erfinv_``, ``mul_``, ``add_`` and ``clamp_``. Everything else happens: buffers,
index tables, constants, parameters made from other tensors. Whoever wants the values has them made up (``fills``), and
with them copies of such parameters and what was written into them.
"""

import contextlib
import mmap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from cnninspect.loading.fills import carried_out, note

_RANDOM_FILLS: Final = frozenset((
    "uniform_", "normal_", "trunc_normal_", "log_normal_", "cauchy_", "exponential_", "geometric_", "bernoulli_",
    "random_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "sparse_",
))  # fmt: skip
#: What turns random values into other random values, if its arguments are plain numbers.
_SHAPING: Final = frozenset(("erfinv_", "mul_", "div_", "add_", "sub_", "clamp_", "clamp_min_", "clamp_max_"))
_WORTH_A_MAPPING: Final = 2**16  # bytes; below, writing zeros is quicker than asking for pages
_WORTH_HUGE_PAGES: Final = 2**22  # bytes; mapping VGG16's weights by 4 KiB takes as long as half its forward pass


class uninitialised(TorchFunctionMode):  # noqa: N801 - used as a context manager, like torch.no_grad
    """Context in which random fills of parameters are skipped and leave zeros behind.

    Args:
        devices: Those of the parameters: the CPU and meta, or those that are named.

    >>> with uninitialised():
    ...     layer = nn.Linear(2, 3)
    >>> layer.weight.abs().sum().item()
    0.0
    """

    def __init__(self, *devices: str) -> None:
        super().__init__()
        self._devices = devices or ("cpu", "meta")
        # Parameters whose random fill was skipped, each with its version then: nothing was written to it
        # since while that is its version. They are held so that no other parameter gets the same id.
        self._random: dict[int, tuple[nn.Parameter, int]] = {}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Skip ``func`` if it fills a parameter at random, or shapes what such a fill would have left."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name in _RANDOM_FILLS:
            target = args[0] if args else kwargs.get("tensor")
            if isinstance(target, nn.Parameter) and target.device.type in self._devices:
                if target.device.type == "meta":  # nothing to fill; torch imports its compiler to find that out
                    return target
                _make_zero(target)
                note(target, (func, args, kwargs))
                if not target.is_inference():  # such a tensor has no version
                    self._random[id(target)] = target, target._version
                return target
        elif name in _SHAPING and self._is_random(args[0]) and _are_numbers((*args[1:], *kwargs.values())):
            note(args[0], (func, args, kwargs))
            return args[0]
        elif name == "clone" or name.endswith("_"):
            return carried_out((func, args, kwargs))
        return func(*args, **kwargs)

    def _is_random(self, target: object) -> bool:
        parameter, version = self._random.get(id(target), (None, 0))
        return parameter is not None and parameter._version == version


def _are_numbers(values: Iterable[object]) -> bool:
    return all(value is None or isinstance(value, int | float) for value in values)


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
    if size >= _WORTH_HUGE_PAGES and hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel without huge pages maps many small ones
            pages.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(pages, dtype=dtype).view(shape)
