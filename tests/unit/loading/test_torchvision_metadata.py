"""What is read from torchvision's source is what torchvision itself gives."""

import math
from typing import Any

import pytest
from torchvision.models import get_model_builder, get_model_weights, list_models

from cnninspect.loading import torchvision_metadata


def finite(value: Any) -> Any:
    """NaN, which the ``IMAGENET1K_FEATURES`` of VGG16 have for an accuracy, is unknown."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


@pytest.mark.parametrize("name", list_models())
def test_entries(name: str) -> None:
    theirs = get_model_weights(name)
    ours = torchvision_metadata.entries(name)
    assert [entry.name for entry in ours] == [member.name for member in theirs]
    for entry, member in zip(ours, theirs, strict=True):
        assert entry.url == member.url
        assert entry.is_default == (member is theirs["DEFAULT"])
        for key in ("num_params", "_ops", "_metrics", "_file_size"):
            assert entry.meta[key] == finite(member.meta[key])


@pytest.mark.parametrize("name", list_models())
def test_task(name: str) -> None:
    folder = get_model_builder(name).__module__.removeprefix("torchvision.models.").split(".")[0]
    named = {"quantization": "quantized classification", "optical_flow": "optical flow"}.get(folder, folder)
    task = torchvision_metadata.task(name)
    assert task == (named if named in torchvision_metadata.TASKS.values() else "classification")
