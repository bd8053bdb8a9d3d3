"""Layers in sequence and the numbers for them, as they are typed or given in Python; and the one call for Python."""

import re
import reprlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from cnninspect.apply import files, given, values
from cnninspect.apply.applied import Applied
from cnninspect.apply.given import Given
from cnninspect.apply.values import Maps
from cnninspect.errors import RequestError
from cnninspect.loading import inline
from cnninspect.spec import InlineModel, check_mode, check_seed, input_spec, parse_model
from cnninspect.spec.inline_layers import LayerCall

if TYPE_CHECKING:
    import torch
    from torch import nn

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
        _check_layer(layer.name)
        if layer.kwargs.get("return_indices"):
            raise RequestError(f"{spelled(layer)} gives two results", hint="leave return_indices out")
    return model


def _check_layer(kind: str) -> None:
    if _REFUSED.fullmatch(kind):
        raise RequestError(
            f"{kind} is not a layer for a matrix",
            hint="convolutions, pooling, activations, normalisation, Flatten and Linear are",
        )


def spelled(layer: LayerCall) -> str:
    """A layer as it could be typed."""
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


#: A matrix as it is typed, or as nested lists, an array or a tensor.
Numbers = Any
_BETWEEN: Final = (" ", "; ", " | ", " || ")  # between numbers, rows, channels and filters


def apply_layers(
    layers: "str | nn.Module",
    values: Numbers,
    *,
    weight: "Numbers | Mapping[int | str, Numbers]" = (),
    bias: "Numbers | Mapping[int | str, Numbers]" = (),
    seed: int = 0,
    mode: str = "eval",
    dtype: "str | torch.dtype | None" = None,
) -> Applied:
    """Layers on a small matrix, one after another, with every window, its operands and its result.

    >>> pooled = apply_layers("MaxPool2d(2)", [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]])
    >>> pooled.steps[0].output
    (((6.0, 8.0), (14.0, 16.0)),)
    >>> apply_layers("Conv2d(1, 1, 2)", "1:9", weight="1 0; 0 1", bias=0.5).steps[0].windows[0].result  # 1 + 5 + 0.5
    6.5

    Args:
        layers: As they are typed, ``"Conv2d(1, 1, 3); ReLU()"``, or a layer or an ``nn.Sequential``, which comes back
            as it was and whose own weights are taken.
        values: As they are typed: ``"1 2; 3 4"``, ``"1:16"``, ``"@matrix.csv"``, ``"photo.png:16x16:gray"``. Or
            numbers, ``(H, W)`` or ``(C, H, W)``, in lists, in an array or in a tensor; a list of numbers is one row.
        weight: Of the convolutions and linear layers in their order: one as typed (``"1 0; 0 1"``), a list of those,
            or numbers for the first, ``(out channels, in channels, H, W)`` or fewer dimensions. Or a dict, by the
            index from 0 or the type of the layer. By default torch's own, from ``seed``.
        bias: Likewise, one number an output channel. By default 0 beside a weight.
        seed: Of weights that are not given, and of dropout in training.
        mode: ``eval`` or ``train``.
        dtype: To compute in; by default float64, as with pencil and paper.

    Returns:
        A step a layer. Maps are ``(C, H, W)``, places are counted from 0; ``print`` shows windows and arithmetic.

    Raises:
        RequestError: The layers, the values or the weights can't be read, don't fit each other, or are not for a
            matrix.
        ModelError: A layer can't be built, or does not take the values.
    """
    seed, mode = check_seed(seed), check_mode(mode).value
    floating = computing_dtype(str(dtype).removeprefix("torch.") if dtype is not None else None)
    maps = files.read_values(values) if isinstance(values, str) else maps_of(values, "values")
    types, names, module = _typed_chain(layers) if isinstance(layers, str) else _given_chain(layers)
    weights, biases = (_given(each, name, types) for each, name in ((weight, "weight"), (bias, "bias")))
    from cnninspect.apply import running

    return running.apply(
        module, names, maps, weights=weights, biases=biases, seed=seed, mode=mode, dtype=floating,
        is_drawn=isinstance(layers, str),
    )  # fmt: skip


def _typed_chain(text: str) -> tuple[list[str], list[str], "nn.Module"]:
    """The types of the layers, what each is called, and themselves."""
    model = layers_of(text)
    return [layer.name for layer in model.layers], list(map(spelled, model.layers)), inline.build(model, None)


def _given_chain(module: "nn.Module") -> tuple[list[str], list[str], "nn.Module"]:
    """Likewise, of a module, whose layers are copied."""
    from cnninspect.apply import running

    layers = running.copied(module)
    for each in layers:
        if type(each).__module__.startswith("torch."):
            _check_layer(type(each).__name__)
    return [type(each).__name__ for each in layers], list(map(str, layers)), layers


def maps_of(numbers: Numbers, what: str) -> Maps:
    """Numbers in lists, in an array or in a tensor as ``(C, H, W)``; a row is a matrix of one row.

    >>> maps_of([[1, 2], [3, 4]], "values")
    (((1.0, 2.0), (3.0, 4.0)),)

    Args:
        numbers: ``(W,)``, ``(H, W)`` or ``(C, H, W)``.
        what: Begins the message of an error.

    Raises:
        RequestError: They are no such numbers.
    """
    return values.parse_maps(_typed(numbers, what, most=3), what)


def _given(numbers: "Numbers | Mapping[int | str, Numbers]", option: str, types: Sequence[str]) -> tuple[Given, ...]:
    """Weights or biases, however they are given, as if they were typed."""
    if isinstance(numbers, Mapping):
        texts = [f"{layer}={_typed(each, option)}" for layer, each in numbers.items()]
    elif isinstance(numbers, list | tuple) and all(isinstance(each, str) for each in numbers):
        texts = list(numbers)
    else:
        texts = [_typed(numbers, option)]
    return given.parse_given(texts, option, types)


def _typed(numbers: Numbers, what: str, most: int = 4) -> str:
    """Numbers as they would be typed."""
    if isinstance(numbers, str):
        return numbers
    plain = _plain(numbers)
    depth, inside = 0, plain
    while isinstance(inside, list) and inside:
        inside, depth = inside[0], depth + 1
    if depth > most:
        raise RequestError(f"{what} have {depth} dimensions, at most {most} are taken")
    try:
        return _joined(plain, depth)
    except (TypeError, ValueError) as error:
        hint = "write lists of numbers, such as [[1, 2], [3, 4]], or text: '1 2; 3 4'"
        raise RequestError(f"{what} {reprlib.repr(numbers)} are no numbers", hint=hint) from error


def _plain(numbers: Numbers) -> Any:
    """Nested lists, also of arrays and tensors."""
    numbers = numbers.tolist() if hasattr(numbers, "tolist") else numbers
    return [_plain(each) for each in numbers] if isinstance(numbers, list | tuple) else numbers


def _joined(numbers: Any, depth: int) -> str:
    """Nested to this depth, with what goes between them."""
    if depth == 0:
        return repr(float(numbers)) if numbers != [] else ""
    inside = numbers if isinstance(numbers, list) else [numbers]
    return _BETWEEN[depth - 1].join(_joined(each, depth - 1) for each in inside)
