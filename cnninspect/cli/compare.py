"""``cnninspect compare``: totals side by side, and two networks' layers aligned like a diff."""

from typing import Annotated

import typer

from cnninspect.cli import completion, options, run_columns
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.options import optional
from cnninspect.cli.printing import prints
from cnninspect.cli.sorting import sorting
from cnninspect.cli.target import Target
from cnninspect.formats import SHARED, Format
from cnninspect.formats.side_by_side import COLUMNS, SORTABLE
from cnninspect.spec.run_options import RunOptions


@prints(*SHARED, Format.parquet)
@options.runs()
def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL MODEL …",
            help="Models as for summary, saved reports, files that sweep has written, and globs over names. A glob "
            "stands in quotes, 'torchvision:resnet*', so that the shell leaves it alone.",
            autocompletion=completion.model,
            show_default=False,
        ),
    ],
    run: RunOptions,
    no_cache: bool,
    baseline: Annotated[
        str | None,
        optional(
            "--baseline",
            autocompletion=completion.model,
            metavar="MODEL",
            group=HelpGroup.shown,
            about="The model that the others are held against. Default: the first.",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        optional(
            "--sort",
            autocompletion=completion.sortable(SORTABLE),
            metavar="COLUMN",
            group=HelpGroup.shown,
            about="Sort by a column; with a - in front (--sort=-macs) the largest first.",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        optional(
            "--where",
            metavar="COMPARISON",
            group=HelpGroup.shown,
            about="Keep those for which it holds: 'params < 30M', 'accuracy >= 75, batch = 1'; of figures, and of "
            f"{', '.join((*run_columns.NUMBERS, *run_columns.WORDS))}.",
        ),
    ] = None,
    front: Annotated[
        str | None,
        optional(
            "--pareto",
            autocompletion=completion.several(SORTABLE),
            metavar="COLUMN,COLUMN",
            group=HelpGroup.shown,
            about="Mark those that no other is better than in two columns: accuracy,macs.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        optional(
            "--columns",
            autocompletion=completion.several(COLUMNS),
            metavar="COLUMNS",
            group=HelpGroup.shown,
            about=f"Totals to show, with commas between, from {', '.join(COLUMNS)}.",
        ),
    ] = None,
    all_layers: Annotated[
        bool, optional("--all", group=HelpGroup.shown, about="Show the layers that are the same, too.")
    ] = False,
    fold: Annotated[bool, options.FOLD] = True,
    exit_code: Annotated[
        bool, optional("--exit-code", group=HelpGroup.shown, about="Exit with 1 if they differ.")
    ] = False,
    jobs: Annotated[int | None, options.JOBS] = None,
    plot: Annotated[
        str | None,
        optional(
            "--plot",
            metavar="FILE",
            group=HelpGroup.goes,
            about="Draw accuracy against MACs, as large as the parameters; FILE ends in .svg or .png.",
        ),
    ] = None,
    *,
    to: Target,
) -> int:
    """Compare networks: totals against the first, where the weight sits, and of two the layers as a diff.

    \b
    cnninspect compare alexnet vgg16
    cnninspect compare scratch:alexnet torchvision:alexnet --exit-code
    cnninspect compare zoo.jsonl --where 'params < 30M' --pareto accuracy,macs --plot front.svg

    \b
    cnninspect compare 'torchvision:resnet*' --sort macs --plot resnets.svg
    cnninspect compare before.json net.py:Net --input 1x3x224x224 -f markdown
    """  # fmt: skip
    from cnninspect.cli import comparing, comparison_output, obtaining, output, pareto, plotting, reports
    from cnninspect.cli.where import conditions
    from cnninspect.formats import compare_verdict
    from cnninspect.formats.compare import presentation

    shown, order = options.keys(columns, COLUMNS), sorting(sort, SORTABLE)
    wanted = comparing.Wanted(order, conditions(where or ()), pareto.pair(front))
    picture = plotting.plot_target(plot, to.file)
    comparison_output.check_format(to)
    contest = comparing.named(models, run.source, baseline, is_quiet=to.is_quiet)
    found = obtaining.obtained(
        comparing.checked(contest.entrants, run), run, jobs=jobs if jobs or contest.has_glob else 1,
        is_quiet=to.is_quiet, cache=reports.cache(is_off=no_cache, is_quiet=to.is_quiet),
    )  # fmt: skip
    comparison = comparing.compared(contest, found, wanted)
    plotting.draw_comparison(comparison, picture)
    comparison_output.show(comparison, to, presentation(comparison, shown, is_whole=all_layers, is_folded=fold))
    if exit_code and to.file is not None and not to.is_quiet:
        output.note(compare_verdict.sentence(comparison))
    return 1 if exit_code and not comparison.identical else 0
