"""What only a process of its own can show: imports, pipes, closed streams, Ctrl-C, encodings."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

import cnninspect
from tests.canned import REPORT

ROOT = str(Path(cnninspect.__file__).parents[1])
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
        ["sweep", "--help"],
        ["sweep", "torchvision:*", "--sizes", "x"],
        ["sweep", "nn:ReLU()", "-i", "1x4", "-q"],  # which runs in a process of its own
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
    code = "from cnninspect.cli.app import run; run(['check', '--help']); assert 'xml' not in sys.modules"
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


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("line", [["--help"], ["summary", "--help"], ["--version"]])
def test_help_on_a_full_disk(line: list[str], unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*CNNINSPECT, *line], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert (result.returncode, result.stderr) == (
        2,
        "error: can't write to standard output: No space left on device\n",
    )


@pytest.fixture
def report_file(tmp_path: Path) -> Path:
    file = tmp_path / "report.json"
    file.write_text(REPORT.to_json(), encoding="utf-8")
    return file


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_disk_that_fills_up_on_the_way(report_file: Path, unbuffered: str) -> None:
    """A file that may have 1000 bytes takes these of a first write and none of a second: half a result is an error."""
    import resource

    cut = report_file.with_name("cut.txt")
    with cut.open("w") as out:
        result = subprocess.run(
            [*CNNINSPECT, "summary", str(report_file), "-f", "html"],
            stdout=out, stderr=subprocess.PIPE, text=True, check=False,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        )  # fmt: skip
    assert cut.stat().st_size == 1000
    assert (result.returncode, result.stderr) == (2, "error: can't write to standard output: File too large\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_that_takes_little_at_a_time(report_file: Path, unbuffered: str) -> None:
    """One that does not block takes 64 KiB and says that it takes no more: the rest is written when there is room."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    many = [report_file.with_name(f"{number}.json") for number in range(20)]
    for each in many:
        each.write_bytes(report_file.read_bytes())
    line = [*CNNINSPECT, "compare", *map(str, many), "-f", "json"]
    with subprocess.Popen(line, stdout=write, env=os.environ | {"PYTHONUNBUFFERED": unbuffered}) as process:
        os.close(write)
        with os.fdopen(read) as out:
            text = out.read()
    assert process.returncode == 0
    assert len(text) > 2**16
    assert len(json.loads(text)["reports"]) == 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_while_a_file_is_written_leaves_nothing_half_done(tmp_path: Path, number: signal.Signals) -> None:
    """It comes when there is a part of the file; the process ends as it does elsewhere: by it, or with 130."""
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # ignored below nohup
        "from cnninspect.cli import app, output\n"
        "def replace(*_): signal.raise_signal(int(sys.argv[1])); return before(*_)\n"
        "before, output.Path.replace = output.Path.replace, replace\n"
        "sys.exit(app.run(['schema', '-o', 'out.json']))"
    )
    line = [sys.executable, "-c", code, str(int(number))]
    result = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == (130 if number is signal.SIGINT else -number)
    assert result.stderr == ""
    assert [each.name for each in tmp_path.iterdir()] == ["out.json"]
    json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", [["summary", "-"], ["compare", "-", "alexnet"], ["apply", "ReLU()", "--values", "@-"]])
def test_closed_standard_input(line: list[str]) -> None:
    result = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *CNNINSPECT, *line], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "standard input is closed\n" in result.stderr


def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = ["sh", "-c", 'cd "$0" && rmdir "$0" && exec "$@"', str(gone), *CNNINSPECT, "check"]
    result = subprocess.run(line, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": ROOT})
    assert result.returncode == 2
    assert "error: the working directory is gone\n" in result.stderr


def test_too_little_memory_for_torch() -> None:
    """Its library is larger than the 300 MB of addresses that there are."""
    import resource

    result = subprocess.run(
        [*CNNINSPECT, *SMALL], capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (300 * 10**6,) * 2),
    )  # fmt: skip
    assert result.returncode == 3
    assert "there is not enough memory" in result.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_is_json_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    named = msgspec.structs.replace(REPORT, notes=("é → \u05e9 \U0001f600",))
    (tmp_path / "report.json").write_text(named.to_json(), encoding="utf-8")
    line = [*CNNINSPECT, "summary", str(tmp_path / "report.json"), "-f", "json"]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    out = subprocess.run(line, capture_output=True, check=True, env=environment).stdout
    assert json.loads(out.decode(encoding))["notes"] == list(named.notes)


@pytest.mark.parametrize("form", ["csv", "markdown", "html", "svg", "latex"])
def test_every_format_comes_out_in_ascii(report_file: Path, form: str) -> None:
    result = run("summary", str(report_file), "-f", form, PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.isascii()


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
