"""The fast part of ``torchvision_zoo``: published figures on the CPU, and the same layers on meta."""

import pytest
from torchvision.models import list_models

from cnninspect import inspect_model
from tests.reference.torchvision_zoo import SLOW, check

FAST = [name for name in list_models() if name not in SLOW]


@pytest.mark.parametrize("name", FAST)
def test_published_figures_and_the_same_on_meta(name: str) -> None:
    real = inspect_model(name)
    assert not check(name, real).differences
    shapes = inspect_model(name, device="meta")
    assert shapes.run.device == "meta" or "needs values" in shapes.notes[0]
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
