"""Which input pixels one element of a feature map sees: size, effective stride, effective padding.

Every tensor of the pass carries one ``Extent`` a dimension, or ``None`` where the dimension isn't a
place in the image: the batch, the channels, and everything after a flatten, a global pooling or attention.
When one of an image's dimensions stops being a place, so do the others.

- A window of kernel ``k``, stride ``s``, padding ``p`` and dilation ``d`` takes size ``r``, effective stride ``S``
  and effective padding ``P`` to ``r + d·(k − 1)·S``, ``S·s`` and ``P + p·S``
  (Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", 2019, section 2).
- Where paths meet, the largest counts; where their strides differ, it isn't defined.
- A normalisation is looked through, although the statistics of some see the whole map.
- A tensor that carries nothing does not depend on the input: a parameter, a constant.
- An operator without a rule (``receptive_field_rules.py``) ends it.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from torch import Tensor

from cnninspect.report import ReceptiveField


class Extent(NamedTuple):
    """What an element sees of one spatial dimension of the input, in pixels.

    ``is_channel`` marks the second dimension of the input, which is a place only if ``(C, H, W)`` is meant: what
    first looks at it through a window tells.

    ``behind`` is the effective padding at the other end, ``None`` where it isn't fixed (``ceil_mode``, a slice up to a
    place). With it, ``n`` pixels become ``⌊(n + padding + behind − size)/stride⌋ + 1`` elements, since
    ``⌊(⌊a/s⌋ + b)/t⌋ = ⌊(a + b·s)/(s·t)⌋``.
    """

    size: int
    stride: int
    padding: int
    is_channel: bool = False
    behind: int | None = 0


class FeatureMap(NamedTuple):
    """A map of the image: its shape, and the extents of those of its dimensions that are places."""

    shape: tuple[int, ...]
    places: tuple[Extent, ...]


Extents = tuple[Extent | None, ...]
Rule = Callable[[Sequence[Any], Tensor], Extents]

_ATTRIBUTE: Final = "_cnninspect_extents"
_BASE: Final = "_cnninspect_base"  # of a view: what it is cut from
_MAP: Final = "_cnninspect_map"  # of what is no map any more: the map whose elements it has
_PIXEL: Final = Extent(1, 1, 0)
_CHANNEL: Final = Extent(1, 1, 0, is_channel=True)


def mark_input(tensor: Tensor) -> None:
    """Let a tensor be what receptive fields are measured in: ``(N, C, H, W)``, or unbatched ``(C, H, W)``."""
    setattr(tensor, _ATTRIBUTE, (None, _CHANNEL, *[_PIXEL] * (tensor.dim() - 2))[: tensor.dim()])


def of(tensor: Tensor) -> Extents | None:
    """The extents that a tensor carries; ``None`` if it doesn't depend on the input."""
    extents: Extents | None = getattr(tensor, _ATTRIBUTE, None)
    return extents


def report(tensor: Tensor) -> ReceptiveField | None:
    """The receptive field of one element of ``tensor``, or ``None`` where it isn't defined."""
    return _reported(of(tensor) or ())


@lru_cache(maxsize=4096)
def _reported(extents: Extents) -> ReceptiveField | None:
    places = _places(extents)
    if not places:
        return None
    size, stride, padding, *_ = zip(*places, strict=True)
    return ReceptiveField(size, stride, padding)


def map_of(tensor: Tensor) -> FeatureMap | None:
    """The map that ``tensor`` is, or whose elements it has, flattened; ``None`` if it has come further."""
    places = _places(of(tensor) or ())
    found: FeatureMap | None = getattr(tensor, _MAP, None)
    return FeatureMap(tuple(tensor.shape), places) if places else found


@lru_cache(maxsize=4096)
def _places(extents: Extents) -> tuple[Extent, ...]:
    """The extents of those dimensions that are places in the image."""
    return tuple(extent for extent in extents if extent and not extent.is_channel)


def follow(rule: Rule | None, args: Sequence[Any], result: Any) -> None:
    """Give the tensors in the result of an operator their extents."""
    inputs = [(tensor, seen) for tensor in tensors_in(args) if (seen := of(tensor)) is not None]
    if not inputs:
        return
    spatial = max(len(_places(seen)) for _, seen in inputs)
    was_map = not spatial and any(hasattr(tensor, _MAP) for tensor, _ in inputs)
    for out in tensors_in((result,)):
        extents: Extents = (None,) * out.dim()
        if rule is not None and not out.is_nested and not any(tensor.is_nested for tensor, _ in inputs):
            followed = rule(args, out)
            is_kept = len(_places(followed)) >= spatial  # else a dimension has become global or is gone
            if was_map or not is_kept:
                _remember_map(inputs, out)
            if is_kept:
                extents = followed
        setattr(out, _ATTRIBUTE, extents)


def _remember_map(inputs: Sequence[tuple[Tensor, Extents]], out: Tensor) -> None:
    maps = [found for tensor, _ in inputs if tensor.numel() == out.numel() and (found := map_of(tensor))]
    if maps:
        setattr(out, _MAP, maps[0])


def note_views(args: Sequence[Any], result: Any) -> None:
    """Remember what the views that an operator gives are cut from."""
    for view in tensors_in((result,)):
        if view is not args[0] and isinstance(args[0], Tensor):
            setattr(view, _BASE, args[0])


def note_write(tensor: Tensor, before: Extents | None) -> None:
    """What is written into a view changes what it was cut from, of which nothing is known then."""
    base = getattr(tensor, _BASE, None)
    while base is not None and of(tensor) != before:
        setattr(base, _ATTRIBUTE, (None,) * base.dim())
        base = getattr(base, _BASE, None)


def forget(tensors: Iterable[Tensor]) -> None:
    """Take what they carry off tensors that live longer than the pass."""
    for tensor in tensors:
        for name in (_ATTRIBUTE, _BASE, _MAP):
            vars(tensor).pop(name, None)


def tensors_in(args: Sequence[Any]) -> list[Tensor]:
    """The tensors among an operator's arguments, also in lists."""
    found = []
    for arg in args:
        if isinstance(arg, Tensor):
            found.append(arg)
        elif isinstance(arg, list | tuple):
            found.extend(item for item in arg if isinstance(item, Tensor))
    return found


def window(
    extent: Extent | None, kernel: int, stride: int, padding: int, dilation: int = 1, behind: int | None = None
) -> Extent | None:
    """One convolution or pooling along one dimension; ``behind`` is the padding at the other end, if it is another.

    >>> window(Extent(11, 4, 2), kernel=3, stride=2, padding=0)[:3]  # AlexNet's first convolution, then its pool
    (19, 8, 2)
    """
    if extent is None:
        return None
    size = extent.size + dilation * (kernel - 1) * extent.stride
    padded = padded_behind(extent, padding if behind is None else behind)
    return Extent(size, extent.stride * stride, extent.padding + padding * extent.stride, behind=padded)


def padded_behind(extent: Extent, more: int | None) -> int | None:
    """The effective padding at the other end with ``more`` elements of padding there."""
    return None if extent.behind is None or more is None else extent.behind + more * extent.stride


def merge(paths: Sequence[Extents | None], out: Tensor) -> Extents:
    """What ``out`` carries where paths meet that carry ``paths``; those without an extent don't depend on the input."""
    tracked = [path for path in paths if path is not None and len(path) == out.dim()]
    return tuple(_meet(extents) for extents in zip(*tracked, strict=True))


def _meet(extents: Sequence[Extent | None]) -> Extent | None:
    known = [extent for extent in extents if extent]
    if len(known) < len(extents) or len({extent.stride for extent in known}) > 1:
        return None
    size, padding = max(e.size for e in known), max(e.padding for e in known)
    grown = {
        None if e.behind is None else e.padding + e.behind - e.size for e in known
    }  # alike, or sides fit by chance
    together = grown.pop() if len(grown) == 1 else None
    behind = None if together is None else together - padding + size
    return Extent(size, known[0].stride, padding, all(e.is_channel for e in known), behind)
