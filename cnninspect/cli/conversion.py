"""Options that take what was typed as it is.

Typer converts each value with pydantic, whose import takes as long as typer's own. A value that has its option's
type already needs none of that: a word for a string, and every default. Everything else is converted as ever, and
so is all of it where typer doesn't say which type an option has.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, get_args, get_origin

import typer.core


class Command(typer.core.TyperCommand):
    """A command that converts only what has to be converted."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its arguments and options."""
        return _taken_as_typed(super().get_params(ctx))


class Group(typer.core.TyperGroup):
    """The same for the options in front of the command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its options."""
        return _taken_as_typed(super().get_params(ctx))


def _taken_as_typed(options: list[Any]) -> list[Any]:
    for option in options:
        described = getattr(option, "type_descriptor", None)
        if described is not None and "process_value" not in vars(option):
            option.process_value = partial(_processed, option.process_value, described.annotation, option)
    return options


def _processed(
    convert: Callable[[Any, Any], Any], annotation: Any, option: Any, context: Any, value: Any
) -> Any:  # of Parameter.process_value, which it stands in for: convert, check, call back
    if value is None and not option.required:
        value = () if option.multiple or option.nargs != 1 else None
    elif value is None and context.resilient_parsing:  # completion: what isn't there yet is not missing
        return None
    elif value is None or not _has_type(value, annotation):
        return convert(context, value)
    return option.callback(context, option, value) if option.callback else value


def _has_type(value: object, annotation: Any) -> bool:
    if get_origin(annotation) is list:
        (kind,) = get_args(annotation)
        return isinstance(value, list | tuple) and bool(value) and all(_has_type(each, kind) for each in value)
    return type(value) is annotation
