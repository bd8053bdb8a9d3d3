"""``cnninspect summary``: one dummy forward pass; the layer table and the totals."""

from typing import Annotated

import typer

from cnninspect import spec
from cnninspect.cli import options, output, reports
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target, show
from cnninspect.errors import RequestError
from cnninspect.formats import DATA, SHARED, Format
from cnninspect.formats import summary as layout
from cnninspect.formats.columns import COLUMNS, DEFAULT_COLUMNS
from cnninspect.formats.presentation import written
from cnninspect.spec import Request, SavedReport, WeightsFile
from cnninspect.spec.run_options import RunOptions


@prints(*SHARED, Format.torchinfo)
@options.runs()
def summary(
    model: options.ModelArgument,
    run: RunOptions,
    no_cache: bool,
    depth: Annotated[
        int | None,
        typer.Option(
            "--depth",
            min=0,
            help=f"Levels of the module tree to show. Default: {layout.DEFAULT_DEPTH}.",
            show_default=False,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="A,B,C",
            help=f"Columns of the table, from {', '.join(COLUMNS)}. Default: {','.join(DEFAULT_COLUMNS)}.",
            show_default=False,
        ),
    ] = None,
    cross_check: Annotated[
        bool,
        typer.Option("--cross-check", help="Hold every shape and count against torchinfo's; exit 1 if any differs."),
    ] = False,
    *,
    to: Target,
) -> int:
    """Run a network once on a made-up input and show its layers, shapes, parameters and MACs.

    \b
    cnninspect summary alexnet --input 1x3x224x224
    cnninspect summary scratch:vgg16 --depth 1
    cnninspect summary 'nn:Conv2d(3, 7, 5, bias=False); Conv2d(7, 2, 3, bias=False)' -i 1x3x19x19
    cnninspect summary vgg16 --columns kernel,output,receptive_field,share
    cnninspect summary alexnet -o alexnet.json
    cnninspect summary alexnet.json -f markdown
    cnninspect summary weights.safetensors
    """
    from cnninspect import inspection

    if to.format in DATA and (columns or depth is not None):
        raise RequestError(f"--columns and --depth are for tables: {to.format} always has every field and layer")
    if to.format is Format.torchinfo and columns:
        raise RequestError("--columns does not go with --format torchinfo: the table is torchinfo's own")
    keys, levels = options.keys(columns, COLUMNS), layout.DEFAULT_DEPTH if depth is None else depth
    request = inspection.requested(spec.parse_model(model, run.source), run)
    if not cross_check and to.format is not Format.torchinfo:
        report = reports.obtain(
            request, is_quiet=to.is_quiet, cache=reports.cache(is_off=no_cache, is_quiet=to.is_quiet)
        )
        show(layout.presentation(report, keys, levels), to)
        return 0
    if isinstance(request, SavedReport | WeightsFile):
        raise RequestError(f"{model!r} is {spec.kind_of_file(request)}: torchinfo needs a model")
    with reports.running(request, is_quiet=to.is_quiet):
        text, differences = _run_with_torchinfo(request, to, keys, levels, cross_check=cross_check)
    output.write(text, to.file)
    return _report_differences(differences, is_quiet=to.is_quiet) if cross_check else 0


def _run_with_torchinfo(
    request: Request, to: Target, columns: tuple[str, ...] | None, depth: int, *, cross_check: bool
) -> tuple[str, list[str]]:
    """The summary as text, and what torchinfo sees otherwise if that was asked."""
    from cnninspect import inspection, loading
    from cnninspect.subject import prepare

    with loading.hosting(request):
        subject = prepare(request)
        if not cross_check:
            return inspection.torchinfo_table(subject, depth), []
        report = inspection.inspect(subject)
        own = {Format.torchinfo: lambda: inspection.torchinfo_table(subject, depth)}
        shown = layout.presentation(report, columns, depth)._replace(own=own)
        return written(shown, to.format, to.terminal), inspection.cross_check(subject, report)


def _report_differences(differences: list[str], *, is_quiet: bool) -> int:
    for difference in differences:
        output.note(difference)
    if not differences and not is_quiet:
        output.note("torchinfo agrees on every shape and parameter count")
    return 1 if differences else 0
