"""Which input pixels one element of a feature map sees: size, effective stride, effective padding.

Every tensor of the pass carries one ``Extent`` a dimension, or ``None`` where the dimension isn't a
place in the image: the batch, the channels, and everything after a flatten, a global pooling or attention.
When one of an image's dimensions stops being a place, so do the others. An element is one place with all of its
channels: what some of them see counts for all.

- How an extent grows through a window, and what is seen where paths meet, is geometry (``geometry.py``).
- A normalisation is looked through, although the statistics of some see the whole map.
- A tensor that carries nothing does not depend on the input: a parameter, a constant. One whose number of dimensions
  isn't that of what it carries has been changed in place: nothing is known of it.
- An operator without a rule (``receptive_field_rules.py``) ends it.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from torch import Tensor

from cnninspect.capture.operator_arguments import Arguments, tensors_in
from cnninspect.geometry import PIXEL, Extent, field_of, meet
from cnninspect.report import ReceptiveField


class FeatureMap(NamedTuple):
    """A map of the image: its shape, and the extents of those of its dimensions that are places."""

    shape: tuple[int, ...]
    places: tuple[Extent, ...]


Extents = tuple[Extent | None, ...]
Rule = Callable[[Arguments, Tensor], Extents]
Seen = tuple[tuple[int, ...], Extents, FeatureMap | None]

_ATTRIBUTE: Final = "_cnninspect_extents"
_BASE: Final = "_cnninspect_base"  # of a view: what it is cut from
_MAP: Final = "_cnninspect_map"  # of what is no map any more: the map whose elements it has
_CHANNEL: Final = PIXEL._replace(is_channel=True)


def mark_input(tensor: Tensor) -> None:
    """Let a tensor be what receptive fields are measured in: ``(N, C, H, W)``, or unbatched ``(C, H, W)``."""
    vars(tensor)[_ATTRIBUTE] = (None, _CHANNEL, *[PIXEL] * (tensor.dim() - 2))[: tensor.dim()]


def of(tensor: Tensor) -> Extents | None:
    """The extents that a tensor carries, one for each of its dimensions; ``None`` if it doesn't depend on the input."""
    extents: Extents | None = tensor.__dict__.get(_ATTRIBUTE)
    return extents if extents is None or len(extents) == tensor.dim() else _unknown(tensor)


def _unknown(tensor: Tensor) -> Extents:
    return (None,) * tensor.dim()


def report(tensor: Tensor) -> ReceptiveField | None:
    """The receptive field of one element of ``tensor``, or ``None`` where it isn't defined."""
    return field_in(seen(tensor))


def field_in(what: Seen) -> ReceptiveField | None:
    """The receptive field of an element of a tensor that ``what`` was ``seen`` of."""
    return _reported(what[1])


@lru_cache(maxsize=4096)
def _reported(extents: Extents) -> ReceptiveField | None:
    places = _places(extents)
    return field_of(places) if places else None


def seen(tensor: Tensor) -> Seen:
    """What ``field_in`` and ``map_in`` find a field and a map in, which costs nothing."""
    shape = () if tensor.is_nested else tensor.shape
    return shape, of(tensor) or (), tensor.__dict__.get(_MAP)


def map_in(what: Seen) -> FeatureMap | None:
    """The map that a tensor was, or whose elements it had, flattened; ``None`` if it had come further.

    Args:
        what: Was ``seen`` of it.
    """
    shape, extents, remembered = what
    places = _places(extents)
    return FeatureMap(tuple(shape), places) if places else remembered


def map_of(tensor: Tensor) -> FeatureMap | None:
    """The map that ``tensor`` is, or whose elements it has, flattened; ``None`` if it has come further."""
    return map_in(seen(tensor))


@lru_cache(maxsize=4096)
def _places(extents: Extents) -> tuple[Extent, ...]:
    """The extents of those dimensions that are places in the image."""
    return tuple(extent for extent in extents if extent and not extent.is_channel)


def follow(rule: Rule | None, given: Arguments, result: Any) -> None:
    """Give the tensors in the result of an operator their extents; without a rule, none of them is a place."""
    inputs = [(tensor, seen) for tensor in given.tensors() if (seen := of(tensor)) is not None]
    if not inputs:
        return
    is_followed = rule is not None and not any([tensor.is_nested for tensor, _ in inputs])
    is_known = is_followed and any([any(seen) for _, seen in inputs])  # else nothing comes of any rule
    spatial = max([len(_places(seen)) for _, seen in inputs]) if is_known else 0
    was_map = not spatial and any([_MAP in tensor.__dict__ for tensor, _ in inputs])
    for out in (result,) if type(result) is Tensor else tensors_in((result,)):
        extents, is_kept = _unknown(out), True
        if is_followed and not out.is_nested:
            if rule is not None and is_known:
                followed = rule(given, out)
                is_kept = len(_places(followed)) >= spatial  # else a dimension has become global or is gone
                extents = followed if is_kept else extents
            if was_map or not is_kept:
                _remember_map(inputs, out)
        out.__dict__[_ATTRIBUTE] = extents


def _remember_map(inputs: Sequence[tuple[Tensor, Extents]], out: Tensor) -> None:
    maps = [found for tensor, _ in inputs if tensor.numel() == out.numel() and (found := map_of(tensor))]
    if maps:
        vars(out)[_MAP] = maps[0]


def note_views(given: Arguments, result: Any) -> None:
    """Remember what the views that an operator gives are cut from."""
    for base in given.tensors()[:1]:
        for view in tensors_in((result,)):
            if view is not base:
                vars(view)[_BASE] = base


def note_write(tensor: Tensor, before: Extents | None) -> None:
    """What is written into a view changes what it was cut from, of which nothing is known then."""
    base = vars(tensor).get(_BASE)
    while base is not None and of(tensor) != before:
        vars(base)[_ATTRIBUTE] = _unknown(base)
        base = vars(base).get(_BASE)


def carry_over(tensor: Tensor, other: Tensor) -> None:
    """Let ``other``, which has the same elements, carry what ``tensor`` does."""
    vars(other).update({name: value for name in (_ATTRIBUTE, _MAP) if (value := vars(tensor).get(name)) is not None})
    vars(other)[_BASE] = tensor


def forget(tensors: Iterable[Tensor]) -> None:
    """Take what they carry off tensors that live longer than the pass."""
    for tensor in tensors:
        if carried := vars(tensor):
            for name in (_ATTRIBUTE, _BASE, _MAP):
                carried.pop(name, None)


def merge(paths: Sequence[Extents | None], out: Tensor) -> Extents:
    """What ``out`` carries where paths meet that carry ``paths``; those without an extent don't depend on the input."""
    tracked = [path for path in paths if path is not None and len(path) == out.dim()]
    return _met(tuple(tracked)) if tracked else _unknown(out)


@lru_cache(maxsize=4096)
def _met(paths: tuple[Extents, ...]) -> Extents:
    return tuple(meet(extents) for extents in zip(*paths, strict=True))
