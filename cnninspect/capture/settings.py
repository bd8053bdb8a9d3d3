"""The settings of a layer: the constructor arguments that it keeps under their own names."""

import inspect
from collections.abc import Callable, Collection
from typing import Any, Final

from torch import nn


def settings_of(module: nn.Module, known: dict[type, tuple[str, ...]] | None = None) -> dict[str, Any]:
    """``{"in_channels": 3, "kernel_size": [11, 11], "bias": True, …}``, in the constructor's order.

    What a layer keeps as a parameter, computes from others or leaves out (``bias``) is told as true or false; an
    argument that isn't plain data is left out.

    Args:
        module: The layer.
        known: The names of arguments by class, to be found there and added to. It goes with its owner: what keeps a
            class keeps all that its file has open.
    """
    found: dict[str, Any] = {}
    module_class: Any = type(module)
    kept = module.__dict__
    parameters = kept.get("_parameters", {})
    parametrized = _parametrized(kept)
    names = None if known is None else known.get(module_class)
    if names is None:
        names = _constructor_arguments(module_class)
        if known is not None:
            known[module_class] = names
    for name in names:
        if name in kept and name not in _PARAMETERS and not parametrized:
            value = kept[name]
            if type(value) in _PLAIN:  # as most are
                found[name] = value
                continue
            if type(value) is tuple and _PLAIN.issuperset(map(type, value)):
                found[name] = list(value)
                continue
        is_computed = name in parametrized or f"{name}_orig" in parameters  # by torch.nn.utils.prune
        value = True if is_computed else _kept(kept, parameters, name)
        if value is not _ABSENT:
            found[name] = value
    return found


def _parametrized(kept: dict[str, Any]) -> Collection[str]:
    """What was a parameter and is computed from others now."""
    modules = kept.get("_modules")
    if not modules:
        return ()
    found = modules.get("parametrizations") if isinstance(modules, dict) else None  # a scripted module's is no dict
    return found._modules if isinstance(found, nn.ModuleDict) else ()


_ABSENT = object()
#: What an instance of a subclass is, whatever that has made of ``str()`` and the like.
_AT_HEART: Final[dict[type, Callable[[Any], object]]] = {
    bool: bool, int: int.__int__, float: float.__float__, str: str.__str__,
}  # fmt: skip
_SCALARS: Final = tuple(_AT_HEART)
_PLAIN: Final = frozenset((type(None), *_SCALARS))
#: What an argument decides that isn't kept under its own name: a parameter that is there or not.
_PARAMETERS: Final = {"bias": "in_proj_bias", "add_bias_kv": "bias_k"}  # of nn.MultiheadAttention


def _constructor_arguments(module_class: Any) -> tuple[str, ...]:
    """Their names; a class that hands on ``*args`` or ``**kwargs`` has those of its base as well (``nn.LSTM``)."""
    names: dict[str, None] = {}
    for base in module_class.__mro__:
        code = getattr(inspect.unwrap(base.__init__), "__code__", None)
        if code is None:
            break
        names |= dict.fromkeys(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])
        if base is nn.Module or not code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
            break
    return tuple(names)


def _kept(attributes: dict[str, Any], parameters: dict[str, Any], name: str) -> object:
    if parameters:
        for kept_as in (name, _PARAMETERS.get(name, name)):
            if kept_as in parameters:
                return parameters[kept_as] is not None
    return _plain(attributes[name]) if name in attributes else _ABSENT


def _plain(value: Any) -> object:
    """``value`` as plain data: numbers and words of a subclass (of an enum, of NumPy) become what they are at heart."""
    if type(value) in _PLAIN:
        return value
    if type(value).__module__ == "numpy" and isinstance(getattr(value, "shape", None), tuple) and not value.shape:
        return _plain(value.item())  # also of those that are no subclass: np.int64, np.bool_
    kind = next((each for each in _SCALARS if isinstance(value, each)), None)
    if kind is not None:
        return _AT_HEART[kind](value)
    if isinstance(value, tuple | list):
        items = list(value)
        if not _PLAIN.issuperset(map(type, items)):
            items = [_plain(item) for item in items]
        return _ABSENT if _ABSENT in items else items
    return _ABSENT
