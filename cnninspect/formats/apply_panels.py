"""The matrices of a layer, each under its label: what goes in, what it is multiplied with, what comes out."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from cnninspect.apply.applied import Step
from cnninspect.formats.matrices import MORE, Cells, Panel, excerpt, fitted
from cnninspect.formats.raster import Matrix

_ROWS, _COLUMNS = 12, 12  # of a matrix that is shown as it is
#: How many of one kind (channels, or filters) a terminal shows.
MATRICES: Final = 4


class LabelledMatrix(NamedTuple):
    """A matrix of a layer, and what it is of; ``kind`` is the first word of that."""

    kind: str
    label: str
    matrix: Matrix


def matrices_of(step: Step) -> list[LabelledMatrix]:
    """Input, weights, bias and output.

    Args:
        step: The layer.
    """
    named = [("Input", "Input", step.input)]
    if len(step.weights) == 1:
        named.append(("Weight", "Weight", step.weights[0]))
    else:
        named += [("Weight", f"Weight, filter {index}", each) for index, each in enumerate(step.weights)]
    if step.biases:
        named.append(("Bias", "Bias", (tuple((value,) for value in step.biases),)))
    named.append(("Output", "Output", step.output))
    return [
        LabelledMatrix(kind, f"{label}, channel {index}" if len(maps) > 1 else label, matrix)
        for kind, label, maps in named
        for index, matrix in enumerate(maps)
    ]


def panels_of(step: Step, width: int, *, is_whole: bool) -> list[Panel]:
    """Input, weights, bias and output, each matrix under its label.

    Args:
        step: The layer.
        width: Characters that there are.
        is_whole: Every matrix, every row and every column; else an excerpt.
    """
    if is_whole:
        return [
            Panel(each.label, excerpt(each.matrix, len(each.matrix), len(each.matrix[0]))) for each in matrices_of(step)
        ]
    panels: list[Panel] = []
    for found, left in some(matrices_of(step), MATRICES):
        panels += [Panel(each.label, cells_of(each.matrix, width)) for each in found]
        panels += [Panel(f"{found[0].kind}: {left} more", [[MORE]])] if left else []
    return panels


def cells_of(matrix: Matrix, width: int) -> Cells:
    """What a terminal shows of it: an excerpt of one that is large."""
    return fitted(matrix, _ROWS, _COLUMNS, width)


def some(found: Sequence[LabelledMatrix], most: int) -> list[tuple[list[LabelledMatrix], int]]:
    """For each kind the first matrices, and how many there are beside them.

    Args:
        found: All.
        most: Of a kind.
    """
    kinds = [(kind, list(group)) for kind, group in groupby(found, key=lambda each: each.kind)]
    return [(group[:most], max(len(group) - most, 0)) for _, group in kinds]
