"""The names of torch and its like that nobody promises: a release that has lost one fails here, and says which."""

import ast
import importlib
import operator
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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


def test_default_device() -> None:
    assert torch_internals.default_device() is None
    torch.set_default_device("meta")
    try:
        assert torch_internals.default_device().device.type == "meta"
        assert torch_internals.device_of_new_tensors().type == "meta"
    finally:
        torch_internals.restore_default_device(None)
    assert torch.get_default_device().type == "cpu"
    with torch.device("meta"):
        assert torch_internals.default_device() is None


def test_default_device_that_somebody_has_taken_away() -> None:
    torch.set_default_device("meta")
    torch.set_default_device(None)  # in torch 2.9, torch.get_default_device() raises from here on
    try:
        assert torch_internals.device_of_new_tensors().type == "cpu"
    finally:
        torch_internals.restore_default_device(None)
    assert torch.get_default_device().type == "cpu"


def test_where_new_tensors_are_made() -> None:
    """Whatever code inside says of devices: nothing of it is left."""
    with torch_internals.makes_on(torch.device("meta")):
        made = (torch.ones(2), torch.tensor([1]), nn.Linear(2, 2).weight)
        assert {tensor.device.type for tensor in made} == {"meta"}
        with torch.device("meta"):
            assert torch.ones(2).device.type == "meta"
        torch.set_default_device("cpu")
        torch_internals.restore_default_device(None)
        assert torch.ones(2, device="cpu").device.type == "cpu"
        assert torch.ones(2).device.type == "meta"
    assert torch.ones(2).device.type == "cpu"


def test_default_device_is_set_again() -> None:
    torch.set_default_device("meta")
    try:
        before = torch_internals.default_device()
        torch.set_default_device("cpu")
        torch_internals.restore_default_device(before)
        assert torch.get_default_device().type == "meta"
    finally:
        torch_internals.restore_default_device(None)


def test_formulas_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not torch_internals.has_formulas_of_others()
    assert torch_internals.registered_formula(torch.ops.aten.relu.default) is None

    def formula(*_: Any, **__: Any) -> int:
        return 1

    monkeypatch.setitem(flop_counter.flop_registry, torch.ops.aten.relu, formula)
    assert torch_internals.has_formulas_of_others()
    assert torch_internals.registered_formula(torch.ops.aten.relu.default) is formula


class Half(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.written = torch.compile(self.halved)

    def halved(self, x: float) -> float:
        return x / 2


def test_what_was_compiled_tells_what_it_was_compiled_from() -> None:
    module = Half()
    assert torch_internals.written_function(module.written) == module.halved
    assert torch_internals.written_function(module.halved) is None
    assert torch_internals.written_function(module) is None


def test_the_stance_comes_back() -> None:
    from torch._dynamo import eval_frame

    def stance() -> str:
        return eval_frame._stance.stance

    def fails() -> None:
        assert stance() == "force_eager"
        raise ValueError

    with torch.compiler.set_stance("eager_on_recompile"):
        assert torch_internals.uncompiled(stance) == "force_eager"
        with pytest.raises(ValueError, match=r"^$"):
            torch_internals.uncompiled(fails)
        assert stance() == "eager_on_recompile"


def test_the_stance_comes_back_from_several_threads() -> None:
    """The second to come leaves last: it may not put back what the first had set."""
    from torch._dynamo import eval_frame

    def stance() -> str:
        time.sleep(0.01)
        return eval_frame._stance.stance

    def overlapping(_: int) -> str:
        return torch_internals.uncompiled(stance)

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(overlapping, range(8))) == {"force_eager"}
    assert eval_frame._stance.stance == "default"


_FIRST_TO_ASK: Final = """
import sys
import torch
from cnninspect.torch_internals import uncompiled
starts = []

def run():
    starts.append("torch._dynamo" in sys.modules)
    try:
        return torch.compile(lambda x: x @ x)(torch.ones(2, 2)).sum().item()
    except Exception:  # of no effect
        return None

before = list(sys.meta_path)
assert uncompiled(lambda: 3) == 3 and "torch._dynamo" not in sys.modules
assert uncompiled(run) == 8 and starts == [False, True]
assert sys.meta_path == before
from torch._dynamo.utils import counters
assert not counters["frames"]
"""


def test_a_run_that_is_the_first_to_ask_for_the_compiler_runs_again_without_compiling() -> None:
    subprocess.run([sys.executable, "-c", _FIRST_TO_ASK], check=True, timeout=300)


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
    del used["torch_internals.py"]
    assert used.pop("loading/torchvision_import.py") == {"torch._dynamo"}  # the one that this module is about
    elsewhere = {file: names - _OF_MODULES_AND_TENSORS - _OF_PYTHON for file, names in used.items()}
    assert {file: names for file, names in elsewhere.items() if names} == {}


def test_shapes_need_no_compiler() -> None:
    """Linear layers and layer normalisations on meta are computed by functions that ask it to leave them alone."""
    code = (
        "import sys; from cnninspect import inspect_model; "
        "inspect_model('nn:Conv2d(3, 4, 3); Flatten(); LayerNorm(144); Linear(144, 7)', inputs='1x3x8x8', "
        "device='meta'); "
        "raise SystemExit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_was_spared_is_left_alone_by_a_compiler_that_comes_later() -> None:
    code = (
        "import torch; from cnninspect.torch_internals import spare_the_compiler; spare_the_compiler(); "
        "import torch._dynamo; from torch import _refs; "
        "assert _refs.mul(torch.ones(2), 3.0).tolist() == [3.0, 3.0]; "
        "assert torch.compile(lambda x: torch.rsqrt(x) * 2, backend='eager')(torch.ones(2)).tolist() == [2.0, 2.0]"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
