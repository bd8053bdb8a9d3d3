"""The matrices of a layer as pictures: all of them, or those that a terminal has no room to print."""

from typing import Final

from cnninspect.apply.applied import Applied, Step
from cnninspect.formats import document as doc
from cnninspect.formats.apply_panels import MATRICES, LabelledMatrix, cells_of, matrices_of, some
from cnninspect.formats.document import Block, Document, Remarks, Tile, Tiles, Tone
from cnninspect.formats.matrices import MORE
from cnninspect.formats.raster import HEAT, heat
from cnninspect.units import figure

_MOST: Final = 64  # matrices of one kind in a picture
_DIGITS: Final = 3
_LEGEND: Final = tuple(each.replace("where something", "in weights, and where something") for each in HEAT)


def picture(applied: Applied, title: str, command: str) -> Document:
    """Every step as pictures alone.

    Args:
        applied: What the layers gave.
        title: Of all.
        command: What the user typed.
    """
    blocks: list[Block] = []
    for step in applied.steps:
        blocks += [Remarks((doc.words(step.layer, Tone.strong),)), *heat_maps(step, None)]
    return Document(title, tuple(blocks), command)


def heat_maps(step: Step, width: int | None) -> list[Tiles]:
    """Input, weights and output in colours.

    Args:
        step: The layer.
        width: Characters of a terminal, where only matrices are shown that it prints an excerpt of; ``None``: all are.
    """
    tiles, more = list[Tile](), list[str]()
    shown = [each for each in matrices_of(step) if each.kind != "Bias"]
    for found, left in some(shown, _MOST if width is None else MATRICES):
        large = [each for each in found if width is None or any(MORE in row for row in cells_of(each.matrix, width))]
        tiles += map(_tile, large)
        more += [f"{found[0].kind}: {left} more"] if large and left else []
    return [Tiles(tuple(tiles), "; ".join(more), *_LEGEND)] if tiles else []


def _tile(found: LabelledMatrix) -> Tile:
    values = [value for row in found.matrix for value in row]
    detail = f"{figure(min(values), _DIGITS)} to {figure(max(values), _DIGITS)}"
    return Tile(found.label, detail, heat(found.matrix, is_signed=True if found.kind == "Weight" else None))
