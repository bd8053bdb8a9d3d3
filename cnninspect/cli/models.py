"""``cnninspect models``: what can be named, with the figures that are published."""

from typing import Annotated

import typer

from cnninspect.cli import options, output
from cnninspect.errors import RequestError, unknown_name
from cnninspect.spec import Source

_FORMATS = ("table", "json", "csv", "markdown")


def models(
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="PATTERN",
            help="A glob over names ('resnet*') or over SOURCE:NAME ('torchvision:*'). Default: all.",
            show_default=False,
        ),
    ] = "*",
    source: Annotated[
        Source | None, typer.Option("--source", help="Names of this source alone.", show_default=False)
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="|".join(_FORMATS),
            help="Default: table, or what the ending of FILE says.",
            show_default=False,
        ),
    ] = None,
    output_file: options.OutputOption = None,
    color: options.ColorOption = None,
    quiet: options.QuietOption = False,  # noqa: ARG001 - there is nothing to leave out
    debug: options.DebugOption = False,  # noqa: ARG001 - read where errors are reported
) -> None:
    """List the models that can be named, with published parameters, MACs, accuracy and size of the weights.

    \b
    cnninspect models 'resnet*'
    cnninspect models 'torchvision:*' -f csv -o models.csv
    cnninspect models alexnet -f json | jq '.models[].params'
    """  # fmt: skip
    target = _target(format_name, output_file)
    from cnninspect.formats.models import render
    from cnninspect.loading.catalogue import find

    output.write(render(find(pattern, source), target.format, output.view((), 0, target, color)), target.file)


def _target(format_name: str | None, output_file: str | None) -> output.Target:
    """Where the list goes.

    Raises:
        RequestError: There is no such format for it, or it can't be written there.
    """
    see = f"the formats are {', '.join(_FORMATS)}"
    if format_name is not None and format_name not in _FORMATS:
        raise unknown_name("format", format_name, _FORMATS, see=see)
    target = output.target(format_name, output_file)
    if target.format not in _FORMATS:
        raise RequestError(f"{output_file!r}: a list of models has no format {target.format}", hint=see)
    return target
