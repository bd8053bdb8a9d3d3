"""``cnninspect models``: what can be named, with the figures that are published."""

from typing import Annotated

import typer

from cnninspect.cli import options, output
from cnninspect.sources import Source


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
    format_name: options.FormatOption = None,
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
    target = output.target(format_name, output_file)
    from cnninspect.formats.models import render
    from cnninspect.loading.catalogue import find

    output.write(render(find(pattern, source), target.format, output.view((), 0, target, color)), target.file)
