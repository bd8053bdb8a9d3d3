"""The layers of a report, counted: where no layer is kept, this is what is left of them.

A module that runs twice counts once, one that never runs counts too.
"""

from collections import Counter
from collections.abc import Collection

from msgspec.structs import replace

from cnninspect.report import LayerCounts, ReceptiveField, Report


def counts_of(report: Report) -> LayerCounts:
    """How many modules there are, of which kinds, and the receptive field of the layer that sees most."""
    if report.counted is not None:
        return report.counted
    modules = {layer.path: layer for layer in report.layers}
    parents = {path.rpartition(".")[0] for path in modules if path}
    return LayerCounts(
        types=dict(sorted(Counter(layer.type for layer in modules.values()).items())),
        leaves=len(modules.keys() - parents),
        convolutions=_with_settings(report, {"in_channels", "out_channels", "kernel_size"}),
        linear=_with_settings(report, {"in_features", "out_features"}),
        receptive_field=_widest(report),
    )


def without_layers(report: Report) -> Report:
    """The same report with the counts of its layers in their place."""
    return replace(report, layers=(), graph=None, counted=counts_of(report))


def _with_settings(report: Report, names: Collection[str]) -> int:
    return len({layer.path for layer in report.layers if layer.settings.keys() >= set(names)})


def _widest(report: Report) -> ReceptiveField | None:
    """The last of those whose largest side is the largest, and of these the one whose smallest side is."""
    fields = [layer.receptive_field for layer in reversed(report.layers) if layer.receptive_field]
    return max(fields, key=lambda field: (max(field.size), min(field.size)), default=None)
