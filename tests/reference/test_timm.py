"""Networks of timm, each family once, against figures from outside.

Sources
- timm's own benchmark, ``results/benchmark-infer-amp-nhwc-pt113-cu117-rtx3090.csv`` in its repository, columns
  ``infer_img_size``, ``infer_gmacs``, ``infer_macts`` and ``param_count`` (G, M and M, to two decimals),
  counted by fvcore
- ``torch.utils.flop_counter`` over a plain timm model on the device meta, attention as the matrix products
  it consists of (``SDPBackend.MATH``): the exact MACs
- the sum over ``model.parameters()`` of the same model: the exact parameters
"""

import socket
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from cnninspect import Report, inspect_model
from cnninspect.errors import ModelError, RequestError
from cnninspect.loading import load
from cnninspect.loading import timm as source
from cnninspect.spec import Request, ZooModel, sources
from cnninspect.spec.sources import Source
from tests.conftest import Cli

timm = pytest.importorskip("timm")


class Published(NamedTuple):
    """A row of timm's benchmark."""

    side: int
    gmacs: float
    macts: float
    mparams: float


PUBLISHED = {
    "resnet18": Published(224, 1.82, 2.48, 11.69),
    "resnext26ts": Published(256, 2.43, 10.52, 10.3),
    "regnetx_002": Published(224, 0.2, 2.16, 2.68),
    "convnext_atto": Published(288, 0.91, 6.3, 3.7),
    "densenet121": Published(224, 2.87, 6.9, 7.98),
    "efficientnet_b0": Published(224, 0.4, 6.75, 5.29),
    "mobilenetv3_small_050": Published(224, 0.03, 0.92, 1.59),
    "ghostnet_050": Published(224, 0.05, 1.77, 2.59),
    "hrnet_w18_small": Published(224, 1.61, 5.72, 13.19),
    "dla46_c": Published(224, 0.58, 4.5, 1.3),
    "repvgg_b0": Published(224, 3.41, 6.15, 15.82),
    "nf_regnet_b0": Published(256, 0.64, 5.58, 8.76),
    "vit_tiny_patch16_224": Published(224, 1.26, 5.97, 5.72),
    "deit3_small_patch16_224": Published(224, 4.61, 11.95, 22.06),
    "beit_base_patch16_224": Published(224, 17.58, 23.9, 86.53),
    "swin_tiny_patch4_window7_224": Published(224, 4.51, 17.06, 28.29),
    "cait_xxs24_224": Published(224, 2.53, 20.29, 11.96),
    "xcit_nano_12_p16_224": Published(224, 0.56, 4.17, 3.05),
    "levit_128s": Published(224, 0.31, 1.88, 7.78),
    "mixer_s32_224": Published(224, 1.0, 2.28, 19.1),
    "poolformer_s12": Published(224, 1.82, 5.53, 11.92),
    "edgenext_xx_small": Published(288, 0.33, 4.21, 1.33),
    "maxvit_pico_rw_256": Published(256, 1.83, 22.3, 7.46),
    "halonet26t": Published(256, 3.19, 11.69, 12.48),
}
ROUNDED = 0.0050001  # half of the last published digit


def inspected(name: str, device: str) -> Report:
    side = PUBLISHED[name].side
    return inspect_model(f"timm:{name}", inputs=[f"1x3x{side}x{side}"], device=device)


def counted(name: str) -> tuple[int, int]:
    """Parameters and MACs by torch alone."""
    model: nn.Module = timm.create_model(name).eval().requires_grad_(False)
    side = PUBLISHED[name].side
    params = sum(parameter.numel() for parameter in model.parameters())
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model.to("meta")(torch.empty(1, 3, side, side, device="meta"))
    return params, counter.get_total_flops() // 2


@pytest.mark.parametrize("name", PUBLISHED)
def test_against_the_published_and_the_counted(name: str) -> None:
    published, report = PUBLISHED[name], inspected(name, "cpu")
    totals = report.totals
    assert (totals.params, totals.macs) == counted(name)
    assert totals.params is not None
    assert totals.macs is not None
    assert totals.activations is not None
    assert abs(totals.params / 1e6 - published.mparams) < ROUNDED
    assert abs(totals.activations / 1e6 - published.macts) < ROUNDED
    # fvcore's figure has up to 5 operations for every normalised element on top of the MACs
    assert totals.macs / 1e9 < published.gmacs + ROUNDED
    assert (totals.macs + 5 * totals.activations) / 1e9 > published.gmacs - ROUNDED
    assert sum(layer.own_params or 0 for layer in report.layers) == totals.params
    assert sum(layer.own_macs or 0 for layer in report.layers) == totals.macs
    assert report.uncounted_ops == ()
    assert inspected(name, "meta").totals == totals


def test_names_are_those_of_timm() -> None:
    assert sorted(source.names()) == sorted(timm.list_models())


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        # ``input_size`` of the entry in timm's default_cfgs, and what an argument makes of it
        ("timm:test_resnet", (1, 3, 160, 160)),
        ("timm:test_resnet,in_chans=1", (1, 1, 160, 160)),
        ("timm:test_vit,img_size=80", (1, 3, 80, 80)),
        ("timm:convnext_atto", (1, 3, 224, 224)),
        ("timm:convnext_tiny.in12k_ft_in1k_384", (1, 3, 384, 384)),
        ("timm:mobilevit_xxs", (1, 3, 256, 256)),
    ],
)
def test_default_input(spec: str, shape: tuple[int, ...]) -> None:
    assert inspect_model(spec, device="meta").run.inputs[0].shape == shape


def test_a_tag_says_which_network() -> None:
    # ImageNet-21k as the ViT paper has it: a head of 21,843 classes instead of 1,000, each with 768 weights and a bias
    plain, tagged = (
        inspect_model(f"timm:{name}", device="meta").totals.params
        for name in ("vit_base_patch16_224.augreg_in1k", "vit_base_patch16_224.augreg_in21k")
    )
    assert plain is not None
    assert tagged == plain + (21_843 - 1_000) * (768 + 1)


def test_weights_from_a_file(tmp_path: Path) -> None:
    theirs = timm.create_model("test_resnet").eval()
    file = tmp_path / "test_resnet.pth"
    torch.save(theirs.state_dict(), file)
    image = torch.rand(1, 3, 160, 160, generator=torch.Generator().manual_seed(1))
    model = ZooModel("timm:test_resnet", Source.timm, "test_resnet")
    with torch.inference_mode():
        ours = load(Request(model, weights=str(file))).module.eval()(image)
        assert torch.equal(ours, theirs(image))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["timm:resnet18.a9_in1k"], ["unknown pretrained tag for resnet18 'a9_in1k'", "a1_in1k"]),
        (["timm:resnet18", "--weights", "nope"], ["'nope'", "those of resnet18: a1_in1k"]),
        (["timm:test_resnet,foo=1"], ["timm:test_resnet,foo=1", "'foo'"]),
        (["timm:test_resnet,pretrained=true"], ["pretrained", "--weights"]),
        (["timm:test_resnet,in_chans=none"], ["in_chans=none", "positive integer"]),
        (["timm:resnet99"], ["unknown model 'timm:resnet99'", "timm:resnet50"]),
        (["timm:test_resnet", "--weights", "no.pth"], ["can't read", "no.pth"]),
        (["torchvision:resnet18.a1_in1k"], ["unknown model 'torchvision:resnet18.a1_in1k'"]),
    ],
    ids=" ".join,
)
def test_requests_that_cannot_be_carried_out(cli: Cli, line: list[str], says: list[str]) -> None:
    result = cli("summary", *line)
    assert result.code == 2, result.err
    assert all(words in result.err for words in says), result.err


def test_not_installed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda _: None)
    result = cli("summary", "timm:resnet18")
    assert result.code == 2
    assert "pip install 'cnninspect[timm]'" in result.err


def test_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("timm.models._builder.load_pretrained", no_network)
    with pytest.raises(ModelError, match=r"https://huggingface\.co/timm/resnet18\.a2_in1k") as failed:
        source.build(ZooModel("timm:resnet18", Source.timm, "resnet18"), "a2_in1k")
    assert "--weights FILE" in str(failed.value.hint)


def test_weights_that_are_not_published() -> None:
    with pytest.raises(RequestError, match="publishes no weights for 'coatnet_0_224'"):
        source.build(ZooModel("timm:coatnet_0_224", Source.timm, "coatnet_0_224"), "DEFAULT")
