"""Defaults of the project and of the user: which file wins, where they hold, and what is wrong in one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.canned import REPORT
from tests.conftest import Cli

MODEL = ["nn:Conv2d(3, 4, 3); ReLU()", "-i", "1x3x8x8"]
Files = Callable[..., tuple[Path, Path]]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Write the project's file and the user's, and work below the project."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CNNINSPECT_CONFIG")
    work = tmp_path / "project" / "src"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    (tmp_path / "home" / "cnninspect").mkdir(parents=True)
    (work / "report.json").write_text(REPORT.to_json())

    def write(project: str | None = None, user: str | None = None) -> tuple[Path, Path]:
        places = (tmp_path / "project" / "pyproject.toml", tmp_path / "home" / "cnninspect" / "config.toml")
        for place, text in zip(places, (project and f"[tool.cnninspect]\n{project}\n", user), strict=True):
            if text is not None:
                place.write_text(text)
        return places

    return write


def device(cli: Cli, *options: str) -> str:
    """Where a network ran."""
    return str(json.loads(cli("summary", *MODEL, "-f", "json", *options).out)["run"]["device"])


def test_the_project_wins_over_the_user_and_what_is_typed_over_both(files: Files, cli: Cli) -> None:
    assert device(cli) == "cpu"
    files(user="device = 'meta'")
    assert device(cli) == "meta"
    files(project="device = 'cpu'")
    assert device(cli) == "cpu"
    files(project="device = 'meta'", user="device = 'cpu'")
    assert device(cli) == "meta"
    assert device(cli, "--device", "cpu") == "cpu"  # also where that is the default


def test_each_key_is_taken_from_where_it_is_set(files: Files, cli: Cli) -> None:
    files(project="depth = 0", user="columns = ['macs']\ndepth = 'all'")
    out = cli("summary", *MODEL).out
    assert "MACs" in out.splitlines()[2]
    assert "Params" not in out.splitlines()[2]
    assert "Conv2d" not in out.partition("Parameters")[0].partition("─")[2]


def test_figures_that_change_are_said(files: Files, cli: Cli) -> None:
    project, _ = files(project="device = 'meta'\nsource = 'scratch'")
    note = "note: --{} is set in {!r}; CNNINSPECT_CONFIG=off leaves it out\n"
    expected = note.format("device meta", str(project)) + note.format("source scratch", str(project))
    assert cli("summary", "alexnet").err == expected
    assert cli("summary", "scratch:alexnet").err == note.format("device meta", str(project))
    assert cli("summary", "alexnet", "-q").err == ""
    assert cli("summary", "alexnet", "--device", "meta", "--source", "scratch").err == ""


def test_no_gate_reads_them(files: Files, cli: Cli) -> None:
    files(user="device = 'meta'\nsource = 'scratch'\nnonsense = 1")
    assert cli("check", "report.json", "--max-params", "1G").code in {0, 1}
    assert cli("verify", "nn:ReLU()", "nn:ReLU()", "-i", "1x4").code == 0
    assert cli("compare", "report.json", "report.json", "--exit-code").code == 0
    assert cli("compare", "report.json", "report.json").code == 2


def test_data_and_saved_reports_are_as_ever(files: Files, cli: Cli) -> None:
    plain = cli("summary", "report.json", "-f", "csv").out
    files(project="depth = 0\ncolumns = 'params'\nfold = false\ndevice = 'meta'")
    shown = cli("summary", "report.json", "-f", "csv")
    assert (shown.code, shown.out, shown.err) == (0, plain, "")
    assert json.loads(cli("summary", "report.json", "-f", "json").out) == json.loads(REPORT.to_json())


def test_off_leaves_both_out_and_a_file_stands_for_both(
    files: Files, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files(project="device = 'meta'", user="nonsense = 1")
    monkeypatch.setenv("CNNINSPECT_CONFIG", "off")
    assert device(cli) == "cpu"
    (tmp_path / "mine.toml").write_text("device = 'auto'\ncolor = true\n")
    monkeypatch.setenv("CNNINSPECT_CONFIG", str(tmp_path / "mine.toml"))
    assert "\x1b[" in cli("cache", "info").out
    assert "\x1b[" not in cli("cache", "info", "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in cli("cache", "info").out  # the environment wins over a file
    monkeypatch.setenv("CNNINSPECT_CONFIG", "missing.toml")
    shown = cli("models", "alexnet")
    assert (shown.code, shown.out) == (2, "")
    assert "can't read 'missing.toml'" in shown.err
    assert "CNNINSPECT_CONFIG names it" in shown.err


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("dept = 1", "", ["unknown key 'dept'", "did you mean depth?"]),
        ("x = 1", "", ["unknown key 'x'", "the keys are depth, columns, device, source, color, fold"]),
        ("depth = -1", "depth", ["-1 is not a number of levels", '"all"']),
        ("depth = true", "depth", ["True is not a number of levels"]),
        ("depth = 'deep'", "depth", ["'deep' is not a number of levels"]),
        ("columns = ['parms']", "columns", ["unknown column 'parms'", "did you mean params?"]),
        ("columns = [1]", "columns", ["[1] is not a list of columns"]),
        ("columns = []", "columns", ["[] is not a list of columns"]),
        ("device = 'gpu'", "device", ["unknown device 'gpu'", "cuda:N"]),
        ("device = 1", "device", ["unknown device '1'"]),
        ("source = 'hub'", "source", ["unknown source 'hub'", "torchvision"]),
        ("color = 'yes'", "color", ["'yes' is neither true nor false"]),
        ("fold = 1", "fold", ["1 is neither true nor false"]),
    ],
)
@pytest.mark.parametrize("place", ["project", "user"])
def test_what_is_wrong_is_said_with_file_and_key(
    files: Files, cli: Cli, place: str, text: str, key: str, says: list[str]
) -> None:
    found = files(**{place: text})[0 if place == "project" else 1]
    shown = cli("models", "alexnet")
    assert (shown.code, shown.out) == (2, "")
    spelled = f"tool.cnninspect.{key}" if place == "project" else key
    assert shown.err.startswith(f"error: {str(found)!r}: {f'{spelled}: ' if key else ''}")
    for words in says:
        assert words in shown.err


def test_a_project_that_says_nothing_of_it_need_not_even_be_toml(files: Files, cli: Cli) -> None:
    project, _ = files()
    project.write_text("not = toml = at all")
    assert cli("models", "alexnet").code == 0
    project.write_text("[tool.cnninspect\n")
    shown = cli("models", "alexnet")
    assert shown.code == 2
    assert f"{str(project)!r} is not TOML" in shown.err


def test_help_and_usage_errors_read_none(files: Files, cli: Cli) -> None:
    files(project="nonsense = 1")
    assert cli("summary", "--help").code == 0
    assert cli("--version").code == 0
    assert "unknown option '--foo'" in cli("summary", "alexnet", "--foo").err


def test_python_reads_none(files: Files) -> None:
    from cnninspect import inspect_model

    files(project="device = 'meta'", user="nonsense = 1")
    assert inspect_model("nn:ReLU()", inputs=["1x4"]).run.device == "cpu"
