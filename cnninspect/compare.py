"""Networks beside each other: totals against a baseline, where the weight sits, and two networks' layers as a diff.

A ratio or difference is told only of figures that are both exact: between lower bounds there is none.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from cnninspect import figures
from cnninspect.alignment import Aligned, align, are_same
from cnninspect.errors import RequestError
from cnninspect.figures import Accuracy, Bound, Figure
from cnninspect.report import SCHEMA_VERSION, Layer, Report

#: The totals that are compared, in their order.
TOTALS: Final[dict[str, Callable[[Report], Figure]]] = {
    "params": figures.params,
    "size": figures.size,
    "macs": figures.macs,
    "flops": figures.flops,
    "activations": figures.activations,
    "convolutions": figures.convolutions,
    "linear": figures.linear_layers,
    "receptive_field": figures.largest_side,
}


class Comparison(msgspec.Struct, frozen=True):
    """Two or more reports compared.

    Attributes:
        identical: All have the same layers, with the same shapes and parameters, and the same totals.
        alignment: The layers of two networks beside each other; empty for more.
        accuracy: As the source of each publishes it, where it does.
        names: What each is called here; the specs, unless they were called otherwise.
        baseline: The index of the report that the others are held against.
    """

    schema_version: int
    reports: tuple[Report, ...]
    identical: bool
    alignment: tuple[Aligned, ...]
    accuracy: tuple[Accuracy | None, ...]
    names: tuple[str, ...]
    baseline: int = 0


class Against(msgspec.Struct, frozen=True):
    """A figure held against the baseline's; ``None`` where one is not exactly known, or where the baseline's is 0."""

    ratio: float | None
    difference: int | None


class Stage(msgspec.Struct, frozen=True):
    """A part of a network and what it holds.

    Attributes:
        path: Of the module; ``""`` for what the network holds beside its parts.
        layers: How many layers that multiply are in it, of each type; if there are none, those that have parameters.
        params: Elements, each parameter where it is first met; ``None`` if unknown.
        macs: Of the whole pass; ``None`` if unknown.
    """

    path: str
    type: str
    layers: dict[str, int]
    params: int | None
    macs: int | None


def compare_reports(
    first: Report,
    second: Report,
    *others: Report,
    baseline: int = 0,
    accuracy: Sequence[Accuracy | None] = (),
    names: Sequence[str] = (),
) -> Comparison:
    """Compare reports.

    Args:
        first: The first of two whose layers are aligned.
        second: The second.
        others: More reports; layers are aligned of two alone.
        baseline: The index of the report that the others are held against.
        accuracy: As published, of each; none if left out.
        names: What to call each; by default its spec.

    Raises:
        RequestError: There is no such report as ``baseline`` says.
    """
    reports = (first, second, *others)
    if not 0 <= baseline < len(reports):
        raise RequestError(f"baseline={baseline} is not the index of one of {len(reports)} reports")
    identical = all(are_same(first, each) and not differences(first, each) for each in (second, *others))
    return Comparison(
        SCHEMA_VERSION,
        reports,
        identical,
        () if others else align(first, second),
        tuple(accuracy) or (None,) * len(reports),
        tuple(names) or tuple(report.model.spec for report in reports),
        baseline,
    )


def differences(first: Report, second: Report) -> list[str]:
    """What two networks differ in beside their layers, in a word each."""
    outputs = [[(tensor.shape, tensor.dtype) for tensor in report.run.outputs] for report in (first, second)]
    compared = {
        "totals": (first.totals, second.totals),
        "outputs": tuple(outputs),
        "uncounted operators": (first.uncounted_ops, second.uncounted_ops),
    }
    return [word for word, (one, other) in compared.items() if one != other]


def against(figure: Figure, baseline: Figure) -> Against:
    """A figure against the baseline's.

    >>> against(Figure(138_357_544), Figure(61_100_840)).difference
    77256704
    """
    if figure.value is None or baseline.value is None or {figure.bound, baseline.bound} != {Bound.EXACT}:
        return Against(None, None)
    return Against(figure.value / baseline.value if baseline.value else None, figure.value - baseline.value)


def stages(report: Report) -> tuple[Stage, ...]:
    """The parts of a network: what stands directly in it, or in the one module that holds all of it.

    What is neither parameter nor multiplication is left out (activations, a pooling).
    """
    top = _top(report)
    start = f"{top}." if top else ""
    inside: dict[str, list[Layer]] = {}
    for layer in report.layers:
        is_below = layer.path.startswith(start) and layer.path != top
        inside.setdefault(start + layer.path[len(start) :].partition(".")[0] if is_below else top, []).append(layer)
    found = [_stage(path, layers) for path, layers in inside.items()]
    return tuple(stage for stage in found if stage.params or stage.macs)


def _top(report: Report) -> str:
    """The innermost module that holds all parameters and does all multiplications in more than one part."""
    top = ""
    while True:
        children = {layer.path for layer in report.layers if layer.path and layer.path.rpartition(".")[0] == top}
        own = [layer for layer in report.layers if layer.path == top]
        if len(children) != 1 or any(layer.own_params or layer.own_macs for layer in own):
            return top
        (child,) = children
        if not any(layer.path.startswith(f"{child}.") for layer in report.layers):
            return top
        top = child


def _stage(path: str, layers: Sequence[Layer]) -> Stage:
    params = [layer.own_params for layer in layers]
    macs = [layer.own_macs for layer in layers if layer.call]
    is_unknown = not any(layer.call for layer in layers) and all(layer.macs is None for layer in layers)
    working = {layer.path: layer.type for layer in layers if layer.own_macs}
    weighted = working or {layer.path: layer.type for layer in layers if layer.own_params}
    return Stage(
        path=path,
        type=layers[0].type if path == layers[0].path else "",
        layers=dict(Counter(weighted.values())),
        params=None if None in params else sum(number or 0 for number in params),
        macs=None if is_unknown else sum(number or 0 for number in macs),
    )
