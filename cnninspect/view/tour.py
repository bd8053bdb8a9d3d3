"""The way of an image through a network in stages, told from a report alone.

A stage begins with a leaf call that multiplies or gives another shape than the one before; what follows it (an
activation, a normalisation) belongs to it. The last of its calls that gives a map stands for it.
"""

from collections.abc import Callable

from cnninspect.report import Layer, Report


def stops_of(report: Report, is_map: Callable[[Layer], bool]) -> tuple[Layer, ...]:
    """The calls that stand for the stages, in execution order.

    Args:
        report: Of a pass.
        is_map: Does a call give one?
    """
    holders = {layer.path.rpartition(".")[0] for layer in report.layers if layer.path}
    leaves = [layer for layer in report.layers if layer.call and layer.path not in holders]
    stages: list[list[Layer]] = []
    shape: tuple[int, ...] = ()
    for leaf in leaves:
        gives = leaf.outputs[0].shape if leaf.outputs else ()
        if not stages or leaf.own_macs or gives != shape:
            stages.append([])
        stages[-1].append(leaf)
        shape = gives
    last = ([each for each in stage if is_map(each)][-1:] for stage in stages)
    return tuple(stop for stage in last for stop in stage)
