"""How an image is made ready for published weights; nothing is downloaded for that."""

import pytest
import torch
from PIL import Image

from cnninspect.loading.published_images import image_weights
from cnninspect.spec import Request, ZooModel, parse_model


def _named(text: str, source: str) -> ZooModel:
    model = parse_model(text, source)
    assert isinstance(model, ZooModel)
    return model


def test_a_file_that_is_named_as_published_weights_are() -> None:
    """https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.alexnet.html: a crop of 224 of 256,
    mean (0.485, 0.456, 0.406) and deviation (0.229, 0.224, 0.225)."""
    request = Request(_named("alexnet", "torchvision"), weights="there/alexnet-owt-7be5be79.pth")
    found = image_weights(request)
    assert found is not None
    black = found.transform(Image.new("RGB", (10, 10)))
    assert black.shape == (3, 224, 224)
    expected = [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225]
    assert black[:, 0, 0].tolist() == pytest.approx(expected, rel=1e-5)
    assert (len(found.classes), found.classes[0]) == (1000, "tench")
    assert image_weights(Request(_named("alexnet", "torchvision"), weights="mine.pth")) is None


def test_timm_says_its_own() -> None:
    """https://huggingface.co/timm/mobilenetv3_small_050.lamb_in1k: 224 pixels, ImageNet-1k; its configuration in timm
    (``models/mobilenetv3.py``) has a crop of 0.875 and bicubic interpolation, so that 256 pixels are cropped."""
    pytest.importorskip("timm")
    found = image_weights(Request(_named("mobilenetv3_small_050", "timm"), weights="DEFAULT"))
    assert found is not None
    assert found.transform(Image.new("RGB", (300, 200))).shape == torch.Size((3, 224, 224))
    assert "size=256" in found.about
    assert "bicubic" in found.about
    assert "\n" not in found.about
    assert (len(found.classes), found.classes[0]) == (1000, "tench, Tinca tinca")
    changed = _named("mobilenetv3_small_050,in_chans=1", "timm")
    assert image_weights(Request(changed, weights="DEFAULT")) is None
