"""``cnninspect draw``: the network as a picture."""

import sys
from typing import Annotated

import msgspec

from cnninspect import spec
from cnninspect.cli import completion, options, output
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.levels import levels
from cnninspect.cli.options import optional
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target, show
from cnninspect.draw.draw_view import FIGURES, STYLES, DrawView
from cnninspect.errors import RequestError
from cnninspect.formats import Format
from cnninspect.formats import draw as layout
from cnninspect.spec import Request, WeightsFile
from cnninspect.spec.run_options import RunOptions


@prints(*layout.FORMATS, has_colors=True)
@options.runs()
def draw(
    model: Annotated[str, options.model(options.REPORT)],
    style: Annotated[
        str,
        optional(
            "--style",
            metavar="graph|blocks",
            group=HelpGroup.shown,
            autocompletion=completion.among(STYLES),
            about="The graph of the layers with every skip connection, or feature maps as blocks. Default: graph.",
        ),
    ] = "graph",
    depth: Annotated[
        str | None,
        options.depth(
            "Levels of modules that are opened, or all; deeper ones are one row each. "
            "Default: in a terminal all, in a picture as many as can be read at a glance."
        ),
    ] = None,
    fold: Annotated[bool, options.FOLD] = True,
    only: Annotated[
        list[str] | None,
        options.only("Draw those rows alone whose path or type is like this: 'layer1.*', Conv2d; may be repeated."),
    ] = None,
    measure: Annotated[
        str | None,
        optional(
            "--color",
            metavar="FIGURE",
            group=HelpGroup.shown,
            autocompletion=completion.among(FIGURES),
            about=f"What colours tell, one of {', '.join(FIGURES)}; it is written, too.",
        ),
    ] = None,
    highlight: Annotated[
        list[str] | None,
        optional(
            "--highlight",
            metavar="PATTERN",
            group=HelpGroup.shown,
            about="Let rows stand out whose path or type is like this; may be repeated.",
        ),
    ] = None,
    scale: Annotated[
        str, optional("--scale", metavar="NUMBER", group=HelpGroup.goes, about="Pixels of a PNG for each. Default: 2.")
    ] = "2",
    *,
    run: RunOptions,
    no_cache: bool,
    to: Target,
) -> None:
    """Draw a network: its layers and operators in execution order with every skip connection, or its feature maps.

    \b
    cnninspect draw resnet18
    cnninspect draw resnet50 -o resnet50.svg --color macs
    cnninspect draw alexnet --style blocks -o alexnet.png

    \b
    cnninspect draw net.py:UNet -i 1x3x64x64 -o unet.html --depth 2 --highlight 'down.*'
    """  # fmt: skip
    from cnninspect import inspection
    from cnninspect.cli import reports
    from cnninspect.draw.network_picture import NetworkPicture

    view = DrawView(
        style=style, depth=_depth(depth, to), fold=fold, only=tuple(only or ()),
        color=measure.replace("-", "_") if measure else None, highlight=tuple(highlight or ()),
    )  # fmt: skip
    pixels = _scale(scale)
    _check_format(view, to)
    request = inspection.requested(spec.parse_model(model, run.source), run)
    if isinstance(request, WeightsFile):
        raise RequestError(f"{model!r} is {spec.kind_of_file(request)}: it says nothing of what takes what from whom")
    if isinstance(request, Request):
        request = msgspec.structs.replace(request, with_graph=True)
    report = reports.obtain(request, is_quiet=to.is_quiet, cache=reports.cache(is_off=no_cache, is_quiet=to.is_quiet))
    if report.graph is None and not isinstance(request, Request):
        raise RequestError(f"{model!r} has no graph", hint="make it again: cnninspect summary MODEL --ops -o FILE.json")
    shown = layout.presentation_of(NetworkPicture(report=report, view=view), to.terminal)
    if to.format is Format.png and to.file is not None:
        output.write_bytes(layout.pixels(shown.own[Format.svg](), pixels), to.file)
    else:
        show(shown, to)
    for note in () if to.is_quiet else report.notes:
        output.note(note)


def _depth(text: str | None, to: Target) -> int | None:
    if text is None and to.format is not Format.table:
        return None
    return levels(text, sys.maxsize)


def _scale(text: str) -> float:
    """Pixels for each.

    Raises:
        RequestError: It is no number between 0.1 and 10.
    """
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0.1 <= found <= 10:
        raise RequestError(f"--scale {text!r} is no number from 0.1 to 10", hint="2 has two pixels for each")
    return found


def _check_format(view: DrawView, to: Target) -> None:
    """Refuse what a style or a format has not.

    Raises:
        RequestError: It goes with another.
    """
    if view.style == "blocks" and to.format not in layout.OF_BLOCKS:
        raise RequestError(
            f"--style blocks does not go with --format {to.format}: it is drawn as {', '.join(layout.OF_BLOCKS)}",
            hint="name a file: -o blocks.svg",
        )
    if view.style == "blocks" and (view.only or view.highlight or view.color):
        raise RequestError("--only, --highlight and --color go with --style graph", hint="leave them out")
    if to.format is Format.png and to.file is None:
        raise RequestError("--format png needs a file: pixels are no text", hint="-o FILE.png")
