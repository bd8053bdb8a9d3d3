"""Both networks run in each dtype, and how far apart they are in it."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.errors import ModelError
from cnninspect.verify.differences import has_numbers, worst
from cnninspect.verify.evidence import Pass
from cnninspect.verify.network_outputs import Compared, compared, outcome
from cnninspect.verify.networks import TOLERANCES, Networks, Weights
from cnninspect.verify.trace import LayerAgreement, traced

Say = Callable[[str], None]
_NO_NUMBERS: Final = "the networks give no numbers: what their aligned layers give was compared instead"


class Passes(NamedTuple):
    """The passes, the networks' own dtype first, and what is to be said of them.

    Attributes:
        obstacle: What could not be compared because it is not alike in the two: a difference in itself.
        are_direct: The outputs themselves were compared, not those of layers in their place.
    """

    passes: tuple[Pass, ...]
    notes: tuple[str, ...]
    obstacle: str | None
    are_direct: bool = True


def run_passes(networks: Networks, weights: Weights, say: Say) -> Passes:
    """Run both networks in their own dtype and in double precision; in none if the weights don't fit.

    Raises:
        ModelError: A network can't be run in its own dtype.
    """
    if weights.pairing.obstacle:
        return Passes(
            (), (f"the weights of one don't fit the other: {weights.pairing.obstacle}",), weights.pairing.obstacle
        )
    passes: list[Pass] = []
    notes: list[str] = []
    obstacle: str | None = None
    for is_wide in networks.widths():
        dtype = networks.dtype(is_wide=is_wide)
        try:
            result, remarks = _result(networks, weights, say, is_wide=is_wide)
        except ModelError as error:
            if not passes:
                raise
            notes.append(f"not compared in {dtype}: {error.message}")
            continue
        notes += [*result.obstacles, *remarks]
        obstacle = obstacle or ("; ".join(result.obstacles) if result.is_apart else None)
        passes.append(Pass(dtype, TOLERANCES[dtype], *result.found))
    return Passes(tuple(passes), tuple(dict.fromkeys(notes)), obstacle, _NO_NUMBERS not in notes)


def _result(networks: Networks, weights: Weights, say: Say, *, is_wide: bool) -> tuple[Compared, list[str]]:
    outcomes = []
    for index, side in enumerate((networks.first, networks.second)):
        say(f"running {side.name} in {networks.dtype(is_wide=is_wide)}")
        outcomes.append(outcome(side, weights.tensors[index], weights.values[index], is_wide=is_wide))
    first, second = outcomes
    notes = []
    if len(first.outputs) > 1 and _is_constant(first.outputs[0], first.outputs[1]):
        notes.append(f"{networks.names[0]} gives the same for different inputs, which makes its outputs weak evidence")
    result = compared(first, second, weights.pairing.sources, networks.names)
    if result.found.outputs is None and not result.is_apart:
        seen = trace(networks, weights, is_wide=is_wide)
        notes.append(_NO_NUMBERS)
        outputs = worst(each.outputs for each in seen if each.outputs is not None)
        result = result._replace(found=result.found._replace(outputs=outputs))
        if outputs is None:
            raise ModelError(f"neither network gives a number at {networks.at}: there is nothing to compare")
    return result, notes


def _is_constant(first: Sequence[tuple[str, Tensor]], second: Sequence[tuple[str, Tensor]]) -> bool:
    others = dict(second)
    has_any = any(has_numbers(tensor) for _, tensor in first)
    return has_any and all(name in others and torch.equal(tensor, others[name]) for name, tensor in first)


def trace(networks: Networks, weights: Weights, *, is_wide: bool) -> tuple[LayerAgreement, ...]:
    """Both networks layer by layer.

    Raises:
        ModelError: A forward pass raises.
    """
    tolerance = TOLERANCES[networks.dtype(is_wide=is_wide)]
    sides = networks.first, networks.second
    return traced(sides, weights.tensors, weights.values, networks.alignment, is_wide=is_wide, tolerance=tolerance)


def trace_somehow(networks: Networks, weights: Weights) -> tuple[LayerAgreement, ...] | None:
    """The same in the widest dtype in which it can be done; ``None`` if there is none."""
    for is_wide in reversed(networks.widths()):
        try:
            return trace(networks, weights, is_wide=is_wide)
        except ModelError:  # a network may have a dtype of its own, or not run with what weights fit
            continue
    return None
