"""Which layers are meant: by path, by type, or by the number of a leaf layer."""

from cnninspect.errors import RequestError
from cnninspect.explain.containers import is_container
from cnninspect.explain.rules import rules_of
from cnninspect.layer_names import NamedLayer, named
from cnninspect.report import Report


def paths(report: Report, word: str | None) -> tuple[str, ...]:
    """The paths of the layers that ``word`` names, each once, in execution order.

    Without a word: every layer without others below it, and every other that has a formula, parameters or MACs of its
    own.

    Raises:
        RequestError: There is no such layer.
    """
    if word is None:
        return tuple(dict.fromkeys(path for path, index in _leaves(report, more=True)))
    if not report.layers:
        raise RequestError(f"unknown layer {word!r}", hint="the report has no layers")
    layers = [NamedLayer(layer.path, layer.type) for layer in report.layers]
    return named(word, layers, tuple(dict.fromkeys(path for path, _ in _leaves(report))))


def _leaves(report: Report, *, more: bool = False) -> list[tuple[str, int]]:
    """The layers without others below them, with their indices; with ``more`` also those that do work themselves."""
    return [
        (layer.path, index)
        for index, layer in enumerate(report.layers)
        if not is_container(report.layers, index) or (more and (rules_of(layer) or layer.own_params or layer.own_macs))
    ]
