"""What an operator is given, read by position or by name, as its schema says."""

import inspect
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.torch_internals import HigherOrderOperator, schema_of

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Signature(NamedTuple):
    """The arguments of an operator, in order, those that are only given by name last; ``None`` for no default."""

    names: tuple[str, ...]
    defaults: tuple[Any, ...]

    @classmethod
    def of(cls, func: Any) -> "Signature":
        """By its schema; a higher-order operator, which has none, tells by its Python signature."""
        if isinstance(func, HigherOrderOperator):
            names = tuple(inspect.signature(type(func).__call__).parameters)[1:]
            return cls(names, (None,) * len(names))
        known = [(each.name, each.default_value) for each in schema_of(func).arguments]
        return cls(tuple(name for name, _ in known), tuple(default for _, default in known))


class Arguments:
    """The arguments of one call, by position or by name; what was left out is its default.

    >>> convolution = Signature(("input", "weight", "stride"), (None, None, [1, 1]))
    >>> given = Arguments(convolution, ["a map"], {"weight": "a kernel"})
    >>> given[0], given[1], given["weight"], given["stride"], given.get("transposed", False)
    ('a map', 'a kernel', 'a kernel', [1, 1], False)
    """

    __slots__ = ("_signature", "_tensors", "args", "kwargs")

    def __init__(self, signature: Signature, args: Sequence[Any], kwargs: Mapping[str, Any] = _NOTHING) -> None:
        self._signature = signature
        self.args = args
        self.kwargs = kwargs
        self._tensors: list[Tensor] | None = None

    def __getitem__(self, place: int | str) -> Any:
        names, defaults = self._signature
        index = names.index(place) if isinstance(place, str) else place
        return self.args[index] if index < len(self.args) else self.kwargs.get(names[index], defaults[index])

    def get(self, name: str, default: Any = None) -> Any:
        """An argument that not every operator of a kind has; ``default`` for those that don't."""
        return self[name] if name in self._signature.names else default

    def named(self) -> dict[str, Any]:
        """All that isn't given by position, also what was left out."""
        return {name: self[name] for name in self._signature.names[len(self.args) :]}

    def tensors(self) -> list[Tensor]:
        """Those among them, also in lists."""
        if self._tensors is None:
            self._tensors = tensors_in((*self.args, *self.kwargs.values()) if self.kwargs else self.args)
        return self._tensors


#: Passed over at once.
_NO_TENSORS: Final = frozenset((type(None), bool, int, float, str, torch.dtype, torch.device, torch.layout, torch.Size))


def tensors_in(values: Sequence[Any]) -> list[Tensor]:
    """The tensors among ``values``, also in lists."""
    found = []
    for value in values:
        kind = type(value)
        if kind in _NO_TENSORS:
            continue
        if kind is Tensor or isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += [item for item in value if type(item) not in _NO_TENSORS and isinstance(item, Tensor)]
    return found
