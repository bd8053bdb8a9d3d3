"""``cnninspect schema``: the JSON Schema of what a command gives with ``--format json``."""

from importlib import import_module
from typing import Annotated

import typer

from cnninspect.cli import options, output
from cnninspect.errors import unknown_name

#: What each command gives: a module and a type in it, which are imported only for this.
_RESULTS = {
    "summary": ("cnninspect.report", "Report"),
    "compare": ("cnninspect.compare.comparison", "Comparison"),
    "check": ("cnninspect.budgets.verdicts", "CheckResult"),
    "explain": ("cnninspect.explain.explanation", "ExplanationRecord"),
    "apply": ("cnninspect.apply.applied", "Applied"),
    "verify": ("cnninspect.verify.evidence", "Verification"),
    "models": ("cnninspect.loading.catalogue", "Catalogue"),
    "cache info": ("cnninspect.cache.state", "CacheInfo"),
    "cache clear": ("cnninspect.cache.state", "CacheCleared"),
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
    from cnninspect import json_text

    module, name = _RESULTS[command]
    output.write(json_text.json_schema(getattr(import_module(module), name)), target.file)
