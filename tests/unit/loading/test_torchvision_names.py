"""The names read from torchvision's source are those that torchvision itself gives."""

import pytest
from torchvision.models import get_model_weights, list_models

from cnninspect.loading import torchvision_names
from cnninspect.loading.inline import layer_names


def test_models() -> None:
    assert sorted(torchvision_names.models()) == sorted(list_models())


@pytest.mark.parametrize("name", list_models())
def test_weights(name: str) -> None:
    known = torchvision_names.weights(name)
    assert known
    assert set(get_model_weights(name).__members__) <= set(known)


def test_layers() -> None:
    from torch import nn

    assert {"Conv2d", "LSTM", "Sequential"} <= set(layer_names())
    assert all(isinstance(getattr(nn, name), type) for name in layer_names())
