"""``cnninspect models``: what can be named, with the figures that are published."""

from pathlib import Path
from typing import Annotated

import typer

from cnninspect.cli import completion, usage_errors
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.options import optional
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target, show
from cnninspect.spec.sources import Source


@prints()
def models(
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="PATTERN",
            autocompletion=completion.model,
            help="A word in their names (resnet), or a glob over names ('resnet*') or SOURCE:NAME ('torchvision:*'), "
            "in quotes, so that the shell leaves it alone; or a file that sweep has written. Default: all.",
            show_default=False,
        ),
    ] = "*",
    source: Annotated[
        Source | None,
        optional(
            "--source",
            metavar="SOURCE",
            group=HelpGroup.shown,
            about=f"Names of this source alone: {', '.join(Source)}.",
        ),
    ] = None,
    *,
    to: Target,
) -> None:
    """List the models that can be named, with published parameters, MACs, accuracy and size of the weights.

    \b
    cnninspect models resnet
    cnninspect models 'torchvision:*' -f csv -o models.csv
    cnninspect models alexnet -f json | jq '.models[].params'
    """  # fmt: skip
    from cnninspect.formats.models import presentation
    from cnninspect.loading.catalogue import find
    from cnninspect.sweep import kept_lines, listed

    if kept_lines.is_name(pattern):
        catalogue = listed.catalogue(Path(pattern), source)
    else:
        with usage_errors.noting_files([pattern]):
            catalogue = find(pattern, source)
    show(presentation(catalogue), to)
