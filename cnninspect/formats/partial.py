"""The layers of a forward pass that fails, up to the one where it does: they have an input, but no output."""

from typing import Final

import msgspec

from cnninspect.formats import summary
from cnninspect.formats.columns import DEFAULT_DEPTH
from cnninspect.formats.document import Document
from cnninspect.report import Layer, Report

_COLUMNS: Final = ("input", "output", "params")


def lay_out(report: Report) -> Document:
    """The table alone; the totals of half a pass mean nothing."""
    reached = tuple(layer for layer in report.layers if layer.call)
    last = next((layer for layer in reversed(reached) if not layer.outputs), reached[-1])
    shown = tuple(layer for layer in reached if layer.depth <= DEFAULT_DEPTH or _is_beside(layer, last))
    deep = max(layer.depth for layer in reached)
    whole = summary.lay_out(msgspec.structs.replace(report, layers=shown, notes=()), _COLUMNS, deep, is_folded=False)
    return Document(whole.title, whole.blocks[:1], whole.command)


def _is_beside(layer: Layer, last: Layer) -> bool:
    """Does it lead to the layer that fails, or stand next to it?"""
    return last.path.startswith(f"{layer.path}.") or layer.path.rpartition(".")[0] == last.path.rpartition(".")[0]
