"""The two networks that are compared, and the weights that both are filled with."""

from typing import Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.alignment import Aligned
from cnninspect.errors import ModelError
from cnninspect.report import TensorSpec
from cnninspect.verify.pairing import Pairing, fit, pair
from cnninspect.verify.result import StateDictFit
from cnninspect.verify.side import Side
from cnninspect.verify.weights import drawn, held

#: What is rounding in a dtype, relative to the largest magnitude: the same sums in another order, through many layers.
TOLERANCES: Final = {"float64": 1e-9, "float32": 1e-3, "float16": 2e-2, "bfloat16": 1e-1}
_REAL: Final = {"complex64": "float32", "complex128": "float64"}


class Networks(NamedTuple):
    """What is to be compared.

    Attributes:
        first, second: On one device, with the same inputs.
        dtypes: Of their floating parameters.
        alignment: Of their leaf layers.
        types: The classes of each entry's layers, in the first and in the second.
        inputs: What the calls are made of.
        seed: Of the weights.
        are_weights_given: The first network's own weights are taken in place of random ones.
    """

    first: Side
    second: Side
    dtypes: tuple[torch.dtype, torch.dtype]
    alignment: tuple[Aligned, ...]
    types: tuple[tuple[str | None, str | None], ...]
    inputs: tuple[TensorSpec, ...]
    seed: int = 0
    are_weights_given: bool = False

    @property
    def names(self) -> tuple[str, str]:
        """As typed, or told apart where both are the same."""
        if self.first.name != self.second.name:
            return self.first.name, self.second.name
        return "the first", "the second"

    @property
    def at(self) -> str:
        """The shapes of the inputs."""
        return ", ".join("×".join(map(str, spec.shape)) or "a scalar" for spec in self.inputs)

    def dtype(self, *, is_wide: bool) -> str:
        """What both compute in: double precision, or the coarser of their own (of complex numbers, of the parts)."""
        own = [str(dtype).removeprefix("torch.") for dtype in self.dtypes]
        real = [_REAL.get(name, name) for name in own]
        return "float64" if is_wide else max(real, key=lambda name: TOLERANCES[name])

    def widths(self) -> tuple[bool, ...]:
        """Their own dtype, then double precision, in which rounding is told from a difference."""
        has_double = self.first.device.type != "mps"
        return (False, True) if has_double and self.dtype(is_wide=False) != "float64" else (False,)


class Weights(NamedTuple):
    """What both hold, which belongs to which, and the values for each."""

    tensors: tuple[dict[str, Tensor], dict[str, Tensor]]
    values: tuple[dict[str, Tensor], dict[str, Tensor]]
    pairing: Pairing
    fit: StateDictFit


def common_weights(networks: Networks) -> Weights:
    """Values for the first network, and the same for the second; what has no counterpart gets values of its own.

    Raises:
        ModelError: A network is quantized.
    """
    first, second = networks.first, networks.second
    mine, other = _held(first), _held(second)
    pairing = pair(mine, other, networks.alignment)
    if networks.are_weights_given:
        values = {key: tensor.detach() for key, tensor in mine.items()}
    else:
        values = drawn(first.module, mine, networks.seed)
    rest = {key: tensor for key, tensor in other.items() if key not in pairing.sources}
    others = drawn(second.module, rest, networks.seed + 1)
    others |= {key: values[source] for key, source in pairing.sources.items() if source in values}
    return Weights((mine, other), (values, others), pairing, fit(_stored(first), _stored(second)))


def _held(side: Side) -> dict[str, Tensor]:
    try:
        return held(side.module)
    except ModelError as error:
        raise ModelError(f"{side.name}: {error.message}", hint=error.hint) from error


def _stored(side: Side) -> dict[str, Tensor]:
    return {key: value for key, value in side.module.state_dict().items() if isinstance(value, Tensor)}
