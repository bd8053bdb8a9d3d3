"""``cnninspect schema``: the JSON Schema of what a command gives with ``--format json``."""

from typing import Annotated

import typer

from cnninspect.cli import options, output
from cnninspect.errors import unknown_name
from cnninspect.loading.catalogue import catalogue_schema
from cnninspect.report import report_schema

_SCHEMAS = {"summary": report_schema, "models": catalogue_schema}


def schema(
    command: Annotated[str, typer.Argument(metavar="COMMAND", help=f"One of {', '.join(_SCHEMAS)}.")] = "summary",
    output_file: options.OutputOption = None,
    debug: options.DebugOption = False,  # noqa: ARG001 - read where errors are reported
) -> None:
    """Print the JSON Schema of a command's JSON.

    \b
    cnninspect schema
    cnninspect schema summary -o report.schema.json
    """
    if command not in _SCHEMAS:
        raise unknown_name("command with JSON output", command, _SCHEMAS, see=f"known: {', '.join(_SCHEMAS)}")
    target = output.target("json", output_file)
    output.write(_SCHEMAS[command](), target.file)
