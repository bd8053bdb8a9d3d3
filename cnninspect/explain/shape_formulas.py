"""The sizes that layers without windows give: adaptive pooling, padding, upsampling, flattening, features."""

from collections.abc import Iterator, Sequence

from cnninspect.explain.expression import Expression, Number, ceil, floor, product
from cnninspect.explain.formula import Formula, Rule, dimensions, entering, has_map, leaving, outputs
from cnninspect.geometry import paddings, per_dimension
from cnninspect.report import Layer


def adaptive_pool(count: int) -> Rule:
    """Its output has the size that is asked for; window ``i`` reaches from ``⌊i·n/m⌋`` to ``⌈(i + 1)·n/m⌉``."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        asked = per_dimension(layer.settings["output_size"], count)
        before = entering(layer)[-count:]
        sides = [n if side is None else side for n, side in zip(before, asked, strict=True)]
        yield from outputs(layer, [Number(side) for side in sides])
        for name, n, side in zip(dimensions(count), before, sides, strict=True):
            yield Formula(f"window {name}", _first_window(n, side))

    return rule


def _first_window(n: int, side: int) -> Expression:
    """All are alike if the output divides the input; otherwise this is the first of them.

    >>> _first_window(12, 6).text, _first_window(13, 6).text, _first_window(13, 6).value
    ('12/6', '⌈(0 + 1)·13/6⌉ − ⌊0·13/6⌋', 3)
    """
    if n % side == 0:
        return Number(n) / side
    return ceil((Number(0) + 1) * n / side) - floor(Number(0) * n / side)


def fractional_pool(count: int) -> Rule:
    """``nn.FractionalMaxPool2d``: the size that is asked for, or ``⌊n·ratio⌋``."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        size, ratio = layer.settings.get("output_size"), layer.settings.get("output_ratio")
        if size is not None:
            yield from outputs(layer, [Number(side) for side in per_dimension(size, count)])
        elif ratio is not None:
            yield from outputs(layer, _scaled(layer, per_dimension(ratio, count)))

    return rule


def pad(count: int) -> Rule:
    """Padding by hand, given from the last dimension backwards: before and behind."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if not has_map(layer, count):
            return
        each = zip(entering(layer)[-count:], paddings(layer.settings["padding"], count), strict=True)
        yield from outputs(layer, [Number(n) + window.padding + (window.behind or 0) for n, window in each])

    return rule


def upsample(layer: Layer) -> Iterator[Formula]:
    """``nn.Upsample``: the size that is asked for, or ``⌊n·scale⌋``."""
    count = len(entering(layer)) - 2
    if count < 1 or not has_map(layer, count):
        return
    size, scale = layer.settings.get("size"), layer.settings.get("scale_factor")
    if size is not None:
        yield from outputs(layer, [Number(side) for side in per_dimension(size, count)])
    elif scale is not None:
        yield from outputs(layer, _scaled(layer, per_dimension(scale, count)))


def _scaled(layer: Layer, scales: Sequence[float]) -> list[Expression]:
    """A scale that is a whole number needs no rounding."""
    before = entering(layer)[-len(scales) :]
    return [
        Number(n) * Number(int(scale)) if scale == int(scale) else floor(Number(n) * Number(scale))
        for n, scale in zip(before, scales, strict=True)
    ]


def pixel_shuffle(layer: Layer) -> Iterator[Formula]:
    """``nn.PixelShuffle``: ``r²`` channels become one that is ``r`` times as high and wide."""
    factor, (channels, height, width) = layer.settings["upscale_factor"], entering(layer)[-3:]
    sides = [Number(channels) / (Number(factor) * factor), Number(height) * factor, Number(width) * factor]
    yield from outputs(layer, sides, ("channels", *dimensions(2)))


def pixel_unshuffle(layer: Layer) -> Iterator[Formula]:
    """``nn.PixelUnshuffle``: the other way round."""
    factor, (channels, height, width) = layer.settings["downscale_factor"], entering(layer)[-3:]
    sides = [Number(channels) * factor * factor, Number(height) / factor, Number(width) / factor]
    yield from outputs(layer, sides, ("channels", *dimensions(2)))


def flatten(layer: Layer) -> Iterator[Formula]:
    """``nn.Flatten``: the product of the dimensions that become one."""
    shape = entering(layer)
    if not shape:
        return
    start, end = (layer.settings[name] % len(shape) for name in ("start_dim", "end_dim"))
    merged = shape[start : end + 1]
    if merged and start < len(leaving(layer)):
        yield Formula("output features", product(merged), leaving(layer)[start])


def unflatten(layer: Layer) -> Iterator[Formula]:
    """``nn.Unflatten``: the sizes that one dimension is cut into; one may be left open as −1."""
    dimension, sizes = layer.settings.get("dim"), layer.settings.get("unflattened_size")
    if not isinstance(dimension, int) or not isinstance(sizes, Sequence):
        return
    dimension %= len(entering(layer))
    known = product([1, *(size for size in sizes if size != -1)])
    for index, size in enumerate(sizes):
        side = Number(size) if size != -1 else Number(entering(layer)[dimension]) / known
        yield Formula(f"output dimension {dimension + index}", side, leaving(layer)[dimension + index])


def features(setting: str) -> Rule:
    """The last dimension is what a setting says: ``nn.Linear``, ``nn.Embedding``."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if leaving(layer):
            yield Formula("output features", Number(layer.settings[setting]), leaving(layer)[-1])

    return rule


def recurrent(layer: Layer) -> Iterator[Formula]:
    """``nn.LSTM`` and its like: the features of both directions side by side."""
    found = layer.settings
    size = found.get("proj_size") or found["hidden_size"]
    if leaving(layer):
        yield Formula("output features", product([1 + bool(found["bidirectional"]), size]), leaving(layer)[-1])


def glu(layer: Layer) -> Iterator[Formula]:
    """``nn.GLU``: half of one dimension gates the other half."""
    dimension = layer.settings["dim"]
    if leaving(layer):
        side = Number(entering(layer)[dimension]) / 2
        yield Formula(f"output dimension {dimension % len(leaving(layer))}", side, leaving(layer)[dimension])
