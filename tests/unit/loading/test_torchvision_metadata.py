"""What is read from torchvision's source is what torchvision itself gives."""

import math
from typing import Any

import pytest
from torchvision.models import get_model_builder, get_model_weights, list_models

from cnninspect.errors import RequestError
from cnninspect.loading import torchvision, torchvision_metadata
from cnninspect.loading.published import Task


def finite(value: Any) -> Any:
    """NaN, which the ``IMAGENET1K_FEATURES`` of VGG16 have for an accuracy, is unknown."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def test_models() -> None:
    assert sorted(torchvision_metadata.models()) == sorted(list_models())


@pytest.mark.parametrize("name", list_models())
def test_weights(name: str) -> None:
    theirs = get_model_weights(name)
    ours = torchvision_metadata.weights(name)
    assert [each.name for each in ours] == [member.name for member in theirs]
    for each, member in zip(ours, theirs, strict=True):
        assert each.url == member.url
        assert each.is_default == (member is theirs["DEFAULT"])
        assert each.params == member.meta["num_params"]
        assert each.macs == round(member.meta["_ops"] * 10**9)  # GMACs
        assert each.accuracy == finite(member.meta["_metrics"])
        assert each.size_mb == member.meta["_file_size"]


@pytest.mark.parametrize("name", list_models())
def test_names_of_weights(name: str) -> None:
    """All that torchvision takes, ``DEFAULT`` among them, and nothing else."""
    for weights in get_model_weights(name).__members__:
        torchvision.check_weights_name(name, weights)
    with pytest.raises(RequestError, match="unknown weights for"):
        torchvision.check_weights_name(name, "IMAGENET1K_V0")


@pytest.mark.parametrize("name", list_models())
def test_task(name: str) -> None:
    folder = get_model_builder(name).__module__.removeprefix("torchvision.models.").split(".")[0]
    named = {"quantization": "quantized classification", "optical_flow": "optical flow"}.get(folder, folder)
    task = torchvision_metadata.task(name)
    assert task == (named if named in tuple(Task) else "classification")
