"""A class or function of a notebook as a model: what is run of it, and what is said where that is not enough."""

import json
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.unit.loading.notebooks import notebook

INPUT = ["-i", "2x3"]
NET = """\
class Net(nn.Module):
    def __init__(self, width=WIDTH):
        super().__init__()
        self.layer = nn.Linear(3, width)

    def forward(self, x):
        return self.layer(x)


class OnDevice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        return self.layer(x.to(device))


def build(depth: int = 1):
    return nn.Sequential(*(Net(3) for _ in range(depth)))


def on_device():
    return Net().to(device)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook that would do harm if more of it were run than its definitions."""
    (tmp_path / "helper.py").write_text("WIDTH = 2\n")
    notebook(
        tmp_path / "net.ipynb",
        "!touch harm\n%matplotlib inline\nimport torch\nfrom torch import nn\nfrom helper import WIDTH as HALF",
        "%%bash\ntouch harm",
        "WIDTH = HALF * 2\ndevice = torch.device('cpu')",
        NET,
        "open('harm', 'w').close()\nnet = build().to(device)\nfor epoch in range(10):\n    raise SystemExit(7)",
        "this is no Python",
        "class Half(nn.Module:\n    pass",
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "params"),
    [
        ("net.ipynb:Net", 3 * 4 + 4),
        ("net.ipynb:Net,width=5", 3 * 5 + 5),
        ("net.ipynb:build,depth=2", 2 * (3 * 3 + 3)),
        ("./net.ipynb:build", 3 * 3 + 3),
    ],
)
def test_what_may_be_named(cli: Cli, folder: Path, spec: str, params: int) -> None:
    result = cli("summary", spec, *INPUT, "-f", "json")
    assert result.code == 0, result.err
    assert json.loads(result.out)["totals"]["params"] == params
    assert not (folder / "harm").exists()


def test_a_change_is_seen(cli: Cli, folder: Path) -> None:
    for width in (2, 3):
        notebook(
            folder / "net.ipynb", "from torch import nn", f"W = {width}", "def build():\n    return nn.Linear(3, W)"
        )
        report = json.loads(cli("summary", "net.ipynb:build", *INPUT, "-f", "json").out)
        assert (report["totals"]["params"], report["run"]["cached"]) == (3 * width + width, False)


def test_a_notebook_beside_a_module_of_its_name(cli: Cli, folder: Path) -> None:
    """What it imports under that name is the module."""
    (folder / "twin.py").write_text("WIDTH = 7\n")
    notebook(
        folder / "twin.ipynb", "import twin\nfrom torch import nn\ndef build():\n    return nn.Linear(1, twin.WIDTH)"
    )
    report = json.loads(cli("summary", "twin.ipynb:build", "-i", "1x1", "-f", "json").out)
    assert report["totals"]["params"] == 7 + 7


@pytest.mark.parametrize(
    ("spec", "code", "says"),
    [
        ("net.ipynb", 2, ["'net.ipynb' is a notebook", "net.ipynb:Net"]),
        ("net.ipynb:net", 2, ["called 'net'", "'net = build().to(device)' (cell 5, line 2) is left out"]),
        ("net.ipynb:epoch", 2, ["'for epoch in range(10):' (cell 5, line 3) is left out", "imports, definitions"]),
        ("net.ipynb:Nett", 2, ["called 'Nett'", "did you mean Net?"]),
        ("net.ipynb:Other", 2, ["it defines Net, OnDevice, WIDTH, build", "left out are", "not Python: 'this is no"]),
        ("net.ipynb:WIDTH", 2, ["of type int, not a model"]),
        ("net.ipynb:Half", 3, ["SyntaxError", "at net.ipynb, cell 7:1"]),
        ("net.ipynb:Net,wide=3", 2, ["unknown argument 'wide'"]),
        ("net.ipynb:OnDevice", 3, ["'device' is not defined", "\"device = torch.device('cpu')\" (cell 3, line 2)"]),
        ("net.ipynb:on_device", 3, ["at net.ipynb, cell 4:24", "\"device = torch.device('cpu')\" (cell 3, line 2)"]),
        ("none.ipynb:Net", 2, ["can't read 'none.ipynb'", "net.ipynb"]),
        ("broken.ipynb:Net", 2, ["'broken.ipynb' is not a notebook"]),
        ("missing.ipynb:Net", 3, ["ModuleNotFoundError", "at missing.ipynb, cell 1:2", "install it"]),
        ("package.ipynb:Net", 3, ["no known parent package", "a notebook belongs to no package"]),
    ],
)
def test_what_is_said(cli: Cli, folder: Path, spec: str, code: int, says: list[str]) -> None:
    (folder / "broken.ipynb").write_text('{"cells": ')
    notebook(folder / "missing.ipynb", "from torch import nn\nimport no_such_package\nclass Net(nn.Module): pass")
    notebook(folder / "package.ipynb", "from . import helper\nclass Net: pass")
    result = cli("summary", spec, *INPUT)
    assert result.code == code, result.err
    for words in says:
        assert words in result.err
    assert "Traceback" not in result.err
    assert not (folder / "harm").exists()


@pytest.mark.usefixtures("folder")
def test_the_line_that_fails_is_shown(cli: Cli) -> None:
    assert "net.ipynb, cell 4:16: return self.layer(x.to(device))" in cli("summary", "net.ipynb:OnDevice", *INPUT).err


@pytest.mark.usefixtures("folder")
def test_two_definitions_are_held_against_each_other(cli: Cli) -> None:
    assert cli("verify", "net.ipynb:Net", "net.ipynb:Net,width=4", *INPUT).code == 0
    assert cli("verify", "net.ipynb:Net", "net.ipynb:Net,width=5", *INPUT).code == 1
