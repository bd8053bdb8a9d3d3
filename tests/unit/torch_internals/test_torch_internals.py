"""The names of torch and its like that nobody promises: a release that has lost one fails here, and says which."""

import ast
import importlib
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import torch
from torch import nn
from torch.utils import flop_counter
from torch.utils._python_dispatch import TorchDispatchMode

import cnninspect
from cnninspect import torch_internals

_PACKAGE: Final = Path(cnninspect.__file__).parent
#: What is used elsewhere than in ``torch_internals``: of every module and tensor since torch 0.4, and of named tuples.
_OF_MODULES_AND_TENSORS: Final = {"_parameters", "_buffers", "_modules", "_version", "_is_view"}
_OF_PYTHON: Final = {"_fields", "_replace", "_exit", "_run_exitfuncs", "_value_"}


@pytest.mark.parametrize(
    ("home", "name"),
    [
        ("torch", "_C._dispatch_has_kernel_for_dispatch_key"),
        ("torch", "_C._DisableTorchDispatch"),
        ("torch", "_C._len_torch_dispatch_stack"),
        ("torch", "_mkldnn"),
        ("torch.nn", "Module._call_impl"),
        ("torch.nn.modules.module", "_has_any_global_hook"),
        ("torch", "_GLOBAL_DEVICE_CONTEXT"),
        ("torch.utils._device", "DeviceContext"),
        ("torch.utils._device", "_device_constructors"),
        ("torch._ops", "HigherOrderOperator"),
        ("torch._ops", "OpOverload"),
        ("torch.utils._python_dispatch", "TorchDispatchMode.supports_higher_order_operators"),
        ("torch.utils.flop_counter", "flop_registry"),
        ("torch._dynamo", "optimize"),
        ("torch", "nn.modules.conv._ConvNd"),
        ("torch", "nn.modules.conv._ConvTransposeNd"),
        ("torch", "nn.modules.batchnorm._BatchNorm"),
        ("torch", "nn.modules.instancenorm._InstanceNorm"),
        ("torch", "nn.modules.pooling._AdaptiveAvgPoolNd"),
        ("torch", "nn.modules.pooling._AdaptiveMaxPoolNd"),
        ("torch", "Tensor._indices"),
        ("torch", "Tensor._values"),
        ("torch", "_empty_affine_quantized"),
        ("torch", "_empty_per_channel_affine_quantized"),
        ("torch", "Tensor._version"),
        ("torch", "Tensor._is_view"),
        ("torch._export", "__name__"),
        # where a module of torchvision asks for the compiler, see loading/torchvision_import.py
        ("torchvision.ops.roi_align", "is_compile_supported"),
        # what gives a builder of torchvision the arguments of its weights, see loading/torchvision.py
        ("torchvision.models._utils", "_ovewrite_named_param"),
        ("torchvision.models._utils", "_ovewrite_value_param"),
    ],
)
def test_it_is_there(home: str, name: str) -> None:
    assert operator.attrgetter(name)(importlib.import_module(home)) is not None


@pytest.mark.parametrize("name", ["_schema", "_overloadname", "_overloadpacket"])
def test_an_operator_has_it(name: str) -> None:
    assert hasattr(torch.ops.aten.linear.default, name)


def test_a_mode_is_asked_about_the_compiler() -> None:
    """Not by torch 2.9, which doesn't import its compiler under a mode in the first place."""
    is_asked = hasattr(TorchDispatchMode, "_should_skip_dynamo")
    assert is_asked == (not torch.__version__.startswith("2.9."))


@pytest.mark.parametrize("name", ["_parameters", "_buffers", "_modules"])
def test_a_module_has_it(name: str) -> None:
    assert type(vars(nn.BatchNorm2d(3))[name]) is dict


def test_importlib_says_what_is_being_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """See ``cli/app.py``."""
    (tmp_path / "looks_at_itself.py").write_text("is_being_imported = __spec__._initializing\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("looks_at_itself")
    assert (module.is_being_imported, module.__spec__._initializing) == (True, False)  # type: ignore[union-attr]


def test_names_of_operators() -> None:
    add = torch.ops.aten.add.Tensor
    assert (torch_internals.name_of(add), torch_internals.overload_of(add)) == ("aten::add", "Tensor")
    cond = torch.ops.higher_order.cond
    assert (torch_internals.name_of(cond), torch_internals.overload_of(cond)) == ("higher_order::cond", "")
    assert [each.name for each in torch_internals.schema_of(torch.ops.aten.mm.default).arguments] == ["self", "mat2"]


def test_composite_operators() -> None:
    assert torch_internals.is_composite(torch.ops.aten.linear.default)
    assert not torch_internals.is_composite(torch.ops.aten.convolution.default)


def test_kinds_of_packed_weights() -> None:
    packed = torch.ops.quantized.linear_prepack_fp16(torch.ones(2, 3), None)
    assert torch_internals.kind_of_packed(packed) == "LinearPackedParamsBase"


def test_layouts() -> None:
    assert torch.ones(2, 2).to_mkldnn().layout is torch_internals.ONEDNN


def test_paddings_of_same() -> None:
    layer = nn.Conv2d(1, 1, (2, 5), padding="same")  # one more behind than before, and two on either side
    assert torch_internals.paddings_around(layer) == [2, 2, 0, 1]


def test_formulas_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not torch_internals.has_formulas_of_others()
    assert torch_internals.registered_formula(torch.ops.aten.relu.default) is None

    def formula(*_: Any, **__: Any) -> int:
        return 1

    monkeypatch.setitem(flop_counter.flop_registry, torch.ops.aten.relu, formula)
    assert torch_internals.has_formulas_of_others()
    assert torch_internals.registered_formula(torch.ops.aten.relu.default) is formula


class Code:
    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return Path.mkdir, (Path("ran"),)  # type: ignore[return-value]


def test_tensors_alone_are_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save([Code()], "code.pt")
    with torch_internals.weights_only(), pytest.raises(Exception, match="Weights only load failed"):
        torch.load("code.pt")
    assert not Path("ran").exists()


@pytest.mark.parametrize("before", [None, "0"])
def test_the_environment_comes_back(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    name = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    monkeypatch.delenv(name, raising=False)
    if before is not None:
        monkeypatch.setenv(name, before)
    with torch_internals.weights_only():
        assert os.environ[name] == "1"
    assert os.environ.get(name) == before


@pytest.mark.parametrize(
    ("lost", "name"),
    [
        (torch._C, "_dispatch_has_kernel_for_dispatch_key"),
        (torch, "_GLOBAL_DEVICE_CONTEXT"),
        (flop_counter, "flop_registry"),
    ],
)
def test_a_torch_without_it_still_runs(lost: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """4 outputs of 8 inputs for 2 images."""
    monkeypatch.delattr(lost, name)
    report = cnninspect.inspect_model(nn.Linear(8, 4), inputs=["2x8"])
    assert (report.totals.macs, report.uncounted_ops) == (64, ())


def private_names(file: Path) -> set[str]:
    """The private names of others than itself that a module uses, and the private modules that it imports from."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            if not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}):
                found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "" for name in (node.module or "").split(".") if name.startswith("_")}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if "._" in alias.name}
    return found


def test_no_other_module_uses_a_private_name_of_torch() -> None:
    used = {str(file.relative_to(_PACKAGE)): private_names(file) for file in _PACKAGE.rglob("*.py")}
    used = {file: names for file, names in used.items() if not file.startswith("torch_internals")}
    assert used.pop("loading/torchvision_import.py") == {"torch._dynamo"}  # the one that this module is about
    elsewhere = {file: names - _OF_MODULES_AND_TENSORS - _OF_PYTHON for file, names in used.items()}
    assert {file: names for file, names in elsewhere.items() if names} == {}
