"""A network of torchvision as its weights entry describes it, with nothing loaded and nothing replaced.

A builder takes constructor arguments from the entry that it is given, and then loads the entry's state dict. Here it is
given something that passes for the entry and has another state dict: the one that the network has already. And it runs
with globals of its own, in which the user's arguments win over the entry's, where torchvision would raise an error.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any

from cnninspect.torch_internals import module_that_loads

if TYPE_CHECKING:
    from torch import Tensor, nn


def described(builder: Callable[..., "nn.Module"], entry: Any, arguments: Mapping[str, Any]) -> "nn.Module":
    """What a builder makes of an entry.

    Args:
        builder: A function of torchvision's.
        entry: A member of its weights enum.
        arguments: The user's own, for the constructor.
    """
    plain: Any = inspect.unwrap(builder)
    own = dict(plain.__globals__)
    for name, value in plain.__globals__.items():
        if isinstance(value, FunctionType) and value.__globals__ is plain.__globals__:
            own[name] = _rebuilt(value, own)
    own |= {"_ovewrite_named_param": dict.setdefault, "_ovewrite_value_param": _user_or_entry}
    module: nn.Module = _rebuilt(plain, own)(weights=_WeightsEntry(entry), **arguments)
    return module


def _rebuilt(function: FunctionType, own: dict[str, Any]) -> FunctionType:
    """The same function with globals of its own."""
    rebuilt = FunctionType(function.__code__, own, function.__name__, function.__defaults__, function.__closure__)
    rebuilt.__kwdefaults__ = function.__kwdefaults__
    return rebuilt


def _user_or_entry(_name: str, user: Any, entry: Any) -> Any:
    return entry if user is None else user


class _WeightsEntry:
    """Passes for a member of a weights enum."""

    def __init__(self, entry: Any) -> None:
        self._entry = entry

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What ``isinstance`` asks."""
        return type(self._entry)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)

    def __eq__(self, other: object) -> bool:
        return bool(self._entry == other)

    def __hash__(self) -> int:
        return hash(self._entry)

    def get_state_dict(self, *_args: Any, **_kwargs: Any) -> Mapping[str, "Tensor"]:
        """Nothing is downloaded."""
        return _OwnState()


class _OwnState(Mapping[str, "Tensor"]):
    """The state dict of whichever module reads it in its ``load_state_dict``; loading that does nothing."""

    def __init__(self) -> None:
        self._held: dict[str, Tensor] = {}

    @property
    def _metadata(self) -> Any:
        """With it ``load_state_dict`` begins: the versions of what follows."""
        module = module_that_loads()
        self._held = {} if module is None else module.state_dict(keep_vars=True)
        return getattr(self._held, "_metadata", None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __getitem__(self, key: str) -> "Tensor":
        return self._held[key]

    def __len__(self) -> int:
        return len(self._held)
