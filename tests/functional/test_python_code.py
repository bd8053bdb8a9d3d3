"""The user's own code as a model: where it is found, what it may be, what it prints, how it fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cnninspect import inspect_model
from cnninspect.forward_error import ForwardError
from tests.conftest import Cli

NET = """\
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=4, bias=True):
        super().__init__()
        self.layer = nn.Linear(3, width, bias=bias)

    def forward(self, x):
        return self.layer(x)

class Wide(nn.Module):
    def __init__(self, width, depth: int, *, norm="batch"):
        super().__init__()
        if width < 1:
            raise ValueError(f"width {width} is too small\\nby far")
        self.layer = nn.Linear(3, width)

    def forward(self, x):
        return self.layer(x)

class Outer:
    Inner = Net

class Config:
    pass

def build(width=8):
    return Net(width)

def build_pair():
    return Net(), "transform"

async def build_later():
    return Net()

ready = nn.Sequential(nn.Linear(3, 5), nn.Dropout())
number = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with ``net.py`` in it."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"net.py": NET})
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def params(cli: Cli, spec: str, *options: str) -> int:
    result = cli("summary", spec, "-i", "1x3", "-f", "json", *options)
    assert result.code == 0, result.err
    found: int = json.loads(result.out)["totals"]["params"]
    return found


def failure(cli: Cli, spec: str, code: int, *options: str) -> str:
    path, modules = list(sys.path), set(sys.modules)
    result = cli("summary", spec, "-i", "1x3", "-f", "json", *options)
    assert result.code == code, result.err
    assert result.out == ""
    assert "Traceback" not in result.err
    assert sys.path == path
    assert not {name for name in sys.modules.keys() - modules if name.startswith(("net", "broken"))}
    return result.err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("spec", "count"),
    [  # a linear layer of w outputs on 3 inputs has 3w weights and w biases
        ("net.py:Net", 16),
        ("net:Net", 16),
        ("net.py:Net,width=5", 20),
        ("net.py:Net,width=5,bias=false", 15),
        ("net.py:Outer.Inner,width=2", 8),
        ("net.py:build", 32),
        ("net.py:build,width=1", 4),
        ("net.py:Wide,width=2,depth=1,norm=layer", 8),
        ("net.py:ready", 20),
        ("net.py:ready.0", 20),
    ],
)
def test_what_may_be_named(cli: Cli, spec: str, count: int) -> None:
    assert params(cli, spec) == count


def test_report_says_where_the_model_comes_from(cli: Cli, folder: Path) -> None:
    model = json.loads(cli("summary", "net.py:Net,width=2", "-i", "1x3", "-f", "json").out)["model"]
    assert model == {
        "spec": "net.py:Net,width=2", "name": "Net", "source": "python", "class_path": "net.Net",
        "weights": None, "arguments": {"width": 2},
    }  # fmt: skip
    assert params(cli, str(folder / "net.py:Net")) == 16


LINEAR = "from torch import nn\nclass Net(nn.Linear):\n    def __init__(self):\n        super().__init__(3, WIDTH)\n"


@pytest.mark.parametrize(
    ("files", "spec"),
    [
        ({"lib/sizes.py": "WIDTH = 6", "lib/net.py": f"from sizes import *\n{LINEAR}"}, "lib/net.py:Net"),
        ({"sizes.py": "WIDTH = 6", "lib/net.py": f"from sizes import WIDTH\n{LINEAR}"}, "lib/net.py:Net"),
        (
            {
                "a/pkg/__init__.py": "from .sub.net import Net",
                "a/pkg/sizes.py": "WIDTH = 6",
                "a/pkg/sub/__init__.py": "",
                "a/pkg/sub/net.py": f"from ..sizes import WIDTH\n{LINEAR}",
            },
            "a/pkg/sub/net.py:Net",
        ),
        ({"pkg/__init__.py": f"from pkg.sizes import WIDTH\n{LINEAR}", "pkg/sizes.py": "WIDTH = 6"}, "pkg:Net"),
        ({"p/__init__.py": f"from .sizes import WIDTH\n{LINEAR}", "p/sizes.py": "WIDTH = 6"}, "p/__init__.py:Net"),
        (
            {
                "src/pkg/__init__.py": "",
                "src/pkg/net.py": f"from pkg.sizes import WIDTH\n{LINEAR}",
                "src/pkg/sizes.py": "WIDTH = 6",
            },
            "pkg.net:Net",
        ),
        ({"src/pkg/net.py": f"from .sizes import WIDTH\n{LINEAR}", "src/pkg/sizes.py": "WIDTH = 6"}, "pkg.net:Net"),
        ({"pkg/__init__.py": "WIDTH = 6", "pkg/net.v2.py": f"from . import WIDTH\n{LINEAR}"}, "pkg/net.v2.py:Net"),
    ],
    ids=["sibling", "from the working directory", "package", "package itself", "its file", "src", "no init", "dot"],
)
def test_imports_of_its_own(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], spec: str
) -> None:
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    assert params(cli, spec) == 24
    assert sys.path == path
    assert not (sys.modules.keys() - modules) & {"net", "sizes", "pkg", "pkg.net", "p"}


OTHER = "import {0} as other\nassert other.__file__ != __file__, 'it has imported itself'\n"


@pytest.mark.parametrize(
    ("name", "start"),
    [
        *((name, "") for name in ("torch_net", "net-v2", "resnet", "net.v2", "2fast", "__main__", "with space")),
        *((name, OTHER.format(name)) for name in ("types", "torch", "torchvision", "mailbox", "cnninspect")),
        ("types/net", OTHER.format("types")),
    ],
)
def test_any_file_name(cli: Cli, folder: Path, name: str, start: str) -> None:
    """A file that is called as a library may import the library."""
    write(folder, {f"sub/{name}.py": start + NET})
    if "/" in name:
        write(folder, {f"sub/{Path(name).parent}/__init__.py": ""})
    assert params(cli, f"sub/{name}.py:Net") == 16


def test_a_name_is_looked_up_where_one_is_first(cli: Cli, folder: Path) -> None:
    """``types`` and ``test`` are Python's too."""
    write(folder, {"types.py": NET, "test/net.py": NET, "src/types.py": ""})
    assert params(cli, "types:Net") == params(cli, "test.net:Net") == 16


def test_installed_code(cli: Cli) -> None:
    """AlexNet of torchvision with one class: 61,100,840 less the 999 · 4097 of the other classes."""
    result = cli("summary", "torchvision.models:alexnet,num_classes=1", "-i", "1x3x64x64", "-f", "json")
    assert json.loads(result.out)["totals"]["params"] == 61_100_840 - 999 * 4097


def test_two_directories_with_files_of_the_same_names(cli: Cli, folder: Path) -> None:
    for width in (1, 2):
        write(
            folder, {f"{width}/net.py": f"from sizes import WIDTH\n{LINEAR}", f"{width}/sizes.py": f"WIDTH = {width}"}
        )
    assert [params(cli, f"{width}/net.py:Net") for width in (1, 2)] == [4, 8]


def test_imports_when_it_runs(cli: Cli, folder: Path) -> None:
    lazy = NET.replace("return self.layer(x)", "from far import scale\n        return self.layer(x) * scale")
    write(folder, {"lib/net.py": f"import sys\nsys.path.append('other')\n{lazy}", "other/far.py": "scale = 2"})
    assert params(cli, "lib/net.py:Net") == 16


def test_a_script_that_reads_its_arguments_and_goes_elsewhere(cli: Cli, folder: Path) -> None:
    """As most scripts do that nobody has thought of importing; the result is written where it was asked for."""
    write(folder, {"net.py": f"import argparse, os\nargparse.ArgumentParser().parse_args()\nos.chdir('/')\n{NET}"})
    result = cli("summary", "net.py:Net", "-i", "1x3", "-o", "report.json")
    assert (result.code, result.err) == (0, "")
    assert json.loads((folder / "report.json").read_text())["totals"]["params"] == 16


PRINTING = """\
import os, sys
print("when imported")
print("past the redirection", file=sys.__stdout__)
os.system("echo from a process")
from torch import nn
import torch
class Net(nn.Linear):
    def __init__(self):
        print("when built")
        super().__init__(3, 4)
    def forward(self, x):
        print("when run")
        import ctypes
        ctypes.CDLL(None).puts(b"from C")
        sys.stdout.write("written")
        return super().forward(x)
"""


@pytest.mark.parametrize("form", ["json", "torchinfo"])
def test_what_it_prints_goes_to_standard_error(folder: Path, form: str) -> None:
    """In a process of its own: some of it passes by what Python calls standard output."""
    write(folder, {"net.py": PRINTING})
    line = [sys.executable, "-m", "cnninspect", "summary", "net.py:Net", "-i", "1x3", "-f", form]
    result = subprocess.run(line, capture_output=True, text=True, check=True, encoding="utf-8")
    if form == "json":
        assert json.loads(result.stdout)["totals"]["params"] == 16
    else:
        assert result.stdout.startswith("====")
    for words in (
        *("when imported", "when built", "when run", "past the redirection", "from a process", "from C"),
        "written",
    ):
        assert words not in result.stdout
        assert words in result.stderr


def test_what_it_prints_with_standard_error_closed(folder: Path) -> None:
    write(folder, {"net.py": PRINTING.replace("sys.stdout.write", "print")})
    line = [sys.executable, "-m", "cnninspect", "summary", "net.py:Net", "-i", "1x3", "-f", "json"]
    result = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *line], stdout=subprocess.PIPE, text=True, check=True, encoding="utf-8"
    )
    assert json.loads(result.stdout)["totals"]["params"] == 16


def test_weights_of_a_file(cli: Cli, folder: Path) -> None:
    import torch
    from torch import nn

    torch.save({"layer.weight": torch.ones(4, 3), "layer.bias": torch.ones(4)}, folder / "good.pth")
    torch.save(nn.Linear(2, 2).state_dict(), folder / "bad.pth")
    assert params(cli, "net.py:Net", "--weights", "good.pth") == 16
    assert "another network" in failure(cli, "net.py:Net", 3, "--weights", "bad.pth")
    assert "another network" in failure(cli, "net.py:ready", 3, "--weights", "bad.pth")
    assert "can't read weights file 'DEFAULT'" in failure(cli, "net.py:Net", 2, "--weights", "DEFAULT")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("spec", "code", "says"),
    [
        ("missing.py:Net", 2, ["can't read 'missing.py': No such file"]),
        ("nett.py:Net", 2, ["can't read 'nett.py'", "did you mean net.py?"]),
        ("folder.py:Net", 2, ["can't read 'folder.py': Is a directory"]),
        ("nowhere:Net", 2, ["unknown source or module 'nowhere'", "path/to/net.py:Net"]),
        ("scrach:Net", 2, ["unknown source 'scrach'", "did you mean scratch?"]),
        ("nett:Net", 2, ["'nett'", "did you mean net?"]),
        ("torchvision.modles:alexnet", 2, ["'torchvision.modles'", "did you mean torchvision.models"]),
        ("net.sub:Net", 2, ["'net.sub'"]),
        ("sys:Net", 2, ["nothing in 'sys' is called 'Net'"]),
        ("net.py:Nett", 2, ["nothing in 'net.py' is called 'Nett'", "did you mean Net?"]),
        ("net.py:zzz", 2, ["'zzz'", "it defines Config, Net, Outer, Wide, build"]),
        ("net.py:Outer.Inne", 2, ["'Outer.Inne'", "did you mean Outer.Inner?"]),
        ("net.py:Oter.Inner", 2, ["'Oter'", "did you mean Outer?"]),
        ("net.py:Linear", 2, ["nothing in 'net.py' is called 'Linear'"]),
        ("net.py:number", 2, ["'number' in 'net.py' is of type int, not a model"]),
        ("net.py:Config", 2, ["'Config' in 'net.py' is the class Config, not a model"]),
        ("net.py:nn", 2, ["'nn' in 'net.py' is of type module, not a model"]),
        ("net.py:build_pair", 3, ["'build_pair' in 'net.py' returned a tuple, not an nn.Module"]),
        ("net.py:ready,width=3", 2, ["'ready' in 'net.py' is a ready module", "net.py:ready"]),
        ("net.py:Net,witdh=3", 2, ["unknown argument 'witdh'", "did you mean width?"]),
        ("net.py:Net,foo=3", 2, ["unknown argument 'foo'", "it takes width=4, bias=True"]),
        (
            "net.py:Wide",
            2,
            ["'Wide' in 'net.py' needs width, depth", "it takes width, depth, norm='batch'", "Wide,width=…,depth=…"],
        ),
        ("net.py:Wide,depth=1", 2, ["needs width\n"]),
        ("net.py:Wide,width=0,depth=1", 3, ["ValueError: width 0 is too small\n", "at net.py:16"]),
        ("net.py:Net,width=wide", 3, ["can't be built: TypeError", "at net.py:7"]),
    ],
)
def test_what_can_not_be_a_model(cli: Cli, folder: Path, spec: str, code: int, says: list[str]) -> None:
    (folder / "folder.py").mkdir()
    message = failure(cli, spec, code)
    for words in says:
        assert words in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("class Net(\n  x = 1", ["SyntaxError", "at broken.py:1"]),
        ("Net = 1\n\n\nreturn", ["SyntaxError: 'return' outside function", "at broken.py:4"]),
        ("if 1:\nNet = 1", ["IndentationError", "at broken.py:2"]),
        ("Net = '\0'", ["null bytes"]),
        ("Net = 1\nimport no_such_package", ["ModuleNotFoundError: No module named 'no_such_package'", "broken.py:2"]),
        ("from net import No as Net", ["ImportError: cannot import name 'No'", "at broken.py:1"]),
        ("from . import Net", ["ImportError: attempted relative import", "__init__.py", "at broken.py:1"]),
        ("Net = 1\n\n1 / 0", ["ZeroDivisionError: division by zero", "at broken.py:3"]),
        ("import other, Net", ["SyntaxError", "at other.py:2"]),
        ("import further\nNet = 1", ["KeyError: 'oops'", "at further.py:2"]),
        ("import sys\nNet = 1\nsys.exit('done')", ["SystemExit: done", "at broken.py:3", "__main__"]),
        ("import argparse as a\nNet = a.ArgumentParser().parse_args(['x'])", ["SystemExit: 2", "at broken.py:2"]),
        ("class Stop(BaseException): pass\nNet = 1\nraise Stop", ["Stop\n", "at broken.py:3"]),
        ("import torch\nNet = torch.ones(2).view(3)", ["RuntimeError: shape '[3]' is invalid", "at broken.py:2"]),
        ("def __getattr__(name):\n    return 1 / 0", ["ZeroDivisionError", "at broken.py:2"]),
    ],
)
def test_broken_code(cli: Cli, folder: Path, text: str, says: list[str]) -> None:
    write(folder, {"other.py": "ok = 1\nx = = 2", "further.py": "ok = 1\nraise KeyError('oops')"})
    (folder / "broken.py").write_text(text)
    message = failure(cli, "broken.py:Net", 3)
    for words in says:
        assert words in message


def test_a_file_in_another_encoding(cli: Cli, folder: Path) -> None:
    (folder / "net.py").write_bytes(b"# coding: latin-1\nname = '\xe9'\n" + NET.encode())
    assert params(cli, "net.py:Net") == 16
    (folder / "net.py").write_bytes(b"name = '\xe9'\n" + NET.encode())
    assert "SyntaxError" in failure(cli, "net.py:Net", 3)


def test_leaving_the_process_from_the_forward_pass(cli: Cli, folder: Path) -> None:
    write(folder, {"net.py": f"import sys\n{NET}".replace("return self.layer(x)", "sys.exit(0)")})
    said = failure(cli, "net.py:Net", 3)
    assert "error: the model itself (Net) leaves the process by sys.exit(0)\n  at net.py:" in said
    with pytest.raises(ForwardError, match=r"leaves the process by sys.exit\(0\)"):
        inspect_model("net.py:Net", inputs="1x3")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read anything")
def test_a_file_that_may_not_be_read(cli: Cli, folder: Path) -> None:
    (folder / "net.py").chmod(0)
    assert "can't read 'net.py': Permission denied" in failure(cli, "net.py:Net", 2)


def test_the_input_has_to_be_given(cli: Cli, folder: Path) -> None:
    result = cli("summary", "net.py:Net")
    assert result.code == 2
    assert "'net.py:Net' has no input of its own" in result.err
    assert "--input" in result.err
    assert folder.exists()


@pytest.mark.parametrize(
    "spec", ["missing.py:Net", "nowhere:Net", "net.py:Nett", "broken.py:Net", "torchvision.modles:x"]
)
def test_checked_before_torch_is_imported(folder: Path, spec: str) -> None:
    write(folder, {"broken.py": "Net = ("})
    code = f"""if True:
        import sys
        from cnninspect.cli.app import run
        assert run(["summary", {spec!r}, "-i", "1x3"]) in (2, 3)
        assert not {{"torch", "torchvision", "net"}} & set(sys.modules)"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
