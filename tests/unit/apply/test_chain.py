"""Layers on a matrix in Python: numbers in whatever holds them, and modules with their own weights."""

from typing import Any

import pytest
import torch
from torch import nn

from cnninspect import apply_layers
from cnninspect.errors import RequestError

SQUARE = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
TENSOR = torch.arange(1.0, 10.0).reshape(3, 3)
#: x + 10·y, with x the upper left and y the lower right of four: 1 + 50, 2 + 60, 4 + 80, 5 + 90.
DIAGONAL, SUMS = "1 0; 0 10", (((51, 62), (84, 95)),)


@pytest.mark.parametrize("values", [SQUARE, tuple(map(tuple, SQUARE)), [SQUARE], TENSOR, TENSOR[None], list(TENSOR),
                                    TENSOR.numpy(), TENSOR.int(), "1:9", "1 2 3; 4 5 6; 7 8 9"])  # fmt: skip
def test_values(values: Any) -> None:
    assert apply_layers("Conv2d(1, 1, 2)", values, weight=DIAGONAL).steps[0].output == SUMS


@pytest.mark.parametrize(
    "weight",
    [
        DIAGONAL, [DIAGONAL], [[1, 0], [0, 10]], [[[[1, 0], [0, 10]]]], torch.tensor([[[[1, 0], [0, 10]]]]),
        [1, 0, 0, 10], {0: DIAGONAL}, {"Conv2d": [[1, 0], [0, 10]]}, {"0": DIAGONAL},
    ],
)  # fmt: skip
def test_weights(weight: Any) -> None:
    assert apply_layers("Conv2d(1, 1, 2)", SQUARE, weight=weight).steps[0].output == SUMS


def test_weights_of_several_layers() -> None:
    """(1 + 2)·2 = 6 after a bias of 2 …: 3·10 = 30."""
    applied = apply_layers("Linear(1, 1); Linear(1, 1)", [1], weight=["1", "10"], bias={0: 2, 1: [0]})
    assert applied.steps[1].output == (((30,),),)


def test_a_module_keeps_its_weights_and_comes_back_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(1, 1, 2), nn.Sequential(nn.ReLU(), nn.Dropout(0.9)))
    before = {key: value.clone() for key, value in module.state_dict().items()}
    applied = apply_layers(module, TENSOR, dtype=torch.float32)
    with torch.no_grad():
        expected = torch.relu(module[0](TENSOR[None, None]))
    assert torch.equal(torch.tensor(applied.steps[-1].output), expected[0])
    assert [step.layer.partition("(")[0] for step in applied.steps] == ["Conv2d", "ReLU", "Dropout"]
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert module.training
    assert module[0].weight.dtype == torch.float32


def test_it_draws_nothing_from_torchs_generator() -> None:
    torch.manual_seed(3)
    first = torch.rand(1)
    torch.manual_seed(3)
    apply_layers("Conv2d(1, 1, 2); Dropout(0.5)", SQUARE, mode="train", seed=7)
    assert torch.equal(torch.rand(1), first)


@pytest.mark.parametrize(
    ("layers", "values", "more", "says"),
    [
        ("MaxPool2D(2)", SQUARE, {}, "unknown torch.nn layer 'MaxPool2D'"),
        (nn.LSTM(2, 2), SQUARE, {}, "LSTM is not a layer for a matrix"),
        (nn.Sequential(), SQUARE, {}, "Sequential has no layer in it"),
        (3, SQUARE, {}, "3 is not a layer"),
        ("ReLU()", [[1, 2], [3]], {}, "row 2 has 1 number, the first has 2"),
        ("ReLU()", [["a"]], {}, "are no numbers"),
        ("ReLU()", None, {}, "values None are no numbers"),
        ("ReLU()", [], {}, "a row without numbers"),
        ("ReLU()", [[[[1]]]], {}, "values have 4 dimensions, at most 3"),
        ("ReLU()", [float("inf")], {}, "'inf' is not a finite number"),
        ("ReLU()", SQUARE, {"mode": "test"}, "unknown mode 'test'"),
        ("ReLU()", SQUARE, {"dtype": torch.int8}, "unknown dtype 'int8'"),
        ("ReLU()", SQUARE, {"weight": "1"}, "no convolution or linear layer"),
        ("Conv2d(1, 1, 2)", SQUARE, {"weight": {3: "1"}}, "there is no layer 3"),
    ],
)
def test_what_can_not_be_applied(layers: Any, values: Any, more: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        apply_layers(layers, values, **more)
