"""``cnninspect compare``: totals side by side, and two networks' layers aligned like a diff."""

from typing import Annotated

import typer

from cnninspect.cli import options, output
from cnninspect.formats.side_by_side import COLUMNS
from cnninspect.spec import Mode, Source


def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL MODEL...",
            help="Models as for summary, saved reports, and globs over names ('torchvision:resnet*').",
            autocompletion=options.complete_model,
            show_default=False,
        ),
    ],
    inputs: options.InputOption = None,
    device: options.DeviceOption = "cpu",
    dtype: options.DtypeOption = None,
    mode: options.ModeOption = Mode.eval,
    weights: options.WeightsOption = None,
    source: options.SourceOption = Source.torchvision,
    seed: options.SeedOption = 0,
    no_cache: options.NoCacheOption = False,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="MODEL",
            help="The model that the others are held against. Default: the first.",
            show_default=False,
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="[-]COLUMN",
            help="Sort by a column, with a - in front the largest first.",
            show_default=False,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns", metavar="A,B,C", help=f"Totals to show, from {', '.join(COLUMNS)}.", show_default=False
        ),
    ] = None,
    all_layers: Annotated[bool, typer.Option("--all", help="Show the layers that are the same, too.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if they differ.")] = False,
    plot: Annotated[
        str | None,
        typer.Option(
            "--plot",
            metavar="FILE.svg|png",
            help="Draw accuracy against MACs, as large as the parameters.",
            show_default=False,
        ),
    ] = None,
    format_name: options.FormatOption = None,
    output_file: options.OutputOption = None,
    color: options.ColorOption = None,
    quiet: options.QuietOption = False,
    debug: options.DebugOption = False,  # noqa: ARG001 - read where errors are reported
) -> int:
    """Compare networks: totals against the first, where the weight sits, and of two the layers as a diff.

    \b
    cnninspect compare alexnet vgg16
    cnninspect compare scratch:alexnet torchvision:alexnet --exit-code
    cnninspect compare before.json net.py:Net --input 1x3x224x224 -f markdown
    cnninspect compare 'torchvision:resnet*' --sort macs --plot resnets.svg
    """  # fmt: skip
    from cnninspect.cli import comparing, reports
    from cnninspect.formats.compare import render

    target = output.target(format_name, output_file)
    shown, order = options.keys(columns, COLUMNS), comparing.sorting(sort)
    picture = comparing.plot_target(plot, target.file)
    names, held = comparing.named(models, source, baseline)
    run = options.RunOptions(inputs or (), device, dtype, mode, weights, seed)
    requests = comparing.checked(names, source, run)
    comparison = comparing.compared(
        names, requests, held, order, is_quiet=quiet, cache=reports.cache(is_off=no_cache, is_quiet=quiet)
    )
    comparing.draw(comparison, picture)
    view = output.view(shown, 0, target, color)
    output.write(render(comparison, target.format, view, is_whole=all_layers), target.file)
    return 1 if exit_code and not comparison.identical else 0
