"""How many images go in at once, and of which size, as a report's inputs tell it."""

from collections.abc import Sequence
from typing import Final

from cnninspect.report import TensorSpec

_SIDES: Final = 2  # of an image; before them come channels at least


def number_of_images(inputs: Sequence[TensorSpec]) -> int | None:
    """Images at once: as many as a list has, or the first side that all inputs share; ``None``: they share none.

    Args:
        inputs: Of a run.
    """
    if inputs and all(each.name.rpartition(".")[2].isdecimal() for each in inputs):  # images.0, images.1 …
        return len(inputs)
    firsts = {each.shape[0] for each in inputs if each.shape}
    return firsts.pop() if len(firsts) == 1 else None


def side_of(inputs: Sequence[TensorSpec]) -> int | None:
    """Pixels of square images on each side; ``None``: there are none, of others, or of several sizes.

    Args:
        inputs: Of a run.
    """
    found = {side for each in inputs if len(each.shape) > _SIDES for side in each.shape[-_SIDES:]}
    return found.pop() if len(found) == 1 else None
