"""Which of the mappings in a checkpoint is the state dict.

People save a state dict alone, or beside optimizers, random states, histories and hyper-parameters; under a name of
their own; two levels down; several at once. The search goes level by level and takes what is nearest to the top.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.errors import RequestError, unknown_name
from cnninspect.weights_files.pickles import Name, Placeholder
from cnninspect.weights_files.rebuilt import PackedTensor
from cnninspect.weights_files.state_files import SAVE_HINT

#: Where training scripts keep the state dict among other things, the usual name first.
_ENTRIES: Final = (
    "state_dict", "model_state_dict", "model", "net", "model_state", "network", "module", "params", "weights",
)  # fmt: skip
#: How ``nn.Module`` calls what a module adds to its state dict beside tensors.
EXTRA_STATE: Final = "_extra_state"
_OPTIMIZER: Final = {"state", "param_groups"}
_LEVELS: Final = 3
_MATRIX: Final = 2  # sides

Path = tuple[str, ...]


class Network(NamedTuple):
    """A value that may be a state dict, and the keys that lead to it."""

    path: Path
    values: Any

    @property
    def inside(self) -> Mapping[Any, Any]:
        """What has keys in it; nothing in a module, which to look into would be to load."""
        return _inside(self.values) or {}

    @property
    def entry(self) -> str:
        """Its place as it is typed behind ``#``."""
        return ".".join(self.path)


def find(name: str, found: Any, key: str | None) -> Network:
    """The state dict in what a file holds.

    Args:
        name: Of the file.
        found: What it holds.
        key: Of the one that is meant, if the user says so.

    Raises:
        RequestError: There is none, or there are several.
    """
    start = Network((), found)
    if key is not None:
        start = _below(name, start, key.split("."))
    nested = _nested(start)
    if _is_layered(start.inside) or (isinstance(start.values, Mapping) and not start.values):
        return start
    are_records = not any(_is_likely(each.inside) for each in nested)
    module = next(_modules(start), None)
    if module is not None and are_records:
        raise RequestError(
            f"weights file {name!r} holds a whole pickled module ({module}): refused, as loading it would run code",
            hint="where it was made, torch.save(module.state_dict(), FILE) saves its weights as plain data",
        )
    if are_records and _has_tensors(start.inside):
        return start
    if not nested:
        raise _none(name, start)
    known = [each for entry in _ENTRIES for each in nested if each.path[-1] == entry]
    best = [each for each in nested if known and each.path[-1] == known[0].path[-1]] or nested
    if len(best) > 1:
        raise RequestError(
            f"weights file {name!r} holds several state dicts: {', '.join(each.entry for each in best)}",
            hint=f"choose one: {name}#{best[0].entry}",
        )
    return best[0]


def is_tensor(value: object) -> bool:
    """Is it a tensor, or one that only its own class could make?"""
    return isinstance(value, Tensor | PackedTensor)


def is_value(value: object) -> bool:
    """Does it belong to a state dict: a tensor, or what a quantized module packs its weights into?"""
    if isinstance(value, tuple) and not isinstance(value, PackedTensor):
        return any(map(is_tensor, value))
    return is_tensor(value) or (isinstance(value, Placeholder) and value.name == "torch.ScriptObject")


def _inside(value: Any) -> Mapping[Any, Any] | None:
    """What has keys in a value: a mapping's items, an object's attributes and items, a sequence's numbers.

    A module is no mapping: to load it would be to run its code.
    """
    if isinstance(value, Placeholder):
        states = [each for each in value.content if isinstance(each, dict)]
        return None if value.is_module else {k: v for each in (*states, value.items) for k, v in each.items()}
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | tuple) and not isinstance(value, PackedTensor):
        return {place: each for place, each in enumerate(value) if not isinstance(each, int | float | str | Tensor)}
    return None


def _nested(start: Network) -> list[Network]:
    """The networks of the first level that has some; what may be a mere record only where nothing looks like one."""
    records: list[Network] = []
    for level in _levels(start):
        found = [each for each in level if _has_tensors(each.inside) and not _is_random_state(each.inside)]
        likely = [each for each in found if _is_likely(each.inside)]
        if likely:
            return likely
        records = records or found
    return records


def _modules(start: Network) -> Iterator[str]:
    """The classes of whole modules, likewise."""
    for level in ([start], *_levels(start)):
        yield from (
            each.values.name for each in level if isinstance(each.values, Placeholder) and each.values.is_module
        )


def _levels(start: Network) -> Iterator[list[Network]]:
    """What is inside of ``start``, and inside of that, and so on.

    Left out are optimizers, whose tensors have the shapes of parameters. A value may be in many places, and is looked
    into once.
    """
    level, seen = [start], set[int]()
    for _ in range(_LEVELS):
        following: list[Network] = []
        for each in level:
            if id(each.values) not in seen:
                seen.add(id(each.values))
                following.extend(_entries(each))
        yield following
        level = following


def _entries(network: Network) -> Iterator[Network]:
    inside = network.inside
    if inside.keys() >= _OPTIMIZER:
        return
    for key, value in inside.items():
        is_other = str(key).endswith(EXTRA_STATE) or str(key).startswith("optim")
        if isinstance(value, Mapping | Placeholder | list | tuple) and not is_other:
            yield Network((*network.path, str(key)), value)


def _tensors(values: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    return ((str(key), each) for key, each in values.items() if isinstance(key, str | int) and is_tensor(each))


def _has_tensors(values: Mapping[Any, Any]) -> bool:
    return any(True for _ in _tensors(values))


def _is_layered(values: Mapping[Any, Any]) -> bool:
    """Are there keys as only modules give them?"""
    return any("." in key or key in {"weight", "bias"} for key, _ in _tensors(values))


def _is_likely(values: Mapping[Any, Any]) -> bool:
    """Is it of a network, and no mere record of losses or classes?"""
    return _is_layered(values) or any(
        len(each.shape) >= _MATRIX and each.dtype.is_floating_point for _, each in _tensors(values)
    )


def _is_random_state(values: Mapping[Any, Any]) -> bool:
    return all(each.dtype == torch.uint8 for _, each in _tensors(values))


def _below(name: str, start: Network, parts: list[str]) -> Network:
    """What a key leads to: an entry, an entry of an entry, or the tensors whose keys begin with it."""
    inside = start.inside
    for count in range(len(parts), 0, -1):
        head = ".".join(parts[:count])
        key = next((each for each in inside if str(each) == head), None)
        if key is not None:
            below = Network((*start.path, head), inside[key])
            return _below(name, below, parts[count:]) if parts[count:] else below
    prefix = ".".join(parts) + "."
    chosen = {key.removeprefix(prefix): each for key, each in _tensors(inside) if key.startswith(prefix)}
    if not chosen:
        near = [each.entry for each in _nested(start)] or sorted({key.partition(".")[0] for key, _ in _tensors(inside)})
        see = f"it has {', '.join(near[:10])}" if near else ""
        raise unknown_name(f"key of {name!r}", ".".join(parts), near, see=see)
    return Network((*start.path, prefix[:-1]), chosen)


def _none(name: str, start: Network) -> RequestError:
    found = start.values
    if isinstance(found, Placeholder | Name):
        return RequestError(
            f"weights file {name!r} holds a {found!s}, not a state dict: refused, as making it would run code",
            hint=SAVE_HINT,
        )
    if start.path:
        return RequestError(f"{start.entry!r} in weights file {name!r} is no state dict", hint=SAVE_HINT)
    if isinstance(found, Mapping):
        return RequestError(
            f"weights file {name!r} holds a mapping of other things than tensors, not a state dict", hint=SAVE_HINT
        )
    return RequestError(f"weights file {name!r} holds a {type(found).__name__}, not a state dict", hint=SAVE_HINT)
