"""What ``inspect_model`` takes from Python, and what it refuses in words."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import cnninspect
from cnninspect import inspect_model
from cnninspect.errors import RequestError
from cnninspect.spec.input_spec import InputSpec

IMAGE = torch.ones(1, 3, 8, 8)


@pytest.mark.parametrize(
    ("model", "options", "says"),
    [
        (nn.Linear, {"inputs": ["1x3"]}, "is not a module"),
        (3, {"inputs": ["1x3"]}, "3 is not a module"),
        (nn.ReLU(), {}, "no input of its own"),
        (nn.ReLU(), {"inputs": ["1x3"], "weights": "a.pth"}, "weights go with a name"),
        ("alexnet", {"source": "hub"}, "unknown source 'hub'"),
        ("alexnet", {"mode": "test"}, "unknown mode 'test'"),
        ("report.json", {"inputs": ["1x3"]}, "'report.json' is not a model that can run"),
        ("weights.pth", {"inputs": ["1x3"]}, "'weights.pth' is a file of weights: there is nothing to run"),
    ],
)
def test_refused(model: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        inspect_model(model, **options)


@pytest.mark.parametrize("model", ["nn:ReLU()", nn.ReLU()])
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"inputs": ["3by4"]}, "malformed shape '3by4'"),
        ({"device": "gpu"}, "unknown device 'gpu'"),
        ({"dtype": "float31"}, "unknown dtype 'float31'"),
        ({"dtype": "int64"}, "unknown dtype 'int64'"),
        ({"mode": "test"}, "unknown mode 'test'"),
    ],
)
def test_words_are_checked_for_a_name_and_for_a_module_alike(model: Any, words: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        inspect_model(model, **({"inputs": ["1x3"]} | words))


def test_torchs_own_device_and_dtype_will_do() -> None:
    options: dict[str, Any] = {"device": torch.device("meta"), "dtype": torch.float64}
    run = inspect_model(nn.Linear(3, 2), inputs=["1x3"], **options).run
    assert (run.device, run.dtype) == ("meta", "float64")


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_one_inline_layer_takes_several_inputs(device: str) -> None:
    # self-attention of 5 tokens at width 8: four projections of 8×8, two products of 5×5×8
    report = inspect_model("nn:MultiheadAttention(8, 2)", inputs=["5x1x8"] * 3, device=device)
    assert report.totals.macs == 4 * 5 * 8 * 8 + 2 * 5 * 5 * 8


class Products(nn.Module):
    def forward(self, a: torch.Tensor, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> tuple[Any, Any]:
        return torch.linalg.vecdot(a, a), torch.conv_tbc(x, w, b)


def test_rarer_products() -> None:
    # vecdot: 4 rows of 5; conv_tbc: 9 − 3 + 1 = 7 steps, batch 2, kernel 3, 4 channels to 6
    report = inspect_model(Products(), inputs=["4x5", "9x2x4", "3x4x6", "6"])
    assert report.uncounted_ops == ()
    assert report.totals.macs == 4 * 5 + 7 * 2 * 6 * 3 * 4


def test_a_module_is_named_by_its_class() -> None:
    model = inspect_model(nn.Sequential(nn.ReLU()), inputs=["1x3"]).model
    assert (model.spec, model.name) == ("torch.nn.modules.container.Sequential", "Sequential")
    assert (model.source, model.weights, model.arguments) == ("python", None, {})


class Sums(nn.Module):
    def forward(self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return x + y + z


@pytest.mark.parametrize("inputs", [["2x3", torch.ones(2, 3), "z=2x3"], ("2x3", torch.ones(2, 3), InputSpec((2, 3)))])
def test_words_and_tensors_beside_each_other(inputs: Any) -> None:
    assert [each.name for each in inspect_model(Sums(), inputs=inputs).run.inputs] == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: cnninspect.check_report("alexnet", max_params="60M"), "'alexnet' is not a report"),  # type: ignore[arg-type]
        (lambda: cnninspect.compare_reports("alexnet", "vgg16"), "'alexnet' is not a report"),  # type: ignore[arg-type]
        (lambda: inspect_model("alexnet", seed="x"), "is no seed"),  # type: ignore[arg-type]
        (lambda: inspect_model("alexnet", source=3), "unknown source '3'"),  # type: ignore[arg-type]
        (lambda: inspect_model("alexnet", weights=5), "unknown weights for alexnet '5'"),  # type: ignore[arg-type]
    ],
)
def test_what_is_given_in_the_place_of_another_thing(call: Callable[[], object], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        call()


def test_no_inputs_are_the_published_ones() -> None:
    """torchvision's metadata: a crop of 224."""
    report = inspect_model("alexnet", inputs=None, device="meta")
    assert report.run.inputs[0].shape == (1, 3, 224, 224)


@pytest.mark.parametrize("call", [cnninspect.profile_model, cnninspect.view_model, cnninspect.draw_model])
def test_a_misspelt_keyword_is_not_passed_over(call: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="imputs"):
        call("scratch:alexnet", imputs="1x3x224x224")
