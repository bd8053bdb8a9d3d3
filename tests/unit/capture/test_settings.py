"""A layer's type and settings are those that it was made with, whatever has become of its parameters, as plain data."""

import enum
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune

from cnninspect import inspect_model
from cnninspect.capture.modules import class_name
from cnninspect.capture.settings import settings_of


class Same(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


def parametrized(name: str) -> Callable[[nn.Module], nn.Module]:
    return lambda layer: parametrize.register_parametrization(layer, name, Same())


def pruned(layer: nn.Module) -> nn.Module:
    prune_randomly: Any = prune.random_unstructured
    prune_randomly(layer, "weight", 0.5)
    prune_randomly(layer, "bias", 0.5)
    return layer


CHANGES: list[Callable[[nn.Module], nn.Module]] = [
    parametrizations.weight_norm, parametrizations.spectral_norm, parametrizations.orthogonal,
    parametrized("weight"), parametrized("bias"), pruned,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("layer", [lambda: nn.Conv2d(3, 4, 3), lambda: nn.Linear(5, 2)], ids=["Conv2d", "Linear"])
def test_type_and_settings_stay(layer: Callable[[], nn.Module], change: Callable[[nn.Module], nn.Module]) -> None:
    changed = change(layer())
    assert class_name(changed) == type(layer()).__name__
    assert settings_of(changed) == settings_of(layer())


def test_a_bias_that_is_left_out_stays_out() -> None:
    assert settings_of(parametrizations.weight_norm(nn.Linear(5, 2, bias=False)))["bias"] is False


def test_a_child_called_parametrizations_is_a_child() -> None:
    module = nn.Sequential()
    module.add_module("parametrizations", nn.ReLU())
    assert class_name(module) == "Sequential"


def test_a_weight_normed_convolution_is_one_convolution() -> None:
    """36 places of 4·3·9 products; a magnitude for each of 4 channels beside the 108 directions, and the bias."""
    layer = parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
    report = inspect_model(nn.Sequential(layer, nn.ReLU()), inputs=["1x3x8x8"])
    assert [(each.path, each.params, each.macs) for each in report.layers if each.type == "Conv2d"] == [
        ("0", 116, 3888)
    ]  # fmt: skip


class Word(str, enum.Enum):  # noqa: UP042 - its str() is "Word.relu"
    relu = "relu"


class Size(enum.IntEnum):
    three = 3


class Loud(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "LOUD"


class Keeps(nn.Module):
    def __init__(self, kept: Any) -> None:
        super().__init__()
        self.kept = kept


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (np.int64(3), 3), (np.float64(0.5), 0.5), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.str_("a"), "a"),
        (Word.relu, "relu"), (Size.three, 3), (Loud("quiet"), "quiet"), ((np.int64(3), Size.three), [3, 3]),
    ],
)  # fmt: skip
def test_scalars_are_what_they_are_at_heart(kept: object, expected: object) -> None:
    found = settings_of(Keeps(kept))["kept"]
    assert found == expected
    assert type(found) is type(expected)


def test_a_convolution_of_numpy_widths_is_an_ordinary_one() -> None:
    width, kernel = np.array([8, 3])
    assert settings_of(nn.Conv2d(3, width, kernel)) == settings_of(nn.Conv2d(3, 8, 3))
