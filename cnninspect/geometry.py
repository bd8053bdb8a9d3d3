"""The geometry of layers in plain numbers, by dimension: windows, paddings, fields that grow, sides that fit.

- A window of kernel ``k``, stride ``s``, dilation ``d`` and padding ``p`` before and ``b`` behind fits
  ``⌊(n + p + b − d·(k − 1) − 1)/s⌋ + 1`` times on ``n`` elements (Dumoulin and Visin, "A guide to convolution
  arithmetic for deep learning", 2016, relationship 15).
- It takes a field of size ``r``, effective stride ``S`` and effective padding ``P`` to ``r + d·(k − 1)·S``, ``S·s`` and
  ``P + p·S`` (Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", 2019, section 2).
- Laid out as ``n`` in a row (``PixelShuffle``), elements have a stride of ``S/n``, and see ``(n − 1)·S/n`` more before.
- Where paths meet, an element sees their union: the smallest window that holds all of theirs. It begins with the one
  that begins first and ends with the one that ends last: padding ``max Pᵢ``, size ``max Pᵢ + max(rᵢ − Pᵢ)``. Where
  their strides differ, it isn't defined.
"""

from collections.abc import Iterable, Sequence
from itertools import starmap
from typing import Any, Final, NamedTuple, overload

from cnninspect.report import ReceptiveField

#: Types of layers of whose outputs the last dimension holds the features: ``(N, H, W, C)``.
FEATURES_LAST: Final = frozenset({"Linear", "LayerNorm"})


def per_dimension(value: Any, count: int) -> tuple[Any, ...]:
    """A setting for each dimension: one number, or a list of one, is for all of them.

    >>> per_dimension(3, 2), per_dimension([3], 2), per_dimension([3, 5], 2)
    ((3, 3), (3, 3), (3, 5))
    """
    values = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    return values * count if len(values) == 1 else values


class KernelWindow(NamedTuple):
    """What a layer does along one dimension.

    Attributes:
        padding: Before the first element.
        behind: The padding after the last; ``None`` where it isn't fixed: with ``ceil_mode`` it depends on the side.
    """

    kernel: int
    stride: int
    padding: int
    dilation: int
    behind: int | None

    def places(self, at: int) -> range:
        """The elements that the window number ``at`` sees, from 0; those outside are padding.

        >>> list(KernelWindow(3, stride=2, padding=1, dilation=1, behind=1).places(0))
        [-1, 0, 1]
        """
        first = at * self.stride - self.padding
        return range(first, first + self.kernel * self.dilation, self.dilation)


class Spread(NamedTuple):
    """Along one dimension, each element is laid out as ``parts`` in a row (``PixelShuffle``)."""

    parts: int

    def places(self, at: int) -> range:
        """The one element that number ``at`` was part of.

        >>> [list(Spread(2).places(at)) for at in (0, 1, 2)]
        [[0], [0], [1]]
        """
        return range(at // self.parts, at // self.parts + 1)


def windows(
    count: int, kernel: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, *, ceil_mode: bool = False
) -> tuple[KernelWindow, ...]:
    """What a convolution or a pooling does along each dimension.

    Args:
        count: How many dimensions a map has.
        kernel: One number, or one for each dimension; so are the others.
        stride: The kernel, if it is left out.
        padding: Also ``valid``, which is none, or ``same``: ``d·(k − 1)`` in all, the smaller half before.
        dilation: From one element of the kernel to the next.
        ceil_mode: A last window may hang over.

    >>> windows(1, 4, 1, "same"), windows(1, 2)
    ((KernelWindow(kernel=4, stride=1, padding=1, dilation=1, behind=2),), \
(KernelWindow(kernel=2, stride=2, padding=0, dilation=1, behind=0),))
    """
    kernels, strides, dilations = (per_dimension(each, count) for each in (kernel, stride or kernel, dilation))
    before: Sequence[int] = per_dimension(0 if isinstance(padding, str) else padding, count)
    behind: Sequence[int | None] = before
    if padding == "same":
        reach = [d * (k - 1) for k, d in zip(kernels, dilations, strict=True)]
        before, behind = [total // 2 for total in reach], [total - total // 2 for total in reach]
    if ceil_mode:
        behind = (None,) * count
    return tuple(starmap(KernelWindow, zip(kernels, strides, before, dilations, behind, strict=True)))


def paddings(padding: Any, count: int) -> tuple[KernelWindow, ...]:
    """Padding by hand, which torch takes from the last dimension backwards, two numbers each; negative ones crop.

    >>> [(window.padding, window.behind) for window in paddings([1, 2, 3, 4], 2)]
    [(3, 4), (1, 2)]
    """
    numbers = per_dimension(padding, 2 * count)
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))[::-1]
    return tuple(KernelWindow(1, 1, before, 1, behind) for before, behind in pairs)


def adaptive(source: int, size: int) -> KernelWindow | None:
    """The window of adaptive pooling from ``source`` elements to ``size``; ``None`` if it is uneven or sees everything.

    >>> adaptive(12, 6)[:2], adaptive(13, 6), adaptive(6, 1), adaptive(6, 0)
    ((2, 2), None, None, None)
    """
    if not size or source % size or (size == 1 < source):
        return None
    return block(source // size)


def block(side: int) -> KernelWindow:
    """Windows side by side, which leave out nothing: only multiples of ``side`` are taken."""
    return KernelWindow(side, side, 0, 1, None)


def padded_place(place: int, side: int, mode: str) -> int | None:
    """The element that a padding mode of torch puts at a place in or around a map; ``None`` where it puts none.

    Args:
        place: Counted from the first element of the map.
        side: Of the map.
        mode: ``zeros``, ``reflect``, ``replicate`` or ``circular``.

    >>> [padded_place(-2, 5, mode) for mode in ("zeros", "reflect", "replicate", "circular")]
    [None, 2, 0, 3]
    """
    if 0 <= place < side:
        return place
    match mode:
        case "reflect":
            return -place if place < 0 else 2 * (side - 1) - place
        case "replicate":
            return min(max(place, 0), side - 1)
        case "circular":
            return place % side
        case _:
            return None


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

    @overload
    def through(self, window: KernelWindow) -> "Extent": ...

    @overload
    def through(self, window: Spread) -> "Extent | None": ...

    def through(self, window: KernelWindow | Spread) -> "Extent | None":
        """What an element sees after one more window, which makes a place of the dimension.

        ``None`` if it would be part of a pixel.

        >>> convolution, pool = KernelWindow(11, 4, 2, 1, behind=2), KernelWindow(3, 2, 0, 1, behind=0)
        >>> PIXEL.through(convolution).through(pool)[:3]  # AlexNet's first convolution, then its pool
        (19, 8, 2)
        >>> unshuffled = PIXEL.through(block(2)).through(KernelWindow(3, 1, 1, 1, behind=1))
        >>> unshuffled[:3], unshuffled.through(Spread(2))[:3], PIXEL.through(Spread(2))
        ((6, 2, 2), (7, 1, 3), None)
        """
        if isinstance(window, Spread):
            return self._spread(window.parts)
        known = self.behind is not None and window.behind is not None
        return Extent(
            self.size + window.dilation * (window.kernel - 1) * self.stride,
            self.stride * window.stride,
            self.padding + window.padding * self.stride,
            behind=(self.behind or 0) + (window.behind or 0) * self.stride if known else None,
        )

    def _spread(self, parts: int) -> "Extent | None":
        """The union of all parts: ``y`` sees what ``⌊y/parts⌋`` saw, which began ``(y mod parts)·S/parts`` before."""
        if self.stride % parts:
            return None
        stride = self.stride // parts
        before = (parts - 1) * stride
        return Extent(self.size + before, stride, self.padding + before, behind=None)

    def elements(self, pixels: int) -> int | None:
        """How many elements ``pixels`` become, or ``None`` if that can't be told.

        >>> PIXEL.through(KernelWindow(11, 4, 2, 1, behind=2)).elements(224)  # AlexNet's first convolution
        55
        """
        if self.behind is None:
            return None
        return (pixels + self.padding + self.behind - self.size) // self.stride + 1

    def pixels(self, elements: int) -> tuple[int, int]:
        """The fewest and the most pixels that become as many elements.

        >>> Extent(195, 32, 66, behind=66).pixels(6)  # AlexNet's last map
        (223, 254)
        """
        fewest = (elements - 1) * self.stride + self.size - self.padding - (self.behind or 0)
        return max(fewest, 1), fewest + self.stride - 1


PIXEL: Final = Extent(1, 1, 0)


def meet(extents: Sequence[Extent | None]) -> Extent | None:
    """What an element sees along one dimension where paths meet that see ``extents``; ``None`` if it isn't defined.

    >>> meet([Extent(1, 2, 0), Extent(3, 2, 1, behind=1)])  # a shortcut of a residual network, and its 3×3 convolution
    Extent(size=3, stride=2, padding=1, is_channel=False, behind=1)
    >>> meet([Extent(1, 2, 0), Extent(1, 2, -1)])  # every second pixel, from the first and from the second one on
    Extent(size=2, stride=2, padding=0, is_channel=False, behind=None)
    """
    known = [extent for extent in extents if extent]
    if len(known) < len(extents) or len({extent.stride for extent in known}) > 1:
        return None
    padding = max(e.padding for e in known)
    size = padding + max(e.size - e.padding for e in known)
    # alike, or sides fit by chance
    grown = {None if e.behind is None else e.padding + e.behind - e.size for e in known}
    together = grown.pop() if len(grown) == 1 else None
    behind = None if together is None else together - padding + size
    return Extent(size, known[0].stride, padding, all(e.is_channel for e in known), behind)


def field_of(extents: Iterable[Extent]) -> ReceptiveField:
    """The receptive field of an element that sees ``extents``, one for each dimension of a map, at least one."""
    size, stride, padding, *_ = zip(*extents, strict=True)
    return ReceptiveField(size, stride, padding)
