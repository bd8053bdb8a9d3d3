"""``cnninspect profile``: what a network costs to run and to train."""

from typing import Annotated

import typer

from cnninspect import spec
from cnninspect.cli import options
from cnninspect.cli.printing import prints
from cnninspect.cli.sorting import sorting
from cnninspect.cli.target import Target, show
from cnninspect.errors import RequestError
from cnninspect.formats.profile import SORTABLE, Ranking
from cnninspect.profile.asked import Optimizer
from cnninspect.spec import SavedReport, WeightsFile
from cnninspect.spec.run_options import RunOptions


@prints()
@options.runs()
def profile(
    model: options.ModelArgument,
    batch: Annotated[
        str | None,
        typer.Option(
            "--batch",
            metavar="N,N,…",
            help="How many images at once, one profile each: 1,8,32. Default: as many as the input has.",
            show_default=False,
        ),
    ] = None,
    optimizer: Annotated[
        str, typer.Option("--optimizer", metavar="|".join(Optimizer), help="That takes the training step.")
    ] = Optimizer.adam,
    foreach: Annotated[
        bool | None,
        typer.Option(
            "--foreach/--no-foreach",
            help="Whether it updates many parameters at once. Default: as torch does, on a GPU alone.",
            show_default=False,
        ),
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Time forward, backward and step, too; --fits is of a training step.")
    ] = False,
    fits: Annotated[
        str | None,
        typer.Option(
            "--fits", metavar="SIZE", help="Find the largest batch that fits into this: 24GiB.", show_default=False
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Run the batch that fits, and the next one, on the GPU.")
    ] = False,
    runs: Annotated[
        int | None,
        typer.Option(
            "--runs",
            metavar="N",
            min=1,
            help="Passes that are timed. Default: as many as a steady median takes.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="cpu|cuda",
            help="With --device meta: the device whose memory is told. Default: cpu.",
            show_default=False,
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="[-]COLUMN",
            help=f"Sort the calls by a column, with a - in front the largest first: {', '.join(SORTABLE)}.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option("--top", metavar="N", min=1, help="How many calls to show.", show_default=False),
    ] = None,
    plot: Annotated[
        str | None,
        typer.Option(
            "--plot",
            metavar="FILE.svg|png",
            help="Draw memory over the course of a training step, and time by layer.",
            show_default=False,
        ),
    ] = None,
    *,
    run: RunOptions,
    no_cache: bool,
    to: Target,
) -> None:
    """Tell what a network costs to run and to train: memory to the byte and where its peaks are, time by layer.

    Memory is of tensors, each storage once, from when it is born until it is gone. On --device meta it is told without
    being taken, and no time is measured.

    \b
    cnninspect profile resnet50 --batch 1,8,32 --optimizer adam --fits 24GiB
    cnninspect profile vgg16 --batch 32 --device meta
    cnninspect profile net.py:Net -i 1x3x64x64 --sort=-seconds --top 10
    cnninspect profile resnet18 --train --plot resnet18.svg
    """
    from cnninspect import inspection
    from cnninspect.cli import plotting, reports
    from cnninspect.formats.profile import presentation
    from cnninspect.profile.asked import parse_asked

    del no_cache  # what is measured is measured each time
    order = sorting(sort, SORTABLE)
    wanted = parse_asked(
        batch=batch, optimizer=optimizer, foreach=foreach, train=train, fits=fits, verify=verify, runs=runs,
        target=target, device=run.device,
    )  # fmt: skip
    picture = plotting.plot_target(plot, to.file)
    request = inspection.requested(spec.parse_model(model, run.source), run)
    if isinstance(request, SavedReport | WeightsFile):
        raise RequestError(f"{model!r} is {spec.kind_of_file(request)}: only what runs has costs")
    from cnninspect.profile.profiling import profile_of

    with reports.running(request, is_quiet=to.is_quiet) as tell:
        costs = profile_of(request, wanted, say=tell).costs
    plotting.draw_costs(costs, picture)
    ranking = Ranking(order.column, order.is_descending, top) if order else Ranking(top=top)
    show(presentation(costs, ranking), to)
