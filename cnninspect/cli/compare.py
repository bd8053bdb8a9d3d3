"""``cnninspect compare``: totals side by side, and two networks' layers aligned like a diff."""

from typing import Annotated

import typer

from cnninspect.cli import options
from cnninspect.cli.printing import prints
from cnninspect.cli.sorting import sorting
from cnninspect.cli.target import Target, show
from cnninspect.formats.side_by_side import COLUMNS, SORTABLE
from cnninspect.spec.run_options import RunOptions


@prints()
@options.runs()
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
    run: RunOptions,
    no_cache: bool,
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
    fold: Annotated[
        bool, typer.Option("--fold/--no-fold", help="Show neighbouring blocks that are equal as one row.")
    ] = True,
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
    *,
    to: Target,
) -> int:
    """Compare networks: totals against the first, where the weight sits, and of two the layers as a diff.

    \b
    cnninspect compare alexnet vgg16
    cnninspect compare scratch:alexnet torchvision:alexnet --exit-code
    cnninspect compare before.json net.py:Net --input 1x3x224x224 -f markdown
    cnninspect compare 'torchvision:resnet*' --sort macs --plot resnets.svg
    """  # fmt: skip
    from cnninspect.cli import comparing, output, plotting, reports
    from cnninspect.formats import compare_verdict
    from cnninspect.formats.compare import presentation

    shown, order = options.keys(columns, COLUMNS), sorting(sort, SORTABLE)
    picture = plotting.plot_target(plot, to.file)
    names, held = comparing.named(models, run.source, baseline)
    requests = comparing.checked(names, run)
    comparison = comparing.compared(
        names, requests, held, order, is_quiet=to.is_quiet, cache=reports.cache(is_off=no_cache, is_quiet=to.is_quiet)
    )
    plotting.draw_comparison(comparison, picture)
    show(presentation(comparison, shown, is_whole=all_layers, is_folded=fold), to)
    if exit_code and to.file is not None and not to.is_quiet:
        output.note(compare_verdict.sentence(comparison))
    return 1 if exit_code and not comparison.identical else 0
