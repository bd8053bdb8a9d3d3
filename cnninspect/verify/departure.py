"""The first place at which two networks part: found in what was seen of their layers, then put into words."""

import itertools
from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple, assert_never

from cnninspect.compare.alignment import Status
from cnninspect.verify.evidence import Departure
from cnninspect.verify.traced_layer import CONSEQUENCES, TracedLayer, listed


class Cause(Enum):
    """Why two networks part, as far as their layers tell.

    Attributes:
        other_layers: A layer of one network only, or of other settings, stands before the first pair that is apart.
        layer: A pair of layers gets the same and gives something else.
        order: A pair of layers gets the same numbers in another order.
        outside: A pair of layers gets something else, and no layer is the reason.
        weights: Weights of one network are not those of the other.
        after_layers: Every pair of layers gives the same, and the networks don't.
        no_pair: No layer is in both.
    """

    other_layers = auto()
    layer = auto()
    order = auto()
    outside = auto()
    weights = auto()
    after_layers = auto()
    no_pair = auto()


class Parting(NamedTuple):
    """Where two networks part.

    Attributes:
        layers: The pair that is apart, or what stands between two pairs and is the reason.
        after: The last pair before it that gives the same.
        overwriting: The last entry up to that pair of which only one layer works in place.
    """

    cause: Cause
    layers: Sequence[TracedLayer] = ()
    after: TracedLayer | None = None
    overwriting: TracedLayer | None = None


def parting(layers: Sequence[TracedLayer], *, has_obstacle: bool = False) -> Parting:
    """Where two networks that give different outputs part, and for what kind of reason.

    The numbers say up to which pair of layers all is the same and which pair is the first to give something else;
    a layer of one network only, or of other settings, that stands between the two is the reason.

    Args:
        layers: What was seen of each entry of their alignment.
        has_obstacle: Weights of one are not those of the other, which is the reason where no layer is.
    """
    at = next((i for i, layer in enumerate(layers) if layer.seen.outputs_agree is False), len(layers))
    agreed = max((i for i in range(at) if layers[i].seen.outputs_agree), default=-1)
    before, between = layers[: agreed + 1], [layer for layer in layers[agreed + 1 : at] if layer.may_matter]
    apart = layers[at] if at < len(layers) else None
    if apart and apart.gets_the_same:
        return Parting(Cause.layer if apart.seen.inputs_agree else Cause.order, [apart])
    if between:
        return Parting(Cause.other_layers, between)
    after = before[-1] if before else None
    overwriting = next((layer for layer in reversed(before) if "inplace" in layer.entry.changes), None)
    if apart:
        return Parting(Cause.outside, [apart], after, overwriting)
    if has_obstacle:
        return Parting(Cause.weights)
    return Parting(Cause.after_layers, [after], after, overwriting) if after else Parting(Cause.no_pair)


def first_departure(layers: Sequence[TracedLayer], names: tuple[str, str], *, obstacle: str | None = None) -> Departure:
    """Where two networks that give different outputs part, in words.

    Args:
        layers: What was seen of each entry of their alignment.
        names: Of the two networks.
        obstacle: Why weights of one are not those of the other.
    """
    found = parting(layers, has_obstacle=bool(obstacle))
    match found.cause:
        case Cause.other_layers:
            return _structural(found.layers, names)
        case Cause.layer:
            (pair,) = found.layers
            what = pair.what_differs(names) or obstacle or "with the same settings it gives something else"
            why = f"{pair.called}: {what}"
        case Cause.order:
            why = (
                f"the numbers that reach {found.layers[0].called} are the same on both sides, but in another order: "
                "look for a permute, a flatten or an order of channels"
            )
        case Cause.outside:
            why = _outside(found, names)
        case Cause.after_layers:
            why = (
                "all aligned layers give the same, "
                f"what follows {found.layers[0].called} outside of layers does not{_overwritten(found, names)}"
            )
        case Cause.weights:
            return Departure(None, None, obstacle or "")
        case Cause.no_pair:
            return Departure(None, None, "no layer is in both")
        case _:
            assert_never(found.cause)
    return found.layers[0].departure(why)


def structural_departure(layers: Sequence[TracedLayer], names: tuple[str, str]) -> Departure | None:
    """The first entry that isn't the same, where nothing could be run to tell whether it matters."""
    other = [layer for layer in layers if layer.entry.status != Status.same]
    return _structural(other, names) if other else None


def _structural(layers: Sequence[TracedLayer], names: tuple[str, str]) -> Departure:
    """The departure at ``layers[0]``; those that stand in a row with it are named with it."""
    if layers[0].is_pair:
        return layers[0].departure(f"{layers[0].called}: {layers[0].what_differs(names)}")
    row = list(itertools.takewhile(lambda layer: not layer.is_pair, layers))
    mine = [layer for layer in row if layer.entry.first is not None]
    other = [layer for layer in row if layer.entry.second is not None]
    called = [listed([layer.called for layer in side]) for side in (mine, other)]
    if mine and other:
        why = f"{called[0]} in {names[0]} is {called[1]} in {names[1]}"
    else:
        why = f"{called[0] or called[1]} {'is' if len(row) == 1 else 'are'} only in {names[0] if mine else names[1]}"
    return Departure(mine[0].entry.first if mine else None, other[0].entry.second if other else None, why)


def _outside(found: Parting, names: tuple[str, str]) -> str:
    """What reaches a pair of layers is not the same, and no layer is the reason."""
    (layer,) = found.layers
    before = (
        f"though {found.after.called} before it gives the same" if found.after else "though no layer stands before it"
    )
    has_settings = layer.entry.changes.keys() - CONSEQUENCES - {"inplace"}
    also = f"; {layer.called}: {layer.what_differs(names)}" if has_settings else ""
    return (
        f"what reaches {layer.called} is not the same, {before}: what lies between is outside of layers "
        f"(a function, a reshape, another order or connection){also}{_overwritten(found, names)}"
    )


def _overwritten(found: Parting, names: tuple[str, str]) -> str:
    """A layer that works in place in one network only overwrites what may be used again elsewhere."""
    if found.overwriting is None:
        return ""
    what = found.overwriting.what_differs(names)
    return f"; what an inplace layer has overwritten may be used again: {found.overwriting.called}: {what}"
