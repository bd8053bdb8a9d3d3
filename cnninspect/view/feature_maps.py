"""The maps that layers make of an image: their outputs, kept while the network runs as it always is run."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn

from cnninspect.errors import ModelError, RequestError
from cnninspect.report import Layer
from cnninspect.tensor_tree import modules_in, named_modules_in, named_tensors
from cnninspect.view.looking import LookedAt, picked
from cnninspect.view.planes import dense, figures_of, known, plane_of
from cnninspect.view.viewed import ChannelMap, LayerMaps

_MOST: Final = 2**23  # numbers that are shown
_PLANES, _ROWS = 4, 3  # dimensions of (1, C, H, W) and (1, C, L)

#: By path and call.
Outputs = Mapping[tuple[str, int], Tensor]


@contextmanager
def kept(
    module: nn.Module, layers: Collection[Layer], wanted: Collection[Layer]
) -> Iterator[dict[tuple[str, int], Tensor]]:
    """Context in which what calls of layers give is kept: the first map of each, else its first tensor.

    Args:
        module: The network; it comes back without the hooks.
        layers: All calls, as a pass before has seen them, in execution order.
        wanted: Those that are kept.

    Raises:
        ModelError: A layer takes no hook.
    """
    modules = dict(named_modules_in(module))
    asked = {(layer.path, layer.call) for layer in wanted}
    order: dict[int, list[tuple[str, int]]] = defaultdict(list)  # of a module all calls, wherever it stands
    for layer in layers:
        if layer.call and layer.path in modules:
            order[id(modules[layer.path])].append((layer.path, layer.call))
    found: dict[tuple[str, int], Tensor] = {}
    calls: dict[int, int] = defaultdict(int)

    def keep(layer: nn.Module, _args: Any, _kwargs: Any, result: Any) -> None:
        place = calls[id(layer)]
        calls[id(layer)] += 1
        for seen in order[id(layer)][place : place + 1]:
            if seen in asked and (tensor := _first_map(result)) is not None:
                found[seen] = tensor.detach().clone()

    handles = []
    try:
        hooked = {id(modules[path]) for path, _ in asked if path in modules}
        for each in [part for part in modules_in(module) if id(part) in hooked]:
            handles += [nn.Module.register_forward_hook(each, keep, with_kwargs=True)]
        yield found
    except RuntimeError as error:
        if handles:
            raise
        raise ModelError(f"what its layers give can't be kept: {error}") from error
    finally:
        for handle in handles:
            handle.remove()


def _first_map(result: Any) -> Tensor | None:
    tensors = [tensor for _, tensor in named_tensors(result)]
    return next((each for each in tensors if each.dim() == _PLANES), next(iter(tensors), None))


def is_map(shape: Collection[int], kind: str) -> bool:
    """Is a tensor of this shape a map: ``(1, C, H, W)``, or ``(1, C, L)`` of a layer for rows?

    Args:
        shape: Of what a layer gives.
        kind: The class of the layer.
    """
    has_sides = len(shape) == _PLANES or (len(shape) == _ROWS and kind.endswith("1d"))
    return has_sides and all(shape)


def check_size(shapes: Iterable[Sequence[int]], look: LookedAt) -> None:
    """Refuse what has more numbers than can be shown at once.

    Args:
        shapes: Of the maps, ``(1, C, …)``.
        look: Which channels of each.

    Raises:
        RequestError: There are too many.
    """
    numbers = 0
    for _, channels, *sides in shapes:
        shown = len(look.channels or ()) or (channels if look.is_all else min(channels, look.most))
        numbers += shown * math.prod(sides)
    if numbers > _MOST:
        hint = "take a smaller --input, or name a layer"
        if look.layer is not None:
            hint = "name some channels: --channels 0,5,9" if look.is_all else "take a smaller --input"
        raise RequestError(f"the maps have {numbers:,} numbers: too many to be shown at once", hint=hint)


def layer_maps(layer: Layer, tensor: Tensor, look: LookedAt, *, is_last: bool) -> LayerMaps:
    """What is shown of a call of a layer.

    Args:
        layer: The call.
        tensor: What it gave, a map.
        look: Which channels.
        is_last: Are the channels of a map at the end?

    Raises:
        RequestError: There is no such channel.
    """
    maps = dense(tensor)[0]
    if maps.dim() == _PLANES - 1 and is_last:
        maps = maps.movedim(-1, 0)
    planes = maps if maps.dim() == _PLANES - 1 else maps[:, None]
    figures = figures_of(planes)
    shown = picked(figures.strengths, look, f"`{layer.path}`")
    is_dead = (planes.flatten(1) == 0).all(1)
    return LayerMaps(
        path=layer.path,
        type=layer.type,
        call=layer.call,
        shape=(tensor.shape[0], *maps.shape),
        maps=sum(is_map(each.shape, layer.type) for each in layer.outputs),
        dead=tuple(torch.nonzero(is_dead).flatten().tolist()),
        shown=tuple(
            ChannelMap(
                channel=channel,
                strength=known(figures.strengths[channel]),
                least=known(figures.least[channel]),
                largest=known(figures.largest[channel]),
                odd=figures.odd[channel],
                values=plane_of(planes[channel]),
            )
            for channel in shown
        ),
    )
