"""Which pixels of the input one unit of a feature map sees.

The layers through whose windows the map has come are walked back from the unit: an element at ``y`` sees the elements
``y·s − p + d·i`` (``i`` from 0 to ``k − 1``) of the layer's own input, as far as they are in it; what is beyond is
padding (``walk.py``). Where these layers can't be told, a unit of a map with receptive field ``r``, effective stride
``S`` and effective padding ``P`` is said to see ``y·S − P`` to ``y·S − P + r − 1``, cut to the input (Araujo, Norris
and Sim, 2019, section 2): that may be more than it does.
"""

import re
from typing import Final

import msgspec

from cnninspect.errors import RequestError
from cnninspect.explain import walk
from cnninspect.report import Report, TensorSpec

_MAP: Final = 3  # dimensions: channels, height, width
_THEORETICAL: Final = (
    "what the unit sees is the theoretical field: the way from the input can't be walked back layer by layer, "
    "and the edges of the maps in between are not looked at"
)
_LARGEST: Final = "this is what it sees through the layers with the largest field; another path to it may add pixels"

Span = tuple[int, int]


class InputRegion(msgspec.Struct, frozen=True):
    """A rectangle of the input; first and last are both in it, counted from 0.

    Attributes:
        at: The unit's row and column in the layer's output.
        rows, columns: In the input; ``None`` if all of it is padding.
        reach: What it would see of an input without edges: what is more than ``rows`` and ``columns`` is padding, of
            the input or of a map in between.
        sides: Height and width of the input.
        calls: How often the layer is called; this is of the first call.
        repeats: A padding repeats pixels, so that nothing is known to be nothing but padding.
        remarks: What else is to be said.
    """

    path: str
    type: str
    at: tuple[int, int]
    rows: Span | None
    columns: Span | None
    reach: tuple[Span, Span]
    sides: tuple[int, int]
    calls: int = 1
    repeats: bool = False
    remarks: tuple[str, ...] = ()


def parse(text: str) -> tuple[int, int]:
    """Read ``Y,X``.

    Raises:
        RequestError: It is something else.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(re.fullmatch(r"\d{1,18}", part, re.ASCII) for part in parts):
        raise RequestError(f"{text!r} is not a unit", hint="write its row and column, counted from 0: --unit 3,5")
    return int(parts[0]), int(parts[1])


def seen(report: Report, path: str, at: tuple[int, int]) -> InputRegion:
    """What the unit ``at`` of a layer's output sees; of several calls, the first.

    Raises:
        RequestError: The layer has no such unit, or it isn't defined what its units see.
    """
    index, layer = next((i, layer) for i, layer in enumerate(report.layers) if layer.path == path)
    named = f"{path!r} ({layer.type})" if path else f"the model itself ({layer.type})"
    field, image = layer.receptive_field, _sides(report.run.inputs)
    given = _sides(layer.outputs)
    if field is None or len(field.size) != len(at) or given is None or image is None:
        raise RequestError(
            f"what a unit of {named} sees isn't defined",
            hint="it is for feature maps: before a flatten, a global pooling or attention",
        )
    if not (at[0] < given[0] and at[1] < given[1]):
        raise RequestError(
            f"{named} has no unit {at[0]},{at[1]}: it gives {given[0]}×{given[1]}",
            hint=f"rows are 0 to {given[0] - 1}, columns 0 to {given[1] - 1}",
        )
    first = [n * stride - padding for n, stride, padding in zip(at, field.stride, field.padding, strict=True)]
    reach = [(begin, begin + size - 1) for begin, size in zip(first, field.size, strict=True)]
    way = walk.back(report.layers, index, image)
    rows, columns = (_cut(span, side) for span, side in zip(reach, image, strict=True))
    remarks: tuple[str, ...] = (_THEORETICAL,)
    repeating: tuple[str, ...] = ()
    if way is not None:
        theoretical = rows, columns
        rows, columns = (_ends(walk.pixels(way, axis, n)) for axis, n in enumerate(at))
        endless = (_ends(walk.pixels(way, axis, n, is_endless=True)) for axis, n in enumerate(at))
        reach = [span or whole for span, whole in zip(endless, reach, strict=True)]
        repeating = tuple(walk.repeating(way))
        may_be_more = (rows, columns) != theoretical and walk.has_branches(report.layers, way)
        remarks = (*repeating, _LARGEST) if may_be_more else repeating
    return InputRegion(
        path, layer.type, at, rows, columns, (reach[0], reach[1]), image,
        calls=sum(each.path == path for each in report.layers),
        repeats=bool(repeating),
        remarks=remarks,
    )  # fmt: skip


def _sides(tensors: tuple[TensorSpec, ...]) -> tuple[int, int] | None:
    """Height and width of the first map, of at least ``(C, H, W)``."""
    for tensor in tensors:
        if len(tensor.shape) >= _MAP:
            return tensor.shape[-2], tensor.shape[-1]
    return None


def _cut(span: Span, side: int) -> Span | None:
    first, last = max(span[0], 0), min(span[1], side - 1)
    return (first, last) if first <= last else None


def _ends(places: set[int]) -> Span | None:
    return (min(places), max(places)) if places else None
