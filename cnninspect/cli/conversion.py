"""What was typed for an option or an argument, as the value that it stands for.

Typer converts with pydantic or with click, as the release goes, whose messages differ, and pydantic takes as long to
import as typer itself. Words, numbers and choices are read here; everything else is converted as ever.
"""

import re
from collections.abc import Callable
from enum import Enum
from functools import partial
from inspect import signature
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin

from cnninspect.errors import RequestError, unknown_name

_WHOLE_NUMBER: Final = re.compile(r"\s*[+-]?\d{1,4000}\s*", re.ASCII)  # Python reads no more digits


def taken_as_typed(options: list[Any], command: Callable[..., Any] | None) -> list[Any]:
    """The options, each reading what is typed for it.

    Args:
        options: Of typer, arguments with them.
        command: The function whose parameters they are; ``None`` if there is none.
    """
    kinds = signature(command).parameters if command is not None else {}
    for option in options:
        if "process_value" not in vars(option):
            annotation = kinds[option.name].annotation if option.name in kinds else bool  # typer's own are flags
            option.process_value = partial(_processed, option.process_value, annotation, option)
    return options


def _processed(
    convert: Callable[[Any, Any], Any], annotation: Any, option: Any, context: Any, value: Any
) -> Any:  # of Parameter.process_value, which it stands in for: convert, check, call back
    kind, least = _asked_for(annotation)
    if option.nargs != 1 and not value:  # as some releases say that there is none
        value = None
    if value is None and not option.required:
        value = () if option.multiple or option.nargs != 1 else None
    elif value is None:
        if context.resilient_parsing:  # completion: what isn't there yet is not missing
            return None
        from cnninspect.cli import usage_errors

        raise usage_errors.missing(option, context)
    elif kind is int and isinstance(value, str):
        value = _number(value, option, least)
    elif isinstance(value, str) and isinstance(kind, type) and issubclass(kind, Enum):
        value = _choice(value, option, kind)
    elif not _has_type(value, kind):
        return convert(context, value)
    return option.callback(context, option, value) if option.callback else value


def _asked_for(annotation: Any) -> tuple[Any, int | None]:
    """What stands in ``Annotated[int | None, Option(min=1)]``: ``int``, and 1."""
    least = None
    if get_origin(annotation) is Annotated:
        annotation, described = get_args(annotation)
        least = getattr(described, "min", None)
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    is_union = NoneType in get_args(annotation)
    return (kinds[0] if is_union else annotation), least


def _number(text: str, option: Any, least: int | None) -> int:
    what = "a whole number" if least is None else f"a whole number from {least} up"
    if not _WHOLE_NUMBER.fullmatch(text) or (least is not None and int(text) < least):
        raise RequestError(
            f"{_name(option)}: {text!r} is not {what}",
            hint=f"write {least or 0}, {(least or 0) + 1}, {(least or 0) + 2} …",
        )
    return int(text)


def _choice(text: str, option: Any, kind: type[Enum]) -> Enum:
    words = [str(each.value) for each in kind]
    if text not in words:
        what = _name(option).removeprefix("--")
        raise unknown_name(what, text, words, see=f"write one of {', '.join(words)}")
    return kind(text)


def _name(option: Any) -> str:
    return str(max(option.opts, key=len))


def _has_type(value: object, kind: Any) -> bool:
    if get_origin(kind) is list:
        (of,) = get_args(kind)
        return isinstance(value, list | tuple) and bool(value) and all(_has_type(each, of) for each in value)
    return type(value) is kind
