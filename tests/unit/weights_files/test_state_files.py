"""What torch.save writes comes back as it was: against torch itself, in both containers and every protocol."""

import argparse
import collections
import dataclasses
import enum
import random
import types
import zipfile
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnninspect.errors import RequestError
from cnninspect.weights_files import state_files
from cnninspect.weights_files.rebuilt import PackedTensor

pytestmark = pytest.mark.filterwarnings("ignore")  # of torch, about quantized and sparse tensors


def every_kind() -> dict[str, Tensor]:
    base = torch.rand(6, 4)
    return {
        "a.float32": base,
        "a.view": base[1:3, ::2],
        "a.transposed": base.t(),
        "a.expanded": torch.rand(1, 3).expand(5, 3),
        "a.empty": torch.empty(0, 3),
        "a.scalar": torch.tensor(3),
        **{
            f"a.{dtype}": torch.tensor([1, 0, 1]).to(dtype)
            for dtype in (
                torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.uint8, torch.int16, torch.int32,
                torch.bool, torch.complex64, torch.complex128,
            )
        },
        "a.conjugate": torch.rand(3, dtype=torch.complex64).conj(),
        "a.negative": torch.rand(3, dtype=torch.complex64).conj().imag,
        "a.quantized": torch.quantize_per_tensor(torch.rand(3, 4), 0.1, 3, torch.quint8),
        "a.by_channel": torch.quantize_per_channel(
            torch.rand(3, 4), torch.rand(3) + 0.1, torch.zeros(3), 0, torch.qint8
        ),
        "a.coo": torch.eye(4).to_sparse(),
        "a.csr": torch.eye(4).to_sparse_csr(),
        "a.bsc": torch.eye(4).to_sparse_bsc((2, 2)),
        "a.parameter": nn.Parameter(torch.rand(3)),
        "a.buffer": nn.Buffer(torch.rand(3)),
    }  # fmt: skip


def assert_same(found: Tensor, wanted: Tensor) -> None:
    assert (found.dtype, found.shape, found.layout) == (wanted.dtype, wanted.shape, wanted.layout)
    if wanted.is_quantized:
        assert found.qscheme() == wanted.qscheme()
        assert torch.equal(found.dequantize(), wanted.dequantize())
    else:
        assert torch.equal(found.to_dense(), wanted.detach().to_dense())


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("is_archive", [True, False])
def test_every_kind_of_tensor(tmp_path: Path, protocol: int, is_archive: bool) -> None:
    saved = every_kind()
    torch.save(saved, tmp_path / "a.pth", pickle_protocol=protocol, _use_new_zipfile_serialization=is_archive)
    found = state_files.read(str(tmp_path / "a.pth"))
    assert found.values.keys() == saved.keys()
    for key, tensor in saved.items():
        assert_same(found.values[key], tensor)
    views = [found.values[key].untyped_storage().data_ptr() for key in ("a.float32", "a.view", "a.transposed")]
    assert len(set(views)) == 1  # what shared a storage shares it


@pytest.mark.parametrize("dtype", [torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2])
def test_newer_dtypes(tmp_path: Path, dtype: torch.dtype) -> None:
    saved = torch.tensor([1.0, 0.0, 2.0]).to(dtype)
    torch.save({"a.b": saved}, tmp_path / "a.pth")
    found = state_files.read(str(tmp_path / "a.pth")).values["a.b"]
    assert (found.dtype, found.tolist()) == (dtype, saved.tolist())


def test_versions_of_modules_are_kept(tmp_path: Path) -> None:
    """``BatchNorm`` of version 2 must have its counter, one of before need not: torch looks at ``_metadata``."""
    saved = nn.BatchNorm1d(2).state_dict()
    torch.save(saved, tmp_path / "a.pth")
    metadata = state_files.read(str(tmp_path / "a.pth")).metadata
    assert metadata is not None
    assert metadata[""]["version"] == 2


class Phase(enum.Enum):
    TRAIN = 1


class Flags(enum.IntFlag):
    A = 1
    B = 2


@dataclasses.dataclass
class Config:
    depth: int = 18


def beside() -> dict[Any, Any]:
    """What training scripts keep beside a state dict."""
    return {
        "hyper_parameters": argparse.Namespace(lr=0.1, depth=18),
        "random": {
            "python": random.getstate(),
            "numpy": np.random.get_state(),
            "torch": torch.get_rng_state(),
        },
        "best": np.float64(0.9),
        "epoch": np.int64(3),
        "curve": np.arange(3.0),
        "dir": Path("/runs/1"),
        "phase": Phase.TRAIN,
        "flags": Flags.A | Flags.B,
        "config": Config(),
        "extra": types.SimpleNamespace(a=1),
        "losses": collections.defaultdict(list, {"train": [torch.tensor(1.0)]}),
        "last": collections.deque([1, 2]),
        "class": Config,
        "history": {"loss": torch.rand(3)},
        "class_weights": torch.rand(10),
        "step": torch.tensor(5),
        "seen": {1, 2},
        "optimizer": {"state": {0: {"exp_avg": torch.ones(4, 3)}}, "param_groups": [{"lr": 0.1}]},
        5: "an integer key",
        None: 1,
    }


@pytest.mark.parametrize("entry", ["state_dict", "model", "model_state_dict", "my_network"])
@pytest.mark.parametrize("is_archive", [True, False])
def test_checkpoints_as_people_write_them(tmp_path: Path, entry: str, is_archive: bool) -> None:
    saved = nn.Linear(3, 4).state_dict()
    torch.save({**beside(), entry: saved}, tmp_path / "a.pth", _use_new_zipfile_serialization=is_archive)
    found = state_files.read(str(tmp_path / "a.pth"))
    assert found.entry == entry
    assert list(found.values) == ["weight", "bias"]
    assert found.left_out == tuple(map(str, beside()))


@pytest.mark.parametrize("path", ["a.b", "a.b.c"])
def test_levels_down(tmp_path: Path, path: str) -> None:
    saved: Any = nn.Linear(3, 4).state_dict()
    for key in reversed(path.split(".")):
        saved = {key: saved}
    torch.save({**beside(), **saved}, tmp_path / "a.pth")
    assert state_files.read(str(tmp_path / "a.pth")).entry == path


def test_tensors_beside_other_values(tmp_path: Path) -> None:
    """A flat state dict with a counter and with what a module adds of its own: nothing is lost, and it is said."""
    saved = {**nn.Linear(3, 4).state_dict(), "0.weight": torch.ones(1), "iteration": 7, "_extra_state": {"amax": 3}}
    torch.save(saved, tmp_path / "a.pth")
    found = state_files.read(str(tmp_path / "a.pth"))
    assert found.values.keys() == saved.keys()
    assert (found.entry, found.left_out) == ("", ("iteration", "_extra_state"))


def test_integer_keys(tmp_path: Path) -> None:
    torch.save(dict(enumerate(nn.Linear(3, 4).state_dict().values())), tmp_path / "a.pth")
    assert list(state_files.read(str(tmp_path / "a.pth")).values) == ["0", "1"]
    torch.save({0: torch.ones(1), "0": torch.ones(1)}, tmp_path / "a.pth")
    with pytest.raises(RequestError, match="spelled alike"):
        state_files.read(str(tmp_path / "a.pth"))


GENERATOR, DISCRIMINATOR = nn.Linear(3, 4).state_dict(), nn.Linear(2, 2, bias=False).state_dict()


@pytest.mark.parametrize(
    ("saved", "listed", "key"),
    [
        ({"generator": GENERATOR, "discriminator": DISCRIMINATOR, "epoch": 3}, "generator, discriminator", "generator"),
        ({"generator": GENERATOR, "copy": GENERATOR}, "generator, copy", "copy"),
        (
            {"model": {"generator": GENERATOR, "discriminator": DISCRIMINATOR}},
            "model.generator, model.discriminator",
            "model.generator",
        ),
        (
            {"generator": {"state_dict": GENERATOR}, "discriminator": {"state_dict": DISCRIMINATOR}},
            "generator.state_dict, discriminator.state_dict",
            "generator",
        ),
        ([DISCRIMINATOR, GENERATOR], "0, 1", "1"),
    ],
)
def test_one_of_several_networks(tmp_path: Path, saved: object, listed: str, key: str) -> None:
    name = str(tmp_path / "a.pth")
    torch.save(saved, name)
    with pytest.raises(RequestError, match=f"several state dicts: {listed}") as raised:
        state_files.read(name)
    assert f"{name}#" in str(raised.value.hint)
    assert torch.equal(state_files.read(f"{name}#{key}").values["weight"], GENERATOR["weight"])


def test_prefix_of_keys_as_a_choice(tmp_path: Path) -> None:
    name = str(tmp_path / "a.pth")
    torch.save(
        {f"gan.generator.{key}": each for key, each in GENERATOR.items()} | {"gan.d.weight": torch.ones(1)}, name
    )
    assert list(state_files.read(f"{name}#gan.generator").values) == ["weight", "bias"]


def test_choice_that_is_none(tmp_path: Path) -> None:
    name = str(tmp_path / "a.pth")
    torch.save({"generator": GENERATOR, "epoch": 3}, name)
    with pytest.raises(RequestError, match="'generater'") as raised:
        state_files.read(f"{name}#generater")
    assert raised.value.hint == "did you mean generator?"
    with pytest.raises(RequestError, match=r"'epoch' .* is no state dict"):
        state_files.read(f"{name}#epoch")


def test_a_file_of_that_very_name_wins(tmp_path: Path) -> None:
    torch.save({"generator": GENERATOR}, tmp_path / "a.pth")
    torch.save({"own.weight": torch.ones(1)}, tmp_path / "a.pth#generator")
    assert list(state_files.read(str(tmp_path / "a.pth#generator")).values) == ["own.weight"]


def test_modules_are_refused_unless_there_is_a_state_dict(tmp_path: Path) -> None:
    name = str(tmp_path / "a.pth")
    for saved in (
        nn.Linear(3, 4),
        {"model": nn.Linear(3, 4), "class_weights": torch.rand(3), "history": {"a": torch.rand(3)}},
    ):
        torch.save(saved, name)
        with pytest.raises(RequestError, match=r"whole pickled module \(torch\.nn\.modules\.linear\.Linear\)"):
            state_files.read(name)
    torch.save({"model": nn.Linear(3, 4), "state_dict": GENERATOR}, name)
    assert state_files.read(name).left_out == ("model",)


def test_optimizer_is_no_network(tmp_path: Path) -> None:
    """Its tensors have the shapes of parameters, under the numbers of parameters."""
    torch.save(beside()["optimizer"], tmp_path / "a.pth")
    with pytest.raises(RequestError, match="mapping of other things"):
        state_files.read(str(tmp_path / "a.pth"))


class Packed(Tensor):
    """Four by eight numbers, stored as int8 with a scale a row."""

    @staticmethod
    def __new__(cls, *_: Tensor) -> Self:
        return Tensor._make_wrapper_subclass(cls, (4, 8), dtype=torch.float32)

    def __init__(self, data: Tensor, scale: Tensor) -> None:
        self.data_of, self.scale = data, scale

    @classmethod
    def __torch_dispatch__(cls, function: Any, *_: Any) -> Any:
        raise NotImplementedError(function)


def test_subclass_with_parts(tmp_path: Path) -> None:
    torch.save({"a.b": Packed(torch.ones(4, 8, dtype=torch.int8), torch.ones(4, 1))}, tmp_path / "a.pth")
    found = state_files.read(str(tmp_path / "a.pth")).values["a.b"]
    assert isinstance(found, PackedTensor)
    assert (found.name, found.dtype, found.shape) == (f"{__name__}.Packed", torch.float32, (4, 8))
    assert sum(part.numel() * part.element_size() for part in found.parts) == 4 * 8 + 4 * 4


def test_the_same_value_in_very_many_places(tmp_path: Path) -> None:
    """Lists of 3000 of one list, four deep: 8·10¹³ paths to look along, and four lists to look into."""
    deep: Any = [0]
    for _ in range(4):
        deep = [deep] * 3000
    torch.save({"deep": deep, "net": GENERATOR}, tmp_path / "a.pth")
    assert state_files.read(str(tmp_path / "a.pth")).entry == "net"


def rezipped(source: Path, target: Path, **options: Any) -> str:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", **options) as new:
        for member in old.namelist():
            new.writestr(member, old.read(member))
    return str(target)


def test_compressed_archive_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"a.b": torch.zeros(10**6)}, tmp_path / "a.pth")
    stored = rezipped(tmp_path / "a.pth", tmp_path / "b.pth")
    assert list(state_files.read(stored).values) == ["a.b"]  # zipped by Python, not compressed
    name = rezipped(tmp_path / "a.pth", tmp_path / "c.pth", compression=zipfile.ZIP_DEFLATED)
    assert Path(name).stat().st_size < 10**5  # 4 MB of zeros
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("a member was read"))
    with pytest.raises(RequestError, match="compressed archive"):
        state_files.check(name)


def test_members_that_say_more_than_the_file_has(tmp_path: Path) -> None:
    """Two entries of the table of contents that are one and the same member: the storage is said twice."""
    torch.save({"a.b": torch.zeros(10**4)}, tmp_path / "a.pth")
    content = (tmp_path / "a.pth").read_bytes()
    place = content.rindex(b"a/data/0")
    size = (40_000).to_bytes(4, "little")
    entry = content.rindex(size + size, 0, place)
    larger = (10**9).to_bytes(4, "little")
    (tmp_path / "b.pth").write_bytes(content[:entry] + larger + larger + content[entry + 8 :])
    with pytest.raises(RequestError, match=r"say 1,000,0.* bytes, and it has"):
        state_files.check(str(tmp_path / "b.pth"))
