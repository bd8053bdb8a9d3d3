"""Options that several commands share, and what they come to: a request."""

from collections.abc import Collection
from typing import Annotated, NamedTuple

import typer

from cnninspect import input_spec, spec
from cnninspect.errors import RequestError, unknown_name
from cnninspect.sources import Source
from cnninspect.spec import LARGEST_SEED, Mode, Request, SavedReport, WeightsFile


def complete_model(incomplete: str) -> list[str]:
    """The names of models that begin so."""
    from cnninspect.loading import model_names

    return [name for name in model_names() if name.startswith(incomplete)]


ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="alexnet, scratch:vgg16, alexnet,num_classes=10, 'nn:Conv2d(3, 7, 5); ReLU()', "
        "net.py:Net, program.pt2, weights.safetensors, or a report saved as JSON (- for standard input).",
        autocompletion=complete_model,
        show_default=False,
    ),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        metavar="[NAME=]SHAPE[:DTYPE]",
        help="What goes in, such as 1x3x224x224; once for each input. Default: the published evaluation input.",
        show_default=False,
    ),
]
DeviceOption = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="cpu, cuda, cuda:N, mps, auto (the accelerator if there is one), or meta (shapes alone).",
    ),
]
DtypeOption = Annotated[
    str | None,
    typer.Option(
        "--dtype", metavar="DTYPE", help="Of the weights and the input, such as float16. Default: the model's own.",
        show_default=False,
    ),
]  # fmt: skip
ModeOption = Annotated[Mode, typer.Option("--mode", help="Dropout and normalisation as in evaluation or in training.")]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        "--weights",
        metavar="NAME|FILE",
        help="Published weights (DEFAULT, IMAGENET1K_V1) or the file of a state dict. Default: none, no download.",
        show_default=False,
    ),
]
SourceOption = Annotated[Source, typer.Option("--source", help="Where a bare model name comes from.")]
NoCacheOption = Annotated[
    bool, typer.Option("--no-cache", help="Run the network, whatever was kept of an earlier run, and keep nothing.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=LARGEST_SEED, help="Of the made-up input values.")]


class RunOptions(NamedTuple):
    """How a model is to be run, as typed; the defaults are those of the options."""

    inputs: list[str] | None = None
    device: str = "cpu"
    dtype: str | None = None
    mode: str = Mode.eval
    weights: str | None = None
    seed: int = 0


def keys(text: str | None, known: Collection[str]) -> tuple[str, ...] | None:
    """The column keys in ``a,b,c``; ``None`` if nothing was asked for.

    Raises:
        RequestError: There is no such column.
    """
    if text is None:
        return None
    found = tuple(key.strip().replace("-", "_") for key in text.split(","))
    for key in found:
        if key not in known:
            raise unknown_name("column", key, known, see=f"the columns are {', '.join(known)}")
    return found


def request(
    model: spec.ModelSpec,
    inputs: list[str] | None,
    device: str,
    dtype: str | None,
    mode: str,
    weights: str | None,
    seed: int,
) -> Request | SavedReport | WeightsFile:
    """What is to be run, checked as far as it can be without torch; a saved report needs no run.

    Raises:
        RequestError: The request can't be carried out as written.
    """
    from cnninspect import loading

    shapes = tuple(map(input_spec.parse_input, inputs or ()))
    spec.check_device(device)
    if isinstance(model, SavedReport | WeightsFile):
        if (shapes, device, dtype, mode, weights, seed) != ((), "cpu", None, "eval", None, 0):
            raise RequestError(
                f"{model.text!r} is {spec.kind_of_file(model)}: there is nothing to run",
                hint="--input, --device, --dtype, --mode, --weights and --seed go with a model",
            )
        return model
    floating = input_spec.parse_dtype(dtype, floating=True) if dtype else None
    checked = Request(model, shapes, device, floating, mode, weights, seed)
    loading.check(checked)
    return checked
