"""How many images of which size go in, from shapes by hand."""

import pytest

from cnninspect.input_sizes import number_of_images, side_of
from cnninspect.report import TensorSpec


@pytest.mark.parametrize(
    ("shapes", "batch", "side"),
    [
        ({"x": (4, 3, 8, 8)}, 4, 8), ({"x": (4, 3, 8, 6)}, 4, None), ({"x": (4, 3, 8, 8), "y": (2, 7)}, None, 8),
        ({"images.0": (3, 8, 8), "images.1": (3, 8, 8)}, 2, 8), ({"x": (5, 2)}, 5, None), ({"x": ()}, None, None),
    ],
)  # fmt: skip
def test_how_many_images_of_which_size(shapes: dict[str, tuple[int, ...]], batch: int | None, side: int | None) -> None:
    inputs = tuple(TensorSpec(name, shape, "float32") for name, shape in shapes.items())
    assert (number_of_images(inputs), side_of(inputs)) == (batch, side)
