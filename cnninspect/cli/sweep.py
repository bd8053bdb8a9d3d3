"""``cnninspect sweep``: the figures of many networks, one line each, on several processes or machines."""

from typing import Annotated

import typer

from cnninspect.cli import completion, options, output
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.options import optional
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target
from cnninspect.formats import Format
from cnninspect.spec.run_options import RunOptions
from cnninspect.sweep.grid import Grid


@prints(Format.jsonl, grows=True, is_gate=True)
@options.runs(
    defaults={"device": "meta"},
    device="meta (shapes alone), or where each network runs for real: cpu, cuda, cuda:N, mps, auto.",
)
def sweep(
    patterns: Annotated[
        list[str],
        typer.Argument(
            metavar="PATTERN …",
            help="Globs over names in quotes, 'timm:*', so that the shell lets them be, and models as for summary.",
            autocompletion=completion.model,
            show_default=False,
        ),
    ],
    run: RunOptions,
    sizes: Annotated[
        str | None,
        optional(
            "--sizes",
            metavar="NUMBERS",
            group=HelpGroup.runs,
            about="Sides of square images, one line each: 160,224,384. Default: those of the input.",
        ),
    ] = None,
    batch: Annotated[
        str | None,
        optional(
            "--batch",
            metavar="NUMBERS",
            group=HelpGroup.runs,
            about="How many images at once, one line each: 1,8. Default: as many as the input has.",
        ),
    ] = None,
    profile: Annotated[
        bool, optional("--profile", group=HelpGroup.runs, about="Tell what each costs to run and to train, too.")
    ] = False,
    shard: Annotated[
        str | None,
        optional(
            "--shard",
            metavar="PART/PARTS",
            group=HelpGroup.runs,
            about="Run one part of several, such as 3/8; cat puts their files together.",
        ),
    ] = None,
    jobs: Annotated[int | None, options.JOBS] = None,
    timeout: Annotated[
        int,
        optional(
            "--timeout",
            metavar="SECONDS",
            group=HelpGroup.runs,
            min=1,
            about="That one may take. Default: 300.",
        ),
    ] = 300,
    max_memory: Annotated[
        str | None,
        optional(
            "--max-memory",
            metavar="SIZE",
            group=HelpGroup.runs,
            about="That the process of one may take, torch's 0.7 GiB included: 4GiB. Default: a share of what is free.",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        optional(
            "--cluster",
            metavar="ADDRESS",
            group=HelpGroup.runs,
            about="Run them on the workers of a Dask scheduler, such as tcp://scheduler:8786.",
        ),
    ] = None,
    resume: Annotated[
        bool, optional("--resume", group=HelpGroup.goes, about="Go on with a file: run what is missing in it.")
    ] = False,
    retry: Annotated[
        bool, optional("--retry", group=HelpGroup.goes, about="With --resume: run what failed, too.")
    ] = False,
    strict: Annotated[
        bool, optional("--strict", group=HelpGroup.beside, about="Exit with 1 if one of them failed.")
    ] = False,
    *,
    to: Target,
) -> int:
    """Tell the figures of many networks, one JSON object a line, into a file that can be gone on with.

    \b
    cnninspect sweep 'timm:*' --jobs 2 -o zoo.jsonl
    cnninspect sweep 'timm:*' -o zoo.jsonl --resume --retry --timeout 600
    cnninspect sweep 'torchvision:*' --sizes 160,224 --batch 1,8 --profile -o costs.jsonl --shard 3/8

    Each network runs in a process that it can't take others down with: one that crashes, runs out of memory, takes too
    long or prints without end is a line that says so. compare, models and check read the file.
    """  # fmt: skip
    from cnninspect.cli import sweep_run
    from cnninspect.sweep.grid import tasks as asked
    from cnninspect.sweep.manner import parse_manner

    manner = parse_manner(
        output=to.file, resume=resume, retry=retry, jobs=jobs, timeout=timeout, max_memory=max_memory, cluster=cluster
    )
    tasks = asked(patterns, run, Grid(sizes, batch, profile, shard))
    try:
        found = sweep_run.carried_out(tasks, manner, run.device, is_quiet=to.is_quiet)
    except BrokenPipeError:  # typer would make exit code 1 of it, a gate's
        output.abandon()
        return 0
    return 1 if strict and found.failed else 0
