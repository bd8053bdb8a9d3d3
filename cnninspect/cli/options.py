"""Options that several commands share."""

from collections.abc import Collection, Sequence
from typing import Annotated, NamedTuple

import typer

from cnninspect.errors import unknown_name
from cnninspect.sources import Source
from cnninspect.spec import Mode


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
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Of the made-up input values.")]


class RunOptions(NamedTuple):
    """How a model is to be run, as typed; the defaults are those of the options."""

    inputs: Sequence[str] = ()
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
