"""What a run imports, and how it leaves: the structure beneath its speed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.test_process import CNNINSPECT, imported, run


def modules_after(*line: str) -> set[str]:
    """All that is in memory after a command line."""
    probe = f"import sys\nfrom cnninspect.cli.app import run; run({list(line)!r})\nprint('\\n' + ' '.join(sys.modules))"
    out = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    return set(out.splitlines()[-1].split())


@pytest.mark.parametrize("line", ["--help", "--version", "summary --help", "summary alexnt", "compare alexnet -o x.no"])
def test_short_answers_import_nothing_long(line: str) -> None:
    found = modules_after(*line.split())
    assert "typer" in found
    assert not found & {"torch", "torchvision", "numpy", "pydantic", "rich.table"}


def test_help_imports_no_step_of_a_command() -> None:
    found = modules_after("--help")
    assert not found & {
        "cnninspect.loading",
        "cnninspect.inspection",
        "cnninspect.cli.comparing",
        "rich",
        "rich.console",
    }


def test_version_imports_hardly_any_command() -> None:
    assert not modules_after("--version") & {"cnninspect.cli.check", "cnninspect.cli.compare", "cnninspect.cli.verify"}


def test_torchvision_comes_without_the_compiler() -> None:
    found = modules_after("summary", "alexnet", "-i", "1x3x64x64")
    assert "torchvision.ops.roi_align" in found
    assert not found & {"torch._dynamo", "torch._inductor", "sympy", "triton", "torchinfo", "pydantic"}


def test_own_code_that_imports_torchvision_comes_without_the_compiler(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text("from torchvision.models import resnet18\n")
    found = modules_after("summary", f"{file}:resnet18", "-i", "1x3x64x64")
    assert "torchvision" in found
    assert "torch._dynamo" not in found


def test_a_run_from_scratch_imports_no_more_than_it_needs() -> None:
    found = modules_after("summary", "scratch:alexnet")
    assert "torch" in found
    assert not found & {"torchinfo", "timm", "torchvision", "torch._dynamo", "safetensors", "pydantic"}
    assert "torch._dynamo" not in imported("import cnninspect; cnninspect.inspect_model('scratch:alexnet')")


def test_kernels_import_what_shows_them_and_no_more(tmp_path: Path) -> None:
    """Pixels are Pillow's work; in a terminal there are none."""
    line = ["view", "scratch:alexnet", "features.0", "--kernels"]
    in_terminal, as_pixels = modules_after(*line), modules_after(*line, "-o", str(tmp_path / "kernels.png"))
    assert "torch" in in_terminal
    assert not in_terminal & {"PIL", "torchvision", "matplotlib", "torch._dynamo", "timm", "safetensors"}
    assert "PIL" in as_pixels
    assert not as_pixels & {"torchvision", "matplotlib", "resvg_py", "torch._dynamo"}


NET = """
import atexit, threading, torch
log = open({log!r}, "w")
atexit.register(lambda: open({atexit!r}, "w").close())
class Net(torch.nn.Module):
    def forward(self, x):
        log.write("called")
        threading.Timer(0.5, lambda: open({thread!r}, "w").close()).start()
        return x
"""


def test_nothing_that_a_model_leaves_for_the_end_is_lost(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("log", "atexit", "thread")}
    (tmp_path / "net.py").write_text(NET.format(**{name: str(file) for name, file in files.items()}))
    result = run("summary", f"{tmp_path / 'net.py'}:Net", "-i", "1x3")
    assert result.returncode == 0
    assert files["log"].read_text() == "called"
    assert files["atexit"].exists()
    assert files["thread"].exists()


def test_atexit_runs_once_when_nothing_is_open(tmp_path: Path) -> None:
    code = "import atexit, torch\natexit.register(lambda: open({!r}, 'a').write('.'))\nnet = torch.nn.ReLU()\n"
    (tmp_path / "net.py").write_text(code.format(str(tmp_path / "marks")))
    assert run("summary", f"{tmp_path / 'net.py'}:net", "-i", "1x3").returncode == 0
    assert (tmp_path / "marks").read_text() == "."


def test_exit_code_and_output_are_whole(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    with file.open("wb") as out:
        command = [*CNNINSPECT, "summary", "scratch:vgg11", "-f", "json"]
        assert subprocess.run(command, stdout=out, check=False).returncode == 0
    assert run("summary", str(file), "-f", "json").stdout == file.read_text()
    assert run("summary", "nn:Linear(3, 4)", "-i", "1x5").returncode == 3


def test_weights_are_never_written_and_hardly_read(tmp_path: Path) -> None:
    """VGG19's 143,667,240 parameters take 548 MiB; untouched, its process has little more than torch's own peak."""
    probe = "import resource\n{}\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    show = "from cnninspect.cli.app import run; run(['summary', 'scratch:vgg19', '-o', {!r}])"
    lines = ["import torch", show.format(str(tmp_path / "report.json"))]
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", probe.format(line)], capture_output=True, text=True, check=True
            ).stdout
        )
        for line in lines
    ]
    assert peaks[1] - peaks[0] < 300  # MiB
