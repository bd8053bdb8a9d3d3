"""A pass on the meta device in which torch's own layers don't run: their arithmetic gives the shapes.

What torch does there to know a shape takes a tenth of a millisecond a layer, and a smallest input is found by dozens of
passes. Where the arithmetic isn't sure, or says that the layer can't take what it gets, the layer itself is asked, so
that a pass fails where it would, with what torch says.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn

from cnninspect.capture.whole_layers import WholeLayer, whole
from cnninspect.geometry import PIXEL, windows
from cnninspect.tensor_tree import modules_in
from cnninspect.torch_internals import CALLED_INSTEAD, call_of

Shape = tuple[int, ...]


Shaped = Sequence[tuple[nn.Module, Callable[..., Any]]]


def shaped(root: nn.Module) -> Shaped:
    """The layers of a network that arithmetic can stand for, each with what is called in its place.

    Args:
        root: In the mode in which it is to run.
    """
    found = [layer for module in modules_in(root) if (layer := whole(module)) is not None]
    return [(layer.module, _stand_in(layer)) for layer in found if CALLED_INSTEAD not in layer.module.__dict__]


@contextmanager
def shapes_alone(layers: Shaped) -> Iterator[None]:
    """Context in which calls of layers on the meta device give what they would give, and cost less.

    Args:
        layers: Of a network that is as it was when they were found.
    """
    try:
        for module, call in layers:
            module.__dict__[CALLED_INSTEAD] = call
        yield
    finally:
        for module, _ in layers:
            module.__dict__.pop(CALLED_INSTEAD, None)


def _stand_in(layer: WholeLayer) -> Callable[..., Any]:
    module = layer.module
    call, rule = call_of(module), _RULES.get(type(module), _same)

    def run(*args: Any, **kwargs: Any) -> Any:
        if layer.arguments(args, kwargs) and args[0].is_meta:
            shape = rule(module, args[0].shape)
            if shape is not None:
                return args[0] if shape == args[0].shape else _empty(args[0], shape)
        return call(*args, **kwargs)

    return run


def _empty(like: Tensor, shape: Shape) -> Tensor:
    return torch.empty(shape, dtype=like.dtype, device=like.device)


def _same(_module: nn.Module, shape: Shape) -> Shape | None:
    return shape


def _channels(module: Any, shape: Shape) -> Shape | None:
    """Batch normalisation: each kind takes its own number of dimensions, and its channels."""
    dimensions = {nn.BatchNorm1d: (2, 3), nn.BatchNorm2d: (4,), nn.BatchNorm3d: (5,)}[type(module)]
    return shape if len(shape) in dimensions and shape[1] == module.num_features else None


def _normalised(module: Any, shape: Shape) -> Shape | None:
    last = tuple(module.normalized_shape)
    return shape if shape[-len(last) :] == last else None


def _linear(module: Any, shape: Shape) -> Shape | None:
    return (*shape[:-1], module.out_features) if shape and shape[-1] == module.in_features else None


def _convolution(module: Any, shape: Shape) -> Shape | None:
    count = len(module.kernel_size)
    if len(shape) != count + 2 or shape[1] != module.in_channels or 0 in shape:
        return None
    found = windows(count, module.kernel_size, module.stride, module.padding, module.dilation)
    return _fitting(found, (shape[0], module.out_channels), shape[2:])


def _pool(module: Any, shape: Shape) -> Shape | None:
    if module.ceil_mode or len(shape) != _MAPS or 0 in shape:
        return None
    found = windows(2, module.kernel_size, module.stride, module.padding, module.dilation)
    if any(window.padding > window.kernel // 2 for window in found):  # which torch refuses
        return None
    return _fitting(found, shape[:2], shape[2:])


_MAPS: Final = 4


def _fitting(found: Sequence[Any], first: Shape, sides: Sequence[int]) -> Shape | None:
    """The sides behind windows; nothing where one of these doesn't fit once."""
    moved = [PIXEL.through(window).elements(side) for window, side in zip(found, sides, strict=True)]
    return None if any(side is None or side < 1 for side in moved) else (*first, *map(int, filter(None, moved)))


_RULES: Final[dict[type[nn.Module], Callable[[Any, Shape], Shape | None]]] = {
    **dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d), _convolution),
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d), _channels),
    nn.LayerNorm: _normalised,
    nn.Linear: _linear,
    nn.MaxPool2d: _pool,
}
