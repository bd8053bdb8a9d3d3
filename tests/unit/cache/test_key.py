"""The key: another one for whatever decides a report, none for what is not kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils import flop_counter

from cnninspect.cache import key
from cnninspect.cache.key import key_of
from cnninspect.spec import Request, parse_model
from cnninspect.spec.input_spec import InputSpec


def request(text: str = "torchvision:alexnet", **fields: object) -> Request:
    return Request(parse_model(text), **fields)  # type: ignore[arg-type]


REQUESTS = [
    request(),
    request("alexnet"),
    request("scratch:alexnet"),
    request("torchvision:vgg16"),
    request("torchvision:alexnet,num_classes=1"),
    request("torchvision:alexnet,num_classes=1.0"),
    request("torchvision:alexnet,num_classes=true"),
    request("torchvision:alexnet,num_classes=10"),
    request("torchvision:alexnet,dropout=10"),
    request(inputs=(InputSpec((1, 3, 224, 224)),)),
    request(inputs=(InputSpec((1, 3, 224, 224), "x"),)),
    request(inputs=(InputSpec((1, 3, 224, 224), None, "float32"),)),
    request(inputs=(InputSpec((1, 3, 224, 225)),)),
    request(inputs=(InputSpec((1, 3, 224, 224)),) * 2),
    request(device="meta"),
    request(dtype="float64"),
    request(mode="train"),
    request(seed=1),
    request(seed=2**80),
    request(weights="DEFAULT"),
    request(weights="IMAGENET1K_V1"),
    request("timm:resnet18"),
    request("timm:resnet18.a1_in1k"),
]


def test_every_part_of_a_request_counts() -> None:
    keys = [key_of(each) for each in REQUESTS]
    assert None not in keys
    assert len(set(keys)) == len(REQUESTS)
    assert keys == [key_of(each) for each in REQUESTS]


def test_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "DEFAULT").touch()
    shape = (InputSpec((1, 3, 8, 8)),)
    for other in [
        request("net.py:Net", inputs=shape),
        request("package.module:build", inputs=shape),
        request("net.pt2"),
        request("nn:ReLU()", inputs=shape),
        request(weights="weights.pth"),
        request(weights="weights.safetensors"),
        request(weights="./DEFAULT"),
        *(request(device=device) for device in ("cuda", "cuda:1", "mps", "auto")),
    ]:
        assert key_of(other) is None, other
    monkeypatch.chdir(tmp_path)
    assert key_of(request(weights="DEFAULT")) is None  # there is a file of that name


@pytest.mark.parametrize("name", ["sys.version", "sys.platform", "sys.byteorder", "platform.machine"])
def test_the_machine_counts(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = key_of(request())
    monkeypatch.setattr(name, (lambda: "other") if name == "platform.machine" else "other")
    assert key_of(request()) != before


def test_the_own_version_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key_of(request())
    monkeypatch.setattr(key, "__version__", "99.0")
    assert key_of(request()) != before


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Other packages of the names that count, to be changed by a test; what is imported stays."""
    for name in ("torch", "torchvision", "timm", "cnninspect"):
        (tmp_path / name / "models").mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "version.py").write_text("__version__ = '1.0'\n")
        (tmp_path / name / "models" / "net.py").write_text("a = 1\n")
    monkeypatch.setattr(key, "folder_of", lambda name: tmp_path / name)
    monkeypatch.setattr(key, "__file__", str(tmp_path / "cnninspect" / "cache" / "key.py"))
    return tmp_path


@pytest.mark.parametrize("package", ["torch", "torchvision", "timm"])
def test_versions_count(packages: Path, package: str) -> None:
    before = [key_of(each) for each in REQUESTS]
    (packages / package / "version.py").write_text("__version__ = '1.1'\n")
    after = [key_of(each) for each in REQUESTS]
    assert not set(before) & set(after)


@pytest.mark.parametrize(
    ("package", "source", "counts"),
    [
        ("torchvision", "torchvision", True), ("timm", "timm", True), ("cnninspect", "scratch", True),
        ("cnninspect", "torchvision", True), ("torchvision", "scratch", False), ("torchvision", "timm", False),
    ],
)  # fmt: skip
def test_source_files_count(packages: Path, package: str, source: str, counts: bool) -> None:
    asked, file = request(f"{source}:resnet18"), packages / package / "models" / "net.py"
    keys = [key_of(asked)]
    before = file.stat()
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1000))  # the time of its last change
    keys.append(key_of(asked))
    file.write_text("a = 12\n")  # its size
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    keys.append(key_of(asked))
    (packages / package / "models" / "more.py").touch()
    keys.append(key_of(asked))
    assert len(set(keys)) == (4 if counts else 1)


def test_what_is_not_installed_has_no_version(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key_of(request())
    monkeypatch.setattr(key, "folder_of", lambda name: None if name == "timm" else packages / name)
    assert key_of(request()) not in {None, before}


def test_settings_of_the_process_count() -> None:
    before = key_of(request())
    torch.set_default_dtype(torch.float64)
    doubled = key_of(request())
    torch.set_default_dtype(torch.float32)
    with torch.device("meta"):
        elsewhere = key_of(request())
    with torch.autocast("cpu"):
        cast = key_of(request())
    assert len({before, doubled, elsewhere, cast}) == 4
    assert key_of(request()) == before


def test_formulas_of_ones_own_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(flop_counter.flop_registry, torch.ops.aten.relu, lambda *_: 1)
    assert key_of(request()) is None


def test_the_same_without_torch() -> None:
    code = (
        "import sys; from cnninspect.cache.key import key_of; from cnninspect.spec import Request, parse_model; "
        "print(key_of(Request(parse_model('torchvision:alexnet'))), 'torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == [key_of(request()), "False"]
