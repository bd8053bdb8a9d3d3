"""``cnninspect schema``: the JSON Schema of what a command gives with ``--format json``."""

from importlib import import_module
from typing import Annotated, Final

import typer

from cnninspect import wire
from cnninspect.cli import options, output
from cnninspect.errors import unknown_name

#: What each command gives, and where that is; imported when it is asked for.
_RESULTS: Final = {
    "summary": "report.Report",
    "compare": "compare.Comparison",
    "check": "budgets.verdicts.CheckResult",
    "models": "loading.catalogue.Catalogue",
    "explain": "explain.explanation.ExplanationRecord",
    "apply": "apply.result.Applied",
    "verify": "verify.result.Verification",
    "cache info": "cache.state.CacheInfo",
    "cache clear": "cache.state.CacheCleared",
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
    module, _, name = _RESULTS[command].rpartition(".")
    output.write(wire.json_schema(getattr(import_module(f"cnninspect.{module}"), name)), target.file)
