"""``cnninspect apply``: layers on a small matrix, every window and its result."""

import shlex
from typing import Annotated

import typer

from cnninspect.cli import completion
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.options import optional
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target, show
from cnninspect.formats import SHARED, Format
from cnninspect.spec import check_seed
from cnninspect.spec.run_options import MODES, Mode


def _complete_layer(incomplete: str) -> list[str]:
    from cnninspect.apply.chain import layer_names

    return layer_names(incomplete)


@prints(*SHARED, Format.png)
def apply(
    layers: Annotated[
        str,
        typer.Argument(
            metavar="LAYERS",
            help="torch.nn layers in sequence: 'MaxPool2d(2, 2)', 'Conv2d(1, 1, 3, bias=False); ReLU()'.",
            autocompletion=_complete_layer,
            show_default=False,
        ),
    ],
    values: Annotated[
        str,
        optional(
            "--values",
            metavar="MATRIX",
            group=HelpGroup.runs,
            about="'1 2; 3 4' (';' between rows, '|' between channels), 1:16 (counting, 4×4), 1:12:3x4, @file.csv "
            "(@- for standard input) or an image: cat.png, cat.png:32x32, cat.png:32x32:gray.",
        ),
    ],
    weight: Annotated[
        list[str] | None,
        optional(
            "--weight",
            metavar="MATRIX",
            group=HelpGroup.runs,
            about="Of a layer: ';' between rows, '|' between channels, '||' between filters, or all in one row. Repeat "
            "it for several layers, in order or as LAYER=MATRIX (index from 0, or type). Default: torch's own, from "
            "--seed.",
        ),
    ] = None,
    bias: Annotated[
        list[str] | None,
        optional(
            "--bias",
            metavar="NUMBERS",
            group=HelpGroup.runs,
            about="Likewise, one number a filter. Default: 0 beside a --weight, else torch's own, from --seed.",
        ),
    ] = None,
    seed: Annotated[
        int,
        optional(
            "--seed",
            metavar="NUMBER",
            group=HelpGroup.runs,
            min=0,
            about="Of weights that are not given. Default: 0.",
        ),
    ] = 0,
    mode: Annotated[
        Mode,
        optional("--mode", metavar="|".join(Mode), group=HelpGroup.runs, about=f"{MODES} Default: {Mode.eval}."),
    ] = Mode.eval,
    dtype: Annotated[
        str | None,
        optional(
            "--dtype",
            autocompletion=completion.among(completion.FLOATING),
            metavar="DTYPE",
            group=HelpGroup.runs,
            about="To compute in. Default: float64, as with pencil and paper.",
        ),
    ] = None,
    is_stepwise: Annotated[
        bool,
        optional(
            "--step",
            group=HelpGroup.shown,
            about="On a terminal: the windows one by one, at a key press or after a second.",
        ),
    ] = False,
    is_whole: Annotated[
        bool,
        optional(
            "--all",
            group=HelpGroup.shown,
            about="Show every window and every term, as files and the other formats always do.",
        ),
    ] = False,
    *,
    to: Target,
) -> None:
    """Run layers on a small matrix and show every window and what it gives.

    \b
    cnninspect apply 'MaxPool2d(2, 2)' --values '1 2 3 4; 5 6 7 8; 9 10 11 12; 13 14 15 16'
    cnninspect apply 'Conv2d(1, 1, 3)' --values 1:16 --weight '1 0 -1; 1 0 -1; 1 0 -1'
    cnninspect apply 'Conv2d(1, 1, 3, bias=False); ReLU(); MaxPool2d(2)' --values 1:36 --seed 1

    \b
    cnninspect apply 'Conv2d(2, 1, 2)' --values '1 2; 3 4 | 5 6; 7 8' --weight '1 0; 0 1 | 0 1; 1 0' --bias 0.5
    cnninspect apply 'AvgPool2d(2)' --values @matrix.csv -f latex
    cnninspect apply 'Conv2d(1, 1, 3)' --values photo.png:16x16:gray --all
    cnninspect apply 'MaxPool2d(2)' --values 1:16 --step
    cnninspect apply 'Conv2d(1, 1, 3)' --values photo.png:64x64:gray -o maps.png
    """
    from cnninspect.apply import chain, files, given
    from cnninspect.cli import applying, output, stepping
    from cnninspect.formats.apply import presentation

    if is_stepwise:
        stepping.check(to)
    model = chain.layers_of(layers)
    types = [layer.name for layer in model.layers]
    weights, biases = (
        given.parse_given(texts or (), option, types) for texts, option in ((weight, "--weight"), (bias, "--bias"))
    )
    floating, seed = chain.computing_dtype(dtype), check_seed(seed)
    maps = files.read_values(values, say=output.note if not to.is_quiet else lambda _: None)
    applied = applying.applied(model, maps, weights, biases, seed=seed, mode=mode, dtype=floating, is_quiet=to.is_quiet)
    if is_stepwise:
        stepping.show(applied, to.terminal)
    command = shlex.join(["cnninspect", "apply", layers, "--values", values])
    is_whole = is_whole or to.file is not None or to.format is not Format.table
    show(presentation(applied, to.terminal.width, command=command, is_whole=is_whole), to)
