"""State dicts in and out of checkpoints, under prefixes, as safetensors, tied; and what is refused."""

import importlib.util
from collections.abc import Callable
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


@pytest.mark.parametrize(
    "rename",
    [
        lambda key: f"model.{key}",
        lambda key: f"model._orig_mod.module.{key}",
        lambda key: key.replace("0.", "0._orig_mod.", 1),
        lambda key: key.replace("0.", "0.module.", 1),
        lambda key: key.replace("1.", "1._checkpoint_wrapped_module.", 1),
        lambda key: f"_orig_mod.{key.replace('1.', '1._fsdp_wrapped_module.', 1)}",
    ],
)
def test_wrappers_anywhere(tmp_path: Path, rename: Callable[[str], str]) -> None:
    expected = two_layers().state_dict()
    torch.save({rename(key): value for key, value in expected.items()}, tmp_path / "a.pth")
    assert same(loaded(tmp_path / "a.pth"), expected)


def test_plain_keys_for_a_wrapped_module() -> None:
    module: Any = torch.compile(two_layers())
    expected = two_layers().state_dict()
    weights.load(module, expected, "a.pth")
    assert same(module, {f"_orig_mod.{key}": value for key, value in expected.items()})


def test_wrapped_weights_of_another_size_are_named_as_in_the_model() -> None:
    wrapped = {f"model.{key}": value for key, value in nn.Linear(3, 4).state_dict().items()}
    with pytest.raises(ModelError) as raised:
        weights.load(nn.Linear(3, 5), wrapped, "a.pth")
    lines = raised.value.message.splitlines()[1:]
    assert lines == ["  2 mis-shaped: weight (4×3 in the file, 5×3 in the model), bias (4 in the file, 5 in the model)"]


def test_averaged_model(tmp_path: Path) -> None:
    module = two_layers()
    torch.save(torch.optim.swa_utils.AveragedModel(module).state_dict(), tmp_path / "a.pth")
    assert same(loaded(tmp_path / "a.pth"), module.state_dict())


def test_two_keys_do_not_become_one() -> None:
    """An average beside the network: to strip ``module.`` would let one of the two be lost without a word."""
    plain = nn.Linear(3, 4).state_dict()
    both = {**plain, **{f"module.{key}": value for key, value in plain.items()}}
    with pytest.raises(ModelError, match=r"2 unexpected: module\.weight, module\.bias"):
        weights.load(nn.Linear(3, 4), both, "a.pth")


def without_counter(state_dict: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key: value for key, value in state_dict.items() if "tracked" not in key}


@pytest.mark.filterwarnings("ignore")  # of the older weight_norm
def test_what_the_module_itself_takes() -> None:
    """As ``load_state_dict(strict=True)`` does: no counter of BatchNorm, old weight-norm keys, a scalar with a side."""
    module = two_layers()
    weights.load(module, without_counter(two_layers().state_dict()), "a.pth")
    normed = nn.utils.parametrizations.weight_norm(nn.Linear(3, 4))
    old = nn.utils.weight_norm(nn.Linear(3, 4)).state_dict()
    assert "weight_g" in old
    weights.load(normed, old, "a.pth")
    assert torch.equal(normed.parametrizations.weight.original0, old["weight_g"])
    norm = nn.BatchNorm1d(2)
    weights.load(norm, {**norm.state_dict(), "num_batches_tracked": torch.tensor([5])}, "a.pth")
    assert norm.state_dict()["num_batches_tracked"].tolist() == 5


def test_counter_that_a_newer_file_must_have(tmp_path: Path) -> None:
    """A state dict of version 2 without the counter is refused by torch, and here."""
    state_dict = two_layers().state_dict()
    del state_dict["1.num_batches_tracked"]
    torch.save(state_dict, tmp_path / "a.pth")
    with pytest.raises(ModelError, match=r"1 missing: 1\.num_batches_tracked"):
        loaded(tmp_path / "a.pth")


class Renaming(nn.Module):
    """Takes ``old`` for ``first`` and ``second``, which are one."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4).half()
        self.second = self.first

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        for key in [key for key in state_dict if key.startswith("old.")]:
            value = state_dict.pop(key)
            state_dict[key.replace("old", "first")] = state_dict[key.replace("old", "second")] = value
        super()._load_from_state_dict(state_dict, prefix, *rest)


def test_renaming_module_keeps_its_dtype_and_its_ties() -> None:
    module = Renaming()
    weights.load(module, {"old.weight": torch.ones(4, 3), "old.bias": torch.zeros(4)}, "a.pth")
    assert module.first.weight is module.second.weight
    assert module.first.weight.dtype == torch.float16
    assert module.first.weight.tolist() == [[1.0] * 3] * 4


def test_values_that_no_module_asks_for() -> None:
    """A counter among the tensors is left out; what a module adds to its own state dict is handed to it."""

    class Extra(nn.Linear):
        seen: object = None

        def get_extra_state(self) -> object:
            return self.seen

        def set_extra_state(self, state: object) -> None:
            self.seen = state

    module = Extra(3, 4)
    values: dict[str, Any] = {**nn.Linear(3, 4).state_dict(), "_extra_state": {"amax": 3}, "iteration": 1000}
    weights.load(module, values, "a.pth")
    assert module.seen == {"amax": 3}


class OwnLoading(nn.Linear):
    def load_state_dict(self, state_dict: Any, strict: bool = True) -> Any:  # type: ignore[override]
        if "boom" in state_dict:
            raise KeyError("boom")
        return super().load_state_dict(state_dict, strict)


def test_module_with_a_loader_of_its_own() -> None:
    expected = nn.Linear(3, 4).state_dict()
    module = OwnLoading(3, 4)
    weights.load(module, expected, "a.pth")
    assert same(module, expected)
    with pytest.raises(ModelError, match="KeyError: 'boom'"):
        weights.load(module, {"boom": torch.ones(1)}, "a.pth")
    with pytest.raises(ModelError, match="2 mis-shaped"):
        weights.load(OwnLoading(3, 5), expected, "a.pth")


@pytest.mark.parametrize("dtype", [torch.int64, torch.float16])
def test_other_dtypes_become_those_of_the_model(dtype: torch.dtype) -> None:
    module = nn.Linear(3, 4)
    weights.load(module, {"weight": torch.ones(4, 3, dtype=dtype), "bias": torch.ones(4)}, "a.pth")
    assert module.weight.dtype == torch.float32
    assert module.weight.tolist() == [[1.0] * 3] * 4


def test_file_names() -> None:
    assert all(map(weights.is_file_name, ["a.pth", "a.pth#b", "dir/a", "a.onnx", "model.safetensors.index.json"]))
    assert not any(map(weights.is_file_name, ["DEFAULT", "IMAGENET1K_V1", "a" * 300]))
