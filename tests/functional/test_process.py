"""What only a process of its own can show: imports, pipes, closed streams, Ctrl-C, encodings."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CNNINSPECT = [sys.executable, "-m", "cnninspect"]
SMALL = ["summary", "nn:ReLU()", "-i", "1x4"]
HEAVY = ("torch", "torchvision", "torchinfo")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CNNINSPECT, *arguments],
        capture_output=True, text=True, encoding="utf-8", env=os.environ | environment, check=False,
    )  # fmt: skip


def imported(code: str) -> set[str]:
    """The heavy packages that are in memory after ``code``."""
    probe = f"import sys\n{code}\nprint('\\n' + ' '.join(sys.modules))"
    out = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    return {*HEAVY, "torch._dynamo", "rich", "typer"} & set(out.splitlines()[-1].split())


@pytest.mark.parametrize(
    "line",
    [
        ["--help"],
        ["--version"],
        ["summary", "--help"],
        ["schema"],
        ["summary", "alexnt"],
        ["summary", "alexnet", "-i", "1x3x"],
        ["summary", "alexnet", "--weights", "NO_SUCH"],
        ["summary", "nn:Conv2D(3, 4, 5)", "-i", "1x3x8x8"],
        ["summary", "alexnet", "--columns", "x"],
        ["apply", "MaxPool2d(2)", "--values", "1 2; 3"],
        ["apply", "MaxPol2d(2)", "--values", "1:16"],
        ["apply", "Conv2d(1, 1, 2)", "--values", "1:16", "--weight", "x"],
        ["schema", "apply"],
        ["check", "--help"],
        ["check", "alexnt", "--max-params", "1"],
        ["check", "alexnet", "--max-params", "1X"],
        ["check", "alexnet", "--baseline", "missing.json"],
    ],
    ids=" ".join,
)
def test_answered_without_torch(line: list[str]) -> None:
    assert not imported(f"from cnninspect.cli.app import run; run({line!r})") & set(HEAVY)


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert imported("import cnninspect; cnninspect.Report; cnninspect.CnnInspectError") == set()


def test_saved_report_needs_no_torch(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    assert run(*SMALL, "-o", str(file)).returncode == 0
    forms = ["table", "json", "csv", "markdown", "html", "svg", "latex"]
    loop = f"for form in {forms}: assert run(['summary', {str(file)!r}, '-f', form]) == 0"
    code = f"from cnninspect.cli.app import run\n{loop}"
    assert not imported(code) & set(HEAVY)


def test_check_of_a_saved_report_needs_no_torch(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    assert run(*SMALL, "-o", str(file)).returncode == 0
    (tmp_path / "pyproject.toml").write_text("[[tool.cnninspect.check]]\nmodel = 'report.json'\nmax-params = 0\n")
    named = [str(file), "--max-macs=0", "--max-layers=Conv2d=0", "--output-shape=1x4", f"--baseline={file}"]
    lines = [[*named, "-f", form] for form in ["table", "json", "html", "junit", "github"]] + [
        ["--config", str(tmp_path / "pyproject.toml")],
        [str(file), "--baseline", str(tmp_path / "new.json"), "--update"],
    ]
    code = f"from cnninspect.cli.app import run\nfor line in {lines!r}: assert run(['check', *line]) == 0"
    assert not imported(code) & set(HEAVY)


def test_libraries_of_one_format_are_imported_for_it_alone() -> None:
    code = "from cnninspect.cli.app import run; run(['check', '--help']); assert 'junitparser' not in sys.modules"
    assert not imported(code) & {*HEAVY, "rich"}


def test_closed_pipe_ends_quietly() -> None:
    process = subprocess.Popen([*CNNINSPECT, *SMALL], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 0
    assert errors == b""


def test_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([*CNNINSPECT, *SMALL], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr == "error: can't write to standard output: No space left on device\n"


def test_closed_standard_output() -> None:
    command = ["sh", "-c", 'exec "$@" >&-', "sh", *CNNINSPECT, *SMALL]
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 2
    assert "standard output is closed" in result.stderr


def test_interrupted() -> None:
    process = subprocess.Popen([*CNNINSPECT, "summary", "vgg16"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1)  # within the import of torch
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate()
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in errors


def test_results_and_nothing_else_on_standard_output() -> None:
    result = run(*SMALL, "-f", "json")
    assert json.loads(result.stdout)["totals"]["params"] == 0
    assert result.stderr == ""


def test_ascii_terminal() -> None:
    result = run(*SMALL, PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert result.stdout.isascii()
    assert "1x4 float32" in result.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("check scratch:al", "scratch:alexnet_2012"),
        ("check alexnet --forbid Drop", "Dropout2d"),
        ("check alexnet --max-layers Conv2", "Conv2d="),
        ("check alexnet --tolerance train", "trainable-params="),
        ("check alexnet --format gi", "github"),
        ("check alexnet --max-pa", "--max-params"),
    ],
)
def test_completion_of_check(words: str, expected: str) -> None:
    line = f"cnninspect {words}"
    result = run(_CNNINSPECT_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(line.count(" ")))
    assert expected in result.stdout.split()


def test_completion_knows_the_names() -> None:
    result = run(_CNNINSPECT_COMPLETE="complete_bash", COMP_WORDS="cnninspect summary scratch:al", COMP_CWORD="2")
    assert "alexnet_2012" in result.stdout
