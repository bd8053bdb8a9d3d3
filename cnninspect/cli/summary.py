"""``cnninspect summary``: one dummy forward pass; the layer table and the totals."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from cnninspect import spec
from cnninspect.cli import completion, options, output
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.levels import levels
from cnninspect.cli.options import optional
from cnninspect.cli.printing import prints
from cnninspect.cli.sorting import sorting
from cnninspect.cli.target import Target, show
from cnninspect.errors import RequestError
from cnninspect.formats import DATA, SHARED, Format
from cnninspect.formats.columns import COLUMNS, DEFAULT_COLUMNS, DEFAULT_DEPTH, SORTABLE
from cnninspect.spec import Request, SavedReport, WeightsFile
from cnninspect.spec.run_options import RunOptions

if TYPE_CHECKING:
    from cnninspect.formats.leaf_calls import Listing
    from cnninspect.formats.presentation import Presentation
    from cnninspect.report import Report


@prints(*SHARED, Format.torchinfo)
@options.runs()
def summary(
    model: Annotated[str, options.model("weights.safetensors", options.REPORT)],
    run: RunOptions,
    no_cache: bool,
    depth: Annotated[
        str | None,
        options.depth(f"Levels of the module tree to show, or all. Default: {DEFAULT_DEPTH}."),
    ] = None,
    columns: Annotated[
        str | None,
        optional(
            "--columns",
            autocompletion=completion.several(COLUMNS),
            metavar="COLUMNS",
            group=HelpGroup.shown,
            about=f"Columns of the table, with commas between, from {', '.join(COLUMNS)}. "
            f"Default: {','.join(DEFAULT_COLUMNS)}.",
        ),
    ] = None,
    fold: Annotated[bool, options.FOLD] = True,
    only: Annotated[
        list[str] | None,
        options.only("List the leaf calls whose path or type is like this: 'features.*', Conv2d; may be repeated."),
    ] = None,
    sort: Annotated[
        str | None,
        optional(
            "--sort",
            autocompletion=completion.sortable(SORTABLE),
            metavar="COLUMN",
            group=HelpGroup.shown,
            about="List the leaf calls sorted by a column; with a - in front (--sort=-macs) the largest first.",
        ),
    ] = None,
    top: Annotated[
        int | None,
        optional(
            "--top",
            metavar="NUMBER",
            group=HelpGroup.shown,
            min=1,
            about="List so many of the largest leaf calls: by the column that sorts, otherwise by parameters.",
        ),
    ] = None,
    ops: Annotated[
        bool,
        optional(
            "--ops",
            group=HelpGroup.shown,
            about="Show operators that run outside layers as rows, too: +, cat, a functional max_pool2d.",
        ),
    ] = False,
    cross_check: Annotated[
        bool,
        optional(
            "--cross-check",
            group=HelpGroup.shown,
            about="Hold every shape and count against torchinfo's; exit 1 if any differs.",
        ),
    ] = False,
    *,
    to: Target,
) -> int:
    """Run a network once on a made-up input and show its layers, shapes, parameters and MACs.

    \b
    cnninspect summary alexnet --input 1x3x224x224
    cnninspect summary vgg16 --columns kernel,output,receptive_field,share
    cnninspect summary net.py:Net --input 1x3x64x64 -o net.html

    \b
    cnninspect summary scratch:vgg16 --depth 1
    cnninspect summary 'nn:Conv2d(3, 7, 5, bias=False); Conv2d(7, 2, 3, bias=False)' -i 1x3x19x19
    cnninspect summary resnet50 --top 10 --sort=-macs
    cnninspect summary alexnet --only 'features.*'
    cnninspect summary resnet18 --ops --depth 4
    cnninspect summary alexnet -o alexnet.json
    cnninspect summary alexnet.json -f markdown
    cnninspect summary weights.safetensors
    """
    from cnninspect import inspection
    from cnninspect.cli import reports

    view = _View(options.keys(columns, COLUMNS), levels(depth, DEFAULT_DEPTH), fold, _listing(only, sort, top), ops)
    given = {"--columns": columns, "--only": only, "--sort": sort, "--top": top, "--depth": depth}
    _check_goes_with(to.format, given, has_ops=ops)
    request = inspection.requested(spec.parse_model(model, run.source), run)
    if (ops or to.format is Format.html) and isinstance(request, Request):
        request = msgspec.structs.replace(request, with_graph=True)
    if not cross_check and to.format is not Format.torchinfo:
        report = reports.obtain(
            request, is_quiet=to.is_quiet, cache=reports.cache(is_off=no_cache, is_quiet=to.is_quiet)
        )
        if ops and report.graph is None and not isinstance(request, Request):
            raise RequestError(f"--ops: {model!r} does not say which operators ran", hint="make it again with --ops")
        show(_presentation(report, view), to)
        if report.run.cached and isinstance(request, Request) and to.format not in DATA and not to.is_quiet:
            output.note("this is the report of an earlier run; --no-cache runs the network again")
        return 0
    if isinstance(request, SavedReport | WeightsFile):
        raise RequestError(
            f"{model!r} is {spec.kind_of_file(request)}: torchinfo needs a model", hint="name the model itself"
        )
    with reports.running(request, is_quiet=to.is_quiet):
        text, differences = _run_with_torchinfo(request, to, view, cross_check=cross_check)
    output.write(text, to.file)
    return _report_differences(differences, is_quiet=to.is_quiet) if cross_check else 0


class _View(NamedTuple):
    """What a table shows of a report."""

    columns: tuple[str, ...] | None
    depth: int
    is_folded: bool
    listing: "Listing | None"
    with_ops: bool


def _listing(only: list[str] | None, sort: str | None, top: int | None) -> "Listing | None":
    order = sorting(sort, SORTABLE)
    if not only and order is None and top is None:
        return None
    column, is_descending = order or ("", False)
    from cnninspect.formats.leaf_calls import Listing

    return Listing(tuple(only or ()), column, is_descending, top)


def _check_goes_with(form: Format, given: Mapping[str, object], *, has_ops: bool) -> None:
    """Refuse what a format does not show.

    Raises:
        RequestError: It has every field and layer, or is another's.
    """
    if form is Format.torchinfo:
        given = {**given, "--depth": None, "--ops": "" if has_ops else None}
        options.refuse(form, given, why="the table is torchinfo's own")
    elif form in DATA:
        options.refuse(form, given)


def _presentation(report: "Report", view: _View) -> "Presentation":
    from cnninspect.formats import summary as layout

    return layout.presentation(
        report, view.columns, view.depth, is_folded=view.is_folded, listing=view.listing, with_ops=view.with_ops
    )


def _run_with_torchinfo(request: Request, to: Target, view: _View, *, cross_check: bool) -> tuple[str, list[str]]:
    """The summary as text, and what torchinfo sees otherwise if that was asked."""
    from cnninspect import inspection, loading
    from cnninspect.formats.presentation import written
    from cnninspect.subject import prepare

    with loading.hosting(request):
        subject = prepare(request)
        if not cross_check:
            return inspection.torchinfo_table(subject, view.depth), []
        report = inspection.inspect(subject, with_graph=request.with_graph)
        own = {Format.torchinfo: lambda: inspection.torchinfo_table(subject, view.depth)}
        shown = _presentation(report, view)
        shown = shown._replace(own={**shown.own, **own})
        return written(shown, to.format, to.terminal), inspection.cross_check(subject, report)


def _report_differences(differences: list[str], *, is_quiet: bool) -> int:
    for difference in differences:
        output.note(difference)
    if not differences and not is_quiet:
        output.note("torchinfo agrees on every shape and parameter count")
    return 1 if differences else 0
