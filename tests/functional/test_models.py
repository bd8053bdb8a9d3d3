"""``cnninspect models``: what is listed, its figures, its forms, its errors."""

import csv
import io
import json
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import msgspec
import pytest
from torchvision.models import list_models

from cnninspect.loading import scratch
from cnninspect.loading import timm as timm_source
from cnninspect.loading.catalogue import Catalogue
from cnninspect.spec import sources
from tests.conftest import Cli

# torchvision.models.AlexNet_Weights.IMAGENET1K_V1.meta; 0.714 GMACs
ALEXNET = {
    "name": "IMAGENET1K_V1",
    "is_default": True,
    "params": 61_100_840,
    "macs": 714_000_000,
    "accuracy": {"ImageNet-1K": {"acc@1": 56.522, "acc@5": 79.066}},
    "size_mb": 233.087,
    "url": "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
}


def listed(cli: Cli, *arguments: str) -> list[dict[str, Any]]:
    result = cli("models", *arguments, "-f", "json")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert found["schema_version"] == 1
    models: list[dict[str, Any]] = found["models"]
    return models


def test_alexnet(cli: Cli) -> None:
    torchvisions, from_scratch, other = listed(cli, "alexnet")
    assert other["name"] == "alexnet_2012"
    assert torchvisions == {
        "name": "alexnet",
        "source": "torchvision",
        "task": "classification",
        "params": 61_100_840,
        "macs": 714_000_000,
        "accuracy": ALEXNET["accuracy"],
        "weights": [ALEXNET],
    }
    assert from_scratch == torchvisions | {"source": "scratch"}  # the same weights fit


def test_unknown_is_null(cli: Cli) -> None:
    (model,) = listed(cli, "scratch:alexnet_2012")
    assert model == {
        "name": "alexnet_2012", "source": "scratch", "task": "classification",
        "params": None, "macs": None, "accuracy": None, "weights": [],
    }  # fmt: skip


@pytest.mark.parametrize("pattern", ["resnet*", "*_v3_large", "vgg1?_bn", "[r]egnet_?_*", "*"])
def test_glob_over_torchvision(cli: Cli, pattern: str) -> None:
    expected = {name for name in list_models() if fnmatch(name, pattern)}
    assert expected
    for arguments in ([f"torchvision:{pattern}"], [pattern, "--source", "torchvision"]):
        models = listed(cli, *arguments)
        assert {model["name"] for model in models} == expected
        assert {model["source"] for model in models} == {"torchvision"}
        assert len(models) == len(expected)


def test_every_source(cli: Cli) -> None:
    pytest.importorskip("timm")
    names = [(model["source"], model["name"]) for model in listed(cli)]
    everything = [("torchvision", name) for name in list_models()]
    everything += [("scratch", name) for name in scratch.names()]
    everything += [("timm", name) for name in timm_source.names()]
    assert sorted(names) == sorted(everything)


def test_timm_without_figures(cli: Cli) -> None:
    timm = pytest.importorskip("timm")
    models = listed(cli, "timm:convnext*")
    assert {model["name"] for model in models} == set(timm.list_models("convnext*"))
    assert {model[key] for model in models for key in ("task", "params", "macs", "accuracy", "weights")} == {None}


def test_timm_not_installed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of = sources.folder_of
    monkeypatch.setattr(sources, "folder_of", lambda name: None if name == "timm" else folder_of(name))
    assert {model["source"] for model in listed(cli)} == {"torchvision", "scratch"}
    result = cli("models", "timm:convnext*")
    assert result.code == 2
    assert "pip install 'cnninspect[timm]'" in result.err


def test_order_within_a_source_is_task_then_natural(cli: Cli) -> None:
    names = [model["name"] for model in listed(cli, "torchvision:*resnet[0-9]*")]
    expected = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
    assert [name for name in names if name.startswith("resnet")] == expected
    assert names[-2:] == ["quantized_resnet18", "quantized_resnet50"]


def test_table(cli: Cli) -> None:
    result = cli("models", "torchvision:*alexnet*")
    assert result.code == 0
    assert result.out.splitlines() == [
        "torchvision, classification (ImageNet-1K)",
        "",
        "Model    Params   MACs      Accuracy  Weights",
        "─────────────────────────────────────────────",
        "alexnet  61.1 M  714 M  56.522 acc@1  233 MiB",
    ]


def test_table_fits_80_columns_and_names_can_be_typed(cli: Cli) -> None:
    lines = cli("models").out.splitlines()
    assert max(map(len, lines)) <= 80
    words = {line.split()[0] for line in lines if line}
    assert {"alexnet", "scratch:alexnet", "raft_large", "fasterrcnn_mobilenet_v3_large_320_fpn"} <= words


def test_color_and_ascii(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[1m" in cli("models", "alexnet", "--color").out
    assert "\x1b" not in cli("models", "alexnet").out
    monkeypatch.setattr("cnninspect.cli.terminals._is_ascii", lambda _stream: True)
    shown = cli("models", "alexnet").out
    assert "alexnet" in shown
    assert shown.isascii()


def test_csv_and_markdown(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "models.csv"
    assert cli("models", "resnet18*", "--source", "torchvision", "-o", str(file)).out == ""
    (row,) = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
    assert (row["name"], row["params"], row["macs"]) == ("resnet18", "11689512", "1814000000")  # ResNet18_Weights
    assert json.loads(row["accuracy"]) == {"ImageNet-1K": {"acc@1": 69.758, "acc@5": 89.078}}
    out = cli("models", "scratch:alexnet*", "-f", "markdown").out.splitlines()
    assert out[-2:] == [
        r"| scratch:alexnet | 61.1 M | 714 M | 56.522 acc@1 | 233 MiB |",
        r"| scratch:alexnet\_2012 |  |  |  |  |",
    ]


def test_schema(cli: Cli) -> None:
    properties = json.loads(cli("schema", "models").out)["$defs"]["NamedModel"]["properties"]
    assert list(properties) == ["name", "source", "task", "params", "macs", "accuracy", "weights"]
    everything = cli("models", "--source", "torchvision", "-f", "json").out
    assert len(msgspec.json.decode(everything, type=Catalogue).models) == len(list_models())


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["rsnet*"], ["no model matches 'rsnet*'", "resnet50"]),
        (["scratch:vgg15"], ["no model matches 'scratch:vgg15'", "scratch:vgg16"]),
        (["qqq"], ["no model matches 'qqq'", "cnninspect models"]),
        (["trchvision:*"], ["unknown source 'trchvision'", "torchvision"]),
        (["--source", "hub"], ["'hub'", "torchvision"]),
        (["-f", "torchinfo"], ["unknown format 'torchinfo'", "table, json, csv, markdown"]),
        (["-f", "jsn"], ["did you mean json?"]),
        (["-o", "no/such/models.csv"], ["there is no directory"]),
    ],
    ids=" ".join,
)
def test_errors(cli: Cli, line: list[str], says: list[str]) -> None:
    result = cli("models", *line)
    assert (result.code, result.out) == (2, "")
    assert all(words in result.err for words in says), result.err


def test_nothing_heavy_is_imported() -> None:
    code = "import sys; from cnninspect.cli.app import run; run(['models']); print(' '.join(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "torchvision", "timm"} & set(out.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("word", "found"),
    [
        (
            "resnext",
            [
                "resnext50_32x4d",
                "resnext101_32x8d",
                "resnext101_64x4d",
                "quantized_resnext101_32x8d",
                "quantized_resnext101_64x4d",
            ],
        ),
        ("torchvision:lexne", ["alexnet"]),
        ("resnext50*", ["resnext50_32x4d"]),
    ],
)
def test_a_word_finds_every_name_that_contains_it(cli: Cli, word: str, found: list[str]) -> None:
    """Torchvision's list."""
    shown = json.loads(cli("models", word, "--source", "torchvision", "-f", "json").out)
    assert [each["name"] for each in shown["models"]] == found
