"""``cnninspect apply``: layers on a small matrix, every window and its result."""

import re
import shlex
from typing import Annotated

import typer

from cnninspect import input_spec
from cnninspect.apply import files, given
from cnninspect.apply.given import Given
from cnninspect.apply.result import Applied
from cnninspect.apply.values import Maps
from cnninspect.cli import options, output, progress, stepping
from cnninspect.errors import RequestError
from cnninspect.formats.apply import render
from cnninspect.loading import inline
from cnninspect.spec import InlineModel, LayerCall, Mode, parse_model

#: Layers of torch.nn that are not for a matrix: they want several inputs, indices or sequences, or hold other layers.
_REFUSED = re.compile(
    r".*(3d|Loss|Loss2d)|.*(RNN|LSTM|GRU|Transformer|Embedding|Container).*|(Module|Parameter)(List|Dict)|Module"
    r"|Sequential|Multihead\w+|Bilinear|CosineSimilarity|PairwiseDistance|MaxUnpool\dd|LinearCrossEntropy\w*"
)


def _complete_layer(incomplete: str) -> list[str]:
    return [name for name in inline.layer_names() if name.startswith(incomplete) and not _REFUSED.fullmatch(name)]


def apply(
    layers: Annotated[
        str,
        typer.Argument(
            metavar="LAYERS",
            help="torch.nn layers in sequence: 'MaxPool2d(2, 2)', 'Conv2d(1, 1, 3, bias=False); ReLU()'.",
            autocompletion=_complete_layer,
            show_default=False,
        ),
    ],
    values: Annotated[
        str,
        typer.Option(
            "--values",
            metavar="MATRIX",
            help="'1 2; 3 4' (';' between rows, '|' between channels), 1:16 (counting, 4×4), 1:12:3x4, @file.csv "
            "(@- for standard input) or an image, cat.png or cat.png:32x32.",
            show_default=False,
        ),
    ],
    weight: Annotated[
        list[str] | None,
        typer.Option(
            "--weight",
            metavar="[LAYER=]MATRIX",
            help="Of a layer: ';' between rows, '|' between channels, '||' between filters, or all in one row. Repeat "
            "it for several layers, in order or with LAYER (index from 0, or type). Default: torch's own, from --seed.",
            show_default=False,
        ),
    ] = None,
    bias: Annotated[
        list[str] | None,
        typer.Option(
            "--bias",
            metavar="[LAYER=]NUMBERS",
            help="Likewise, one number a filter. Default: 0 beside a --weight, else torch's own, from --seed.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of weights that are not given.")] = 0,
    mode: options.ModeOption = Mode.eval,
    dtype: Annotated[
        str | None,
        typer.Option("--dtype", metavar="DTYPE", help="To compute in. Default: float64, as with pencil and paper."),
    ] = None,
    is_stepwise: Annotated[
        bool,
        typer.Option("--step", help="On a terminal: the windows one by one, at a key press or after a second."),
    ] = False,
    is_whole: Annotated[bool, typer.Option("--all", help="Show every window, however many.")] = False,
    format_name: options.FormatOption = None,
    output_file: options.OutputOption = None,
    color: options.ColorOption = None,
    quiet: options.QuietOption = False,
    debug: options.DebugOption = False,  # noqa: ARG001 - read where errors are reported
) -> None:
    """Run layers on a small matrix and show every window and what it gives.

    \b
    cnninspect apply 'MaxPool2d(2, 2)' --values '1 2 3 4; 5 6 7 8; 9 10 11 12; 13 14 15 16'
    cnninspect apply 'Conv2d(1, 1, 3)' --values 1:16 --weight '1 0 -1; 1 0 -1; 1 0 -1'
    cnninspect apply 'Conv2d(1, 1, 3, bias=False); ReLU(); MaxPool2d(2)' --values 1:36 --seed 1
    cnninspect apply 'Conv2d(2, 1, 2)' --values '1 2; 3 4 | 5 6; 7 8' --weight '1 0; 0 1 | 0 1; 1 0' --bias 0.5
    cnninspect apply 'AvgPool2d(2)' --values @matrix.csv -f latex
    cnninspect apply 'MaxPool2d(2)' --values 1:16 --step
    """
    target = output.target(format_name, output_file)
    if is_stepwise:
        stepping.check(target)
    model = _layers(layers)
    types = [layer.name for layer in model.layers]
    weights, biases = (
        given.parse_given(texts or (), option, types) for texts, option in ((weight, "--weight"), (bias, "--bias"))
    )
    floating = _dtype(dtype)
    maps = files.read_values(values)
    view = output.view(None, 0, target, color)
    applied = _run(model, maps, weights, biases, seed=seed, mode=mode, dtype=floating, is_quiet=quiet)
    if is_stepwise:
        stepping.show(applied, view)
    command = shlex.join(["cnninspect", "apply", layers, "--values", values])
    output.write(render(applied, target.format, view, command=command, is_whole=is_whole), target.file)


def _layers(text: str) -> InlineModel:
    """The layers, with or without ``nn:`` before them.

    Raises:
        RequestError: They are malformed or unknown, or not for a matrix.
    """
    try:
        model = parse_model(text if text.startswith("nn:") else f"nn:{text}")
    except RequestError as error:  # in the words that were typed
        bare = [words and words.replace("'nn:", "'") for words in (error.message, error.hint)]
        raise RequestError(str(bare[0]), hint=bare[1]) from error
    if not isinstance(model, InlineModel):
        raise RequestError(f"{text!r} is no sequence of layers", hint="for example 'MaxPool2d(2, 2)'")
    inline.check(model, None)
    for layer in model.layers:
        if _REFUSED.fullmatch(layer.name):
            raise RequestError(
                f"{layer.name} is not a layer for a matrix",
                hint="convolutions, pooling, activations, normalisation, Flatten and Linear are",
            )
        if layer.kwargs.get("return_indices"):
            raise RequestError(f"{_spelled(layer)} gives two results", hint="leave return_indices out")
    return model


def _spelled(layer: LayerCall) -> str:
    arguments = [*map(repr, layer.args), *(f"{key}={value!r}" for key, value in layer.kwargs.items())]
    return f"{layer.name}({', '.join(arguments)})"


def _dtype(text: str | None) -> str:
    """The dtype to compute in: float64, so that the figures are those of pencil and paper.

    Raises:
        RequestError: It is none of the floating ones.
    """
    dtype = input_spec.parse_dtype(text, floating=True) if text else "float64"
    if dtype.startswith("complex"):
        raise RequestError(f"--dtype {text} is not for a matrix of numbers", hint="float64, float32, float16, bfloat16")
    return dtype


def _run(
    model: InlineModel,
    values: Maps,
    weights: tuple[Given, ...],
    biases: tuple[Given, ...],
    *,
    seed: int,
    mode: str,
    dtype: str,
    is_quiet: bool,
) -> Applied:
    with progress.shown("applying …", is_quiet=is_quiet), output.results_only():
        from cnninspect.apply import running

        module = inline.build(model, None)
        names = [_spelled(layer) for layer in model.layers]
        return running.apply(module, names, values, weights=weights, biases=biases, seed=seed, mode=mode, dtype=dtype)
