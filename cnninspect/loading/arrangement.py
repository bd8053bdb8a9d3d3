"""Inputs in the form that a model's forward takes them: separate tensors, a list of images, a dict."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

_LISTS = ("list", "List", "tuple", "Tuple", "Sequence", "Iterable")
_DICTS = ("dict", "Dict", "Mapping")


def arrange(module: nn.Module, args: list[Any], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What to call ``module`` with.

    A forward whose first argument is annotated as a list of tensors gets all of them in one list; one whose first
    argument is annotated as a dict, or whose only one is not annotated and has another name, the named ones in a dict.

    Args:
        module: Is to be called.
        args: Unnamed inputs, in order.
        kwargs: Named inputs.
    """
    parameters = [p for p in _parameters(module) if p.kind is not p.KEYWORD_ONLY]
    if not parameters or parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        return tuple(args), kwargs
    first = parameters[0]
    if args and all(isinstance(each, Tensor) for each in args) and (_is(first, _LISTS) or _is_detector(module)):
        return (list(args),), kwargs
    unknown = kwargs.keys() - {p.name for p in parameters} and not any(p.kind is p.VAR_KEYWORD for p in parameters)
    is_only = len([p for p in parameters if p.default is p.empty]) == 1 and first.annotation is first.empty
    if kwargs and not args and (_is(first, _DICTS) or (unknown and is_only)):
        return (dict(kwargs),), {}
    return tuple(args), kwargs


def _parameters(module: nn.Module) -> list[inspect.Parameter]:
    """Those of its forward; none where it is compiled and can't tell."""
    try:
        return list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):
        return []


def _is(parameter: inspect.Parameter, names: tuple[str, ...]) -> bool:
    """Is the annotation one of these containers, as a type or as a string?"""
    annotation = parameter.annotation
    text = annotation if isinstance(annotation, str) else str(getattr(annotation, "__origin__", annotation))
    word = text.removeprefix("<class '").split("[")[0].rstrip("'>").rpartition(".")[2]
    return annotation is not inspect.Parameter.empty and word in names


def _is_detector(module: nn.Module) -> bool:
    """Torchvision's detectors all take a list, but RetinaNet says so in a comment only."""
    return type(module).__module__.startswith("torchvision.models.detection")


def copied(value: Any, device: torch.device) -> Any:
    """``value`` with copies of its tensors on ``device``: the caller's own stay as they are, whatever happens."""
    if isinstance(value, Tensor):
        return value.detach().clone().to(device)
    if isinstance(value, Mapping):
        return {key: copied(item, device) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [copied(item, device) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return value
