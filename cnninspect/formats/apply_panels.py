"""The matrices of a layer, each under its label: what goes in, what it is multiplied with, what comes out."""

from typing import Final

from cnninspect.apply.applied import Step
from cnninspect.formats import matrices
from cnninspect.formats.matrices import Panel, excerpt, fitted

_ROWS, _COLUMNS = 12, 12  # of a matrix that is shown as it is
_MATRICES: Final = 4  # of one kind: channels, or filters


def panels_of(step: Step, width: int, *, is_whole: bool) -> list[Panel]:
    """Input, weights, bias and output, each matrix under its label.

    Args:
        step: The layer.
        width: Characters that there are.
        is_whole: Every matrix, every row and every column; else an excerpt.
    """
    named = [("Input", "channel", step.input)]
    if len(step.weights) == 1:
        named.append(("Weight", "channel", step.weights[0]))
    else:
        named += [(f"Weight, filter {index}", "channel", each) for index, each in enumerate(step.weights)]
    if step.biases:
        named.append(("Bias", "", (tuple((value,) for value in step.biases),)))
    named.append(("Output", "channel", step.output))
    panels: list[Panel] = []
    for label, part, maps in named:
        for index, matrix in enumerate(maps):
            place = f", {part} {index}" if len(maps) > 1 else ""
            cells = excerpt(matrix, len(matrix), len(matrix[0])) if is_whole else fitted(matrix, _ROWS, _COLUMNS, width)
            panels.append(Panel(label + place, cells))
    return panels if is_whole else _some(panels)


def _some(panels: list[Panel]) -> list[Panel]:
    """The first matrices of each kind, and a panel that says how many there are beside them."""
    shown: list[Panel] = []
    for kind in ("Input", "Weight", "Bias", "Output"):
        own = [panel for panel in panels if panel.label.startswith(kind)]
        shown += own[:_MATRICES]
        if len(own) > _MATRICES:
            shown.append(Panel(f"{kind}: {len(own) - _MATRICES} more", [[matrices.MORE]]))
    return shown
