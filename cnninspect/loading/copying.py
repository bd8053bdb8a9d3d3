"""A copy of a module with other tensors in it. What can't be copied, a lock or an open file, both have.

Most of a network are torch's own layers, whose attributes are plain: of these ``copy.deepcopy`` would copy every number
and every empty dictionary by itself, sixty calls a layer.
"""

import copy
from collections import ChainMap, OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import nn

from cnninspect.tensor_tree import modules_in

_CONTAINERS: Final = (list, tuple, set)
_MAPPINGS: Final = (dict, OrderedDict)
_ATOMS: Final = frozenset((type(None), bool, int, float, str, torch.dtype))
_ODD: Final = object()


def copied(module: nn.Module, memo: dict[int, Any]) -> Any:
    """What ``copy.deepcopy`` gives; where that fails, the same piece by piece.

    Args:
        module: Is left alone.
        memo: What is not copied but taken, by the id of what it stands for, such as a tensor; what has been copied is
            added.
    """
    trial = memo | _plain_layers(module, memo)
    try:
        new = copy.deepcopy(module, trial)
    except Exception:  # noqa: BLE001 - whatever somebody's class has against it
        return _in_pieces(module, memo)
    memo |= trial
    return new


def _plain_layers(module: nn.Module, memo: Mapping[int, Any]) -> dict[int, nn.Module]:
    """Copies of those of torch's own layers that hold plain values, and tensors that others stand for, by their ids."""
    found = {}
    for part in modules_in(module):
        kind: Any = type(part)
        if kind.__module__.startswith("torch.nn.modules.") and not part._modules and _is_ordinary(kind):
            held = {name: _plain(value, memo) for name, value in vars(part).items()}
            if _ODD not in held.values():
                found[id(part)] = new = kind.__new__(kind)
                new.__setstate__(held)
    return found


def _plain(value: Any, memo: Mapping[int, Any]) -> Any:
    """A value that is no other object's, the same or a new one; else something that tells it isn't."""
    kind = type(value)
    if kind in _ATOMS or (kind is tuple and all(type(each) in _ATOMS for each in value)):
        return value
    if kind is set and all(type(each) in _ATOMS for each in value):
        return set(value)
    if kind not in _MAPPINGS:
        return _ODD
    if all(each is None or id(each) in memo for each in value.values()):
        return kind((name, None if each is None else memo[id(each)]) for name, each in value.items())
    return _ODD


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
