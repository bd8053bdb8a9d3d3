"""``cnninspect view``: what a layer computes."""

import shlex
from typing import Annotated

import typer

from cnninspect import spec
from cnninspect.cli import completion, options
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.options import optional
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target, show
from cnninspect.formats import Format
from cnninspect.spec.run_options import RunOptions


@prints(Format.table, Format.svg, Format.png, Format.html, Format.csv, Format.json)
@options.runs(
    inputs="The size that an image is resized to, such as 1x3x224x224. Default: as the weights want it, or the "
    "published evaluation input.",
    seed="Of random weights.",
)
def view(
    model: Annotated[str, options.model("weights.safetensors")],
    layer: Annotated[
        str | None,
        typer.Argument(
            metavar="LAYER",
            autocompletion=completion.layer,
            help="A path (features.0), a type (Conv2d: all of them) or a number (0: the first). Default: with --image "
            "every stage, with --kernels the first layer that has some, else every weight.",
            show_default=False,
        ),
    ] = None,
    image: Annotated[
        str | None,
        optional("--image", metavar="FILE", group=HelpGroup.runs, about="Show the maps that are made of this picture."),
    ] = None,
    kernels: Annotated[
        bool, optional("--kernels", group=HelpGroup.shown, about="Show the kernels of the layer.")
    ] = False,
    channels: Annotated[
        str | None,
        optional(
            "--channels",
            metavar="NUMBERS",
            group=HelpGroup.shown,
            about="Channels that are shown, or filters, from 0: 0,5,9. Default: the strongest, by mean absolute value.",
        ),
    ] = None,
    is_all: Annotated[bool, optional("--all", group=HelpGroup.shown, about="Show every channel.")] = False,
    *,
    run: RunOptions,
    no_cache: bool,
    to: Target,
) -> None:
    """Show what a layer computes: the maps that it makes of an image, its kernels, or the statistics of its weights.

    \b
    cnninspect view alexnet features.0 --image cat.jpg --weights DEFAULT -o maps.png
    cnninspect view vgg16 --image cat.jpg --weights DEFAULT -o tour.html
    cnninspect view scratch:alexnet features.0 --kernels

    \b
    cnninspect view net.py:Net --weights mine.pth
    cnninspect view weights.safetensors -f csv
    """  # fmt: skip
    from cnninspect.cli import reports
    from cnninspect.formats.view import presentation
    from cnninspect.view import flow
    from cnninspect.view.looking import of_a_run, parse_look

    del no_cache  # what is seen is seen each time
    look = parse_look(
        layer=layer, image=image, kernels=kernels, channels=channels, is_all=is_all, device=run.device,
        idle=of_a_run(run, is_sized=bool(run.inputs), has_arguments=bool(run.args)),
    )  # fmt: skip
    request = flow.requested(spec.parse_model(model, run.source), run, look)
    with reports.running(request, is_quiet=to.is_quiet) as tell:
        seen = flow.view_of(request, look, is_sized=bool(run.inputs), say=tell)
    picked = [*(["--image", image] if image else []), *(["--kernels"] if kernels else [])]
    show(presentation(seen, shlex.join(["cnninspect", "view", model, *([layer] if layer else []), *picked])), to)
