"""What every small network is held to: hand-derived figures, the same on the CPU and on meta."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from cnninspect import Report, inspect_model


class Calls(nn.Module):
    """Calls ``forward(module, *inputs)``: a network in one line, its layers given by name."""

    def __init__(self, function: Callable[..., Any], **layers: nn.Module | nn.Parameter) -> None:
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(self, *inputs)


def assert_sums(report: Report) -> None:
    """Contract section 6: the layers' own figures add up to the totals."""
    assert sum(layer.own_params or 0 for layer in report.layers) == report.totals.params
    assert sum(layer.own_macs or 0 for layer in report.layers) == report.totals.macs


def assert_exact(
    module: nn.Module, *inputs: str | Tensor, params: int, macs: int, activations: int, mode: str = "eval"
) -> Report:
    """Run ``module`` on the CPU and on meta; both have these figures, and every layer's agree.

    Returns:
        The report of the CPU.
    """
    cpu, meta = (inspect_model(module, inputs=inputs, mode=mode, device=device) for device in ("cpu", "meta"))
    assert cpu.uncounted_ops == meta.uncounted_ops == ()
    assert (cpu.totals.params, cpu.totals.macs, cpu.totals.activations) == (params, macs, activations)
    assert cpu.totals == meta.totals
    assert cpu.layers == meta.layers
    assert_sums(cpu)
    return cpu


def own_macs(report: Report) -> dict[str, int | None]:
    """Each layer's own MACs, by path; of its first call."""
    return {layer.path: layer.own_macs for layer in reversed(report.layers)}
