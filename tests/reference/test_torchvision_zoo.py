"""The fast part of ``torchvision_zoo``: published figures on the CPU, and the same layers on meta."""

import pytest
from torchvision.models import list_models

from cnninspect import inspect_model
from tests.reference.torchvision_zoo import SLOW, check

FAST = [name for name in list_models() if name not in SLOW]


@pytest.mark.filterwarnings("ignore:.*quantiz.*")
@pytest.mark.parametrize("name", FAST)
def test_published_figures(name: str) -> None:
    assert not check(name).differences


@pytest.mark.filterwarnings("ignore:.*quantiz.*")
@pytest.mark.parametrize("name", FAST)
def test_meta_gives_the_same(name: str) -> None:
    real, shapes = inspect_model(name), inspect_model(name, device="meta")
    if shapes.run.device == "cpu":
        assert "values" in shapes.notes[0]
    assert shapes.totals == real.totals
    assert shapes.layers == real.layers


def test_two_stage_detectors_are_told_apart_by_their_class() -> None:
    """The exceptions are two-stage detectors, and nothing else hides among them."""
    from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

    from cnninspect.loading import torchvision
    from cnninspect.spec import ZooModel
    from tests.reference.torchvision_zoo import BACKBONES

    for name in BACKBONES:
        module = torchvision.build(ZooModel(name, "torchvision", name), None)
        assert isinstance(module, GeneralizedRCNN)
        assert hasattr(module.roi_heads, "box_roi_pool")
