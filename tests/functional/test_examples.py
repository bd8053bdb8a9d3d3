"""The examples run as they stand."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="the example needs jq")
EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=os.environ | {"PATH": path}, check=False
    )


def test_course() -> None:
    result = run(str(EXAMPLES / "course.sh"))
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
    # torchvision's metadata: num_params
    assert out.count("Parameters 61,100,840 61.1 M") == 2
    assert out.count("Parameters 138,357,544 138 M") == 1
    assert out.count("Output 1×1000 float32") == 3
    # Araujo et al.'s recurrence by hand
    assert "12: MaxPool2d 3 2 0 1×256×6×6 0 195×195" in out
    assert "30: MaxPool2d 1×512×7×7 0 0 212×212" in out
    # the order of the course
    headings = [line for line in result.stdout.splitlines() if line.startswith("== ")]
    assert [heading[3] for heading in headings] == [str(number + 1) for number in range(len(headings))]


@needs_jq
@pytest.mark.parametrize(
    ("budgets", "code", "says"),
    [
        ([], 0, "scratch:alexnet: 61100840 parameters, 714188480 MACs: within budget"),
        (["scratch:alexnet", "61100840", "714188480"], 0, "within budget"),
        (["scratch:alexnet", "61100839"], 1, "violation: 61100840 parameters, the budget is 61100839"),
        (["scratch:alexnet", "62000000", "714188479"], 1, "violation: 714188480 MACs, the budget is 714188479"),
        (["scratch:alexnet,num_classes=10"], 1, "violation: output 1x10, wanted 1x1000"),
    ],
)
def test_gate(budgets: list[str], code: int, says: str) -> None:
    result = run(str(EXAMPLES / "gate.sh"), *budgets)
    assert result.returncode == code, result.stderr
    assert says in result.stdout


@needs_jq
def test_gate_does_not_take_an_error_for_a_violation() -> None:
    result = run(str(EXAMPLES / "gate.sh"), "scratch:alexnt")
    assert result.returncode == 2
    assert "did you mean scratch:alexnet" in result.stderr


def test_picture_shows_what_the_tool_shows(tmp_path: Path) -> None:
    command = "summary alexnet --input 1x3x224x224 --output"
    assert run("cnninspect", *command.split(), str(tmp_path / "new.svg")).returncode == 0

    def texts(file: Path) -> list[str]:
        return re.findall(r"<text[^>]*>([^<]*)</text>", file.read_text(encoding="utf-8"))

    assert texts(EXAMPLES / "alexnet.svg") == texts(tmp_path / "new.svg")
