"""What was seen in a layer: frozen plain data. No torch.

A number that is none (NaN, an infinity) is ``null`` in JSON; figures are of those that are finite.
"""

import msgspec

from cnninspect.report import SCHEMA_VERSION, Model
from cnninspect.shown import Shown

#: Rows of numbers, ``(H, W)``.
Plane = tuple[tuple[float | None, ...], ...]


class ChannelMap(msgspec.Struct, frozen=True, kw_only=True):
    """The map of one channel.

    Attributes:
        channel: From 0.
        strength: Its mean absolute value.
        least: Of its finite numbers.
        largest: Likewise.
        odd: How many of its numbers are not finite.
        values: ``(H, W)``.
    """

    channel: int
    strength: float | None
    least: float | None
    largest: float | None
    odd: int
    values: Plane


class LayerMaps(msgspec.Struct, frozen=True, kw_only=True):
    """What one call of a layer gave.

    Attributes:
        path: Of the layer.
        type: Its class.
        call: 1 for its first call in the pass.
        shape: Of what it gave, ``(N, C, H, W)``, or ``(N, C, L)`` of rows; the first of the N is shown.
        maps: How many maps it gave, of which this is the first.
        dead: The channels that are zero everywhere in what is shown.
        shown: Of the channels, the strongest first unless others were asked for.
    """

    path: str
    type: str
    call: int
    shape: tuple[int, ...]
    maps: int = 1
    dead: tuple[int, ...]
    shown: tuple[ChannelMap, ...]


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """A class that the network sees in an image.

    Attributes:
        index: From 0, in its output.
        name: As the published weights have it.
        probability: By a softmax over its scores.
    """

    index: int
    name: str
    probability: float


class ViewedImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image and what became of it.

    Attributes:
        file: As typed.
        sides: Height and width of the picture, upright, in pixels.
        preprocessing: What was done to it, in words.
        input: The shape that the network saw.
        predictions: The most probable first; empty where the weights were published for no classes.
        layers: In execution order.
    """

    file: str
    sides: tuple[int, int]
    preprocessing: str
    input: tuple[int, ...]
    predictions: tuple[Prediction, ...]
    layers: tuple[LayerMaps, ...]


class ViewedKernel(msgspec.Struct, frozen=True, kw_only=True):
    """One kernel of a filter.

    Attributes:
        filter: From 0: the channel of the output that it makes.
        channel: Of the input; ``None``: all three, as red, green and blue.
        strength: Its mean absolute value.
        least: Of its finite numbers.
        largest: Likewise.
        odd: How many of its numbers are not finite.
        values: ``(1, H, W)``, or ``(3, H, W)``; slices of a 3-D one stand beside each other.
    """

    filter: int
    channel: int | None
    strength: float | None
    least: float | None
    largest: float | None
    odd: int
    values: tuple[Plane, ...]


class LayerKernels(msgspec.Struct, frozen=True, kw_only=True):
    """The kernels of a layer.

    Attributes:
        path: Of the layer.
        type: Its class; empty in a file of weights.
        shape: Of its weight, ``(filters, channels, H, W)``.
        scale: The largest magnitude in all of them, which the ends of the colours stand for.
        shown: The strongest first unless others were asked for.
    """

    path: str
    type: str
    shape: tuple[int, ...]
    scale: float
    shown: tuple[ViewedKernel, ...]


class WeightStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a weight; ``null``: unknown, as a note says, or of nothing.

    Attributes:
        name: Its key in the state dict.
        shape: Its sides.
        dtype: In which its numbers are held.
        elements: How many numbers it has.
        mean: Of the finite ones, as those that follow.
        deviation: The square root of the mean square of what they are off the mean.
        least: The smallest of them.
        largest: The largest of them.
        zeros: The share of all that are zero.
        norm: The square root of the sum of squares.
        not_numbers: How many are NaN.
        infinite: How many are infinite.
        histogram: How many lie in each of equal parts from the least to the largest.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    elements: int
    mean: float | None = None
    deviation: float | None = None
    least: float | None = None
    largest: float | None = None
    zeros: float | None = None
    norm: float | None = None
    not_numbers: int | None = None
    infinite: int | None = None
    histogram: tuple[int, ...] = ()


class NetworkView(Shown, frozen=True, kw_only=True):
    """What was seen; each part is empty where something else was asked for.

    Attributes:
        model: Of which.
        layer: What was asked for, a path, a type or a number; ``null``: nothing was.
        images: What became of the image, if one was given.
        kernels: Those of the layer, if they were asked for.
        statistics: Of each weight, where neither was.
        notes: What else is to be said.
    """

    schema_version: int = SCHEMA_VERSION
    model: Model
    layer: str | None = None
    images: tuple[ViewedImage, ...] = ()
    kernels: LayerKernels | None = None
    statistics: tuple[WeightStatistics, ...] = ()
    notes: tuple[str, ...] = ()
