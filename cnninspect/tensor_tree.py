"""The modules in a module; the tensors in a value: what holds some, where each stands, the same with others instead.

What is looked into: mappings, lists, tuples, named tuples, deques, dataclasses by their fields, and any other object by
the attributes that it keeps in its ``__dict__`` or its slots (a cache of keys and values, a list of images). Modules,
classes and functions hold tensors for other reasons and are not.
"""

import contextlib
import copy
import dataclasses
import sys
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn

_CONTAINERS: Final = (Mapping, list, tuple, deque)
_CLOSED: Final = (
    nn.Module, type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType,
)  # fmt: skip
#: Passed over at once: most of what is not a tensor.
_ATOMS: Final = frozenset((type(None), bool, int, float, complex, str, bytes, torch.Size, torch.dtype, torch.device))
#: Objects in one another: the cache of an encoder and decoder, in it two caches, in each its layers; and one more.
_DEEPEST: Final = 4
_NO_SLOTS: Final = frozenset(("__dict__", "__weakref__"))


def children(value: Any) -> Iterable[tuple[Any, Any]]:
    """What ``value`` holds, each with its key, index or name.

    >>> [*children([True, None])], [*children({"out": 1})], [*children("text")]
    ([(0, True), (1, None)], [('out', 1)], [])
    """
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return zip(value._fields, value, strict=True)
    if isinstance(value, _CONTAINERS):
        return enumerate(value)
    return _attributes(value)


def _attributes(value: Any) -> Iterable[tuple[str, Any]]:
    """The fields of a dataclass that have a value; of another object what it keeps by itself."""
    if isinstance(value, _CLOSED):
        return ()
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return [(name, getattr(value, name)) for name in names if hasattr(value, name)]
    held = getattr(value, "__dict__", None)
    found = list(held.items()) if type(held) is dict else []
    for each in type(value).__mro__:
        slots = each.__dict__.get("__slots__", ())
        own: list[str] = [slots] if isinstance(slots, str) else list(slots)
        found += [(name, getattr(value, name)) for name in own if name not in _NO_SLOTS and hasattr(value, name)]
    return found


def modules_in(root: nn.Module) -> list[nn.Module]:
    """``root.modules()``, in that order, in a fraction of the time.

    >>> shared = nn.ReLU()
    >>> [type(each).__name__ for each in modules_in(nn.Sequential(shared, nn.Sequential(nn.GELU(), shared), nn.SiLU()))]
    ['Sequential', 'ReLU', 'Sequential', 'GELU', 'SiLU']
    """
    found: dict[int, nn.Module] = {}
    waiting = [root]
    while waiting:
        module = waiting.pop()
        if id(module) not in found:
            found[id(module)] = module
            if module._modules:
                waiting += reversed([child for child in module._modules.values() if child is not None])
    return list(found.values())


def named_modules_in(root: nn.Module) -> list[tuple[str, nn.Module]]:
    """``root.named_modules(remove_duplicate=False)``, likewise: what stands in several places has them all.

    Raises:
        RecursionError: A module holds itself.
    """
    found = []
    waiting = [("", root, 0)]
    deepest = sys.getrecursionlimit()
    while waiting:
        path, module, depth = waiting.pop()
        found.append((path, module))
        if module._modules:
            if depth > deepest:
                raise RecursionError("a module holds itself")
            start = f"{path}." if path else ""
            held = [(start + name, child, depth + 1) for name, child in module._modules.items() if child is not None]
            waiting += reversed(held)
    return found


def parameters_in(modules: Iterable[nn.Module]) -> list[Tensor]:
    """Those directly in ``modules``, each once."""
    held = [each for module in modules if module._parameters for each in module._parameters.values()]
    return list({id(each): each for each in held if each is not None}.values())


def buffers_in(modules: Iterable[nn.Module]) -> list[Tensor]:
    """Those directly in ``modules``, each once."""
    held = [each for module in modules if module._buffers for each in module._buffers.values()]
    return list({id(each): each for each in held if each is not None}.values())


def attributes_in(modules: Iterable[nn.Module]) -> list[Tensor]:
    """Tensors that ``modules`` have as plain attributes."""
    return [value for module in modules for value in module.__dict__.values() if isinstance(value, Tensor)]


def arrays(value: Any, name: str = "") -> list[tuple[str, Tensor]]:
    """Every NumPy array in ``value`` with its place, as a tensor; those whose elements no tensor can hold are left out.

    Args:
        value: Whatever a module takes or gives.
        name: Of ``value``, to stand before the places in it.
    """
    if isinstance(value, Tensor) or type(value) in _ATOMS or "numpy" not in sys.modules:
        return []
    found = []
    for place, array in _found(value, name, {}, _DEEPEST, sys.modules["numpy"].ndarray):
        with contextlib.suppress(TypeError, ValueError):  # its dtype, or strides that go backwards
            found.append((place, torch.from_numpy(array if array.flags.writeable else array.copy())))
    return found


def named_tensors(value: Any, name: str = "") -> list[tuple[str, Tensor]]:
    """Every tensor in ``value`` with its place: ``"out"``, ``"0.boxes"``; ``""`` for ``value`` itself.

    What stands in several places has them all, but a plain object is looked into where it is met first.

    Args:
        value: Whatever a module takes or gives.
        name: Of ``value``, to stand before the places in it.

    >>> import torch
    >>> [place for place, _ in named_tensors({"out": torch.ones(1), "aux": [torch.ones(1)]})]
    ['out', 'aux.0']
    """
    if isinstance(value, Tensor):
        return [(name, value)]
    return [] if type(value) in _ATOMS else list(_found(value, name, {}, _DEEPEST, Tensor))


def _found(value: Any, name: str, entered: dict[int, Any], room: int, wanted: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, wanted):
        yield name, value
        return
    is_object = not isinstance(value, _CONTAINERS) and not dataclasses.is_dataclass(value)
    if id(value) in entered or (is_object and not room):
        return
    entered[id(value)] = value
    for key, part in children(value):
        place = f"{name}.{key}" if name else str(key)
        if isinstance(part, wanted):
            yield place, part
        elif type(part) not in _ATOMS and not isinstance(part, Tensor):
            yield from _found(part, place, entered, room - is_object, wanted)
    if not is_object:
        del entered[id(value)]  # only what it holds can't hold it


def mapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """``value`` with another tensor in the place of each; what is shared in it, or holds itself, does so afterwards.

    Lists, dicts and deques are copied in any case, so that whoever is given the result can't write into ``value``; what
    else has no tensor in it stays as it is, and so does what can't be copied. A copy is of the same class; only a
    mapping that shows items which it doesn't hold becomes a dict.

    Args:
        value: Whatever a module takes.
        change: Gives the new tensor; called once for each different one.
    """
    return _mapped(value, change, {})


def _mapped(value: Any, change: Callable[[Tensor], Tensor], done: dict[int, tuple[Any, Any]]) -> Any:
    if type(value) in _ATOMS:
        return value
    if id(value) in done:
        return done[id(value)][1]
    new: Any = value
    if isinstance(value, Tensor):
        new = change(value)
    elif isinstance(value, tuple):
        new = _tuple_like(value, [_mapped(part, change, done) for part in value])
    elif isinstance(value, list | dict | deque) or named_tensors(value):
        new = _copied(value)
        done[id(value)] = value, new  # before what it holds, which may hold it
        if new is not value:
            _fill(new, value, lambda part: _mapped(part, change, done))
    done[id(value)] = value, new  # with the old one, so that no other can have its id
    return new


def _copied(value: Any) -> Any:
    """A copy that holds what ``value`` holds; itself if it can't be copied."""
    if isinstance(value, Mapping) and not isinstance(value, dict) and not hasattr(value, "__dict__"):
        return dict(value)
    try:
        return copy.copy(value)
    except Exception:  # noqa: BLE001 - whatever somebody's class has against it
        return value


def _fill(new: Any, value: Any, change: Callable[[Any], Any]) -> None:
    """Put what ``change`` makes of the items and attributes of ``value`` in their places in its copy."""
    kind = next((each for each in (dict, list, deque) if isinstance(new, each)), None)
    if kind is not None:
        for key, part in children(value):
            kind.__setitem__(new, key, change(part))  # its own: a subclass may have closed it, or do more
    for name, part in _attributes(value):
        object.__setattr__(new, name, change(part))  # likewise, of a frozen dataclass


def _tuple_like(value: tuple[Any, ...], parts: list[Any]) -> tuple[Any, ...]:
    """``parts`` as a tuple of the class of ``value``, as far as it can be made of them."""
    if all(part is before for part, before in zip(parts, value, strict=True)):
        return value
    make: Callable[[list[Any]], tuple[Any, ...]] = getattr(value, "_make", type(value))
    try:
        return make(parts)
    except TypeError:  # it takes something else
        return tuple(parts)
