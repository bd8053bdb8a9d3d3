"""``cnninspect profile``: what a network costs to run and to train."""

from typing import Annotated

from cnninspect import spec
from cnninspect.cli import completion, options
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.options import optional
from cnninspect.cli.printing import prints
from cnninspect.cli.sorting import sorting
from cnninspect.cli.target import Target, show
from cnninspect.errors import RequestError
from cnninspect.formats import DATA
from cnninspect.formats.cost_columns import SORTABLE
from cnninspect.formats.profile import Ranking
from cnninspect.profile.asked import Optimizer
from cnninspect.spec import SavedReport, WeightsFile
from cnninspect.spec.run_options import RunOptions


@prints()
@options.runs()
def profile(
    model: Annotated[str, options.model()],
    batch: Annotated[
        str | None,
        optional(
            "--batch",
            metavar="NUMBERS",
            group=HelpGroup.runs,
            about="How many images at once, one profile each: 1,8,32. Default: as many as the input has.",
        ),
    ] = None,
    optimizer: Annotated[
        str,
        optional(
            "--optimizer",
            autocompletion=completion.among(Optimizer),
            metavar="OPTIMIZER",
            group=HelpGroup.runs,
            about=f"That takes the training step: {', '.join(Optimizer)}. Default: {Optimizer.adam}.",
        ),
    ] = Optimizer.adam,
    foreach: Annotated[
        bool | None,
        optional(
            "--foreach/--no-foreach",
            group=HelpGroup.runs,
            about="Whether it updates many parameters at once. Default: as torch does, on a GPU alone.",
        ),
    ] = None,
    train: Annotated[
        bool,
        optional(
            "--train",
            group=HelpGroup.runs,
            about="Time forward, backward and step, too; --fits is of a training step.",
        ),
    ] = False,
    fits: Annotated[
        str | None,
        optional(
            "--fits",
            metavar="SIZE",
            group=HelpGroup.runs,
            about="Find the largest batch that fits into this: 24GiB.",
        ),
    ] = None,
    verify: Annotated[
        bool,
        optional("--verify", group=HelpGroup.runs, about="Run the batch that fits, and the next one, on the GPU."),
    ] = False,
    runs: Annotated[
        int | None,
        optional(
            "--runs",
            metavar="NUMBER",
            group=HelpGroup.runs,
            min=1,
            about="Passes that are timed. Default: as many as a steady median takes.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        optional(
            "--target",
            autocompletion=completion.among(("cpu", "cuda")),
            metavar="cpu|cuda",
            group=HelpGroup.runs,
            about="With --device meta: the device whose memory is told. Default: cpu.",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        optional(
            "--sort",
            autocompletion=completion.sortable(SORTABLE),
            metavar="COLUMN",
            group=HelpGroup.shown,
            about="Sort the calls by a column; with a - in front (--sort=-macs) the largest first: "
            f"{', '.join(SORTABLE)}.",
        ),
    ] = None,
    top: Annotated[
        int | None,
        optional("--top", metavar="NUMBER", group=HelpGroup.shown, min=1, about="How many calls to show."),
    ] = None,
    plot: Annotated[
        str | None,
        optional(
            "--plot",
            metavar="FILE",
            group=HelpGroup.goes,
            about="Draw memory over the course of a training step, and time by layer; FILE ends in .svg or .png.",
        ),
    ] = None,
    *,
    run: RunOptions,
    no_cache: bool,
    to: Target,
) -> None:
    """Tell what a network costs to run and to train: memory to the byte and where its peaks are, time by layer.

    \b
    cnninspect profile resnet50 --batch 1,8,32 --optimizer adam --fits 24GiB
    cnninspect profile vgg16 --batch 32 --device meta
    cnninspect profile net.py:Net -i 1x3x64x64 --sort=-seconds --top 10

    Memory is of tensors, each storage once, from when it is born until it is gone. On --device meta it is told without
    being taken, and no time is measured.

    \b
    cnninspect profile resnet18 --train --plot resnet18.svg
    """
    from cnninspect import inspection
    from cnninspect.cli import plotting, reports
    from cnninspect.formats.profile import presentation
    from cnninspect.profile.asked import parse_asked

    del no_cache  # what is measured is measured each time
    if to.format in DATA:
        options.refuse(to.format, {"--sort": sort, "--top": top})
    order = sorting(sort, SORTABLE)
    wanted = parse_asked(
        batch=batch, optimizer=optimizer, foreach=foreach, train=train, fits=fits, verify=verify, runs=runs,
        target=target, device=run.device,
    )  # fmt: skip
    picture = plotting.plot_target(plot, to.file)
    request = inspection.requested(spec.parse_model(model, run.source), run)
    if isinstance(request, SavedReport | WeightsFile):
        raise RequestError(
            f"{model!r} is {spec.kind_of_file(request)}: only what runs has costs", hint="name the model"
        )
    from cnninspect.profile.profiling import profile_of

    with reports.running(request, is_quiet=to.is_quiet) as tell:
        costs = profile_of(request, wanted, say=tell).costs
    ranking = Ranking(order.column, order.is_descending, top) if order else Ranking(top=top)
    show(presentation(costs, ranking), to)
    plotting.draw_costs(costs, picture)
