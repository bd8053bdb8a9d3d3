"""``cnninspect check`` without a model: the gates of a pyproject.toml, good and bad ones, and several at once."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from junitparser import JUnitXml

from cnninspect import Report, inspect_model
from cnninspect.subject import Subject
from tests.conftest import Cli, Result

HEAD = "[[tool.cnninspect.check]]\n"
GOOD = f"{HEAD}model = 'small.json'\nmax-params = 112\n"  # 4·3·9 + 4
BEYOND = f"{HEAD}model = 'small.json'\nmax-params = 111\nmax-macs = 1\n"  # 4·6²·27 = 3,888
FAILING = f"{HEAD}model = 'nn:Conv2d(3, 4, 3)'\ninput = '1x5x8x8'\nmax-params = 1\n"
MISSING = f"{HEAD}model = 'missing.json'\nmax-params = 1\n"


class Case(NamedTuple):
    """A pyproject.toml, the code that ``check`` ends with, and words of its output (0, 1) or message (2, 3)."""

    toml: str
    code: int
    says: list[str]


def entry(lines: str) -> str:
    """A gate on the small report."""
    return f"{HEAD}model = 'small.json'\n{lines}\n"


VALUES = [
    Case(entry("max-params = 112"), 0, ["≤ 112", "passed"]),
    Case(entry("max-params = 111"), 1, ["≤ 111", "FAILED"]),
    Case(entry("max-params = '0.112k'"), 0, ["≤ 112"]),
    Case(entry("max-params = 1.12e2"), 0, ["≤ 112"]),
    Case(entry("max-params = 111.9999999999999999999"), 1, ["≤ 111"]),  # no float is that number
    Case(entry("max-macs = 3_888"), 0, ["≤ 3,888"]),
    Case(entry("max-size = '448B'\nmin-size = 448"), 0, ["2 checks passed"]),
    Case(entry("max-layers = 'Conv2d=1'"), 0, ["max-layers Conv2d"]),
    Case(entry("max-layers = ['Conv2d=1', 'ReLU=0']"), 1, ["1 of 2 checks failed"]),
    Case(entry("min-layers = { Conv2d = 1, ReLU = 2 }"), 1, ["min-layers ReLU"]),
    Case(entry("max-layers = 2"), 0, ["≤ 2"]),
    Case(entry("forbid = ['Dropout', 'ReLU']\nrequire = 'Conv2d'"), 1, ["1 of 3 checks failed", "forbid ReLU"]),
    Case(entry("output-shape = '1x4x6x6'"), 0, ["= 1x4x6x6"]),
    Case(entry("output-shape = ['1x4x6x6']\nmin-receptive-field = 3"), 0, ["2 checks passed"]),
    Case(entry("baseline = 'small.json'"), 0, ["6 checks passed"]),
    Case(entry("baseline = 'small.json'\ntolerance = '1%'"), 0, ["not judged"]),
    Case(entry("baseline = 'small.json'\ntolerance = ['params=1%', 'layers=0']"), 0, ["6 checks passed"]),
    Case(entry("baseline = 'small.json'\ntolerance = { params = '1%', macs = 10 }"), 0, ["not judged"]),
    Case(f"{HEAD}model = 'net.py:Net'\ninput = '1x3x8x8'\nmax-params = 112", 0, ["net.py:Net"]),
    Case(f"{HEAD}model = 'code.net:Net'\ninput = ['x=1x3x8x8']\nmode = 'train'\nmax-params = 112", 0, ["code.net:Net"]),
    Case(f"{HEAD}model = 'alexnet'\nsource = 'scratch'\ndevice = 'meta'\nmin-params = 61100840", 0, [" 0 "]),
    Case(f"{HEAD}model = 'nn:ReLU()'\ninput = '1x4'\nseed = 3\ndtype = 'float16'\nmax-params = 0", 0, ["≤ 0"]),
]
MIXED = [
    Case(GOOD + GOOD, 0, ["2 checks passed"]),
    Case(GOOD + BEYOND, 1, ["2 of 3 checks failed", "≤ 112", "≤ 111"]),
    Case(BEYOND + GOOD, 1, ["2 of 3 checks failed"]),
    Case(BEYOND + BEYOND, 1, ["4 of 4 checks failed"]),
    Case(GOOD + FAILING, 3, ["nn:Conv2d(3, 4, 3): the model itself (Conv2d) wants 3 channels and got 5"]),
    Case(BEYOND + FAILING, 3, ["the model itself (Conv2d) wants 3 channels and got 5"]),
    Case(FAILING + BEYOND, 3, ["the model itself (Conv2d) wants 3 channels and got 5"]),
    Case(FAILING + FAILING, 3, ["the model itself (Conv2d) wants 3 channels and got 5"]),
    Case(BEYOND + MISSING, 2, ["missing.json: can't read 'missing.json'"]),
    Case(MISSING + FAILING, 3, ["can't read 'missing.json'", "the model itself (Conv2d) wants 3 channels and got 5"]),
    Case(FAILING + MISSING, 3, ["can't read 'missing.json'", "the model itself (Conv2d) wants 3 channels and got 5"]),
]
WRONG = [
    Case("", 2, ["'pyproject.toml' has no [[tool.cnninspect.check]]", "max-params"]),
    Case("[tool.ruff]\nline-length = 120", 2, ["has no [[tool.cnninspect.check]]"]),
    Case("[tool]\ncnninspect = 1", 2, ["has no [[tool.cnninspect.check]]"]),
    Case("tool = 1", 2, ["has no [[tool.cnninspect.check]]"]),
    Case(
        "[[tool.cnninspect.check]]\nmodel = 'small.json'\nmax-params = '1M'\n[[tool.cnninspect.chek]]",
        2,
        ["unknown key of [tool.cnninspect] 'chek'"],
    ),
    Case("[[tool.cnninspect.chek]]\nmodel = 'alexnet'", 2, ["[tool.cnninspect] 'chek'", "did you mean check?"]),
    Case("[tool.cnninspect.check]\nmodel = 'alexnet'", 2, ["is not a list of tables", "[[tool.cnninspect.check]]"]),
    Case("tool.cnninspect.check = []", 2, ["is not a list of tables"]),
    Case("tool.cnninspect.check = [1]", 2, ["check 1: expected `object`, got `int`"]),
    Case("[[tool.cnninspect.check", 2, ["'pyproject.toml' is not TOML"]),
    Case(".".join("a" * 20_000) + " = 1\n", 2, ["'pyproject.toml': a key has more than a thousand parts"]),
    Case(f"[tool.{'.'.join('a' * 20_000)}]\n", 2, ["'pyproject.toml': a key has more than a thousand parts"]),
    Case(f"{HEAD}max-params = 1", 2, ["check 1: object missing required field `model`"]),
    Case(entry(""), 2, ["check 1 (small.json): nothing to hold 'small.json' against"]),
    Case(entry("max-parms = 1"), 2, ["check 1 (small.json): unknown key 'max-parms'", "did you mean max-params or"]),
    Case(entry("max_params = 1"), 2, ["unknown key 'max_params'", "did you mean max-params or"]),
    Case(entry("update = true"), 2, ["unknown key 'update'", "the keys are model, input"]),
    Case(entry("max-params = true"), 2, ["check 1 (small.json): max-params: expected `int | str`, got `bool`"]),
    Case(entry("max-params = [1]"), 2, ["max-params: expected `int | str`, got `array`"]),
    Case(entry("max-params = {}"), 2, ["max-params: expected `int | str`, got `object`"]),
    Case(entry("max-params = -1"), 2, ["max-params: '-1' is not a count"]),
    Case(entry("max-params = nan"), 2, ["max-params: 'nan' is not a count"]),
    Case(entry("max-params = inf"), 2, ["max-params: 'inf' is not a count"]),
    Case(entry("max-params = 2020-01-01"), 2, ["max-params: expected `int | str`"]),
    Case(entry("max-size = '250M'"), 2, ["max-size: '250M' is not a size", "250MiB"]),
    Case(entry("max-layers = true"), 2, ["max-layers: expected"]),
    Case(entry("max-layers = { Conv2d = true }"), 2, ["max-layers: expected `int | str`, got `bool`"]),
    Case(entry("max-layers = ['Conv2d']"), 2, ["max-layers: 'Conv2d' is not a number of layers"]),
    Case(entry("forbid = 3"), 2, ["forbid: expected `str | array`, got `int`"]),
    Case(entry("forbid = ['a b']"), 2, ["forbid: 'a b' is not the type of a layer"]),
    Case(entry("output-shape = [1, 1000]"), 2, ["output-shape: expected `str`, got `int`"]),
    Case(entry("input = ['1x3']\nmax-params = 1"), 2, ["'small.json' is a saved report"]),
    Case(entry("mode = 'test'\nmax-params = 1"), 2, ["mode: invalid enum value 'test'", "write one of eval, train"]),
    Case(entry("source = 'hub'\nmax-params = 1"), 2, ["source: invalid enum value 'hub'", "torchvision, scratch"]),
    Case(entry("seed = -1\nmax-params = 1"), 2, ["seed: expected `int` >= 0"]),
    Case(entry("device = 'gpu'\nmax-params = 1"), 2, ["check 1 (small.json): unknown device 'gpu'"]),
    Case(entry("baseline = 'no.json'"), 2, ["check 1 (small.json): there is no baseline 'no.json'"]),
    Case(entry("baseline = 'net.py'"), 2, ["baseline 'net.py': not a cnninspect report"]),
    Case(entry("baseline = 3"), 2, ["baseline: expected `str`, got `int`"]),
    Case(entry("tolerance = '1%'\nmax-params = 1"), 2, ["tolerance '1%' needs a baseline"]),
    Case(entry("baseline = 'small.json'\ntolerance = { parms = '1%' }"), 2, ["'parms'", "did you mean params?"]),
    Case(f"{GOOD}{HEAD}model = 'alexnt'\nmax-params = 1", 2, ["check 2 (alexnt): unknown model 'alexnt'", "alexnet?"]),
    Case(f"{GOOD}{HEAD}model = 'no.py:Net'\ninput = '1x3'\nmax-params = 1", 2, ["check 2", "can't read 'no.py'"]),
    Case(f"{BEYOND}{HEAD}model = 'small.json'\nmax-parms = 1", 2, ["check 2 (small.json)", "'max-parms'"]),
]
NET = """
from torch import nn


class Net(nn.Conv2d):
    def __init__(self):
        super().__init__(3, 4, 3)

    def forward(self, x):
        return super().forward(x)
"""


@pytest.fixture(scope="module")
def report() -> str:
    return inspect_model("nn:Conv2d(3, 4, 3); ReLU()", inputs=["1x3x8x8"]).to_json()


@pytest.fixture
def project(tmp_path: Path, report: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with code and a saved report, to stand in."""
    (tmp_path / "code").mkdir()
    for file in ("net.py", "code/net.py"):
        (tmp_path / file).write_text(NET, encoding="utf-8")
    (tmp_path / "small.json").write_text(report, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(project: Path, toml: str) -> Path:
    file = project / "pyproject.toml"
    file.write_text(toml, encoding="utf-8")
    return file


@pytest.mark.parametrize("case", [*VALUES, *MIXED, *WRONG], ids=lambda case: case.toml.replace("\n", " ") or "empty")
def test_config(cli: Cli, project: Path, case: Case) -> None:
    written(project, case.toml)
    result = cli("check")
    assert result.code == case.code, result.err
    for words in case.says:
        assert words in (result.out if case.code < 2 else result.err)
    assert "Traceback" not in result.err


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.toml.replace("\n", " ") or "empty")
def test_nothing_runs_if_one_gate_cannot_be_carried_out(
    cli: Cli, project: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(project, case.toml)
    monkeypatch.setattr("cnninspect.cli.reports.obtain", lambda *_, **__: pytest.fail("something ran"))
    assert cli("check").out == ""


def test_others_are_checked_beside_one_that_fails(cli: Cli, project: Path) -> None:
    written(project, BEYOND + FAILING + GOOD)
    result = cli("check", "-f", "json")
    assert result.code == 3
    found = json.loads(result.out)
    assert not found["passed"]
    assert [(each["budget"], each["passed"]) for each in found["checks"]] == [
        ("max-params", False),
        ("max-macs", False),
        ("max-params", True),
    ]
    table = cli("check").out
    assert "2 of 3 checks failed, 1 of 3 models could not be checked" in table
    assert "nn:Conv2d(3, 4, 3) could not be checked: the model itself (Conv2d) wants 3 channels" in table


def test_json_of_good_ones_beside_one_that_fails_has_not_passed(cli: Cli, project: Path) -> None:
    written(project, GOOD + FAILING)
    assert json.loads(cli("check", "-f", "json").out)["passed"] is False


def test_model_that_fails_is_an_error_and_no_failure_in_junit(cli: Cli, project: Path) -> None:
    written(project, BEYOND + FAILING)
    assert cli("check", "-o", "checks.xml").code == 3
    beyond, failing = JUnitXml.fromfile("checks.xml")
    assert (beyond.failures, beyond.errors) == (2, 0)
    assert (failing.failures, failing.errors) == (0, 1)
    (case,) = failing
    assert "wants 3 channels and got 5" in case.result[0].message


def test_one_pass_a_network(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnninspect import inspection

    passes = []
    inspect = inspection.inspect

    def counted(subject: Subject, **progress: Any) -> Report:
        passes.append(subject)
        return inspect(subject, **progress)

    monkeypatch.setattr("cnninspect.inspection.inspect", counted)
    one = f"{HEAD}model = 'net.py:Net'\ninput = '1x3x8x8'\n"
    written(project, f"{one}max-params = 112\nmax-macs = 1G\nforbid = ['ReLU', 'GELU']\n".replace("1G", "'1G'"))
    assert cli("check").code == 0
    assert len(passes) == 1
    written(project, f"{one}max-params = 112\n{one}max-macs = 9999\n{one.replace('8x8', '9x9')}max-macs = 9999\n")
    assert cli("check").code == 0
    assert len(passes) == 3
    written(project, f"{one}max-params = 112\nmax-inference-memory = '1MiB'\n")
    assert cli("check").code == 0
    assert len(passes) == 4


def run_below(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch, *line: str) -> Result:
    (project / "src" / "deep").mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(project / "src" / "deep")
    return cli("check", *line)


def test_paths_start_from_the_config(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(
        project,
        f"{HEAD}model = 'small.json'\nbaseline = 'small.json'\n"
        f"{HEAD}model = 'net.py:Net'\ninput = '1x3x8x8'\nmax-params = 112\n"
        f"{HEAD}model = 'code.net:Net'\ninput = '1x3x8x8'\nmax-params = 112\n",
    )
    result = run_below(cli, project, monkeypatch)
    assert (result.code, result.err) == (0, "")
    assert "8 checks passed" in result.out
    assert Path.cwd() == project / "src" / "deep"


def test_output_starts_from_where_it_is_typed(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(project, GOOD)
    assert run_below(cli, project, monkeypatch, "-o", "checks.json").code == 0
    assert (project / "src" / "deep" / "checks.json").is_file()


def test_nearest_config_counts(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(project, GOOD)
    (project / "src").mkdir()
    (project / "src" / "pyproject.toml").write_text(
        f"{HEAD}model = '../small.json'\nmax-params = 111\n", encoding="utf-8"
    )
    assert run_below(cli, project, monkeypatch).code == 1


def test_config_that_is_named(cli: Cli, project: Path) -> None:
    written(project, BEYOND)
    (project / "ci").mkdir()
    (project / "ci" / "gates.toml").write_text(f"{HEAD}model = '../small.json'\nmax-params = 112\n", encoding="utf-8")
    assert cli("check", "--config", "ci/gates.toml").code == 0
    assert "can't read 'no.toml'" in cli("check", "--config", "no.toml").err
    assert cli("check", "--config", "no.toml").code == 2
    assert cli("check", "--config", "ci").code == 2
    (project / "latin.toml").write_bytes(b"a = '\xe9'")
    assert "'latin.toml' is not TOML" in cli("check", "--config", "latin.toml").err


def test_update_renews_every_baseline(cli: Cli, project: Path) -> None:
    net = f"{HEAD}model = 'net.py:Net'\ninput = '1x3x8x8'\n"
    written(project, f"{net}baseline = 'a.json'\n{net}baseline = 'b.json'\nmax-params = 111\n")
    assert cli("check").code == 2
    result = cli("check", "--update")
    assert result.code == 1  # the budget is judged all the same
    assert result.err.count("written") == 2
    written(project, f"{net}baseline = 'a.json'\n{net}baseline = 'b.json'\n")
    assert cli("check").code == 0
    written(project, f"{net}baseline = 'a.json'\n{GOOD}")
    assert cli("check", "--update").code == 0
    written(project, GOOD)
    assert "--update needs a baseline" in cli("check", "--update").err


def test_where_an_error_came_from(cli: Cli, project: Path) -> None:
    written(project, GOOD + FAILING)
    assert "Traceback" in cli("check", "--debug").err


def test_arguments_of_forward_in_toml(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a table and as on the command line: a 1×1 convolution of 3 channels, twice on 4×4: 2·3·16·3 = 288 MACs."""
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 3, 1)\n"
        "    def forward(self, x, times: int, flip: bool):\n"
        "        for _ in range(times):\n"
        "            x = self.conv(x)\n"
        "        return x.flip(-1) if flip else x\n"
    )
    entry = "[[tool.cnninspect.check]]\nmodel = 'net.py:Net'\ninput = '1x3x4x4'\nmax-macs = 288\nmin-macs = 288\n"
    tables = [f"{entry}arg = {{times = 2, flip = true}}\n", f"{entry}arg = ['times=2', 'flip=false']\n"]
    (tmp_path / "pyproject.toml").write_text("".join(tables))
    monkeypatch.chdir(tmp_path)
    assert cli("check").code == 0


GATE = f"{HEAD}model = 'net.py:Net'\ninput = '1x3x8x8'\nmax-params = 112\n"


def test_defaults_beside_the_gates_change_none(cli: Cli, project: Path) -> None:
    written(project, f"[tool.cnninspect]\ndepth = 1\ndevice = 'meta'\n{GATE}")
    result = cli("check", "-f", "json")
    assert (result.code, result.err) == (0, "")
    written(project, f"[tool.cnninspect]\ndept = 1\n{GATE}")
    result = cli("check")
    assert result.code == 2
    assert "unknown key of [tool.cnninspect] 'dept'" in result.err
    assert "did you mean depth" in result.err
