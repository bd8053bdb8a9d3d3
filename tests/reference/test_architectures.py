"""AlexNet and VGG against their papers, torchvision's metadata and arithmetic by hand.

Sources
- Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014)
- Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012)
- Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2015)
- ``torchvision.models.*_Weights.DEFAULT.meta``: ``num_params`` and ``_ops`` (GMACs, to three decimals)
"""

import pytest

from cnninspect import Report, inspect_model
from cnninspect.loading import scratch
from cnninspect.report import Layer

VGG = ["vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"]

# By hand, convolution by convolution: out·in·kernel² + out, and for MACs out·in·kernel²·height·width.
ALEXNET_CONVOLUTIONS = {
    "features.0": (23_296, 64 * 3 * 11 * 11 * 55 * 55),
    "features.3": (307_392, 192 * 64 * 5 * 5 * 27 * 27),
    "features.6": (663_936, 384 * 192 * 3 * 3 * 13 * 13),
    "features.8": (884_992, 256 * 384 * 3 * 3 * 13 * 13),
    "features.10": (590_080, 256 * 256 * 3 * 3 * 13 * 13),
}
# By hand: ⌊(224 + 2·2 − 11)/4⌋ + 1 = 55, then pools of 3 in steps of 2.
ALEXNET_SHAPES = {
    "features.0": (1, 64, 55, 55),
    "features.2": (1, 64, 27, 27),
    "features.3": (1, 192, 27, 27),
    "features.5": (1, 192, 13, 13),
    "features.6": (1, 384, 13, 13),
    "features.8": (1, 256, 13, 13),
    "features.10": (1, 256, 13, 13),
    "features.12": (1, 256, 6, 6),
    "classifier.1": (1, 4096),
    "classifier.6": (1, 1000),
}


def by_path(report: Report) -> dict[str, Layer]:
    return {layer.path: layer for layer in report.layers}


def assert_sums(report: Report) -> None:
    """Contract section 6: the layers' own figures add up to the totals."""
    assert sum(layer.own_params or 0 for layer in report.layers) == report.totals.params
    assert sum(layer.own_macs or 0 for layer in report.layers) == report.totals.macs


@pytest.fixture(scope="module", params=["torchvision:alexnet", "scratch:alexnet"])
def alexnet(request: pytest.FixtureRequest) -> Report:
    return inspect_model(request.param, inputs=["1x3x224x224"])


def test_alexnet_totals(alexnet: Report) -> None:
    # 61,100,840: torchvision's num_params. MACs: the convolutions above plus 9216·4096 + 4096·4096 + 4096·1000.
    assert alexnet.totals.params == 61_100_840
    by_hand = sum(macs for _, macs in ALEXNET_CONVOLUTIONS.values()) + 9216 * 4096 + 4096 * 4096 + 4096 * 1000
    assert alexnet.totals.macs == by_hand == 714_188_480
    assert alexnet.totals.flops == 2 * 714_188_480
    assert alexnet.totals.param_bytes == 4 * 61_100_840
    # outputs of the five convolutions and three linear layers
    assert alexnet.totals.activations == 64 * 55**2 + 192 * 27**2 + (384 + 256 + 256) * 13**2 + 4096 + 4096 + 1000
    assert_sums(alexnet)


@pytest.mark.parametrize("path", ALEXNET_SHAPES)
def test_alexnet_shapes(alexnet: Report, path: str) -> None:
    assert by_path(alexnet)[path].outputs[0].shape == ALEXNET_SHAPES[path]


@pytest.mark.parametrize("path", ALEXNET_CONVOLUTIONS)
def test_alexnet_convolutions(alexnet: Report, path: str) -> None:
    layer = by_path(alexnet)[path]
    assert (layer.own_params, layer.own_macs) == ALEXNET_CONVOLUTIONS[path]


def test_alexnet_receptive_fields(alexnet: Report) -> None:
    # size + (kernel − 1)·stride, by hand: 11/4/2, pool 19/8/2, 51/8/18, pool 67/16/18, 99/16/34, 131/16/50,
    # 163/16/66, pool 195/32/66; then the flatten ends it
    layers = by_path(alexnet)
    for path, size, stride, padding in [
        ("features.0", 11, 4, 2),
        ("features.2", 19, 8, 2),
        ("features.3", 51, 8, 18),
        ("features.5", 67, 16, 18),
        ("features.12", 195, 32, 66),
    ]:
        field = layers[path].receptive_field
        assert field is not None
        assert (field.size, field.stride, field.padding) == ((size, size), (stride, stride), (padding, padding))
    assert layers["classifier.1"].receptive_field is None


def test_alexnet_2012() -> None:
    report = inspect_model("scratch:alexnet_2012")
    # The paper's layers, halved where its two GPUs each see half of the channels:
    convolutions = [
        (96 * 3 * 11**2, 96, 55),
        (256 * 48 * 5**2, 256, 27),
        (384 * 256 * 3**2, 384, 13),
        (384 * 192 * 3**2, 384, 13),
        (256 * 192 * 3**2, 256, 13),
    ]
    linear = 9216 * 4096 + 4096 * 4096 + 4096 * 1000
    by_hand = sum(weights + biases for weights, biases, _ in convolutions) + linear + 4096 + 4096 + 1000
    assert report.totals.params == by_hand == 60_965_224
    assert report.totals.macs == sum(weights * side**2 for weights, _, side in convolutions) + linear
    assert report.run.inputs[0].shape == (1, 3, 227, 227)
    assert_sums(report)


@pytest.mark.parametrize("side", [223, 224, 254])
def test_alexnet_takes_these_sides(side: int) -> None:
    report = inspect_model("scratch:alexnet", inputs=[f"1x3x{side}x{side}"], device="meta")
    assert by_path(report)["features.12"].outputs[0].shape == (1, 256, 6, 6)


@pytest.mark.parametrize("source", ["torchvision", "scratch"])
@pytest.mark.parametrize("name", VGG)
def test_vgg_against_torchvisions_metadata(name: str, source: str) -> None:
    from torchvision.models import get_model_weights

    published = get_model_weights(name).DEFAULT.meta
    report = inspect_model(f"{source}:{name}", inputs=["1x3x224x224"], device="meta")
    assert report.totals.params == published["num_params"]
    assert report.totals.macs is not None
    assert round(report.totals.macs / 1e9, 3) == published["_ops"]
    assert_sums(report)


def test_vgg_against_its_paper() -> None:
    # Table 2, "number of parameters (in millions)": A 133, B 133, D 138, E 144
    for name, millions in {"vgg11": 133, "vgg13": 133, "vgg16": 138, "vgg19": 144}.items():
        params = inspect_model(f"scratch:{name}", device="meta").totals.params
        assert params is not None
        assert round(params / 1e6) == millions


def test_vgg16_for_real() -> None:
    report = inspect_model("scratch:vgg16", inputs=["1x3x224x224"])
    assert report.totals.params == 138_357_544
    assert report.totals.macs == 15_470_264_320
    layers = by_path(report)
    field = layers["features.30"].receptive_field
    assert field is not None  # 212/32/90: by the recurrence of Araujo et al., 13 convolutions and 5 pools
    assert (field.size, field.stride, field.padding) == ((212, 212), (32, 32), (90, 90))
    assert layers["features.30"].outputs[0].shape == (1, 512, 7, 7)
    assert len([layer for layer in report.layers if layer.depth == 2 or layer.path == "avgpool"]) == 39
    assert_sums(report)


@pytest.mark.parametrize("name", ["alexnet", *VGG])
def test_scratch_equals_torchvision_layer_by_layer(name: str) -> None:
    ours, theirs = (
        [
            (x.path, x.type, x.outputs, x.own_params, x.own_macs, x.settings)
            for x in inspect_model(f"{source}:{name}", inputs=["1x3x224x224"], device="meta").layers
            if x.depth > 0 and (name != "alexnet" or x.path != "avgpool")
        ]
        for source in ("scratch", "torchvision")
    )
    assert ours == theirs


@pytest.mark.parametrize("name", ["alexnet", *VGG])
def test_scratch_has_torchvisions_state_dict_keys(name: str) -> None:
    from torchvision.models import get_model

    from cnninspect.loading.initialisation import uninitialised
    from cnninspect.spec import ZooModel
    from cnninspect.spec.sources import Source

    ours = scratch.build(ZooModel(name, Source.scratch, name), None).state_dict()
    with uninitialised():
        theirs = get_model(name).state_dict()
    assert {key: value.shape for key, value in ours.items()} == {key: value.shape for key, value in theirs.items()}


@pytest.mark.parametrize("name", scratch.names())
def test_arguments_of_all(name: str) -> None:
    plain = inspect_model(f"scratch:{name}", device="meta")
    changed = inspect_model(f"scratch:{name},num_classes=10,in_channels=1,dropout=0.1", device="meta")
    first = next(layer for layer in plain.layers if layer.type == "Conv2d")
    per_channel = first.settings["out_channels"] * first.settings["kernel_size"][0] ** 2
    assert plain.totals.params is not None
    # 990 classes fewer with 4096 weights and a bias each, two channels fewer in the first convolution
    assert changed.totals.params == plain.totals.params - 990 * 4097 - 2 * per_channel
    assert changed.run.inputs[0].shape[1] == 1
    assert changed.run.outputs[0].shape == (1, 10)
    assert {layer.settings["p"] for layer in changed.layers if layer.type == "Dropout"} == {0.1}
