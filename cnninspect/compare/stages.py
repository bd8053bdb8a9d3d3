"""The parts of a network, and where its parameters and its work sit."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from cnninspect.report import Layer, Report


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
    children: dict[str, set[str]] = {}
    working = {layer.path for layer in report.layers if layer.own_params or layer.own_macs}
    for path in {layer.path for layer in report.layers if layer.path}:
        children.setdefault(path.rpartition(".")[0], set()).add(path)
    top = ""
    while len(children.get(top, ())) == 1 and top not in working:
        (child,) = children[top]
        if child not in children:
            break
        top = child
    return top


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
