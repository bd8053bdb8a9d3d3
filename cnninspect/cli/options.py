"""Options that several commands share."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any, NamedTuple

import typer

from cnninspect.errors import unknown_name
from cnninspect.formats import DEFAULT_COLUMNS, FORMATS
from cnninspect.formats.columns import COLUMNS
from cnninspect.spec import Mode, Source


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
OutputOption = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write to a file, whole or not at all; its ending tells the format.",
        show_default=False,
    ),
]  # fmt: skip


def format_option(*more: str) -> Any:
    """``--format`` of a command that has ``more`` formats than the shared ones."""
    known = (*FORMATS, *more)
    return typer.Option(
        "--format",
        "-f",
        metavar="|".join(known),
        help="Default: table, or what the ending of FILE says.",
        autocompletion=lambda incomplete: [name for name in known if name.startswith(incomplete)],
        show_default=False,
    )


FormatOption = Annotated[str | None, format_option()]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes on standard error.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="With an error, show where it came from.")]
ColorOption = Annotated[
    bool | None,
    typer.Option("--color/--no-color", help="Default: on a terminal, unless NO_COLOR is set.", show_default=False),
]
DepthOption = Annotated[
    int | None,
    typer.Option("--depth", min=0, help="Levels of the module tree to show. Default: 3.", show_default=False),
]
ColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="A,B,C",
        help=f"Columns of the table, from {', '.join(COLUMNS)}. Default: {','.join(DEFAULT_COLUMNS)}.",
        show_default=False,
    ),
]


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
