"""Invocations that must fail, with their exit codes and what the message must say (contract section 4)."""

import os
import pickle
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Cli

TWO = "nn:Conv2d(3, 7, 5); Conv2d(7, 2, 3)"


class Case(NamedTuple):
    """A command line, the code it ends with, and words that its message has."""

    line: list[str]
    code: int
    says: list[str]


USAGE = [
    Case(["summary"], 2, ["MODEL", "--help"]),
    Case(["sumary"], 2, ["sumary"]),
    Case(["summary", "alexnet", "--fromat", "json"], 2, ["--fromat", "--format"]),
    Case(["summary", "alexnet", "--depth", "-1"], 2, ["--depth"]),
    Case(["summary", "alexnet", "--depth", "two"], 2, ["--depth"]),
    Case(["summary", "alexnet", "--mode", "test"], 2, ["'test'", "eval", "train"]),
    Case(["summary", "alexnet", "--source", "hub"], 2, ["'hub'", "torchvision", "scratch"]),
    Case(["summary", "alexnet", "--device", "gpu"], 2, ["unknown device 'gpu'", "cuda:N"]),
    Case(["summary", "alexnet", "--dtype", "float17"], 2, ["unknown dtype 'float17'", "float16"]),
    Case(["summary", "alexnet", "--dtype", "int8"], 2, ["unknown dtype 'int8'", "float16"]),
    Case(["summary", "alexnet", "--seed", "-1"], 2, ["--seed"]),
    Case(["summary", "alexnet", "-f", "yaml"], 2, ["unknown format 'yaml'", "markdown"]),
    Case(["summary", "alexnet", "-f", "jsn"], 2, ["did you mean json?"]),
    Case(["summary", "alexnet", "--columns", "params,flips"], 2, ["unknown column 'flips'", "did you mean flops?"]),
    Case(["summary", "alexnet", "--columns", "kernal"], 2, ["did you mean kernel?"]),
    Case(["summary", "alexnet", "-f", "json", "--columns", "params"], 2, ["--columns", "json"]),
    Case(["summary", "alexnet", "-f", "csv", "--depth", "1"], 2, ["--depth", "csv"]),
    Case(["summary", "alexnet", "-f", "torchinfo", "--columns", "params"], 2, ["--columns", "torchinfo"]),
    Case(["schema", "sumary"], 2, ["'sumary'", "did you mean summary?"]),
]
SHAPES = [
    Case(["summary", "alexnet", "-i", shape], 2, [shape, says])
    for shape, says in {
        "1x3x": "malformed shape",
        "": "malformed shape",
        "x": "malformed shape",
        "1,3x224,224": "malformed shape",
        "1x3x-1x224": "malformed shape",
        "1x3x22.4x224": "malformed shape",
        "1x3x1e9x1e9": "malformed shape",
        "0x3x224x224": "a dimension of 0",
        "1x3x0x224": "a dimension of 0",
        "9223372036854775808": "larger than any memory",
        "1x3x9223372036854775807": "larger than any memory",
        "1x3x4294967296x4294967296": "larger than any memory",
        "99999999999999999999999999": "malformed shape",
        "1x3x224x224:": "malformed",
        "a=b=1x3": "malformed",
        "2x=1x3": "malformed",
        "١x3x224x224": "malformed shape",
    }.items()
]
NAMES = [
    Case(["summary", "alexnt"], 2, ["unknown model 'alexnt'", "did you mean alexnet?"]),
    Case(["summary", "vgg-16"], 2, ["unknown model 'vgg-16'", "vgg16"]),
    Case(["summary", "scratch:vgg15"], 2, ["unknown model 'scratch:vgg15'", "scratch:vgg16"]),
    Case(["summary", "alexnet_2012"], 2, ["did you mean scratch:alexnet_2012"]),
    Case(["summary", "nothing_like_it"], 2, ["unknown model 'nothing_like_it'", "alexnet, ", "cnninspect models"]),
    Case(["summary", "scrach:alexnet"], 2, ["unknown source 'scrach'", "did you mean scratch?"]),
    Case(["summary", "scratch:"], 2, ["names no model"]),
    Case(["summary", "net.py"], 2, ["'net.py' is a file of code", "net.py:Net"]),
    Case(["summary", "net.py:Net,init=a.pth"], 2, ["net.py"]),
    Case(["summary", ""], 2, ["names no model"]),
    Case(["summary", "scratch:alexnet,num_clases=3"], 2, ["num_clases", "did you mean num_classes?"]),
    Case(["summary", "scratch:alexnet,num_classes=0"], 2, ["num_classes=0", "positive integer"]),
    Case(["summary", "scratch:alexnet,num_classes=ten"], 2, ["num_classes=ten", "positive integer"]),
    Case(["summary", "scratch:alexnet,in_channels=true"], 2, ["in_channels=True", "positive integer"]),
    Case(["summary", "scratch:alexnet,dropout=2"], 2, ["dropout=2", "probability"]),
    Case(["summary", "scratch:alexnet,num_classes"], 2, ["'num_classes'", "key=value"]),
    Case(["summary", "scratch:alexnet,num_classes=[1]"], 2, ["JSON scalar"]),
    Case(["summary", "nn:", "-i", "1x3"], 2, ["names no layer"]),
    Case(["summary", "nn:Conv2d(3, 7", "-i", "1x3"], 2, ["not a sequence of layers"]),
    Case(["summary", "nn:Conv2D(3, 7, 5)", "-i", "1x3"], 2, ["unknown torch.nn layer 'Conv2D'", "Conv2d"]),
    Case(["summary", "nn:Conv2d(3, 7, open('f'))", "-i", "1x3"], 2, ["not a literal"]),
    Case(["summary", "nn:__import__('os').system('touch ran')", "-i", "1x3"], 2, ["not a layer"]),
    Case(["summary", "nn:x = ReLU()", "-i", "1x3"], 2, ["not a layer"]),
    Case(["summary", TWO], 2, ["no input of its own", "--input"]),
    Case(["summary", "missing.json"], 2, ["can't read 'missing.json'"]),
    Case(["summary", "text.json"], 2, ["not a cnninspect report"]),
    Case(["summary", "other.json"], 2, ["not a cnninspect report"]),
    Case(["summary", "future.json"], 2, ["schema version 99"]),
    Case(["summary", "text.json", "-i", "1x3x8x8"], 2, ["saved report", "--input"]),
    Case(["summary", "text.json", "--cross-check"], 2, ["saved report", "torchinfo"]),
]
NAMES.append(Case(["summary", "alexnet", "-i", "1x3x224x224:int3"], 2, ["unknown dtype 'int3'"]))
WEIGHTS = [
    Case(["summary", "scratch:alexnet", "--weights", file], 2, [file, says])
    for file, says in {
        "missing.pth": "No such file",
        "empty.pth": "is empty",
        "text.pth": "not a file of weights",
        "cut.pth": "cut short or damaged",
        "folder.pth": "Is a directory",
    }.items()
] + [
    Case(["summary", "alexnet", "--weights", "IMAGENET1K_V9"], 2, ["'IMAGENET1K_V9'", "IMAGENET1K_V1"]),
    Case(
        ["summary", "alexnet", "--weights", "places365"],
        2,
        ["'places365'", "published for alexnet: IMAGENET1K_V1"],
    ),
    Case(
        ["summary", "scratch:alexnet_2012", "--weights", "DEFAULT"], 2, ["no weights are published", "--weights FILE"]
    ),
    Case(["summary", TWO, "-i", "1x3x19x19", "--weights", "DEFAULT"], 2, ["DEFAULT", "No such file"]),
]
OUTPUT = [
    Case(["summary", "alexnet", "-o", "no/such/dir.json"], 2, ["no/such/dir.json", "there is no directory"]),
    Case(["summary", "alexnet", "-o", "table.xyz"], 2, ["table.xyz", ".json"]),
    Case(["summary", "alexnet", "-o", "folder.pth", "-f", "json"], 2, ["folder.pth", "is a directory"]),
]
NEEDS_TORCH = [
    Case(["summary", "scratch:alexnet", "--weights", "code.pth"], 2, ["code.pth", "posix.mkdir", "refused"]),
    Case(["summary", "scratch:alexnet", "--weights", "module.pth"], 2, ["module.pth", "refused", "state_dict"]),
    Case(["summary", "scratch:alexnet", "--weights", "code.pkl"], 2, ["code.pkl", "refused"]),
    Case(["summary", "scratch:alexnet", "--weights", "list.pth"], 2, ["list.pth", "holds a list"]),
    Case(["summary", "scratch:alexnet", "--weights", "numbers.pth"], 2, ["numbers.pth", "mapping"]),
    Case(["summary", "scratch:alexnet", "--weights", "cut_legacy.pth"], 2, ["cut_legacy.pth", "damaged"]),
    Case(["summary", "alexnet,foo=1"], 2, ["alexnet,foo=1", "foo"]),
    Case(["summary", "nn:Conv2d(3)", "-i", "1x3x8x8"], 2, ["out_channels", "Conv2d(in_channels"]),
    Case(["summary", "nn:Conv2d(3, 4, 5, groups=2)", "-i", "1x3x8x8"], 3, ["Conv2d can't be built", "divisible"]),
    Case(["summary", "scratch:alexnet", "--device", "cuda"], 3, ["no device 'cuda'", "--device cpu"]),
    Case(["summary", "scratch:alexnet", "--device", "cuda:7"], 3, ["no device 'cuda:7'"]),
    Case(["summary", "scratch:alexnet", "--device", "mps"], 3, ["no device 'mps'"]),
    Case(
        ["summary", "scratch:alexnet", "-i", "3x224"],
        3,
        ["`features.0` Conv2d wants 4 dimensions and got 2", "3×224", "N×3×H×W"],
    ),
    Case(
        ["summary", "scratch:alexnet", "-i", "1x1x224x224"],
        3,
        ["`features.0` Conv2d wants 3 channels and got 1", "1×1×224×224"],
    ),
    Case(["summary", "scratch:alexnet", "-i", "1x3x8x8", "-i", "1x3x8x8"], 3, ["the model itself (AlexNet)"]),
    Case(["summary", "scratch:alexnet", "-i", "y=1x3x8x8"], 3, ["the model itself (AlexNet)", "'y'"]),
    Case(["summary", "scratch:alexnet", "-i", "1x3x999999x999999"], 3, ["not enough memory", "--device meta"]),
    Case(
        ["summary", "vgg16", "-i", "1x4x224x224", "--device", "meta"],
        3,
        ["`features.0` Conv2d", "wants 3 channels and got 4"],
    ),
    Case(["summary", "nn:MaxPool2d(None)", "-i", "1x3x8x8"], 3, ["the model itself (MaxPool2d) fails", "TypeError"]),
    Case(["summary", "nn:MaxPool2d(8)", "-i", "1x3x8"], 3, ["wants a map of at least 8×8 and got 3×8"]),
    Case(["summary", "scratch:vgg11", "--weights", "other.pth"], 3, ["'other.pth'", "another network", "2 missing"]),
]


class _Code:
    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, ("ran",)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that the invocations name."""
    import torch
    from torch import nn

    path = tmp_path_factory.mktemp("bad")
    (path / "folder.pth").mkdir()
    (path / "empty.pth").touch()
    (path / "text.pth").write_text("just words\n")
    (path / "text.json").write_text("just words\n")
    (path / "other.json").write_text('{"totals": 1}')
    (path / "future.json").write_text('{"schema_version": 99}')
    layer = nn.Linear(8, 8)
    torch.save(layer.state_dict(), path / "other.pth")
    torch.save(layer, path / "module.pth")
    torch.save({"a": _Code()}, path / "code.pth")
    (path / "code.pkl").write_bytes(pickle.dumps(_Code()))
    torch.save([1, 2], path / "list.pth")
    torch.save({"a": 1}, path / "numbers.pth")
    (path / "cut.pth").write_bytes((path / "other.pth").read_bytes()[:500])
    torch.save(layer.state_dict(), path / "legacy.pth", _use_new_zipfile_serialization=False)
    (path / "cut_legacy.pth").write_bytes((path / "legacy.pth").read_bytes()[:-40])
    return path


def check(cli: Cli, case: Case) -> None:
    result = cli(*case.line)
    assert result.code == case.code, result.err
    assert result.out == ""
    for words in case.says:
        assert words in result.err
    assert "Traceback" not in result.err
    assert not Path("ran").exists()


@pytest.mark.parametrize("case", [*USAGE, *SHAPES, *NAMES, *WEIGHTS, *OUTPUT], ids=lambda case: " ".join(case.line))
def test_request_that_cannot_be_carried_out(
    cli: Cli, case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole request is checked first: nothing here builds or runs a network."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr("cnninspect.inspection.prepare", lambda *_: pytest.fail("a network was built"))
    check(cli, case)


@pytest.mark.parametrize("case", NEEDS_TORCH, ids=lambda case: " ".join(case.line))
def test_request_that_fails_on_the_way(cli: Cli, case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    check(cli, case)


def test_weights_of_another_network_are_listed(cli: Cli, tmp_path: Path) -> None:
    """The first ten keys of each kind, and a count: VGG11's state dict has 22 keys, AlexNet's 16."""
    import torch
    from torchvision.models import vgg11

    torch.save(vgg11().state_dict(), tmp_path / "vgg11.pth")
    result = cli("summary", "scratch:alexnet", "--weights", str(tmp_path / "vgg11.pth"))
    assert result.code == 3
    assert "6 missing: features.10.weight, features.10.bias, classifier.1.weight" in result.err
    assert "12 unexpected: " in result.err
    assert "… (2 more)" in result.err
    assert "6 mis-shaped: features.0.weight (64×3×3×3 in the file, 64×3×11×11 in the model)" in result.err


def test_traceback_only_with_debug(cli: Cli) -> None:
    assert "Traceback" in cli("summary", "alexnt", "--debug").err


def test_fault_of_our_own(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("cnninspect.spec.parse_model", broken)
    result = cli("summary", "alexnet")
    assert result.code == 4
    assert "KeyError: 'oops'" in result.err
    assert "--debug" in result.err


def test_read_only_folder(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # the superuser may write anywhere
    result = cli("summary", "alexnet", "-o", str(tmp_path / "a.json"))
    assert result.code == 2
    assert "permission denied" in result.err


def test_ctrl_c_that_comes_out_as_something_else(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when it strikes while torch imports NumPy, which turns it into a RecursionError or an ImportError."""

    def strange(*_arguments: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise RecursionError from None

    monkeypatch.setattr("cnninspect.spec.parse_model", strange)
    result = cli("summary", "alexnet")
    assert (result.code, result.out, result.err) == (130, "", "")
