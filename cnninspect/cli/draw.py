"""``cnninspect draw``: the network as a picture."""

import sys
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from cnninspect import spec
from cnninspect.cli import completion, options, output
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.levels import levels
from cnninspect.cli.options import optional
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target, show
from cnninspect.draw.network_picture import FIGURES, STYLES
from cnninspect.errors import RequestError, unknown_name
from cnninspect.formats import Format
from cnninspect.formats.draw import FORMATS, OF_BLOCKS
from cnninspect.spec import Request, WeightsFile
from cnninspect.spec.run_options import RunOptions

if TYPE_CHECKING:
    from cnninspect.formats.presentation import Presentation
    from cnninspect.report import Report


@prints(*FORMATS, has_colors=True)
@options.runs()
def draw(
    model: options.ModelArgument,
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
        optional(
            "--depth",
            metavar="LEVELS",
            group=HelpGroup.shown,
            about="Levels of modules that are opened, or all; deeper ones are one row each. "
            "Default: in a terminal all, in a picture as many as can be read at a glance.",
        ),
    ] = None,
    fold: Annotated[bool, options.FOLD] = True,
    only: Annotated[
        list[str] | None,
        optional(
            "--only",
            metavar="PATTERN",
            group=HelpGroup.shown,
            about="Draw those rows alone whose path or type is like this: 'layer1.*', Conv2d; may be repeated.",
        ),
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
    from cnninspect.formats.draw import pixels as drawn_pixels

    figure = _known("figure", measure.replace("-", "_"), FIGURES) if measure else None
    view = _DrawView(
        _known("style", style, STYLES), _depth(depth, to), fold, tuple(only or ()), figure,
        tuple(highlight or ()),
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
    shown = _presentation(report, view, to)
    show(shown._replace(pixels=lambda: drawn_pixels(shown.own[Format.svg](), pixels)), to)
    for note in () if to.is_quiet else report.notes:
        output.note(note)


class _DrawView(NamedTuple):
    """What of a network is drawn, and how."""

    style: str
    depth: int | None
    is_folded: bool
    only: tuple[str, ...]
    measure: str | None
    highlight: tuple[str, ...]


def _depth(text: str | None, to: Target) -> int | None:
    if text is None and to.format is not Format.table:
        return None
    return levels(text, sys.maxsize)


def _known(kind: str, word: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise unknown_name(kind, word, known, see=f"they are {', '.join(known)}")
    return word


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


def _check_format(view: _DrawView, to: Target) -> None:
    """Refuse what a style or a format has not.

    Raises:
        RequestError: It goes with another.
    """
    if view.style == "blocks" and to.format not in OF_BLOCKS:
        raise RequestError(
            f"--style blocks does not go with --format {to.format}: it is drawn as {', '.join(OF_BLOCKS)}",
            hint="name a file: -o blocks.svg",
        )
    if view.style == "blocks" and (view.only or view.highlight or view.measure):
        raise RequestError("--only, --highlight and --color go with --style graph", hint="leave them out")


def _presentation(report: "Report", view: _DrawView, to: Target) -> "Presentation":
    from cnninspect.draw.drawing import drawing_of
    from cnninspect.formats import draw as layout

    if view.style == "blocks":
        return layout.of_blocks(report)
    drawing = drawing_of(
        report, depth=view.depth, is_folded=view.is_folded, patterns=view.only, measure=view.measure,
        highlight=view.highlight,
    )  # fmt: skip
    return layout.of_graph(report, drawing, to.terminal)
