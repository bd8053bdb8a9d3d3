"""Random values that were left out when a network was built, made up for later: all of them, or those of one layer.

Where ``uninitialised`` skips what would fill a parameter, it notes the call here. Carried out again, the calls give the
values that torch would have given, from a seed of its own for each parameter: a layer has the same ones whether the
others are filled or not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import torch
from torch import nn

from cnninspect.process import alone

_Call = tuple[Callable[..., Any], Sequence[Any], Mapping[str, Any]]
#: A stream of its own: with that of the inputs, an image would be made of the first layer's weights.
_STREAM: Final = 2**33


class Fills:
    """What would have filled parameters, in the order of the calls."""

    def __init__(self) -> None:
        self._calls: dict[int, tuple[nn.Parameter, list[_Call]]] = {}

    def note(self, parameter: nn.Parameter, call: _Call) -> None:
        """Remember a call that was skipped."""
        self._calls.setdefault(id(parameter), (parameter, []))[1].append(call)

    def make_up(self, module: nn.Module, seed: int) -> None:
        """Fill the parameters at or below a module; nothing else of torch's random state moves.

        Args:
            module: What was built meanwhile, or a part of it.
            seed: The same seed gives the same values.
        """
        held = {id(parameter) for parameter in module.parameters()}
        with alone(), torch.random.fork_rng(devices=[]), torch.no_grad():
            for place, (key, (_, calls)) in enumerate(self._calls.items()):
                if key not in held:
                    continue
                torch.manual_seed((seed + _STREAM + place) % 2**63)
                for function, args, kwargs in calls:
                    function(*args, **kwargs)


_NOTING: Final[ContextVar[Fills | None]] = ContextVar("cnninspect_fills", default=None)


@contextmanager
def noted() -> Iterator[Fills]:
    """Context in which what is skipped is noted."""
    fills = Fills()
    token = _NOTING.set(fills)
    try:
        yield fills
    finally:
        _NOTING.reset(token)


def note(parameter: nn.Parameter, call: _Call) -> None:
    """Remember a call that is skipped, if somebody is to make up for it.

    Args:
        parameter: That it would have filled.
        call: The function and its arguments.
    """
    fills = _NOTING.get()
    if fills is not None:
        fills.note(parameter, call)
