"""A copy of a module with other tensors in it. What can't be copied, a lock or an open file, both have."""

import copy
from collections import ChainMap, OrderedDict
from typing import Any, Final

from torch import nn

_CONTAINERS: Final = (list, tuple, set)
_MAPPINGS: Final = (dict, OrderedDict)


def copied(module: nn.Module, memo: dict[int, Any]) -> Any:
    """What ``copy.deepcopy`` gives; where that fails, the same piece by piece.

    Args:
        module: Is left alone.
        memo: What is not copied but taken, by the id of what it stands for, such as a tensor; what has been copied is
            added.
    """
    trial = dict(memo)
    try:
        new = copy.deepcopy(module, trial)
    except Exception:  # noqa: BLE001 - whatever somebody's class has against it
        return _in_pieces(module, memo)
    memo |= trial
    return new


def _in_pieces(module: nn.Module, memo: dict[int, Any]) -> Any:
    """Every module first, empty, so that whatever refers to it finds its copy; then what each of them holds."""
    parts = [part for part in module.modules() if _is_ordinary(type(part))]
    for part in parts:
        memo[id(part)] = type(part).__new__(type(part))
    for part in parts:
        memo[id(part)].__setstate__({name: _piece(value, memo) for name, value in vars(part).items()})
    return _piece(module, memo)


def _is_ordinary(kind: Any) -> bool:
    """Is it copied as an object is by default?"""
    return not hasattr(kind, "__deepcopy__") and kind.__reduce_ex__ is object.__reduce_ex__


def _piece(value: Any, memo: dict[int, Any]) -> Any:
    trial: ChainMap[int, Any] = ChainMap({}, memo)  # what fails leaves half of a copy in it
    try:
        new = copy.deepcopy(value, trial)  # type: ignore[arg-type]  # a mapping will do
    except Exception:  # noqa: BLE001 - likewise
        return memo[id(value)] if id(value) in memo else _taken_apart(value, memo)
    memo.update(trial.maps[0])
    return new


def _taken_apart(value: Any, memo: dict[int, Any]) -> Any:
    if type(value) in _MAPPINGS:
        return type(value)((key, _piece(part, memo)) for key, part in value.items())
    if type(value) in _CONTAINERS:
        return type(value)(_piece(part, memo) for part in value)
    if not getattr(value, "__dict__", None):
        return value
    try:
        new = copy.copy(value)
    except Exception:  # noqa: BLE001 - likewise
        return value
    memo[id(value)] = new
    for name, part in vars(value).items():
        new.__dict__[name] = _piece(part, memo)
    return new
