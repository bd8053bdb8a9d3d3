"""Where the channels of a map are: behind the batch, ``(1, C, H, W)``, or at the end, ``(1, H, W, C)``, as in Swin.

A shape alone does not tell. What does, in this order: a layer that works on features at the end, or one on planes; a
layer that moves the channels of what it gets; else they are where they were in the last map of that shape.
"""

from collections.abc import Sequence

from cnninspect.geometry import FEATURES_LAST
from cnninspect.report import Layer

_DIMENSIONS = 4
_PLANAR = ("1d", "2d")  # how the classes of torch end that take channels behind the batch
Shape = tuple[int, ...]


def with_channels_last(layers: Sequence[Layer]) -> frozenset[tuple[str, int]]:
    """The calls, each a path and a number, whose maps have their channels at the end.

    Args:
        layers: All calls of a pass, in the order in which they began.
    """
    found: dict[Shape, bool] = {}
    last = set[tuple[str, int]]()
    for layer in _as_they_ended(layers):
        for shape in [each.shape for each in layer.outputs if len(each.shape) == _DIMENSIONS]:
            found[shape] = _is_last(layer, shape, found)
            if found[shape]:
                last.add((layer.path, layer.call))
    return frozenset(last)


def _as_they_ended(layers: Sequence[Layer]) -> list[Layer]:
    """Calls in the order in which they ended: what is inside one before it."""
    ended, open_calls = list[Layer](), list[Layer]()
    for layer in layers:
        if not layer.call:
            continue
        while open_calls and not _is_inside(layer, open_calls[-1]):
            ended.append(open_calls.pop())
        open_calls.append(layer)
    return ended + open_calls[::-1]


def _is_inside(layer: Layer, other: Layer) -> bool:
    return not other.path or layer.path.startswith(f"{other.path}.")


def _is_last(layer: Layer, shape: Shape, found: dict[Shape, bool]) -> bool:
    if layer.type in FEATURES_LAST:
        return True
    if layer.type.endswith(_PLANAR):
        return False
    taken = [each.shape for each in layer.inputs if len(each.shape) == _DIMENSIONS]
    for each in taken:
        was_last = found.get(each, False)
        if each != shape and _moved(each, is_last=was_last) == shape:
            return not was_last
    return found.get(shape, any(found.get(each, False) for each in taken))


def _moved(shape: Shape, *, is_last: bool) -> Shape:
    """The shape with its channels at the other place."""
    number, first, second, third = shape
    return (number, third, first, second) if is_last else (number, second, third, first)
