"""The user's code from Python: fresh each time, with nothing left behind in the caller's process."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from cnninspect import inspect_model
from cnninspect.errors import ModelError, RequestError
from cnninspect.loading import python_code, python_source
from cnninspect.spec import PythonModel


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_found_as_python_would(folder: Path) -> None:
    for name in ("a/__init__.py", "a/b/__init__.py", "a/b/net.py", "c/net.py", "src/d/net.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "link.py").symlink_to("c/net.py")
    expected = {
        "a/b/net.py": (folder, ("a", "b", "net")),
        "a/b/__init__.py": (folder, ("a", "b")),
        "c/net.py": (folder / "c", ("net",)),
        "link.py": (folder / "c", ("net",)),
        "a.b": (folder, ("a", "b")),
        "c.net": (folder, ("c", "net")),
        "d.net": (folder / "src", ("d", "net")),
        "json.decoder": (None, ("json", "decoder")),
        "sys": (None, ("sys",)),
    }
    for place, (root, parts) in expected.items():
        found = python_source.find(place)
        assert (found.root, found.parts) == (root, parts), place


def test_only_what_is_surely_missing_is_missing(folder: Path) -> None:
    """Names can come from a star import, from a ``__getattr__``, from ``globals()`` …; all else is in the text."""
    made = ["from json import *", "def __getattr__(name): ...", "globals()['Net'] = 1", "def f():\n global Net"]
    made += ["import a as Net", "import Net.b", "[Net := 1]", "for Net in 'a': ...", "with a as (b, Net): ..."]
    made += ["try: ...\nexcept E as Net: ...", "match 1:\n case Net: ...", "class Net: ...", "async def Net(): ..."]
    for text in made:
        (folder / "net.py").write_text(text)
        python_code.check(PythonModel("net.py:Net", "net.py", "Net"), None)
    for text in ["", "Nett = 'Net'", "# Net", "from a import Net as b"]:
        (folder / "net.py").write_text(text)
        with pytest.raises(RequestError, match="'Net'"):
            python_code.check(PythonModel("net.py:Net", "net.py", "Net"), None)


CAREFUL = """
import torch
from torch import nn
print("hello")
class Net(nn.Linear):
    def __init__(self):
        super().__init__(3, 3)
        self.inverse = torch.linalg.inv(self.weight.detach())
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
torch.set_default_device("meta")
torch.set_default_device("cpu")
torch.manual_seed(7)
"""


def test_built_with_real_initialisation_and_nothing_left_behind(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Zeros have no inverse. What a caller's own code prints goes where the caller's output goes."""
    (folder / "careful.py").write_text(CAREFUL)
    state, path, finders = torch.get_rng_state(), list(sys.path), list(sys.meta_path)
    report = inspect_model("careful.py:Net", inputs=["1x3"])
    assert report.totals.param_bytes == 12 * 8
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert torch._C._len_torch_function_stack() == 0  # a default device is one
    assert (sys.path, sys.meta_path) == (path, finders)
    assert "careful" not in sys.modules
    assert capsys.readouterr().out == "hello\n"


def test_nothing_is_left_behind_by_code_that_fails(folder: Path) -> None:
    (folder / "careful.py").write_text(f"import helper\n{CAREFUL}\nraise OSError")
    (folder / "helper.py").touch()
    with pytest.raises(ModelError, match=r"OSError\n  at careful\.py:16"):
        inspect_model("careful.py:Net", inputs=["1x3"])
    assert torch.get_default_dtype() == torch.float32
    assert not {"careful", "helper"} & set(sys.modules)


def test_the_same_seed_draws_the_same_values(folder: Path) -> None:
    """A layer as wide as a random number says."""
    (folder / "drawn.py").write_text(
        "import torch\nfrom torch import nn\n"
        "def build(): return nn.Linear(3, int(torch.randint(1, 10_000, ())), bias=False)\n"
    )
    first, again, other = (
        inspect_model("drawn.py:build", inputs=["1x3"], device="meta", seed=seed).totals.params for seed in (0, 0, 1)
    )
    assert first == again != other


def test_code_is_read_again_each_time(folder: Path) -> None:
    for width in (4, 15):
        (folder / "net.py").write_text(f"from torch import nn\ndef build(): return nn.Linear(3, {width})\n")
        assert inspect_model("net.py:build", inputs=["1x3"]).totals.params == 4 * width


READY = "from torch import nn\nready = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))\n"


def test_a_ready_module_that_the_caller_has_imported_stays_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mine.py").write_text(READY)
    monkeypatch.syspath_prepend(folder)
    mine = importlib.import_module("mine")
    ready: Any = mine.ready
    weight, values = ready[0].weight, ready[0].weight.detach().clone()
    torch.save({key: torch.zeros_like(value) for key, value in ready.state_dict().items()}, folder / "zeros.pth")
    for spec in ("mine.py:ready", "mine:ready"):
        inspect_model(spec, inputs=["2x3"], mode="train", weights=os.fspath(folder / "zeros.pth"))
        inspect_model(spec, inputs=["2x3"], mode="eval")
    assert sys.modules.pop("mine") is mine
    assert ready.training
    assert ready[0].weight is weight
    assert weight.equal(values)
    assert ready[1].num_batches_tracked == 0
