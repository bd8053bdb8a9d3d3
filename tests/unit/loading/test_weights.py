"""State dicts in and out of checkpoints, under prefixes, as safetensors, tied; and what is refused."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from cnninspect.errors import ModelError, RequestError
from cnninspect.loading import weights
from cnninspect.weights_files import state_files


def two_layers() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def loaded(name: Path) -> nn.Sequential:
    module = two_layers()
    weights.check_file(str(name))
    weights.load_file(module, str(name))
    return module


def same(module: nn.Module, expected: dict[str, Tensor]) -> bool:
    found = module.state_dict()
    return found.keys() == expected.keys() and all(torch.equal(found[key], expected[key]) for key in expected)


@pytest.mark.parametrize("entry", ["state_dict", "model", "model_state_dict", "net", "anything"])
def test_checkpoint(tmp_path: Path, entry: str) -> None:
    expected = two_layers().state_dict()
    momentum = {"state": {0: {"buffer": torch.ones(2)}}, "param_groups": [{"lr": 0.1}]}
    torch.save({"epoch": 3, entry: expected, "optimizer": momentum, "best": None}, tmp_path / "a.pth")
    assert same(loaded(tmp_path / "a.pth"), expected)
    assert state_files.read(str(tmp_path / "a.pth")).left_out == ("epoch", "optimizer", "best")


def test_checkpoint_with_an_average_beside_the_state_dict(tmp_path: Path) -> None:
    first, second = two_layers().state_dict(), two_layers().state_dict()
    torch.save({"ema": first, "model": second}, tmp_path / "a.pth")
    assert same(loaded(tmp_path / "a.pth"), second)
    torch.save({"first": first, "second": second}, tmp_path / "b.pth")
    with pytest.raises(RequestError, match="several state dicts: first, second"):
        loaded(tmp_path / "b.pth")


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_prefixes_of_wrappers(tmp_path: Path, prefix: str) -> None:
    expected = two_layers().state_dict()
    torch.save({prefix + key: value for key, value in expected.items()}, tmp_path / "a.pth")
    assert same(loaded(tmp_path / "a.pth"), expected)


def test_prefix_that_the_model_has_itself() -> None:
    module = nn.ModuleDict({"module": nn.Linear(2, 2)})
    expected = {"module.weight": torch.ones(2, 2), "module.bias": torch.ones(2)}
    weights.load(module, expected, "a.pth")
    assert same(module, expected)


def test_prefix_of_some_keys_only() -> None:
    state_dict = two_layers().state_dict()
    mixed = {("module." if key.startswith("0") else "other.") + key: value for key, value in state_dict.items()}
    with pytest.raises(ModelError, match=r"unexpected: module\.0\.weight"):
        weights.load(two_layers(), mixed, "a.pth")


@pytest.mark.parametrize("name", ["a.safetensors", "a.bin"])
def test_safetensors_by_its_content(tmp_path: Path, name: str) -> None:
    expected = two_layers().state_dict()
    save_file(expected, tmp_path / name, metadata={"format": "pt"})
    assert same(loaded(tmp_path / name), expected)


def test_safetensors_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file(two_layers().state_dict(), tmp_path / "a.safetensors")
    monkeypatch.setattr(state_files, "find_spec", lambda name: None if name == "safetensors" else 1)
    with pytest.raises(RequestError, match="not installed") as raised:
        weights.check_file(str(tmp_path / "a.safetensors"))
    assert raised.value.hint == "pip install safetensors"
    assert importlib.util.find_spec("safetensors")


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 5, bias=False)
        self.head.weight = self.embed.weight


@pytest.mark.parametrize("left_out", [set(), {"head.weight"}, {"embed.weight"}])
def test_tied_weights_stay_tied(left_out: set[str]) -> None:
    """A safetensors file has one of the two keys, a file of torch.save both."""
    values = torch.rand(5, 3)
    module = Tied()
    state_dict = {key: values for key in ("embed.weight", "head.weight") if key not in left_out}
    weights.load(module, state_dict, "a.pth")
    assert module.head.weight is module.embed.weight
    assert torch.equal(module.head.weight, values)
    assert sum(parameter.numel() for parameter in module.parameters()) == 15


def test_frozen_parameters_stay_frozen() -> None:
    module = two_layers()
    module[0].requires_grad_(requires_grad=False)
    weights.load(module, two_layers().state_dict(), "a.pth")
    assert [parameter.requires_grad for parameter in module.parameters()] == [False, False, True, True]


@pytest.mark.parametrize("checkpoint", [False, True])
@pytest.mark.parametrize("is_archive", [False, True])
def test_whole_module_is_refused_with_the_reason(tmp_path: Path, checkpoint: bool, is_archive: bool) -> None:
    module = two_layers()
    held: Any = {"epoch": 1, "model": module} if checkpoint else module
    torch.save(held, tmp_path / "a.pth", _use_new_zipfile_serialization=is_archive)
    with pytest.raises(RequestError, match=r"whole pickled module \(torch.nn.* loading it would run code") as raised:
        loaded(tmp_path / "a.pth")
    assert "module.state_dict()" in str(raised.value.hint)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_programs_are_told_apart_without_torch(tmp_path: Path) -> None:
    torch.jit.trace(nn.Linear(2, 2), torch.rand(1, 2)).save(str(tmp_path / "a.pt"))  # type: ignore[no-untyped-call]
    with pytest.raises(RequestError, match="TorchScript"):
        weights.check_file(str(tmp_path / "a.pt"))
