"""The main path as stages, on a graph made by hand."""

import pytest

from cnninspect.draw.main_path import FeatureVolume, main_path, stages_of
from cnninspect.errors import ModelError
from cnninspect.report import Graph, NodeKind
from tests.canned import REPORT
from tests.unit.draw.graphs import RESIDUAL, node


def test_what_multiplies_or_gives_another_shape_begins_a_stage() -> None:
    found = stages_of(RESIDUAL)
    assert [(each.volume.words, each.step) for each in found.stages] == [
        ("8×8×3", "x"), ("8×8×4", "conv 3×3"), ("8×8×4", "conv 3×3"), ("4×4×4", "max pool 2×2, stride 2"),
        ("64", "flatten"), ("10", "linear"),
    ]  # fmt: skip
    assert found.stages[2].nodes == (2, 3, 4)
    assert found.stages[2].kernel == (3, 3)


def test_what_goes_round_stages_is_a_skip() -> None:
    """The sum takes the first convolution's map, too, and belongs to the stage of the second."""
    assert stages_of(RESIDUAL).skips == ((1, 2),)


def test_the_main_path_is_that_of_the_most_work() -> None:
    graph = Graph((
        node(0, NodeKind.input, "x", [], (1, 3)), node(1, NodeKind.layer, "a", [0], (1, 3), 10),
        node(2, NodeKind.layer, "b", [0], (1, 3), 30), node(3, NodeKind.layer, "c", [1], (1, 3), 10),
        node(4, NodeKind.op, "add", [3, 2], (1, 3)), node(5, NodeKind.output, "", [4], (1, 3)),
    ))  # fmt: skip
    assert main_path(graph) == [0, 2, 4, 5]


def test_features_of_a_linear_layer_are_last() -> None:
    found = stages_of(RESIDUAL.__class__.from_json(RESIDUAL.to_json().replace('"type": "Conv2d"', '"type": "Linear"')))
    assert found.stages[1].volume == FeatureVolume(8, (4, 8))


def test_without_a_way_to_an_output_there_is_nothing_to_draw() -> None:
    with pytest.raises(ModelError, match="nothing to draw"):
        stages_of(REPORT)
