"""Programs of torch.export: figures by hand, the tree of modules, what is refused."""

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cnninspect import Report, inspect_model
from cnninspect.errors import ModelError, RequestError
from cnninspect.loading import exported
from cnninspect.spec import ExportedModel
from cnninspect.spec.input_spec import InputSpec


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 16)
        self.attend = nn.MultiheadAttention(16, 4, batch_first=True)
        self.head = nn.Linear(16, 11)
        self.head.weight = self.embed.weight

    def forward(self, tokens: Tensor, *, scale: Tensor) -> dict[str, Tensor]:
        x = self.embed(tokens)
        return {"logits": self.head(self.attend(x, x, x)[0] * scale)}


class Thrice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            x = self.conv(x)
        return x


def small_cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10)
    ).eval()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("programs")
    torch.export.save(torch.export.export(small_cnn(), (torch.rand(1, 3, 8, 8),)), path / "cnn.pt2")
    tokens, scale = torch.zeros(2, 5, dtype=torch.int64), torch.ones(1)
    torch.export.save(torch.export.export(Attention().eval(), (tokens,), {"scale": scale}), path / "attention.pt2")
    torch.export.save(torch.export.export(Thrice(), (torch.rand(1, 4, 8, 8),)), path / "thrice.pt2")
    torch.export.save(torch.export.export(nn.Linear(3, 2).double(), (torch.rand(4, 3).double(),)), path / "double.pt2")
    return path


def sums_hold(report: Report) -> bool:
    return (
        sum(layer.own_params or 0 for layer in report.layers) == report.totals.params
        and sum(layer.own_macs or 0 for layer in report.layers) == report.totals.macs
    )


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_small_cnn(folder: Path, device: str) -> None:
    report = inspect_model(str(folder / "cnn.pt2"), device=device)
    # 8·27 + 8, 2·8 and 512·10 + 10 parameters; 8·64 outputs of 27 products and 10 of 512
    rows = [(layer.path, layer.type, layer.own_params, layer.own_macs) for layer in report.layers]
    assert rows == [
        ("", "Sequential", 0, 0),
        ("0", "Conv2d", 224, 13_824),
        ("1", "BatchNorm2d", 16, 0),
        ("2", "ReLU", 0, 0),
        ("3", "Flatten", 0, 0),
        ("4", "Linear", 5_130, 5_120),
    ]
    assert (report.totals.params, report.totals.macs, report.totals.buffers) == (5_370, 18_944, 17)
    assert report.layers[1].outputs[0].shape == (1, 8, 8, 8)
    assert report.model.class_path == "torch.nn.modules.container.Sequential"


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_small_attention(folder: Path, device: str) -> None:
    report = inspect_model(str(folder / "attention.pt2"), device=device)
    # tied 11·16; 3·(16·16 + 16) in, 16·16 + 16 out; 11 biases
    assert report.totals.params == 176 + 816 + 272 + 11
    # 10 tokens: 16·48 in, 16·16 out, 16·11 head; 2 sequences of 5·5 scores, each 16 to make and 16 to use
    assert report.totals.macs == 10 * (16 * 48 + 16 * 16 + 16 * 11) + 2 * 25 * 32
    assert sums_hold(report)
    assert [tensor.name for tensor in report.run.outputs] == ["logits"]
    original = inspect_model(Attention(), inputs=["2x5:int64", "scale=1"])
    assert (original.totals.params, original.totals.macs) == (report.totals.params, report.totals.macs)


def test_a_module_that_is_called_three_times(folder: Path) -> None:
    report = inspect_model(str(folder / "thrice.pt2"))
    assert [(layer.path, layer.call) for layer in report.layers] == [("", 1), ("conv", 1), ("conv", 2), ("conv", 3)]
    # 4·4·9 + 4 parameters; three times 4·64 outputs of 36 products
    assert (report.totals.params, report.totals.macs) == (148, 3 * 4 * 64 * 36)
    assert sums_hold(report)


def test_default_inputs_are_those_of_the_export(folder: Path) -> None:
    def found(name: str) -> tuple[InputSpec, ...]:
        return exported.default_inputs(ExportedModel(str(folder / name)))

    assert found("cnn.pt2") == (InputSpec((1, 3, 8, 8)),)
    assert found("attention.pt2") == (InputSpec((2, 5), None, "int64"), InputSpec((1,), "scale"))
    assert found("double.pt2") == (InputSpec((4, 3), None, "float64"),)


def test_other_dtype(folder: Path) -> None:
    report = inspect_model(str(folder / "cnn.pt2"), dtype="float16")
    assert report.totals.param_bytes == 5_370 * 2
    assert report.run.outputs[0].dtype == "float16"


def test_shape_that_the_program_was_not_exported_for(folder: Path) -> None:
    with pytest.raises(ModelError, match="it got 2×3×8×8"):
        inspect_model(str(folder / "cnn.pt2"), inputs=["2x3x8x8"])


def test_program_as_a_module_in_python(folder: Path) -> None:
    """Its ``eval()`` and ``train()`` raise ``NotImplementedError``: it has the mode it was exported in."""
    module = torch.export.load(folder / "cnn.pt2").module()
    assert inspect_model(module, inputs=["1x3x8x8"]).totals.macs == 18_944
    with pytest.raises(ModelError, match="train mode"):
        inspect_model(module, inputs=["1x3x8x8"], mode="train")


def with_member(source: Path, target: Path, ending: str, content: bytes) -> str:
    """A copy of a program with one member replaced or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            if not member.endswith(ending):
                new.writestr(member, old.read(member))
        new.writestr(f"cnn/{ending}", content)
    return str(target)


class Code:
    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, ("ran",)


@pytest.mark.parametrize("given", [(), ("1x3x8x8",)])
def test_pickled_code_does_not_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...]
) -> None:
    """``torch.export.load`` alone falls back to a full unpickling of the example inputs."""
    monkeypatch.chdir(tmp_path)
    torch.save(((Code(),), {}), "inputs.pt")
    content = Path("inputs.pt").read_bytes()
    name = with_member(folder / "cnn.pt2", tmp_path / "bad.pt2", "data/sample_inputs/model.pt", content)
    with pytest.raises(RequestError, match="refused"):
        inspect_model(name, inputs=given)
    assert not Path("ran").exists()
    assert "TORCH_FORCE_WEIGHTS_ONLY_LOAD" not in os.environ


def test_members_that_are_code_are_refused(folder: Path, tmp_path: Path) -> None:
    ending = "data/constants/opaque_obj_0"
    name = with_member(folder / "cnn.pt2", tmp_path / "bad.pt2", ending, pickle.dumps(Code()))
    with pytest.raises(RequestError, match="opaque_obj_0"):
        exported.check(ExportedModel(name), None)


def test_input_that_is_no_tensor(tmp_path: Path) -> None:
    class Scaled(nn.Module):
        def forward(self, x: Tensor, times: int) -> Tensor:
            return x * times

    torch.export.save(torch.export.export(Scaled(), (torch.rand(2), 3)), tmp_path / "scaled.pt2")
    with pytest.raises(RequestError, match="takes a int as an input"):
        inspect_model(str(tmp_path / "scaled.pt2"))


def test_compressed_programs_are_refused(folder: Path, tmp_path: Path) -> None:
    """Also an archive in the archive: tensors may be saved so, and torch unpacks them."""
    with (
        zipfile.ZipFile(folder / "cnn.pt2") as old,
        zipfile.ZipFile(tmp_path / "a.pt2", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            new.writestr(member, old.read(member))
    with pytest.raises(RequestError, match="compressed archive"):
        exported.check(ExportedModel(str(tmp_path / "a.pt2")), None)
    with zipfile.ZipFile(tmp_path / "inner.pt", "w", zipfile.ZIP_DEFLATED) as inner:
        inner.writestr("inner/data.pkl", bytes(10**6))
    content = (tmp_path / "inner.pt").read_bytes()
    name = with_member(folder / "cnn.pt2", tmp_path / "b.pt2", "data/sample_inputs/model.pt", content)
    with pytest.raises(RequestError, match=r"model\.pt' is a compressed archive"):
        exported.check(ExportedModel(name), None)


def test_name_that_is_not_utf8(folder: Path, tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.pt2")
    try:
        Path(name).write_bytes((folder / "cnn.pt2").read_bytes())
    except OSError:
        pytest.skip("the file system wants UTF-8")
    assert inspect_model(name).totals.params == 5_370
