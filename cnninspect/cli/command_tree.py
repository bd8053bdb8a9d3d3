"""Every command as typer knows it, for what tells of all of them: the man pages, and the tests of help and guide."""

from collections.abc import Iterator
from typing import Any

import typer

from cnninspect.cli.app import app_of
from cnninspect.cli.commands import listed


def walked() -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """The command line itself, then each command behind the one that it belongs to: its words, itself, its context.

    >>> [" ".join(words) for words, _, _ in walked()][-4:]
    ['cnninspect cache', 'cnninspect cache info', 'cnninspect cache clear', 'cnninspect schema']
    """
    whole = typer.main.get_command(app_of([]))
    context = typer.Context(whole, info_name="cnninspect", **whole.context_settings)
    yield ("cnninspect",), whole, context
    for name in listed():
        yield from _below(typer.main.get_command(app_of([name])).commands[name], name, context)  # type: ignore[attr-defined] # of its group


def _below(command: Any, name: str, above: Any) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    context = typer.Context(command, parent=above, info_name=name)
    yield tuple(context.command_path.split()), command, context
    for inner, each in getattr(command, "commands", {}).items():
        yield from _below(each, inner, context)
