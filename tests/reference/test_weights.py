"""Published-format weights: torchvision's state dict in the definitions from scratch, and through the hub cache."""

import json
import socket
from pathlib import Path

import pytest
import torch
from torchvision.models import AlexNet_Weights, alexnet

from cnninspect.loading import load
from cnninspect.spec import Request, ZooModel
from cnninspect.spec.sources import Source
from tests.conftest import Cli

IMAGES = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def theirs() -> torch.nn.Module:
    torch.manual_seed(0)
    network: torch.nn.Module = alexnet().eval()
    return network


@pytest.fixture(scope="module")
def file(theirs: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    torch.save(theirs.state_dict(), path)
    return path


def outputs(request: Request) -> torch.Tensor:
    with torch.inference_mode():
        scores: torch.Tensor = load(request).module.eval()(IMAGES)
    return scores


def test_file_of_torchvision_loads_into_scratch(theirs: torch.nn.Module, file: Path) -> None:
    with torch.inference_mode():
        expected = theirs(IMAGES)
    ours = outputs(Request(ZooModel("alexnet", Source.scratch, "alexnet"), weights=str(file)))
    assert torch.equal(ours, expected)
    assert expected.std() > 0  # and not because both are zero


def test_command_line(cli: Cli, file: Path) -> None:
    result = cli("summary", "scratch:alexnet", "--weights", str(file), "-f", "json")
    assert result.code == 0
    report = json.loads(result.out)
    assert report["model"]["weights"] == str(file)
    assert report["totals"]["params"] == 61_100_840


@pytest.mark.parametrize("source", [Source.torchvision, Source.scratch])
def test_published_name_through_the_hub_cache(
    source: Source, theirs: torch.nn.Module, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = AlexNet_Weights.IMAGENET1K_V1.url.rpartition("/")[2]
    cached = tmp_path / "hub" / "checkpoints" / published
    cached.parent.mkdir(parents=True)
    cached.symlink_to(file)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with torch.inference_mode():
        expected = theirs(IMAGES)
    assert torch.equal(outputs(Request(ZooModel("alexnet", source, "alexnet"), weights="IMAGENET1K_V1")), expected)


def test_offline_error_names_url_and_path(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    result = cli("summary", "alexnet", "--weights", "DEFAULT")
    assert result.code == 3
    assert result.out == ""
    assert "can't download https://download.pytorch.org/models/alexnet-owt-7be5be79.pth" in result.err
    assert str(tmp_path / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth") in result.err


def test_damaged_file_in_the_cache(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached = tmp_path / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"\x80\x02 not a state dict")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    result = cli("summary", "alexnet", "--weights", "DEFAULT")
    assert result.code == 2
    assert str(cached) in result.err
    assert "damaged" in result.err
