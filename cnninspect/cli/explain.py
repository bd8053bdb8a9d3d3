"""``cnninspect explain``: where each number comes from."""

import shlex
from typing import Annotated

import typer

from cnninspect import spec
from cnninspect.cli import completion, options
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.options import optional
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target, show
from cnninspect.errors import RequestError
from cnninspect.spec import SavedReport, WeightsFile
from cnninspect.spec.run_options import RunOptions


@prints()
@options.runs()
def explain(
    model: Annotated[str, options.model(options.REPORT)],
    layer: Annotated[
        str | None,
        typer.Argument(
            metavar="LAYER",
            autocompletion=completion.layer,
            help="A path (features.0), a type (Conv2d: all of them) or a number (0: the first). Default: every layer.",
            show_default=False,
        ),
    ] = None,
    unit: Annotated[
        str | None,
        optional(
            "--unit",
            metavar="ROW,COLUMN",
            group=HelpGroup.shown,
            about="Which input pixels the unit at this place of LAYER's output sees: 13,13.",
        ),
    ] = None,
    *,
    run: RunOptions,
    no_cache: bool,
    to: Target,
) -> None:
    """Show where each number comes from: output sizes, parameters, MACs, receptive field, and the smallest input.

    \b
    cnninspect explain alexnet features.0
    cnninspect explain scratch:vgg16 Conv2d -f markdown
    cnninspect explain alexnet features.3 --unit 13,13

    \b
    cnninspect explain 'nn:Conv2d(3, 7, 5); MaxPool2d(2)' 0 -i 1x3x19x19
    cnninspect explain vgg16 -f json | jq .min_input
    """  # fmt: skip
    from cnninspect import inspection
    from cnninspect.cli import reports
    from cnninspect.explain import neurons
    from cnninspect.explain.explanation import explain as explained
    from cnninspect.formats.explain import presentation

    del no_cache  # the smallest input is found by running, each time
    at = neurons.parse(unit) if unit is not None else None
    if at and layer is None:
        command = shlex.join(["cnninspect", "explain", model, "LAYER", "--unit", f"{at[0]},{at[1]}"])
        raise RequestError(f"--unit {unit!r} needs a layer", hint=f"name one: {command}")
    request = inspection.requested(spec.parse_model(model, run.source), run)
    if isinstance(request, SavedReport | WeightsFile):
        found = explained(reports.read_file(request), layer=layer, unit=at)
    else:
        from cnninspect.explain.explaining import explanation_of

        with reports.running(request, is_quiet=to.is_quiet) as tell:
            found = explanation_of(request, layer=layer, unit=at, say=tell)
    show(presentation(found), to)
