"""What a layer has to say about what reached it."""

from typing import NamedTuple


class Complaint(NamedTuple):
    """Why a layer can't take its input.

    Attributes:
        text: What it wants and what it got, to stand behind its name: ``wants 3 channels and got 1``.
        shape: The shape that it takes: ``N×3×H×W``.
        hint: What to do about it.
        features: The features that it wants of a flattened map.
        fits: A shape like that of what reached it, that it would take.
        least: The least map that it takes, a side a dimension.
        is_certain: Whether it is what is wrong, wherever it runs.
    """

    text: str
    shape: str | None = None
    hint: str | None = None
    features: int | None = None
    fits: tuple[int, ...] | None = None
    least: tuple[int, ...] | None = None
    is_certain: bool = True
