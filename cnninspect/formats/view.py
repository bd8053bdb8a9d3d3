"""What ``view`` shows: maps, kernels and weights as small pictures and tables, below what is to be known of them."""

from collections.abc import Iterator, Sequence
from typing import Final

from cnninspect.formats import Format, view_records, words
from cnninspect.formats import document as doc
from cnninspect.formats.document import (
    Block,
    Column,
    Document,
    Fact,
    Facts,
    Fit,
    Row,
    Table,
    Tile,
    Tiles,
    Tone,
)
from cnninspect.formats.presentation import Presentation
from cnninspect.formats.raster import HEAT, coloured, heat
from cnninspect.units import figure
from cnninspect.view.viewed import (
    ChannelMap,
    LayerKernels,
    LayerMaps,
    NetworkView,
    Plane,
    ViewedImage,
    ViewedKernel,
    WeightStatistics,
)

#: Of ``view``; the default first.
FORMATS: Final = (Format.table, Format.svg, Format.png, Format.html, Format.csv, Format.json)
_BARS: Final = " ▁▂▃▄▅▆▇█"
_DIGITS: Final = 3
_NAMED: Final = 12  # dead channels
_NAN: Final = float("nan")
#: What the colours and shades of kernels mean.
_IN_COLORS: Final = ("grey is 0, in red, green and blue", "half is 0, blank less, full more, all three colours in one")
_BY_CHANNEL: Final = ("white is 0, blue less, red more", "half is 0, blank less, full more")


def presentation(view: NetworkView, command: str) -> Presentation:
    """What was seen, to be written in any format.

    Args:
        view: What it was.
        command: What the user typed.
    """

    def pixels() -> bytes:
        from cnninspect.formats import png

        return png.render(lay_out(view, command))

    return Presentation(
        data=lambda: view, records=lambda: view_records.records(view), document=lambda: lay_out(view, command),
        pixels=pixels,
    )  # fmt: skip


def lay_out(view: NetworkView, command: str = "cnninspect view") -> Document:
    """The document, whose caption says where the weights are from and what was done to an image."""
    blocks: list[Block] = [*doc.remarks(tuple(map(words.safe, view.notes)))]
    for image in view.images:
        blocks += _image(image)
    if view.kernels is not None:
        blocks.append(_kernels(view.kernels))
    if view.statistics:
        blocks.append(_statistics(view.statistics))
    what = f", {words.safe(view.layer)}" if view.layer else ""
    source = "" if view.model.source == "weights" else f" ({view.model.source})"
    return Document(f"{words.safe(view.model.name)}{source}{what}", tuple(blocks), command)


def _image(image: ViewedImage) -> Iterator[Block]:
    height, width = image.sides
    yield Facts((
        Fact("Image", f"{words.safe(image.file)}, {height}×{width}"),
        Fact("Input", words.sides(image.input)),
    ))  # fmt: skip
    yield from doc.remarks((f"prepared: {words.safe(image.preprocessing)}",))
    if image.predictions:
        columns = (Column("Class", fit=Fit.wrap), Column("Probability", is_number=True))
        yield Table(columns, tuple(
            Row((
                doc.words(words.safe(each.name)),
                doc.words(f"{each.probability:.1%}"),
            ))
            for each in image.predictions
        ))  # fmt: skip
    for place, layer in enumerate(image.layers):
        yield Tiles(tuple(map(_map, layer.shown)), _about_maps(layer), *(() if place else HEAT))


def _about_maps(layer: LayerMaps) -> str:
    again = f", call {layer.call}" if layer.call > 1 else ""
    channels = layer.shape[1]
    shown = f"{len(layer.shown)} of " if len(layer.shown) < channels else ""
    shown += _many(channels, "channel")
    sides, number = words.sides(layer.shape[2:]), layer.shape[0]
    first = f", the first of {number:,}" if number > 1 else ""
    first += f", the first of its {layer.maps} maps" if layer.maps > 1 else ""
    return f"{_called(layer.path, layer.type)}{again}: {shown} of {sides}{first}{_dead(layer.dead)}"


def _called(path: str, kind: str) -> str:
    return " ".join(filter(None, (words.safe(path), words.safe(kind))))


def _dead(channels: Sequence[int]) -> str:
    """Those that are zero everywhere, the first by their numbers."""
    if not channels:
        return ""
    more = ", …" if len(channels) > _NAMED else ""
    return f"; dead (zero everywhere): {len(channels)} ({', '.join(map(str, channels[:_NAMED]))}{more})"


def _map(channel: ChannelMap) -> Tile:
    return Tile(f"channel {channel.channel}", _range(channel), heat(_numbers(channel.values)))


def _range(of: ChannelMap | ViewedKernel) -> str:
    """From the least to the largest, and how much is neither."""
    if of.least is None or of.largest is None:
        return "no numbers"
    ends = f"{figure(of.least, _DIGITS)} to {figure(of.largest, _DIGITS)}"
    return f"{ends}; {of.odd} not finite" if of.odd else ends


def _numbers(plane: Plane) -> list[list[float]]:
    """A plane in which what JSON has left out is NaN again."""
    return [[_NAN if value is None else value for value in row] for row in plane]


def _kernels(kernels: LayerKernels) -> Tiles:
    filters, channels = kernels.shape[:2]
    is_colored = any(each.channel is None for each in kernels.shown)
    number = filters if is_colored else filters * channels
    shown = f"{len(kernels.shown)} of {number:,}" if len(kernels.shown) < number else f"{number:,}"
    sides = words.sides(kernels.shape[2:])
    end = figure(kernels.scale, _DIGITS)
    colors, shades = _IN_COLORS if is_colored else _BY_CHANNEL
    called = _called(kernels.path, kernels.type)
    return Tiles(
        tuple(_kernel(each, kernels.scale) for each in kernels.shown),
        f"{called}: {shown} kernels of {sides} ({_many(filters, 'filter')} of {_many(channels, 'channel')})",
        f"from -{end} to {end}: {colors}",
        f"from -{end} to {end}: {shades}",
    )


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _kernel(kernel: ViewedKernel, scale: float) -> Tile:
    planes = list(map(_numbers, kernel.values))
    if kernel.channel is None:
        return Tile(f"filter {kernel.filter}", _range(kernel), coloured(planes, scale))
    label = f"filter {kernel.filter}, channel {kernel.channel}"
    return Tile(label, _range(kernel), heat(planes[0], scale, is_signed=True))


def _statistics(found: Sequence[WeightStatistics]) -> Table:
    columns = (
        Column("Weight", fit=Fit.cut), Column("Shape", fit=Fit.wrap), Column("Type", is_extra=True),
        Column("Histogram", short="Hist."), Column("Mean", is_number=True),
        Column("Deviation", short="Dev.", is_number=True),
        Column("Least", is_number=True), Column("Largest", short="Max", is_number=True),
        Column("Odd"), Column("Zeros", is_number=True),
        Column("Norm", is_number=True),
    )  # fmt: skip
    shown = [place for place, column in enumerate(columns) if column.header != "Odd" or any(map(_odd, found))]
    return Table(
        tuple(columns[place] for place in shown),
        tuple(Row(tuple(cells[place] for place in shown)) for cells in map(_cells, found)),
    )


def _cells(each: WeightStatistics) -> tuple[doc.Line, ...]:
    figures = (each.mean, each.deviation, each.least, each.largest)
    zeros = "" if each.zeros is None else f"{each.zeros:.1%}"
    return (
        doc.words(words.safe(each.name)),
        doc.words(words.sides(each.shape) or "a number"),
        doc.words(words.safe(each.dtype)),
        doc.words(_histogram(each.histogram)),
        *(doc.words("" if value is None else figure(value, _DIGITS)) for value in figures),
        doc.words(_odd(each), Tone.bad),
        doc.words(zeros, Tone.dim if zeros == "0.0%" else Tone.plain),
        doc.words("" if each.norm is None else figure(each.norm, _DIGITS)),
    )


def _odd(each: WeightStatistics) -> str:
    parts = ((each.not_numbers, "NaN"), (each.infinite, "infinite"))
    return ", ".join(f"{count:,} {name}" for count, name in parts if count)


def _histogram(counts: Sequence[int]) -> str:
    """A bar for two parts beside each other, the highest a whole one; what isn't empty has one."""
    counts = [sum(pair) for pair in zip(counts[::2], counts[1::2], strict=True)]
    most = max(counts, default=0)
    if not most:
        return ""
    return "".join(_BARS[0 if not count else max(round(count / most * 8), 1)] for count in counts)
