"""``cnninspect verify``: are two definitions the same network?"""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cnninspect import spec
from cnninspect.cli import completion, options, output, progress
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target, show
from cnninspect.errors import RequestError
from cnninspect.spec import Request, RunnableModel, SavedReport, WeightsFile
from cnninspect.spec.run_options import RunOptions

if TYPE_CHECKING:
    from cnninspect.verify.evidence import Evidence

_WRITTEN: Final = "alexnet, scratch:vgg16, 'nn:Conv2d(3, 7, 5); ReLU()', net.py:Net, notebook.ipynb:Net or program.pt2"


@prints(is_gate=True)
@options.runs(
    weights="Weights for both, published ones or a state dict. Default: random ones.",
    seed="Of the random weights and inputs.",
)
def verify(
    first: Annotated[
        str,
        typer.Argument(metavar="MODEL", help=f"{_WRITTEN}.", autocompletion=completion.model, show_default=False),
    ],
    second: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="The other one, named likewise.",
            autocompletion=completion.model,
            show_default=False,
        ),
    ],
    run: RunOptions,
    no_cache: bool,
    *,
    to: Target,
) -> int:
    """Are two definitions the same network? Exit 0 if they are identical or equivalent, 1 if they are different.

    \b
    cnninspect verify scratch:vgg16 torchvision:vgg16
    cnninspect verify my_alexnet.py:AlexNet torchvision:alexnet
    cnninspect verify net.py:Old net.py:New --input 1x3x64x64 --mode train

    Their layers are aligned, their state dicts compared, and both are run with the same weights on the same random
    inputs, in their own dtype and in float64: outputs and gradients must agree. Where they don't, the first layer at
    which the two part is named.

    \b
    cnninspect verify scratch:alexnet alexnet -f json | jq -r .verdict
    """  # fmt: skip
    from cnninspect.formats import Format
    from cnninspect.formats.verify import presentation, title
    from cnninspect.verify.evidence import Verdict

    del no_cache  # both are run, each time
    requests = (spec.request(_model(text, run.source), run) for text in (first, second))
    evidence = _evidence(*requests, is_quiet=to.is_quiet)
    show(presentation(evidence), to)
    if to.format is Format.json and not to.is_quiet:
        _note(evidence)
    if to.file is not None and not to.is_quiet:
        output.note(title(evidence))
    return int(evidence.verification.verdict == Verdict.different)


def _model(text: str, source: str) -> RunnableModel:
    """A model that can be run.

    Raises:
        RequestError: It is a saved report or a file of weights, or malformed.
    """
    model = spec.parse_model(text, source)
    if isinstance(model, SavedReport | WeightsFile):
        raise RequestError(
            f"{text!r} is {spec.kind_of_file(model)}: there is nothing to run, and to verify is to run both",
            hint=f"name a model: {_WRITTEN}",
        )
    return model


def _evidence(first: Request, second: Request, *, is_quiet: bool) -> "Evidence":
    from cnninspect.verify import contenders, verification

    first, second = contenders.check(first, second)
    is_silent = is_quiet or first.weights is not None or second.weights is not None  # a download shows its own progress
    with progress.shown("verifying …", is_quiet=is_silent) as tell, output.results_only():
        return verification.evidence_of(first, second, tell)


def _note(evidence: "Evidence") -> None:
    """What the JSON has no field for: where the two part, and why a figure is unknown."""
    for text in (*((evidence.departure.why,) if evidence.departure else ()), *evidence.notes):
        output.note(text)
