"""``cnninspect summary``: one dummy forward pass; the layer table and the totals."""

from typing import Annotated

import typer

from cnninspect import spec
from cnninspect.cli import options, output, reports
from cnninspect.errors import RequestError
from cnninspect.formats import TABLES, View
from cnninspect.formats.columns import COLUMNS
from cnninspect.formats.interface import DEFAULT_DEPTH
from cnninspect.formats.summary import render
from cnninspect.spec import Mode, Request, SavedReport, Source, WeightsFile


def summary(
    model: options.ModelArgument,
    inputs: options.InputOption = None,
    device: options.DeviceOption = "cpu",
    dtype: options.DtypeOption = None,
    mode: options.ModeOption = Mode.eval,
    weights: options.WeightsOption = None,
    source: options.SourceOption = Source.torchvision,
    seed: options.SeedOption = 0,
    no_cache: options.NoCacheOption = False,
    depth: options.DepthOption = None,
    columns: options.ColumnsOption = None,
    format_name: Annotated[str | None, options.format_option("torchinfo")] = None,
    output_file: options.OutputOption = None,
    cross_check: Annotated[
        bool,
        typer.Option("--cross-check", help="Hold every shape and count against torchinfo's; exit 1 if any differs."),
    ] = False,
    color: options.ColorOption = None,
    quiet: options.QuietOption = False,
    debug: options.DebugOption = False,  # noqa: ARG001 - read where errors are reported
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

    target = output.target(format_name, output_file, more_formats=("torchinfo",))
    if target.format not in {*TABLES, "torchinfo"} and (columns or depth is not None):
        raise RequestError(f"--columns and --depth are for tables: {target.format} always has every field and layer")
    if target.format == "torchinfo" and columns:
        raise RequestError("--columns does not go with --format torchinfo: the table is torchinfo's own")
    view = output.view(options.keys(columns, COLUMNS), DEFAULT_DEPTH if depth is None else depth, target, color)
    parsed = spec.parse_model(model, source)
    request = inspection.requested(parsed, inputs or (), device, dtype, mode, weights, seed)
    is_torchinfo = cross_check or target.format == "torchinfo"
    if not is_torchinfo:
        report = reports.obtain(request, is_quiet=quiet, cache=reports.cache(is_off=no_cache, is_quiet=quiet))
        output.write(render(report, target.format, view), target.file)
        return 0
    if isinstance(request, SavedReport | WeightsFile):
        raise RequestError(f"{model!r} is {spec.kind_of_file(request)}: torchinfo needs a model")
    with reports.running(request, is_quiet=quiet):
        text, differences = _run_with_torchinfo(request, target.format, view, cross_check=cross_check)
    output.write(text, target.file)
    return _report_differences(differences, is_quiet=quiet) if cross_check else 0


def _run_with_torchinfo(request: Request, format_name: str, view: View, *, cross_check: bool) -> tuple[str, list[str]]:
    """The summary as text, and what torchinfo sees otherwise if that was asked."""
    from cnninspect import inspection, loading
    from cnninspect.subject import prepare

    with loading.hosting(request):
        subject = prepare(request)
        if not cross_check:
            return inspection.torchinfo_table(subject, view.depth), []
        report = inspection.inspect(subject)
        if format_name == "torchinfo":
            text = inspection.torchinfo_table(subject, view.depth)
        else:
            text = render(report, format_name, view)
        return text, inspection.cross_check(subject, report)


def _report_differences(differences: list[str], *, is_quiet: bool) -> int:
    for difference in differences:
        output.note(difference)
    if not differences and not is_quiet:
        output.note("torchinfo agrees on every shape and parameter count")
    return 1 if differences else 0
