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
    """

    size: int
    stride: int
    padding: int
    is_channel: bool = False


Extents = tuple[Extent | None, ...]
Rule = Callable[[Sequence[Any], Tensor], Extents]

_ATTRIBUTE: Final = "_cnninspect_extents"
_BASE: Final = "_cnninspect_base"  # of a view: what it is cut from
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
    size, stride, padding, _ = zip(*places, strict=True)
    return ReceptiveField(size, stride, padding)


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
    for out in tensors_in((result,)):
        extents: Extents = (None,) * out.dim()
        if rule is not None and not out.is_nested and not any(tensor.is_nested for tensor, _ in inputs):
            followed = rule(args, out)
            if len(_places(followed)) >= spatial:  # else a dimension has become global or is gone
                extents = followed
        setattr(out, _ATTRIBUTE, extents)


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
        for name in (_ATTRIBUTE, _BASE):
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


def window(extent: Extent | None, kernel: int, stride: int, padding: int, dilation: int = 1) -> Extent | None:
    """One convolution or pooling along one dimension.

    >>> window(Extent(11, 4, 2), kernel=3, stride=2, padding=0)  # AlexNet's first convolution, then its pool
    Extent(size=19, stride=8, padding=2, is_channel=False)
    """
    if extent is None:
        return None
    size = extent.size + dilation * (kernel - 1) * extent.stride
    return Extent(size, extent.stride * stride, extent.padding + padding * extent.stride)
