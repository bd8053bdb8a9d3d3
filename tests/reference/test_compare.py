"""Alignments whose counts follow from the papers' tables, by hand."""

from collections import Counter
from functools import cache
from itertools import combinations

import pytest

from cnninspect import Report, compare_reports, inspect_model
from cnninspect.compare.alignment import Status
from cnninspect.compare.stages import stages

#: Simonyan and Zisserman (2015), table 1: convolutions of columns A, B, D and E; each has the one before it within.
CONVOLUTIONS = {"vgg11": 8, "vgg13": 10, "vgg16": 13, "vgg19": 16}
VGG = [f"{name}{ending}" for name in CONVOLUTIONS for ending in ("", "_bn")]


@cache
def report(spec: str) -> Report:
    return inspect_model(spec, device="meta")


def counts(first: str, second: str) -> dict[str, int]:
    alignment = compare_reports(report(first), report(second)).alignment
    return {status.value: number for status, number in Counter(entry.status for entry in alignment).items()}


@pytest.mark.parametrize(("first", "second"), [*combinations(VGG, 2), *((b, a) for a, b in combinations(VGG, 2))])
def test_all_pairs_of_the_vgg_family(first: str, second: str) -> None:
    convs = [CONVOLUTIONS[name.removesuffix("_bn")] for name in (first, second)]
    norms = [conv if name.endswith("_bn") else 0 for name, conv in zip((first, second), convs, strict=True)]
    # a convolution brings its ReLU along; five poolings, avgpool and the seven layers of the classifier are in all
    same = 2 * min(convs) + 5 + 1 + 7 + (min(norms) if all(norms) else 0)
    alone = {
        "only_first": 2 * max(convs[0] - convs[1], 0) + (max(norms[0] - norms[1], 0) if all(norms) else norms[0]),
        "only_second": 2 * max(convs[1] - convs[0], 0) + (max(norms[1] - norms[0], 0) if all(norms) else norms[1]),
    }
    assert counts(first, second) == {"same": same} | {status: number for status, number in alone.items() if number}


def test_vgg16_from_scratch_is_torchvisions() -> None:
    comparison = compare_reports(report("scratch:vgg16"), report("vgg16"))
    assert comparison.identical
    assert [entry.status for entry in comparison.alignment] == [Status.same] * 39  # 13·2 + 5 + 1 + 7


def test_alexnet_from_scratch_lacks_the_pooling() -> None:
    comparison = compare_reports(report("scratch:alexnet"), report("alexnet"))
    assert not comparison.identical
    alone = [entry for entry in comparison.alignment if entry.status is not Status.same]
    assert [(entry.status, entry.second) for entry in alone] == [(Status.only_second, "avgpool")]
    assert len(comparison.alignment) == 21  # 5 convolutions, 7 ReLUs, 3 poolings, 2 dropouts, 3 linear layers; avgpool


def test_other_classes_change_one_layer() -> None:
    comparison = compare_reports(report("alexnet"), report("alexnet,num_classes=10"))
    (changed,) = [entry for entry in comparison.alignment if entry.status is not Status.same]
    assert (changed.status, changed.first, changed.second) == (Status.changed, "classifier.6", "classifier.6")
    assert changed.changes["out_features"] == (1000, 10)
    assert changed.changes["params"] == (4096 * 1000 + 1000, 4096 * 10 + 10)
    assert len(comparison.alignment) == 21


def test_inserted_blocks_of_resnet34_are_whole() -> None:
    # He et al. (2016), table 1: 2, 2, 2, 2 blocks against 3, 4, 6, 3; a block is conv, norm, relu, conv, norm, relu
    alignment = compare_reports(report("resnet18"), report("resnet34")).alignment
    alone = [entry for entry in alignment if entry.status is not Status.same]
    assert {entry.status for entry in alone} == {Status.only_second}
    blocks = Counter((entry.second or "").rpartition(".")[0] for entry in alone)
    names = ["layer1.2", *(f"layer2.{i}" for i in (2, 3)), *(f"layer3.{i}" for i in range(2, 6)), "layer4.2"]
    assert blocks == dict.fromkeys(names, 6)


def test_wider_blocks_stand_beside_each_other() -> None:
    # Zagoruyko and Komodakis (2016): the same network with twice the channels inside the blocks. Unchanged are
    # stem (4), pooling and classifier (2), each block's last norm and ReLU (2·16), and four shortcuts (2 each)
    assert counts("resnet50", "wide_resnet50_2") == {"same": 4 + 2 + 32 + 8, "changed": 158 - 46}


def test_where_the_weight_sits() -> None:
    shares = {
        name: {s.path: (s.layers, round(100 * (s.params or 0) / (report(name).totals.params or 1)),
                        round(100 * (s.macs or 0) / (report(name).totals.macs or 1))) for s in stages(report(name))}
        for name in ("alexnet", "vgg16")
    }  # fmt: skip
    # by hand from the two papers' layers: 58,631,144 of 61,100,840 parameters, 15,346,630,656 of 15,470,264,320 MACs
    assert shares["alexnet"]["classifier"][:2] == ({"Linear": 3}, 96)
    assert (shares["vgg16"]["features"][0], shares["vgg16"]["features"][2]) == ({"Conv2d": 13}, 99)


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "vit_b_16", "googlenet", "deeplabv3_resnet50"])
def test_stages_are_all_there_is(name: str) -> None:
    totals = report(name).totals
    assert sum(stage.params or 0 for stage in stages(report(name))) == totals.params
    assert sum(stage.macs or 0 for stage in stages(report(name))) == totals.macs
