"""The examples run as they stand."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from junitparser import JUnitXml

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """As a user has it: what one example has run the next does not run again."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CNNINSPECT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def run(*command: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, env=env | {"PATH": path} | environment,
        check=False,
    )  # fmt: skip


def test_zoo(tmp_path: Path) -> None:
    """By torchvision's metadata (num_params, acc@1, _ops) two of the seven are behind another in both."""
    for _ in range(2):
        result = run(str(EXAMPLES / "zoo.sh"), cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert "7 networks and inputs, none failed" in result.stderr
    assert (tmp_path / "zoo.jsonl").read_bytes().count(b"\n") == 7
    rows = [" ".join(row.split()) for row in result.stdout.splitlines()]
    assert "torchvision:mobilenet_v2 3,504,872 300,774,272 72.154 acc@1" in rows
    assert sum(row.endswith("acc@1 yes") for row in rows) == 5


@pytest.mark.parametrize("name", ["course.sh", "curso.sh"])
def test_course(name: str) -> None:
    result = run(str(EXAMPLES / name))
    assert result.returncode == 0, result.stderr
    out = re.sub(" +", " ", result.stdout)
    # by hand: the largest of each four; three times x − (x + 2)
    assert "max(1, 2, 5, 6) = 6" in out
    assert "Result 6 8; 14 16" in out
    assert "1·1 + 2·0 + 3·(-1) + 5·1 + 6·0 + 7·(-1) + 9·1 + 10·0 + 11·(-1) = -6" in out
    assert "Result -6 -6; -6 -6" in out
    # by hand: 19 − 5 + 1 = 15 and 15 − 3 + 1 = 13; 7·3·5·5 and 2·7·3·3 weights
    assert "0: Conv2d 1×3×19×19 5×5 1×7×15×15 525" in out
    assert "1: Conv2d 1×7×15×15 3×3 1×2×13×13 126" in out
    assert "⌊(19 + 2·0 − 1·(5 − 1) − 1)/1⌋ + 1 = ⌊(19 − 5)/1⌋ + 1 = 15" in out
    assert "⌊(15 + 2·0 − 1·(3 − 1) − 1)/1⌋ + 1 = ⌊(15 − 3)/1⌋ + 1 = 13" in out
    # torchvision's metadata: num_params
    assert out.count("Parameters 61,100,840 61.1 M") == 2
    assert out.count("Parameters 138,357,544 138 M") == 1
    assert out.count("Output 1×1000 float32") == 3
    # Araujo et al.'s recurrence by hand
    assert "12: MaxPool2d 3 2 0 1×256×6×6 0 195×195" in out
    assert "30: MaxPool2d 1×512×7×7 0 0 212×212" in out
    # the same operations on the same weights; torchvision's avgpool changes nothing at 224×224
    assert "equivalent" in out
    assert "difference 0 in float32 and float64" in out
    # the order of the course, to its end
    headings = [line for line in result.stdout.splitlines() if line.startswith("== ")]
    assert [heading[3] for heading in headings] == [str(number) for number in range(1, 9)]


@pytest.mark.parametrize(
    ("budgets", "code", "says"),
    [
        ([], 0, "scratch:alexnet is within its budget"),
        (["scratch:alexnet", "61100840", "714188480"], 0, "within its budget"),
        (["scratch:alexnet", "61100839"], 1, "scratch:alexnet is beyond its budget"),
        (["scratch:alexnet", "62M", "714_188_479"], 1, "beyond its budget"),
        (["scratch:alexnet,num_classes=10"], 1, "beyond its budget"),  # its output is 1×10
        (["scratch:alexnt"], 2, "scratch:alexnt could not be checked"),
        (["scratch:alexnet", "62X"], 2, "could not be checked"),
    ],
)
def test_gate(budgets: list[str], code: int, says: str) -> None:
    result = run(str(EXAMPLES / "gate.sh"), *budgets)
    assert result.returncode == code, result.stderr
    assert says in result.stderr
    assert ("FAILED" in result.stdout) == (code == 1)


def steps(file: Path) -> Any:
    """What a YAML file holds."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))


ACTION = REPOSITORY / ".github" / "actions" / "check"
#: A convolution of 3 to WIDTH channels, 3×3: 3·9·WIDTH weights and WIDTH biases.
NET = "from torch import nn\n\n\ndef Net():\n    return nn.Conv2d(3, WIDTH, 3)\n"


def test_github_workflow_takes_the_action_of_a_stranger() -> None:
    workflow = steps(EXAMPLES / "github-workflow.yml")
    assert {"pull_request", "push"} == workflow[True].keys()  # YAML 1.1 reads `on` as true
    job = workflow["jobs"]["check"]
    assert (workflow["permissions"], job["permissions"]) == ({}, {"contents": "read"})
    (used,) = [step["uses"] for step in job["steps"] if "OWNER" in step.get("uses", "")]
    folder, _, version = used.removeprefix("OWNER/cnninspect/").partition("@")
    assert (REPOSITORY / folder, version) == (ACTION, "TAG")


@pytest.mark.parametrize("base", ["4", None], ids=["grown", "not there before"])
def test_github_workflow_tells_what_changes(tmp_path: Path, base: str | None) -> None:
    (tmp_path / "net.py").write_text(NET.replace("WIDTH", "8"))
    (tmp_path / "base").mkdir()
    if base:
        (tmp_path / "base" / "net.py").write_text(NET.replace("WIDTH", base))
    *_, last = steps(EXAMPLES / "github-workflow.yml")["jobs"]["check"]["steps"]
    summary = tmp_path / "summary.md"
    result = run(
        "bash", "-eo", "pipefail", "-c", last["run"], cwd=tmp_path, RUNNER_TEMP=str(tmp_path),
        GITHUB_STEP_SUMMARY=str(summary),
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert summary.exists() == (base is not None)
    if base:
        assert re.search(r"\| +112 \| +224 \|", summary.read_text(encoding="utf-8"))  # 4·(27 + 1) and 8·(27 + 1)


def test_gitlab_job(tmp_path: Path) -> None:
    job = steps(EXAMPLES / "gitlab-ci.yml")["network"]
    assert "git+https://github.com/OWNER/cnninspect@TAG" in job["before_script"][0]
    shutil.copy(EXAMPLES / "pyproject.toml", tmp_path)
    (line,) = job["script"]
    result = run("bash", "-e", "-c", line, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "note: 7 checks passed\n")
    report = tmp_path / job["artifacts"]["reports"]["junit"]
    assert sum(suite.tests for suite in JUnitXml.fromfile(str(report))) == 7


@pytest.mark.skipif(shutil.which("make") is None, reason="the example needs make")
def test_makefile() -> None:
    result = run("make", "-C", str(EXAMPLES), "check-network")
    assert result.returncode == 0, result.stderr
    assert "7 checks passed" in result.stdout


def test_pre_commit_hook(tmp_path: Path) -> None:
    (hook,) = steps(REPOSITORY / ".pre-commit-hooks.yaml")
    assert hook["id"] == "cnninspect-check"
    assert hook["pass_filenames"] is False
    (shown,) = steps(EXAMPLES / "pre-commit-config.yaml")["repos"]
    assert (shown["repo"], shown["rev"]) == ("https://github.com/OWNER/cnninspect", "TAG")
    assert shown["hooks"] == [{"id": hook["id"]}]
    shutil.copy(EXAMPLES / "pyproject.toml", tmp_path)
    assert run(*hook["entry"].split(), cwd=tmp_path).returncode == 0
    text = (tmp_path / "pyproject.toml").read_text(encoding="utf-8").replace("62M", "61M")
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert run(*hook["entry"].split(), cwd=tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("model", "arguments", "code", "says"),
    [
        ("scratch:alexnet", "--max-params=62M\n--device=meta\n", 0, ""),
        (
            "scratch:alexnet",
            "--max-params=61M\n\n--device=meta",
            1,
            "::error title=cnninspect check scratch%3Aalexnet::",
        ),
        ("", "", 0, "7 checks passed"),
        ("$(touch ran)", "--max-params=1", 2, "'$(touch ran)'"),
        ('a"; touch ran; "', "--max-params=1", 2, "touch ran"),
        ("scratch:alexnet", "--max-params=`touch ran`", 2, "'`touch ran`' is not a count"),
        ("--help", "--max-params=1", 2, "'--help'"),
    ],
)
def test_action(tmp_path: Path, model: str, arguments: str, code: int, says: str) -> None:
    action = steps(ACTION / "action.yml")
    install, check = action["runs"]["steps"]
    assert not any("${{" in step["run"] for step in (install, check))
    assert set(re.findall(r"inputs\.([\w-]+)", str(action["runs"]))) == action["inputs"].keys()
    assert (ACTION / "../../.." / "pyproject.toml").is_file()  # what it installs
    shutil.copy(EXAMPLES / "pyproject.toml", tmp_path)
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", check["run"]]
    result = run(*script, cwd=tmp_path, MODEL=model, ARGUMENTS=arguments)
    assert result.returncode == code, result.stderr
    assert says in result.stdout + result.stderr
    assert not (tmp_path / "ran").exists()


def test_picture_shows_what_the_tool_shows(tmp_path: Path) -> None:
    command = "summary alexnet --input 1x3x224x224 --no-cache --output"
    assert run("cnninspect", *command.split(), str(tmp_path / "new.svg")).returncode == 0

    def texts(file: Path) -> list[str]:
        return re.findall(r"<text[^>]*>([^<]*)</text>", file.read_text(encoding="utf-8"))

    assert texts(EXAMPLES / "alexnet.svg") == texts(tmp_path / "new.svg")


def test_the_blocks_of_the_readme_are_up_to_date(tmp_path: Path) -> None:
    new = tmp_path / "new.svg"
    command = "draw alexnet --style blocks --device meta --no-cache -o"
    assert run("cnninspect", *command.split(), str(new)).returncode == 0
    assert (EXAMPLES / "alexnet_blocks.svg").read_text(encoding="utf-8") == new.read_text(encoding="utf-8")
