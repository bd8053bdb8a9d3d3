"""Random values that were left out when a network was built, made up for later: all of them, or those of one layer.

Where ``uninitialised`` skips what would fill a parameter, it notes the call here. Carried out again, the calls give the
values that torch would have given, from a seed of its own for each parameter: a layer has the same ones whether the
others are filled or not. What changes such a parameter afterwards (a row of zeros for padding) was carried out on
zeros and is noted behind the calls; a copy of one has the calls of what it was copied from, and the copying.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnninspect.process import alone

_Call = tuple[Callable[..., Any], Sequence[Any], Mapping[str, Any]]
#: A stream of its own: with that of the inputs, an image would be made of the first layer's weights.
_STREAM: Final = 2**33


class _Filled(NamedTuple):
    """A tensor whose random values were left out.

    Attributes:
        storage: Its memory, held so that no other tensor gets the same address.
        place: Its number, or that of what it was copied from, for the seed.
        copied: How many copies lead to it.
        calls: What would have filled it, in their order.
    """

    storage: torch.UntypedStorage
    place: int
    copied: int = 0
    calls: tuple[_Call, ...] = ()


class Fills:
    """What would have filled parameters, by the addresses of their memory, in the order of the calls."""

    def __init__(self) -> None:
        self._filled: dict[int, _Filled] = {}
        self._addresses: dict[int, tuple[nn.Parameter, int]] = {}

    def note(self, parameter: nn.Parameter, call: _Call) -> None:
        """Remember a call that was skipped.

        Args:
            parameter: That it would have filled; it may have got other memory for that.
            call: The function and its arguments.
        """
        address = _address(parameter)
        if address is None:
            return
        storage = parameter.untyped_storage()
        _, former = self._addresses.get(id(parameter), (parameter, address))
        known = self._filled.pop(former, None) or self._filled.get(address) or _Filled(storage, 0)
        is_known = id(parameter) in self._addresses  # a copy that is filled itself gets a seed of its own
        place = known.place if is_known else len(self._addresses)
        self._addresses[id(parameter)] = parameter, address
        self._filled[address] = _Filled(storage, place, known.copied, (*known.calls, call))

    def carried_out(self, call: _Call) -> Any:
        """Carry out a call that is not skipped, and remember it if it changes or copies what is still to be filled."""
        function, args, kwargs = call
        target, name = args[0] if args else kwargs.get("tensor"), getattr(function, "__name__", "")
        address = _address(target)
        if address is None or not isinstance(target, Tensor) or target.is_inference():
            return function(*args, **kwargs)
        before = target._version
        result = function(*args, **kwargs)
        if name == "clone":
            self._copied(result, target)
        elif target._version != before:
            if name == "copy_" and target.numel() * target.element_size() == target.untyped_storage().nbytes():
                self._copied(target, args[1] if len(args) > 1 else kwargs.get("src"))
            elif known := self._filled.get(address):
                self._filled[address] = known._replace(calls=(*known.calls, call))
        return result

    def _copied(self, target: Tensor, source: object) -> None:
        """All of a tensor was copied from another: it is to be filled as that is, or is as it should be."""
        to, of = _address(target), _address(source)
        if to is None or to == of:  # a module that loads its own state dict
            return
        known = None if of is None else self._filled.get(of)
        if known is not None:
            copying: _Call = (Tensor.copy_, (target, source), {})
            self._filled[to] = _Filled(
                target.untyped_storage(), known.place, known.copied + 1, (*known.calls, copying)
            )  # fmt: skip
        elif to in self._filled:
            self._filled[to] = self._filled[to]._replace(calls=())

    def make_up(self, module: nn.Module, seed: int) -> None:
        """Fill the parameters at or below a module, and buffers that are copies of some.

        Nothing else of torch's random state moves. Copies come first: each fills what it was made of on its way.

        Args:
            module: What was built meanwhile, or a part of it.
            seed: The same seed gives the same values.
        """
        held = set(map(_address, chain(module.parameters(), module.buffers())))
        with alone(), torch.random.fork_rng(devices=[]), torch.no_grad():
            wanted = [each for address, each in self._filled.items() if address in held]
            for each in sorted(wanted, key=lambda each: -each.copied):
                torch.manual_seed((seed + _STREAM + each.place) % 2**63)
                for function, args, kwargs in each.calls:
                    function(*args, **kwargs)


def _address(tensor: object) -> int | None:
    """Of its memory; ``None``: it has none that could be told."""
    if not isinstance(tensor, Tensor) or is_lazy(tensor) or tensor.layout is not torch.strided or tensor.is_meta:
        return None
    try:
        return tensor.untyped_storage().data_ptr() or None
    except RuntimeError:  # a subclass that wraps others has none
        return None


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


def carried_out(call: _Call) -> Any:
    """Carry out a call that is not skipped; it is remembered if it changes or copies what is still to be filled.

    Args:
        call: The function and its arguments.
    """
    fills = _NOTING.get()
    if fills is None:
        function, args, kwargs = call
        return function(*args, **kwargs)
    return fills.carried_out(call)
