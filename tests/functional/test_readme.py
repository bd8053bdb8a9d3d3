"""Every command that the README shows is run as it stands there (its first two by CI, in a fresh environment)."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Cli, Result

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(
    r"^(<!-- \w+ -->\n)?```(\w+)\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
COMMANDS = [line for mark, kind, text in BLOCKS if kind == "sh" and not mark for line in text.splitlines()]
PYTHON = [text for _, kind, text in BLOCKS if kind == "python"]
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: a later command reads what an earlier one wrote."""
    return tmp_path_factory.mktemp("readme")


def test_the_two_commands_of_a_newcomer_are_marked() -> None:
    assert [mark.strip() for mark, _, _ in BLOCKS if mark] == ["<!-- install -->", "<!-- test -->"]


def in_a_shell(command: str) -> Result:
    found = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        env=os.environ | {"PATH": PATH}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Result(found.returncode, found.stdout, found.stderr)


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, folder: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a shell where one is needed; a process for each of the others would import torch again and show no more."""
    if "jq" in command and shutil.which("jq") is None:
        pytest.skip("the command needs jq")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CNNINSPECT_CACHE", str(folder / "cache"))
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    program, *words = lexer
    is_plain = program == "cnninspect" and not any(set(word) <= set(lexer.punctuation_chars) for word in words)
    result = cli(*words) if is_plain else in_a_shell(command)
    assert result.code == 0, result.err
    if "jq" in command:
        assert result.out == "61100840\n"  # torchvision's metadata: num_params


@pytest.mark.parametrize("code", PYTHON)
def test_python(code: str, folder: Path) -> None:
    result = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    # torchvision's metadata; 714,188,480 by hand in tests/reference; 64 − 3 + 1 = 62
    assert result.stdout.startswith("alexnet (torchvision), input 1×3×224×224 float32, on cpu\n")
    assert "\n61100840 714188480\n(1, 8, 62, 62) (3, 3)\n" in result.stdout
    assert result.stdout.endswith("\nidentical\n(((4.0,),),)\n")  # the largest of 1 2 3 4
