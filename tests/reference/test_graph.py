"""Graphs of torchvision networks against those of ``torch.fx``; all that it can trace: ``graph_zoo``, by itself."""

import pytest

from cnninspect import inspection
from cnninspect.draw.main_path import stages_of
from cnninspect.report import NodeKind
from tests.reference.graph_zoo import compared, graph_of, request

#: One of each family, less than half a second each.
QUICK = [
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3",
    "lraspp_mobilenet_v3_large", "maxvit_t", "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small", "mvit_v1_b",
    "quantized_resnet18", "r3d_18", "regnet_y_400mf", "resnet50", "s3d", "shufflenet_v2_x1_0", "squeezenet1_0",
    "swin_t", "swin_v2_t", "vgg11_bn", "vit_b_16",
]  # fmt: skip


@pytest.mark.parametrize("name", QUICK)
def test_the_graph_is_that_of_fx(name: str) -> None:
    assert compared(name) == []


def test_skips_of_a_resnet() -> None:
    """Two blocks in each of four stages, of He et al. (2015): eight sums, each of a branch and what went round it."""
    graph = graph_of("resnet18")
    assert graph is not None
    sums = [node for node in graph.nodes if node.op == "aten::add_"]
    assert [len(node.inputs) for node in sums] == [2] * 8
    assert [node.kind for node in graph.nodes if node.kind is not NodeKind.layer and node not in sums] == [
        *[NodeKind.input, NodeKind.op, NodeKind.output]  # torch.flatten before the last layer
    ]


def test_stages_of_vgg16() -> None:
    """Configuration D of Simonyan and Zisserman (2014), table 1: 13 convolutions, 5 poolings, 3 linear layers."""
    report = inspection.report_of(request("vgg16"))
    volumes = [each.volume.words for each in stages_of(report).stages]
    maps = [(2, 224, 64), (2, 112, 128), (3, 56, 256), (3, 28, 512), (3, 14, 512)]
    expected, features = ["224×224×3"], 0
    for count, side, wider in maps:
        expected += [f"{side}×{side}×{features}"] if features else []  # pooled
        expected += [f"{side}×{side}×{wider}"] * count
        features = wider
    assert volumes == [*expected, "7×7×512", "25088", "4096", "4096", "1000"]


def test_skips_of_a_resnet_over_stages() -> None:
    """Two in each of four stages, four of them over a convolution that changes the sides."""
    assert len(stages_of(inspection.report_of(request("resnet18"))).skips) == 8
