"""The cache as a user meets it: a second run, ``--no-cache``, ``cache info``, ``cache clear``, a folder that fails."""

import csv
import io
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
import torch
from torch import nn

from cnninspect import inspect_model, inspection
from cnninspect.formats import SHARED
from cnninspect.loading import weights
from tests.conftest import Cli

ALEXNET = ["summary", "scratch:alexnet"]
NOTE = "this is the report of an earlier run; --no-cache runs the network again"
PARAMS = 61_100_840  # torchvision's metadata: num_params


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for this test, not made yet."""
    monkeypatch.setenv("CNNINSPECT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def forbid_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "inspect", lambda *_: pytest.fail("a network was run"))
    monkeypatch.setattr("cnninspect.loading.load", lambda *_: pytest.fail("a network was built"))


@pytest.mark.usefixtures("folder")
def test_second_run(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    first, table = cli(*ALEXNET, "-f", "json"), cli(*ALEXNET, "--no-cache").out
    forbid_running(monkeypatch)
    second = cli(*ALEXNET, "-f", "json")
    assert (second.code, second.err) == (0, "")
    fresh, cached = json.loads(first.out), json.loads(second.out)
    assert (fresh["run"].pop("cached"), cached["run"].pop("cached")) == (False, True)
    assert cached == fresh
    again = cli(*ALEXNET)
    assert (again.out, again.err) == (table, f"note: {NOTE}\n")
    assert cli(*ALEXNET, "-q").err == ""


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("form", SHARED)
def test_what_is_written_does_not_depend_on_what_was_kept(cli: Cli, tmp_path: Path, form: str) -> None:
    """Fresh, kept, and from a saved report: the same to the byte, but for what JSON says of the run itself."""
    texts = [cli(*ALEXNET, "-f", form).out for _ in range(2)]
    saved = tmp_path / "saved.json"
    cli(*ALEXNET, *(["--ops"] if form == "html" else []), "-o", str(saved))  # a page draws what has a graph
    texts += [cli("summary", str(saved), "-f", form).out]
    if form == "json":
        texts = [re.sub(r'"(cached|seconds)": [^,]*', "", text) for text in texts]
    assert texts[0]
    assert texts[1:] == texts[:1] * 2


@pytest.mark.usefixtures("folder")
def test_a_hit_imports_no_torch() -> None:
    code = (
        "import sys; from cnninspect.cli.app import run; code = run({line}); "
        "sys.exit(code or sum(name in sys.modules for name in ('torch', 'torchvision', 'timm', 'numpy')))"
    )
    for line in (["summary", "vgg11"], ["summary", "scratch:alexnet"]):
        made = subprocess.run([sys.executable, "-m", "cnninspect", *line], capture_output=True, text=True, check=True)
        for more in ([], ["-f", "json"], ["-f", "csv"], ["-f", "svg"]):
            found = subprocess.run(
                [sys.executable, "-c", code.format(line=[*line, *more])], capture_output=True, text=True, check=False
            )
            is_data = more in (["-f", "json"], ["-f", "csv"])  # JSON says so itself
            assert (found.returncode, found.stderr) == (0, "" if is_data else f"note: {NOTE}\n")
        assert NOTE not in made.stderr
    both = [sys.executable, "-c", code.format(line=["compare", "vgg11", "scratch:alexnet"])]
    compared = subprocess.run(both, capture_output=True, text=True, check=False)
    assert (compared.returncode, compared.stderr) == (0, "")


def test_no_cache_neither_reads_nor_writes(cli: Cli, folder: Path) -> None:
    assert cli(*ALEXNET, "--no-cache").code == 0
    assert not folder.exists()
    cli(*ALEXNET)
    (file,) = folder.iterdir()
    os.utime(file, (1, 1))
    before = file.read_bytes()
    assert not json.loads(cli(*ALEXNET, "--no-cache", "-f", "json").out)["run"]["cached"]
    assert (file.read_bytes(), file.stat().st_mtime) == (before, 1)


def test_off(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNINSPECT_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert NOTE not in cli(*ALEXNET).err
    assert list(tmp_path.iterdir()) == []
    info = json.loads(cli("cache", "info", "-f", "json").out)
    assert (info["enabled"], info["folder"], info["reports"]) == (False, None, 0)
    assert "off" in cli("cache", "info").out
    cleared = cli("cache", "clear")
    assert cleared.code == 2
    assert "the cache is off" in cleared.err


@pytest.mark.parametrize(
    "other",
    [["--seed", "1"], ["--dtype", "float64"], ["--mode", "train"], ["--device", "meta"], ["-i", "2x3x224x224"]],
    ids=" ".join,
)
def test_another_request_is_run(cli: Cli, folder: Path, other: list[str]) -> None:
    cli(*ALEXNET)
    assert NOTE not in cli(*ALEXNET, *other).err
    assert NOTE in cli(*ALEXNET, *other).err
    assert NOTE in cli(*ALEXNET).err
    assert len(list(folder.iterdir())) == 2


def test_what_is_not_kept(cli: Cli, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("from torch import nn\nnet = nn.ReLU()\n")
    network = inspect_model("nn:Linear(3, 2)", inputs=["1x3"])
    torch.save(nn.Linear(3, 2).state_dict(), tmp_path / "linear.pth")
    (tmp_path / "report.json").write_text(network.to_json())
    for line in (
        ["nn:ReLU()", "-i", "1x3"],
        [f"{tmp_path}/net.py:net", "-i", "1x3"],
        ["nn:Linear(3, 2)", "-i", "1x3", "--weights", f"{tmp_path}/linear.pth"],
        [f"{tmp_path}/linear.pth"],
        [f"{tmp_path}/report.json"],
        ["scratch:alexnet", "--cross-check"],
        ["scratch:alexnet", "-f", "torchinfo"],
    ):
        assert cli("summary", *line).code == 0, line
    assert not folder.exists()
    inspect_model(nn.ReLU(), inputs=["1x3"])
    inspect_model("scratch:alexnet", inputs=[torch.zeros(1, 3, 224, 224)])
    assert not folder.exists()


@pytest.mark.usefixtures("folder")
def test_torchinfo_is_a_second_opinion_of_a_fresh_run(cli: Cli) -> None:
    cli(*ALEXNET)
    checked = cli(*ALEXNET, "--cross-check")
    assert checked.code == 0
    assert NOTE not in checked.err


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["scratch:alexnt"], 2),
        (["scratch:alexnet,num_classes=0"], 2),
        (["scratch:alexnet", "--weights", "NO_SUCH"], 2),
        (["scratch:alexnet", "-i", "1x4x224x224"], 3),
        (["scratch:alexnet", "-i", "1x3x8x8"], 3),
    ],
)
def test_errors_are_not_kept(cli: Cli, folder: Path, line: list[str], code: int) -> None:
    cli(*ALEXNET)
    first = cli("summary", *line)
    assert first.code == code
    assert cli("summary", *line) == first
    assert len(list(folder.iterdir())) == 1


@pytest.mark.usefixtures("folder")
def test_weights_by_name_are_kept(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr("cnninspect.loading.torchvision.published_state_dict", lambda *_: {})
    monkeypatch.setattr(weights, "load", lambda _module, _state, name: loaded.append(name))
    for _ in range(2):
        assert json.loads(cli(*ALEXNET, "--weights", "DEFAULT", "-f", "json").out)["model"]["weights"] == "DEFAULT"
    assert loaded == ["DEFAULT"]


@pytest.mark.usefixtures("folder")
def test_compare(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    line = ["compare", "scratch:alexnet", "scratch:alexnet,num_classes=10"]
    first = cli(*line)
    assert first.code == 0
    assert NOTE in cli(*ALEXNET).err  # one cache for all commands
    assert [each["run"]["cached"] for each in json.loads(cli(*line, "--no-cache", "-f", "json").out)["reports"]] == [
        False,
        False,
    ]
    forbid_running(monkeypatch)
    assert cli(*line) == first


def test_python(cli: Cli, folder: Path) -> None:
    fresh = inspect_model("scratch:alexnet")
    assert not folder.exists()
    inspect_model("scratch:alexnet", cache=True)
    cached = inspect_model("scratch:alexnet", cache=True)
    assert cached.run.cached
    run = msgspec.structs.replace(cached.run, cached=False, seconds=fresh.run.seconds)
    assert msgspec.structs.replace(cached, run=run) == fresh
    assert not inspect_model("scratch:alexnet").run.cached
    assert not inspect_model("scratch:alexnet", inputs=[torch.zeros(1, 3, 224, 224)], cache=True).run.cached
    assert NOTE in cli(*ALEXNET).err


def test_python_is_told_what_is_wrong(folder: Path) -> None:
    folder.touch()
    with pytest.warns(UserWarning, match=r"can't be kept: Not a directory .*CNNINSPECT_CACHE"):
        assert inspect_model("scratch:alexnet", cache=True).totals.params == PARAMS


def test_nothing_is_kept_beside_the_users_own_code(cli: Cli, folder: Path, tmp_path: Path) -> None:
    """It may have changed what the built-in network is made of."""
    own = tmp_path / "net.py"
    own.write_text("from torch import nn\nNet = nn.Sequential(nn.Flatten(), nn.Linear(3 * 224 * 224, 1))\n")
    assert cli("compare", f"{own}:Net", "scratch:alexnet", "-i", "1x3x224x224").code == 0
    assert not folder.exists()
    assert cli("compare", "nn:ReLU()", "scratch:alexnet", "-i", "1x3x224x224").code == 0
    assert folder.exists()


@pytest.mark.parametrize("problem", ["damaged", "a file in place of the folder", "a place that can't be made"])
def test_passed_over_with_a_note(
    cli: Cli, folder: Path, problem: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain = cli(*ALEXNET, "--no-cache").out
    match problem:
        case "damaged":
            cli(*ALEXNET)
            (file,) = folder.iterdir()
        case "a file in place of the folder":
            folder.touch()
        case _:
            monkeypatch.setenv("CNNINSPECT_CACHE", str(tmp_path / ("a" * 300)))

    def spoil() -> None:
        if problem == "damaged":
            file.write_bytes(b"rubbish")

    spoil()
    told = cli(*ALEXNET)
    spoil()
    quiet = cli(*ALEXNET, "--quiet")
    assert (told.code, told.out) == (quiet.code, quiet.out) == (0, plain)
    assert re.fullmatch(
        r"note: (passed over|the cache can't be read|the report can't be kept).*\n(note: .*\n)?", told.err
    )
    assert quiet.err == ""


def test_a_note_is_said_once(cli: Cli, folder: Path) -> None:
    folder.touch()
    result = cli("compare", "scratch:alexnet", "scratch:alexnet,num_classes=10", "scratch:alexnet,num_classes=11")
    assert result.code == 0
    assert result.err.count("note: ") == 1


def test_info_and_clear(cli: Cli, folder: Path) -> None:
    empty = json.loads(cli("cache", "info", "-f", "json").out)
    assert empty == {
        "schema_version": 1, "enabled": True, "folder": str(folder), "reports": 0, "report_bytes": 0,
        "limit_bytes": 100 * 2**20, "oldest": None, "newest": None,
    }  # fmt: skip
    assert not folder.exists()
    cli(*ALEXNET)
    cli(*ALEXNET, "--seed", "1")
    (folder / "mine.txt").write_text("mine")
    ours = sorted(folder.glob("*.report"))
    for file, seconds in zip(ours, (1_000_000_000, 2_000_000_000), strict=True):
        os.utime(file, (seconds, seconds))
    size = sum(file.stat().st_size for file in ours)
    full = json.loads(cli("cache", "info", "-f", "json").out)
    assert full == empty | {
        "reports": 2, "report_bytes": size, "oldest": "2001-09-09T01:46:40Z", "newest": "2033-05-18T03:33:20Z",
    }  # fmt: skip
    table = cli("cache", "info").out
    for words in (str(folder), "2 reports", f"{size:,} bytes", "100 MiB", "2001-09-09 01:46:40 UTC"):
        assert words in table
    cleared = cli("cache", "clear", "-f", "json")
    assert (cleared.code, cleared.err) == (0, "")
    assert json.loads(cleared.out) == {
        "schema_version": 1, "folder": str(folder), "reports": 2, "report_bytes": size
    }  # fmt: skip
    assert [file.name for file in folder.iterdir()] == ["mine.txt"]
    assert "0 reports" in cli("cache", "clear").out
    assert NOTE not in cli(*ALEXNET).err


def test_a_hit_counts_as_used(cli: Cli, folder: Path) -> None:
    cli(*ALEXNET)
    (file,) = folder.iterdir()
    os.utime(file, (1, 1))
    cli(*ALEXNET)
    assert file.stat().st_mtime > time.time() - 600


@pytest.mark.parametrize("format_name", SHARED)
@pytest.mark.parametrize("command", ["info", "clear"])
def test_every_format(cli: Cli, folder: Path, tmp_path: Path, command: str, format_name: str) -> None:
    result = cli("cache", command, "-f", format_name)
    assert (result.code, result.err) == (0, "")
    if format_name == "csv":
        (row,) = csv.DictReader(io.StringIO(result.out))
        assert (row["folder"], row["reports"]) == (str(folder), "0")
    assert cli("cache", command, "-f", format_name, "-o", str(tmp_path / "out")).code == 0
    assert (tmp_path / "out").read_text(encoding="utf-8") == result.out


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", ["info", "clear"])
def test_schema(cli: Cli, command: str) -> None:
    schema = json.loads(cli("schema", f"cache {command}").out)
    (definition,) = schema["$defs"].values()
    assert list(definition["properties"]) == list(json.loads(cli("cache", command, "-f", "json").out))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["cache"], ["cnninspect cache needs a command", "cnninspect cache info"]),
        (["cache", "cler"], ["'cache cler'", "did you mean cache clear?"]),
        (["cache", "info", "x"], ["x"]),
        (["cache", "info", "-f", "yaml"], ["unknown format 'yaml'"]),
        (["summary", "alexnet", "--nocache"], ["--no-cache"]),
        (["schema", "cache"], ["'cache'", "cache info"]),
    ],
    ids=" ".join,
)
def test_usage(cli: Cli, line: list[str], says: list[str]) -> None:
    result = cli(*line)
    assert result.code == 2
    assert all(words in result.err for words in says), result.err


def test_clear_says_what_cannot_be_dropped(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli(*ALEXNET)

    def refused(_: Path, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refused)
    result = cli("cache", "clear")
    assert result.code == 2
    assert f"can't clear {str(folder)!r}: Permission denied" in result.err


@pytest.mark.usefixtures("folder")
def test_many_processes_at_once(cli: Cli) -> None:
    cli(*ALEXNET)
    expected = cli(*ALEXNET, "-f", "json").out
    line = [sys.executable, "-m", "cnninspect", *ALEXNET, "-f", "json"]
    started = [subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(12)]
    assert [(*process.communicate(), process.returncode) for process in started] == [(expected, "", 0)] * 12


def test_check(cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = ["check", "scratch:alexnet", "--max-params", "62M"]
    assert cli(*line, "--no-cache").code == 0
    assert not folder.exists()
    first = cli(*line)
    baseline = [*line, "--baseline", str(tmp_path / "baseline.json")]
    assert cli(*baseline, "--update").code == 0
    forbid_running(monkeypatch)
    assert cli(*line) == first
    assert cli(*baseline).code == 0
    assert cli("check", "scratch:alexnet", "--max-params", str(PARAMS - 1)).code == 1


def test_a_disk_that_takes_no_more(folder: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))  # the write fails halfway, as on a full disk

    result = subprocess.run(
        [sys.executable, "-m", "cnninspect", *ALEXNET, "-f", "json"],
        capture_output=True, text=True, check=False, preexec_fn=limit,
    )  # fmt: skip
    assert json.loads(result.stdout)["totals"]["params"] == PARAMS
    assert (result.returncode, result.stderr.count("note: the report can't be kept: File too large")) == (0, 1)
    assert list(folder.iterdir()) == []
