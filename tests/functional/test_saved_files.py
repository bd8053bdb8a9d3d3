"""Saved files as a user names them: a program, a checkpoint, a file of weights on its own."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cnninspect import Report, inspect_model
from cnninspect.formats import SHARED
from tests.conftest import Cli


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of one small network (a convolution, a batch normalisation), and some that are none."""
    import torch
    from safetensors.torch import save_file
    from torch import nn

    path = tmp_path_factory.mktemp("saved")
    network = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8)).eval()
    torch.save(network.state_dict(), path / "net.pth")
    save_file(network.state_dict(), path / "net.safetensors")
    wrapped = {f"module.{key}": value for key, value in network.state_dict().items()}
    torch.save({"epoch": 7, "state_dict": wrapped}, path / "checkpoint.pth")
    torch.export.save(torch.export.export(network, (torch.rand(1, 3, 8, 8),)), path / "net.pt2")
    weight = torch.rand(11, 4)
    torch.save({"embed.weight": weight, "head.weight": weight, "head.bias": torch.rand(11)}, path / "tied.pth")
    torch.save({"a" + ".b" * 200: weight}, path / "deep.pth")
    (path / "cut.safetensors").write_bytes((path / "net.safetensors").read_bytes()[:-1])
    (path / "text.safetensors").write_text("just words, no tensors\n")
    (path / "empty.safetensors").touch()
    (path / "cut.pt2").write_bytes((path / "net.pt2").read_bytes()[:2000])
    (path / "empty.pt2").touch()
    (path / "text.pt2").write_text("just words\n")
    (path / "weights.pt2").write_bytes((path / "net.pth").read_bytes())
    (path / "program.pt").write_bytes((path / "net.pt2").read_bytes())
    return path


NETWORK = "nn:Conv2d(3, 8, 3, bias=False); BatchNorm2d(8)"
CONVOLUTION, NORM = 8 * 3 * 9, 2 * 8  # parameters
STATISTICS = 2 * 8 + 1  # running mean and variance, and a count


def test_program_needs_no_input(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    result = cli("summary", "net.pt2")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "net.pt2 (torch.export), input 1×3×8×8 float32, on cpu"
    # 8·6·6 outputs of 27 products
    assert lines[5].split() == ["├─", "0:", "Conv2d", "1×8×6×6", "216", "7,776"]
    assert "never called" not in result.out
    assert cli("summary", "net.pt2", "--cross-check", "--depth", "0").code == 0


@pytest.mark.parametrize("file", ["net.pth", "net.safetensors", "checkpoint.pth"])
def test_weights_option(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.chdir(folder)
    result = cli("summary", NETWORK, "-i", "1x3x8x8", "--weights", file, "-f", "json")
    assert result.code == 0, result.err
    report = json.loads(result.out)
    assert report["model"]["weights"] == file
    assert report["totals"]["params"] == CONVOLUTION + NORM


def test_weights_alone(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    result = cli("summary", "net.pth")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "net.pth (weights)"
    assert lines[2].split() == ["Layer", "Shape", "Dtype", "Params"]
    assert lines[4].split() == ["StateDict", str(CONVOLUTION + NORM + STATISTICS)]
    assert lines[6].split() == ["│", "└─", "weight:", "Tensor", "8×3×3×3", "float32", "216"]
    assert any(line.split()[-5:] == ["num_batches_tracked:", "Tensor", "scalar", "int64", "1"] for line in lines[4:])
    assert "does not tell parameters from buffers" in result.out
    assert "unknown" not in result.out
    assert "never called" not in result.out


@pytest.mark.parametrize("file", ["net.pth", "net.safetensors", "checkpoint.pth", "tied.pth"])
def test_report_of_weights(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.chdir(folder)
    report = Report.from_json(cli("summary", file, "-f", "json").out)
    assert sum(layer.own_params or 0 for layer in report.layers) == report.totals.params == report.layers[0].params
    seen = {""}
    for layer in report.layers:
        assert layer.path.rpartition(".")[0] in seen  # parents first
        seen.add(layer.path)
        assert layer.call == 0
        assert (layer.inputs, layer.outputs, layer.macs, layer.output_bytes) == ((), (), None, None)
    assert report.totals.macs is report.totals.flops is report.totals.trainable_params is None
    assert report.model.source == "weights"
    assert report.notes
    assert inspect_model(file) == report


def test_tied_tensors_count_once(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    rows = {row["path"]: row for row in csv.DictReader(io.StringIO(cli("summary", "tied.pth", "-f", "csv").out))}
    assert rows[""]["params"] == str(11 * 4 + 11)
    assert [rows[path]["own_params"] for path in ("embed.weight", "head.weight", "head.bias")] == ["44", "0", "11"]
    assert rows["head"]["params"] == "55"
    assert json.loads(rows["head.bias"]["settings"]) == {"shape": [11], "dtype": "float32"}


def test_checkpoint_says_what_was_left_out(cli: Cli, folder: Path) -> None:
    out = cli("summary", str(folder / "checkpoint.pth")).out
    assert "entry 'state_dict'; left out: epoch" in out
    assert "module: Module" in out  # the keys as they are in the file


@pytest.mark.parametrize("format_name", SHARED)
def test_every_format_and_back(cli: Cli, folder: Path, tmp_path: Path, format_name: str) -> None:
    file = tmp_path / "net.json"
    assert cli("summary", str(folder / "net.safetensors"), "-o", str(file)).code == 0
    direct = cli("summary", str(folder / "net.safetensors"), "-f", format_name)
    assert direct.code == 0
    assert direct.out == cli("summary", str(file), "-f", format_name).out


def test_safetensors_without_torch(folder: Path) -> None:
    code = (
        "import sys; from cnninspect.cli.app import run; "
        f"code = run(['summary', {str(folder / 'net.safetensors')!r}]); "
        "sys.exit(code or sum(name in sys.modules for name in ('torch', 'safetensors')))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert str(CONVOLUTION + NORM + STATISTICS) in result.stdout


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["missing.pt2"], ["'missing.pt2'", "No such file"]),
        (["empty.pt2"], ["'empty.pt2' is empty", "torch.export.save"]),
        (["text.pt2"], ["'text.pt2' is not a torch.export program"]),
        (["cut.pt2"], ["cut short"]),
        (["weights.pt2"], ["'weights.pt2' is not a torch.export program"]),
        (["net.pt2", "--weights", "net.pth"], ["--weights 'net.pth'", "its own"]),
        (["net.pt2", "--mode", "train"], ["--mode train", "exported in"]),
        (["missing.safetensors"], ["'missing.safetensors'", "No such file"]),
        (["empty.safetensors"], ["'empty.safetensors' is empty"]),
        (["text.safetensors"], ["'text.safetensors' is not a whole safetensors file"]),
        (["cut.safetensors"], ["'cut.safetensors' is not a whole safetensors file", "again"]),
        ([NETWORK, "-i", "1x3x8x8", "--weights", "cut.safetensors"], ["not a whole safetensors file"]),
        (["program.pt"], ["torch.export program", ".pt2"]),
        (["net.pth", "-i", "1x3x8x8"], ["a file of weights", "--input"]),
        (["net.pth", "--cross-check"], ["a file of weights", "torchinfo needs a model"]),
    ],
)
def test_refused_before_torch_is_needed(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch, line: list[str], says: list[str]
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("cnninspect.inspection.prepare", lambda *_: pytest.fail("a network was built"))
    result = cli("summary", *line)
    assert (result.code, result.out) == (2, "")
    for words in says:
        assert words in result.err


def test_key_that_is_no_path(cli: Cli, folder: Path) -> None:
    result = cli("summary", str(folder / "deep.pth"))
    assert result.code == 2
    assert "more than 100 dots" in result.err


def test_damage_inside_a_program(cli: Cli, folder: Path, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(folder / "net.pt2") as old, zipfile.ZipFile(tmp_path / "bad.pt2", "w") as new:
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, content[:50] if member.endswith("models/model.json") else content)
    result = cli("summary", str(tmp_path / "bad.pt2"))
    assert (result.code, result.out) == (2, "")
    assert "damaged" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["net.onnx"], ["'net.onnx' is an ONNX network"]),
        ([NETWORK, "-i", "1x3x8x8", "--weights", "net.gguf"], ["'net.gguf' is a GGUF file"]),
        (["./"], ["'./': Is a directory", "model.safetensors.index.json"]),
        (["checkpoint.pth#weights"], ["'weights'", "it has state_dict"]),
        (["n" * 300 + ".pth"], ["File name too long"]),
    ],
)
def test_names_of_files(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch, line: list[str], says: list[str]
) -> None:
    monkeypatch.chdir(folder)
    result = cli("summary", *line)
    assert (result.code, result.out) == (2, "")
    for words in says:
        assert words in result.err


def test_network_of_a_checkpoint_by_its_key(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    report = json.loads(cli("summary", "checkpoint.pth#state_dict", "-f", "json").out)
    assert report["model"]["spec"] == "checkpoint.pth#state_dict"
    assert report["totals"]["params"] == CONVOLUTION + NORM + STATISTICS
    line = ["summary", NETWORK, "-i", "1x3x8x8", "--weights", "checkpoint.pth#state_dict", "-f", "json"]
    assert json.loads(cli(*line).out)["totals"]["params"] == CONVOLUTION + NORM


@pytest.mark.parametrize("file", ["net.pth", "net.safetensors"])
def test_name_that_is_not_utf8(folder: Path, tmp_path: Path, file: str) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff" + file.encode())
    try:
        Path(name).write_bytes((folder / file).read_bytes())
    except OSError:
        pytest.skip("the file system wants UTF-8")
    assert inspect_model(name).totals.params == CONVOLUTION + NORM + STATISTICS
    assert inspect_model(NETWORK, inputs=["1x3x8x8"], weights=name).totals.params == CONVOLUTION + NORM


def test_too_little_memory(folder: Path) -> None:
    """1 GiB of addresses is less than torch's libraries take: the machine's lack, exit 3."""
    resource = pytest.importorskip("resource")
    line = [sys.executable, "-m", "cnninspect", "summary"]
    for model in (str(folder / "net.pth"), "scratch:alexnet"):
        result = subprocess.run(
            [*line, model, "--no-cache"],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert result.returncode == 3, result.stderr
        assert "not enough memory" in result.stderr
