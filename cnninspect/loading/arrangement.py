"""Inputs in the form that a model's forward takes them: separate tensors, a list of images, a dict."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from cnninspect.tensor_tree import mapped

_LISTS: Final = ("list", "List", "tuple", "Tuple", "Sequence", "Iterable")
_DICTS: Final = ("dict", "Dict", "Mapping")


def arrange(module: nn.Module, args: list[Any], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What to call ``module`` with: as given, but for a forward that wants its tensors in a list or in a dict.

    Args:
        module: Is to be called.
        args: Unnamed inputs, in order.
        kwargs: Named inputs.
    """
    parameters = _parameters_by_place(module)
    if parameters and _wants_list(module, parameters[0], args):
        return (list(args),), kwargs
    if parameters and not args and _wants_dict(parameters, kwargs):
        return (dict(kwargs),), {}
    return tuple(args), kwargs


def _parameters_by_place(module: nn.Module) -> list[inspect.Parameter]:
    """Those of its forward that need no name; none where the first takes any number, or it is compiled and can't tell.

    A ``**kwargs`` is among them: it tells that any name will do.
    """
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return []
    found = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    return [] if found and found[0].kind is inspect.Parameter.VAR_POSITIONAL else found


def _wants_list(module: nn.Module, first: inspect.Parameter, args: Sequence[Any]) -> bool:
    """Is the first argument annotated as a list, and are tensors what would be in it?

    Torchvision's detectors all take a list, but RetinaNet says so in a comment only.
    """
    is_detector = type(module).__module__.startswith("torchvision.models.detection")
    return bool(args) and all(isinstance(each, Tensor) for each in args) and (_is(first, _LISTS) or is_detector)


def _wants_dict(parameters: Sequence[inspect.Parameter], kwargs: Mapping[str, Any]) -> bool:
    """Is its first argument annotated as a dict, or the only one, not annotated, and of another name than any input?"""
    first = parameters[0]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    has_unknown = not takes_any and not kwargs.keys() <= {p.name for p in parameters}
    is_only = first.annotation is first.empty and len([p for p in parameters if p.default is p.empty]) == 1
    return bool(kwargs) and (_is(first, _DICTS) or (has_unknown and is_only))


def _is(parameter: inspect.Parameter, names: tuple[str, ...]) -> bool:
    """Is the annotation one of these containers, as a type or as a string?"""
    annotation = parameter.annotation
    text = annotation if isinstance(annotation, str) else str(getattr(annotation, "__origin__", annotation))
    word = text.removeprefix("<class '").split("[")[0].rstrip("'>").rpartition(".")[2]
    return annotation is not inspect.Parameter.empty and word in names


def copied(value: Any, device: torch.device) -> Any:
    """``value`` with copies of its tensors on ``device``: the caller's own stay as they are, whatever happens."""
    return mapped(value, lambda tensor: tensor.detach().clone().to(device))
