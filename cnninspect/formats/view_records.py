"""What ``view`` has seen as CSV: the numbers of maps and kernels, a row each, or the figures of weights."""

from collections.abc import Iterator

from cnninspect.formats.records import Records, of_structs
from cnninspect.view.viewed import LayerKernels, NetworkView, ViewedImage, WeightStatistics

_OF_MAPS = ("layer", "call", "channel", "row", "column", "value")
_OF_KERNELS = ("layer", "filter", "channel", "row", "column", "value")


def records(view: NetworkView) -> Records:
    """The numbers that are shown.

    Args:
        view: What was seen.
    """
    if view.images:
        return Records(_OF_MAPS, (row for image in view.images for row in _maps(image)))
    if view.kernels is not None:
        return Records(_OF_KERNELS, _kernels(view.kernels))
    return of_structs(WeightStatistics, view.statistics)


def _maps(image: ViewedImage) -> Iterator[tuple[object, ...]]:
    for layer in image.layers:
        for channel in layer.shown:
            for row, numbers in enumerate(channel.values):
                for column, value in enumerate(numbers):
                    yield layer.path, layer.call, channel.channel, row, column, value


def _kernels(kernels: LayerKernels) -> Iterator[tuple[object, ...]]:
    for kernel in kernels.shown:
        for place, plane in enumerate(kernel.values):
            channel = place if kernel.channel is None else kernel.channel
            for row, numbers in enumerate(plane):
                for column, value in enumerate(numbers):
                    yield kernels.path, kernel.filter, channel, row, column, value
