"""The steps of ``apply``: the layers that were typed, what to compute in, the run."""

import re
from typing import Final

from cnninspect.apply.applied import Applied
from cnninspect.apply.given import Given
from cnninspect.apply.values import Maps
from cnninspect.cli import output, progress
from cnninspect.errors import RequestError
from cnninspect.loading import inline
from cnninspect.spec import InlineModel, input_spec, parse_model
from cnninspect.spec.inline_layers import LayerCall

#: Layers of torch.nn that are not for a matrix: they want several inputs, indices or sequences, or hold other layers.
_REFUSED: Final = re.compile(
    r".*(3d|Loss|Loss2d)|.*(RNN|LSTM|GRU|Transformer|Embedding|Container).*|(Module|Parameter)(List|Dict)|Module"
    r"|Sequential|Multihead\w+|Bilinear|CosineSimilarity|PairwiseDistance|MaxUnpool\dd|LinearCrossEntropy\w*"
)


def layer_names(incomplete: str) -> list[str]:
    """The layers for a matrix whose names begin so."""
    return [name for name in inline.layer_names() if name.startswith(incomplete) and not _REFUSED.fullmatch(name)]


def layers_of(text: str) -> InlineModel:
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


def computing_dtype(text: str | None) -> str:
    """The dtype to compute in: float64, so that the figures are those of pencil and paper.

    Raises:
        RequestError: It is none of the floating ones.
    """
    dtype = input_spec.parse_dtype(text, floating=True) if text else "float64"
    if dtype.startswith("complex"):
        raise RequestError(f"--dtype {text} is not for a matrix of numbers", hint="float64, float32, float16, bfloat16")
    return dtype


def applied(
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
    """What the layers make of the values, in torch.

    Raises:
        RequestError: A weight does not fit its layer, or a layer does not take such values.
        ModelError: A layer can't be built or run.
    """
    with progress.shown("applying …", is_quiet=is_quiet) as tell, output.results_only():
        tell("importing torch")
        from cnninspect.apply import running

        module = inline.build(model, None)
        names = [_spelled(layer) for layer in model.layers]
        return running.apply(module, names, values, weights=weights, biases=biases, seed=seed, mode=mode, dtype=dtype)
