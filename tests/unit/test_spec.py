"""What the user types, parsed."""

import pytest

from cnninspect import spec
from cnninspect.errors import RequestError
from cnninspect.sources import Source
from cnninspect.spec import InlineModel, LayerCall, SavedReport, ZooModel


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alexnet", ZooModel("alexnet", Source.torchvision, "alexnet")),
        ("scratch:vgg16", ZooModel("scratch:vgg16", Source.scratch, "vgg16")),
        ("a,n=10", ZooModel("a,n=10", Source.torchvision, "a", {"n": 10})),
        (
            "a,x=0.5,y=true,z=null",
            ZooModel("a,x=0.5,y=true,z=null", Source.torchvision, "a", {"x": 0.5, "y": True, "z": None}),
        ),
        ("a,mode=word", ZooModel("a,mode=word", Source.torchvision, "a", {"mode": "word"})),
        ('a,mode="1"', ZooModel('a,mode="1"', Source.torchvision, "a", {"mode": "1"})),
        ("report.json", SavedReport("report.json")),
        ("-", SavedReport("-")),
        ("nn:ReLU", InlineModel("nn:ReLU", (LayerCall("ReLU"),))),
        (
            "nn: Conv2d(3, 7, kernel_size=(5, 3), padding_mode='reflect'); ReLU()",
            InlineModel(
                "nn: Conv2d(3, 7, kernel_size=(5, 3), padding_mode='reflect'); ReLU()",
                (LayerCall("Conv2d", (3, 7), {"kernel_size": (5, 3), "padding_mode": "reflect"}), LayerCall("ReLU")),
            ),
        ),
        ("nn:Dropout(-0.5)", InlineModel("nn:Dropout(-0.5)", (LayerCall("Dropout", (-0.5,)),))),
    ],
)
def test_models(text: str, expected: spec.ModelSpec) -> None:
    assert spec.parse_model(text) == expected


def test_default_source() -> None:
    parsed = spec.parse_model("alexnet", "scratch")
    assert isinstance(parsed, ZooModel)
    assert parsed.source == "scratch"


@pytest.mark.parametrize("text", ["cpu", "cuda", "cuda:0", "cuda:12", "mps", "meta", "auto"])
def test_devices(text: str) -> None:
    assert spec.check_device(text) == text


@pytest.mark.parametrize("text", ["", "CPU", "cuda:", "cuda:-1", "cuda:x", "cpu:0", "xla"])
def test_no_devices(text: str) -> None:
    with pytest.raises(RequestError, match="unknown device"):
        spec.check_device(text)
