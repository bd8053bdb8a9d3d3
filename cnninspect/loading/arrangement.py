"""Inputs in the form that a model's forward takes them: separate tensors, a list of images, a dict, a named tuple.

What an argument takes is told by its annotation, also inside ``Optional`` and ``Union`` and as text. Unnamed inputs go
to the arguments in their order, a container taking several; named ones to the argument of that name, else into the
first container that has such a field, or a dict.
"""

import ast
import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn

from cnninspect.errors import ModelError
from cnninspect.tensor_tree import mapped

_LISTS: Final = frozenset(("list", "List", "Sequence", "MutableSequence", "Collection", "Iterable"))
_TUPLES: Final = frozenset(("tuple", "Tuple"))
_DICTS: Final = frozenset(("dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict"))
_UNIONS: Final = frozenset(("Optional", "Union"))


class _Takes(NamedTuple):
    """What an argument can be given.

    Attributes:
        sequence: The kind of container for unnamed tensors, ``list`` or ``tuple``.
        length: Of such a tuple; ``None``: any.
        fields: A class that is made of fields of these names, with the class.
        is_dict: Any names, in a dict.
        is_tensor: A tensor as it is, too.
    """

    sequence: type | None = None
    length: int | None = None
    fields: tuple[str, ...] = ()
    kind: Any = None
    is_dict: bool = False
    is_tensor: bool = False


def arrange(module: nn.Module, args: list[Any], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What to call ``module`` with: as given, but for a forward that wants its tensors in containers.

    Args:
        module: Is to be called.
        args: Unnamed inputs, in order.
        kwargs: Named inputs.
    """
    parameters = _parameters(module)
    by_place = [each for each in parameters if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}]
    if not by_place or parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        return tuple(args), kwargs
    takes = {each.name: _takes(each) for each in parameters}
    if type(module).__module__.startswith("torchvision.models.detection"):  # RetinaNet says so in a comment only
        takes[by_place[0].name] = _Takes(sequence=list)
    placed = _placed(by_place, takes, args, kwargs)
    named = _grouped(parameters, len(placed), takes, kwargs)
    for parameter in by_place[len(placed) :]:  # a container that comes next needs no name
        if parameter.name not in named or parameter.name in kwargs:
            break
        placed.append(named.pop(parameter.name))
    return tuple(placed), named


def _parameters(module: nn.Module) -> list[inspect.Parameter]:
    """Those of its forward, annotations resolved if they can be; none where it is compiled and can't tell."""
    for is_resolved in (True, False):
        try:
            return list(inspect.signature(module.forward, eval_str=is_resolved).parameters.values())
        except Exception:  # noqa: BLE001, S112 - of text that names what isn't imported, say
            continue
    return []


def _placed(
    parameters: Sequence[inspect.Parameter], takes: Mapping[str, _Takes], args: list[Any], kwargs: Mapping[str, Any]
) -> list[Any]:
    """Unnamed inputs, those that go into one container in it."""
    placed: list[Any] = []
    left = list(args)
    for place, parameter in enumerate(parameters):
        if not left:
            break
        later = [p for p in parameters[place + 1 :] if p.default is p.empty and p.name not in kwargs]
        count = _wanted(takes[parameter.name], left, len(later), len(parameters) - place)
        taken, left = left[: count or 1], left[count or 1 :]
        placed.append(_made(takes[parameter.name], taken) if count else taken[0])
    return [*placed, *left]


def _wanted(takes: _Takes, left: Sequence[Any], later: int, room: int) -> int:
    """How many of the tensors that are left go into its container; 0: the next one is given as it is.

    Args:
        takes: What it can be given.
        left: Inputs.
        later: How many of them are for arguments behind it.
        room: For how many arguments there is a place from here.
    """
    tensors = next((i for i, each in enumerate(left) if not isinstance(each, Tensor)), len(left))
    if not tensors or (takes.is_tensor and len(left) <= room):
        return 0
    if takes.fields:
        return min(tensors, len(takes.fields))
    if takes.sequence is None:
        return 0
    return min(tensors, takes.length) if takes.length is not None else max(1, min(tensors, len(left) - later))


def _made(takes: _Takes, taken: list[Any]) -> Any:
    if takes.fields:
        return _filled(takes, dict(zip(takes.fields, taken, strict=False)))
    return tuple(taken) if takes.sequence is tuple else taken


def _filled(takes: _Takes, values: dict[str, Any]) -> Any:
    """An object of the class that an argument is annotated with."""
    try:
        return takes.kind(**values)
    except Exception as error:
        raise ModelError(
            f"a {takes.kind.__name__} can't be made of {', '.join(values)}: {error}",
            hint=f"give each of its fields: {', '.join(f'--input {field}=SHAPE' for field in takes.fields)}",
        ) from error


def _grouped(
    parameters: Sequence[inspect.Parameter], placed: int, takes: Mapping[str, _Takes], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Named inputs by the arguments that they go to, those of one container in it."""
    left = parameters[placed:]
    found: dict[str, Any] = {}
    held: dict[str, dict[str, Any]] = {}
    for name, value in kwargs.items():
        holder = _holder(name, value, left, takes, kwargs)
        if holder is not None:
            held.setdefault(holder, {})[name] = value
        elif isinstance(value, Tensor) and name in takes and _wanted(takes[name], [value], 0, 1):
            found[name] = _made(takes[name], [value])
        else:
            found[name] = value
    return found | {
        name: _filled(takes[name], values) if takes[name].fields else values for name, values in held.items()
    }


def _holder(
    name: str,
    value: Any,
    parameters: Sequence[inspect.Parameter],
    takes: Mapping[str, _Takes],
    kwargs: Mapping[str, Any],
) -> str | None:
    """The argument in whose container a named input goes; ``None``: it is one itself, or unknown."""
    if name in takes and (not isinstance(value, Tensor) or takes[name].is_tensor or not takes[name].is_dict):
        return None
    fielded = next((p.name for p in parameters if name in takes[p.name].fields), None)
    found = fielded or next((p.name for p in parameters if takes[p.name].is_dict), None)
    if found is not None or not parameters:
        return found
    first = parameters[0]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    required = [p for p in parameters if p.default is p.empty and p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}]
    is_only = first.annotation is first.empty and required == [first] and first.name not in kwargs
    return first.name if is_only and not takes_any else None


def _takes(parameter: inspect.Parameter) -> _Takes:
    """What an argument can be given, by its annotation; nothing special without one."""
    found = _Takes()
    if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD} or parameter.annotation is parameter.empty:
        return found
    for kind in _alternatives(parameter.annotation):
        name = _name(kind)
        if name == "Tensor":
            found = found._replace(is_tensor=True)
        elif name in _LISTS:
            found = found._replace(sequence=list)
        elif name in _DICTS:
            found = found._replace(is_dict=True)
        elif name in _TUPLES:
            parts = typing.get_args(kind)
            found = found._replace(sequence=tuple, length=len(parts) if parts and ... not in parts else None)
        elif fields := _fields(kind):
            found = found._replace(fields=fields, kind=kind)
    return found


def _alternatives(annotation: Any) -> Iterator[Any]:
    """The types that an annotation allows; of text that could not be resolved their names."""
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        try:
            yield from _in_text(ast.parse(annotation, mode="eval").body)
        except SyntaxError:
            return
    elif typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        for each in typing.get_args(annotation):
            yield from _alternatives(each)
    elif typing.get_origin(annotation) is typing.Annotated:
        yield from _alternatives(typing.get_args(annotation)[0])
    else:
        yield annotation


def _in_text(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.BinOp(left, ast.BitOr(), right):
            yield from _in_text(left)
            yield from _in_text(right)
        case ast.Subscript(value, inner) if ast.unparse(value).rpartition(".")[2] in _UNIONS:
            for each in inner.elts if isinstance(inner, ast.Tuple) else [inner]:
                yield from _in_text(each)
        case ast.Subscript(value):
            yield ast.unparse(value)
        case ast.Constant(str(text)):
            yield from _alternatives(text)
        case _:
            yield ast.unparse(node)


def _name(kind: Any) -> str:
    """The last word of a type's name, without what stands in brackets."""
    if isinstance(kind, str):
        return kind.rpartition(".")[2]
    return str(getattr(typing.get_origin(kind) or kind, "__name__", ""))


def _fields(kind: Any) -> tuple[str, ...]:
    """Those of a named tuple, a dataclass or a typed dict; torch's own are made of more than what is given."""
    if not isinstance(kind, type) or kind.__module__.startswith("torch."):
        return ()
    if issubclass(kind, tuple):
        return tuple(getattr(kind, "_fields", ()))
    if typing.is_typeddict(kind):
        return tuple(kind.__annotations__)
    return tuple(each.name for each in dataclasses.fields(kind) if each.init) if dataclasses.is_dataclass(kind) else ()


def copied(value: Any, device: torch.device) -> Any:
    """``value`` with copies of its tensors on ``device``: the caller's own stay as they are, whatever happens.

    What needs a gradient needs one there, too.
    """
    return mapped(value, lambda tensor: tensor.detach().clone().to(device).requires_grad_(tensor.requires_grad))
