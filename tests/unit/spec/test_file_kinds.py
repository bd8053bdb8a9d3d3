"""Kinds of files by their names: what is weights, and what other programs write."""

from pathlib import Path

import pytest

from cnninspect.errors import RequestError
from cnninspect.spec import SavedReport, WeightsFile, ZooModel, parse_model
from cnninspect.spec.file_kinds import exists, foreign


@pytest.mark.parametrize(
    "text",
    [
        "a.pth", "A.PTH", "runs/a.ckpt", "a.pth#generator", "a.pth#model.generator", "a b#1.pth#x,y",
        "model.safetensors.index.json", "pytorch_model.bin.index.json", "m.safetensors.index.fp16.json",
        "model.safetensors.index.json#encoder",
    ],
)  # fmt: skip
def test_spelled_as_weights(text: str) -> None:
    assert parse_model(text) == WeightsFile(text)


def test_other_json_is_a_report() -> None:
    assert parse_model("index.json") == SavedReport("index.json")
    assert parse_model("a.index.json") == SavedReport("a.index.json")


def test_folder_with_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare word is a folder only if there is an index in it: ``alexnet`` is a name beside a folder of that name."""
    monkeypatch.chdir(tmp_path)
    Path("alexnet").mkdir()
    assert isinstance(parse_model("alexnet"), ZooModel)
    assert parse_model("./alexnet") == WeightsFile("./alexnet")
    (Path("alexnet") / "model.safetensors.index.json").touch()
    assert parse_model("alexnet") == WeightsFile("alexnet")
    assert parse_model("alexnet#features") == WeightsFile("alexnet#features")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("net.onnx", "an ONNX network"),
        ("Q4.GGUF", "a GGUF file"),
        ("a/b.h5", "an HDF5 file"),
        ("net.tflite", "a TensorFlow Lite network"),
        ("net.keras", "a Keras network"),
        ("net.mlmodel", "a Core ML network"),
        ("net.onnx,a=1", "an ONNX network"),
    ],
)
def test_kinds_that_are_not_read_are_named(name: str, kind: str) -> None:
    with pytest.raises(RequestError) as raised:
        parse_model(name)
    assert kind in raised.value.message
    assert raised.value.hint is not None
    assert "alexnet" not in raised.value.hint  # no misspelt name


def test_name_that_tells_nothing() -> None:
    assert foreign("resnet50.a1_in1k") is None


def test_what_cannot_be_a_name_is_no_file() -> None:
    assert not exists("a" * 300)
    assert not exists("a\0b")
