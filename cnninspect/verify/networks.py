"""The two networks that are compared, and the weights that both are filled with."""

from typing import Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.compare.alignment import Aligned
from cnninspect.errors import naming
from cnninspect.report import Report
from cnninspect.verify.drawn_weights import drawn, held
from cnninspect.verify.evidence import StateDictFit
from cnninspect.verify.pairing import Pairing, fit, pair
from cnninspect.verify.side import Side

#: What is rounding in a dtype, relative to the largest magnitude: the same sums in another order, through many layers.
TOLERANCES: Final = {"float64": 1e-9, "float32": 1e-3, "float16": 2e-2, "bfloat16": 1e-1}
_REAL: Final = {"complex64": "float32", "complex128": "float64"}


class Networks(NamedTuple):
    """What is to be compared.

    Attributes:
        first, second: On one device, with the same inputs.
        dtypes: Of their floating parameters.
        reports: Of a pass that each has been through.
        alignment: Of the two reports.
        seed: Of the weights.
        donor: The network (0 or 1) whose own weights both get; ``None``: random ones.
    """

    first: Side
    second: Side
    dtypes: tuple[torch.dtype, torch.dtype]
    reports: tuple[Report, Report]
    alignment: tuple[Aligned, ...]
    seed: int = 0
    donor: int | None = None

    @property
    def names(self) -> tuple[str, str]:
        """As typed, or told apart where both are the same."""
        if self.first.name != self.second.name:
            return self.first.name, self.second.name
        return "the first", "the second"

    @property
    def types(self) -> tuple[tuple[str | None, str | None], ...]:
        """The classes of the layers of each entry of the alignment, in the first and in the second network."""
        first, second = (
            dict[str | None, str]((layer.path, layer.type) for layer in report.layers) for report in self.reports
        )
        return tuple((first.get(entry.first), second.get(entry.second)) for entry in self.alignment)

    @property
    def at(self) -> str:
        """The shapes of the inputs, and the mode: where what is found was found."""
        shapes = ", ".join("×".join(map(str, spec.shape)) or "a scalar" for spec in self.reports[0].run.inputs)
        return f"{shapes} in {self.first.mode} mode"

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
    idle = (_idle(networks.reports[0]), _idle(networks.reports[1]))
    pairing = pair(mine, other, networks.alignment, is_second_given=networks.donor == 1, idle=idle)
    has_second_its_own = networks.donor == 1
    values = _values(networks, mine, 0, set(pairing.sources.values()) if has_second_its_own else set())
    others = _values(networks, other, 1, set() if has_second_its_own else set(pairing.sources))
    for key, source in pairing.sources.items():
        if has_second_its_own:
            values[source] = others[key]
        else:
            others[key] = values[source]
    return Weights((mine, other), (values, others), pairing, fit(_stored(first), _stored(second)))


def _values(networks: Networks, tensors: dict[str, Tensor], index: int, taken: set[str]) -> dict[str, Tensor]:
    """Of the donor its own; else new ones, but for the keys that are ``taken`` from the other network."""
    left = {key: tensor for key, tensor in tensors.items() if key not in taken}
    if networks.donor == index:
        return {key: tensor.detach() for key, tensor in left.items()}
    module = (networks.first, networks.second)[index].module
    return drawn(module, left, networks.seed + index)


def _idle(report: Report) -> frozenset[str]:
    """The paths of the layers that the pass never called; what only holds parameters can't be."""
    holders = {"ParameterList", "ParameterDict"}
    return frozenset(layer.path for layer in report.layers if layer.call == 0 and layer.type not in holders)


def _held(side: Side) -> dict[str, Tensor]:
    with naming(side.name):
        return held(side.module)


def _stored(side: Side) -> dict[str, Tensor]:
    return {key: value for key, value in side.module.state_dict().items() if isinstance(value, Tensor)}
