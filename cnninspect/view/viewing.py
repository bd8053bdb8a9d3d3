"""``view_model``: what a network computes, for Python and notebooks."""

import reprlib
from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING

from cnninspect import python_api, spec
from cnninspect.errors import RequestError
from cnninspect.spec.plain_argument import argument
from cnninspect.view import flow, preprocessing
from cnninspect.view.looking import of_a_run, parse_look
from cnninspect.view.viewed import NetworkView

if TYPE_CHECKING:
    from typing import Unpack

    from torch import nn


def view_model(
    model: "str | nn.Module",
    layer: str | int | None = None,
    *,
    image: "str | PathLike[str] | None" = None,
    kernels: bool = False,
    channels: str | int | Sequence[int] | None = None,
    all: bool = False,  # noqa: A002 - as the option
    **said: "Unpack[python_api.RunKeywords]",
) -> NetworkView:
    """See what a network computes: the maps of an image, the kernels of a layer, or the statistics of its weights.

    >>> seen = view_model("nn:Conv2d(3, 8, 5)", kernels=True)
    >>> seen.kernels.shape, seen.kernels.shown[0].channel  # (filters, channels, H, W); all three, in colours
    ((8, 3, 5, 5), None)

    Args:
        model: As for ``inspect_model``, also the file of a state dict alone; a module comes back as it was.
        layer: A path (``features.0``), a type (``Conv2d``: all of them) or a number (0: the first). By default with an
            image every stage, with kernels the first layer that has some.
        image: The file of a picture.
        kernels: Show the kernels of the layer, ``(filters, channels, H, W)``.
        channels: Those that are shown, from 0: ``"0,5,9"`` or numbers. By default the strongest, by mean absolute
            value.
        all: Show every channel.
        said: How it is run, as for ``inspect_model``: ``inputs`` is the shape that an image is resized to, ``(1, C, H,
            W)``, by default as its weights want it, or the published input, or the picture's own size; ``device`` is
            not ``meta``, where there are no values; ``weights`` are random by default, from ``seed``.

    Returns:
        What was seen: ``print`` shows it, and so does a notebook's cell.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or its forward pass raises.
    """
    if image is not None and not isinstance(image, str | PathLike):
        raise RequestError(f"{reprlib.repr(image)} is not the file of a picture", hint="save it, and name the file")
    if isinstance(layer, bool) or not isinstance(layer, str | int | None):
        raise RequestError(
            f"{reprlib.repr(layer)} names no layer", hint='write its path as in named_modules(), "features.0"'
        )
    given, args, source, run = python_api.manner_of(**said)
    chosen, file = (None if each is None else str(each) for each in (layer, image))
    look = parse_look(
        layer=chosen, image=file, kernels=kernels, channels=channels, is_all=all, device=run.device,
        idle=of_a_run(run, is_sized=bool(given), has_arguments=bool(args)),
    )  # fmt: skip
    specs, arguments = (
        [python_api.input_spec_of(each) for each in given],
        [argument(*each) for each in args.items()],
    )
    if isinstance(model, str):
        request = flow.requested(spec.parse_model(model, source), run, look, specs, arguments)
        return flow.view_of(request, look, is_sized=bool(specs))
    python_api.check_is_module(model)
    if run.weights is not None:
        raise RequestError("weights go with a name; load them into the module before")
    known = python_api.as_spec(model)
    sized = specs or (() if look.image is None else preprocessing.own_size(known, look.image))
    return flow.view_of(spec.request(known, run, sized, arguments), look, is_sized=bool(specs), module=model)
