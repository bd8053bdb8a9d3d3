"""``view_model``: what a network computes, for Python and notebooks."""

import reprlib
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from cnninspect import python_api, spec
from cnninspect.errors import RequestError
from cnninspect.spec.plain_argument import Scalar, argument
from cnninspect.view import flow, preprocessing
from cnninspect.view.looking import parse_look
from cnninspect.view.viewed import NetworkView

if TYPE_CHECKING:
    from torch import nn


def view_model(
    model: "str | nn.Module",
    layer: str | None = None,
    *,
    image: "str | PathLike[str] | None" = None,
    kernels: bool = False,
    channels: str | int | Sequence[int] | None = None,
    all: bool = False,  # noqa: A002 - as the option
    inputs: Any = (),
    args: Mapping[str, Scalar] | None = None,
    device: str = "cpu",
    dtype: str | None = None,
    mode: str = "eval",
    weights: str | None = None,
    source: str = "torchvision",
    seed: int = 0,
) -> NetworkView:
    """See what a network computes: the maps of an image, the kernels of a layer, or the statistics of its weights.

    >>> seen = view_model("nn:Conv2d(3, 8, 5)", kernels=True)
    >>> seen.kernels.shape, seen.kernels.shown[0].channel  # (filters, channels, H, W); all three, in colours
    ((8, 3, 5, 5), None)

    Args:
        model: As for ``inspect_model``, also the file of a state dict alone; a module comes back as it was.
        layer: The path of a layer; ``None``: with an image every stage, with kernels the first layer that has some.
        image: The file of a picture.
        kernels: Show the kernels of the layer, ``(filters, channels, H, W)``.
        channels: Those that are shown, from 0: ``"0,5,9"`` or numbers. By default the strongest, by mean absolute
            value.
        all: Show every channel.
        inputs: The shape that an image is resized to, ``(1, C, H, W)``. By default as its weights want it, or the
            published input, or the picture's own size.
        args: What ``forward`` takes beside tensors, by name.
        device: Where it runs; not ``meta``, where there are no values.
        dtype: Of the floating parameters and of the image.
        mode: ``eval`` or ``train``.
        weights: A published name, or the file of a state dict. By default they are random.
        source: Of a bare name.
        seed: Of random weights.

    Returns:
        What was seen: ``print`` shows it, and so does a notebook's cell.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or its forward pass raises.
    """
    if image is not None and not isinstance(image, str | PathLike):
        raise RequestError(f"{reprlib.repr(image)} is not the file of a picture", hint="save it, and name the file")
    if layer is not None and not isinstance(layer, str):
        raise RequestError(
            f"{reprlib.repr(layer)} is not the path of a layer", hint='as in named_modules(): "features.0"'
        )
    look = parse_look(
        layer=layer, image=None if image is None else str(image), kernels=kernels, channels=channels, is_all=all,
        device=str(device),
    )  # fmt: skip
    run = python_api.run_options(device, dtype, mode, weights, seed)
    given = python_api.one_an_argument(inputs)
    specs, arguments = (
        [python_api.input_spec_of(each) for each in given],
        [argument(*each) for each in (args or {}).items()],
    )
    if isinstance(model, str):
        request = flow.requested(spec.parse_model(model, source), run, look, specs, arguments)
        return flow.view_of(request, look, is_sized=bool(specs))
    python_api.check_is_module(model)
    if weights is not None:
        raise RequestError("weights go with a name; load them into the module before")
    known = python_api.as_spec(model)
    sized = specs or (() if look.image is None else preprocessing.own_size(known, look.image))
    return flow.view_of(spec.request(known, run, sized, arguments), look, is_sized=bool(specs), module=model)
