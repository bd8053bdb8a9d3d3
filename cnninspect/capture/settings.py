"""The settings of a layer: the constructor arguments that it keeps under their own names."""

import inspect
from functools import lru_cache
from typing import Any

from torch import nn


def settings_of(module: nn.Module) -> dict[str, Any]:
    """``{"in_channels": 3, "kernel_size": [11, 11], "bias": True, …}``, in the constructor's order.

    What a layer keeps as a parameter or leaves out (``bias``) is told as true or false; an argument
    that isn't plain data is left out.
    """
    found: dict[str, Any] = {}
    module_class: Any = type(module)
    kept = module.__dict__
    parameters = kept.get("_parameters", {})
    for name in _constructor_arguments(module_class):
        value = parameters[name] is not None if name in parameters else _plain(kept.get(name, _ABSENT))
        if value is not _ABSENT:
            found[name] = value
    return found


_ABSENT = object()


@lru_cache(maxsize=1024)
def _constructor_arguments(module_class: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(module_class.__init__).parameters)[1:]
    except (TypeError, ValueError):
        return ()


def _plain(value: Any) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        items = [_plain(item) for item in value]
        return _ABSENT if _ABSENT in items else items
    return _ABSENT
