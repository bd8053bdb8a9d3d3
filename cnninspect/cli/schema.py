"""``cnninspect schema``: the JSON Schema of what a command gives with ``--format json``."""

from typing import Annotated

import typer

from cnninspect import wire
from cnninspect.cache.state import CacheCleared, CacheInfo
from cnninspect.cli import options, output
from cnninspect.compare import Comparison
from cnninspect.errors import unknown_name
from cnninspect.loading.catalogue import Catalogue
from cnninspect.report import Report

#: What each command gives.
_RESULTS = {
    "summary": Report,
    "compare": Comparison,
    "models": Catalogue,
    "cache info": CacheInfo,
    "cache clear": CacheCleared,
}


def schema(
    command: Annotated[str, typer.Argument(metavar="COMMAND", help=f"One of {', '.join(_RESULTS)}.")] = "summary",
    output_file: options.OutputOption = None,
    debug: options.DebugOption = False,  # noqa: ARG001 - read where errors are reported
) -> None:
    """Print the JSON Schema of a command's JSON.

    \b
    cnninspect schema
    cnninspect schema summary -o report.schema.json
    """
    if command not in _RESULTS:
        raise unknown_name("command with JSON output", command, _RESULTS, see=f"known: {', '.join(_RESULTS)}")
    target = output.target("json", output_file)
    output.write(wire.json_schema(_RESULTS[command]), target.file)
