"""``cnninspect schema``: the JSON Schema of what a command gives with ``--format json``."""

from importlib import import_module
from typing import Annotated

import typer

from cnninspect.cli import completion, output
from cnninspect.cli.commands import COMMANDS
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target
from cnninspect.errors import unknown_name
from cnninspect.formats import Format

_RESULTS = {name: row.gives for name, row in COMMANDS.items() if row.gives is not None}


@prints(Format.json)
def schema(
    command: Annotated[
        str,
        typer.Argument(
            metavar="COMMAND",
            help=f"One of {', '.join(_RESULTS)}.",
            autocompletion=completion.among(_RESULTS),
        ),
    ] = "summary",
    *,
    to: Target,
) -> None:
    """Print the JSON Schema of a command's JSON.

    \b
    cnninspect schema
    cnninspect schema summary -o report.schema.json
    """
    if command not in _RESULTS:
        raise unknown_name("command with JSON output", command, _RESULTS, see=f"known: {', '.join(_RESULTS)}")
    from cnninspect import json_text

    module, _, name = _RESULTS[command].partition(":")
    output.write(json_text.json_schema(getattr(import_module(module), name)), to.file)
