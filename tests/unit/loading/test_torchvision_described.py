"""Networks as their weights describe them: nothing loaded, nothing of torch's or torchvision's replaced."""

import socket
from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models import WeightsEnum, _utils, get_model_builder, get_model_weights, list_models

from cnninspect.loading.initialisation import uninitialised
from cnninspect.loading.torchvision_described import described

META = torch.device("meta")


def build(name: str, **arguments: Any) -> nn.Module:
    with uninitialised() if name.startswith("regnet") else META:  # these look at tensors while they are built
        return described(get_model_builder(name), get_model_weights(name)["DEFAULT"], arguments)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise AssertionError("a download is tried")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(WeightsEnum, "get_state_dict", refuse)


@pytest.mark.parametrize("name", [name for name in list_models() if not name.startswith("quantized")])
def test_every_network_has_its_published_parameters(name: str) -> None:
    params = sum(parameter.numel() for parameter in build(name).parameters())
    published = get_model_weights(name)["DEFAULT"].meta["num_params"]
    assert params == published


@pytest.mark.parametrize(
    ("name", "arguments", "attribute", "value"),
    [
        # the entry says 1000 classes, 21 classes, transform_input and aux_loss; a builder of torchvision raises
        ("alexnet", {"num_classes": 10}, "classifier.6.out_features", 10),
        ("fcn_resnet50", {"aux_loss": False}, "aux_classifier", None),
        ("fcn_resnet50", {}, "aux_classifier.4.out_channels", 21),
        ("googlenet", {"transform_input": False}, "transform_input", False),
        ("googlenet", {}, "transform_input", True),
    ],
)
def test_the_users_arguments_win(name: str, arguments: dict[str, Any], attribute: str, value: object) -> None:
    found: Any = build(name, **arguments)
    for part in attribute.split("."):
        found = getattr(found, part)
    assert found == value


def test_nothing_is_replaced() -> None:
    def names() -> tuple[Any, ...]:
        builder: Any = get_model_builder("alexnet")
        return nn.Module.load_state_dict, WeightsEnum.get_state_dict, dict(builder.__wrapped__.__globals__)

    before = names()
    build("alexnet", num_classes=7)
    assert names() == before
    with pytest.raises(ValueError, match="expected value 3 but got 4"):
        _utils._ovewrite_named_param({"n": 4}, "n", 3)


def test_values_stay() -> None:
    module = described(get_model_builder("squeezenet1_1"), get_model_weights("squeezenet1_1")["DEFAULT"], {})
    assert all(bool(parameter.any()) for name, parameter in module.named_parameters() if name.endswith("weight"))
