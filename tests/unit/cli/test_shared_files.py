"""The scripts that stand beside the package are those that shells take."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cnninspect.cli.shared_files import shared_files
from tests.functional.test_process import run

BASH = "share/bash-completion/completions/cnninspect"
ZSH = "share/zsh/site-functions/_cnninspect"
FISH = "share/fish/vendor_completions.d/cnninspect.fish"


@pytest.mark.parametrize(("shell", "place"), [("bash", BASH), ("fish", FISH)])
def test_they_are_what_the_program_shows(shell: str, place: str) -> None:
    assert shared_files()[place].strip() == run(_CNNINSPECT_COMPLETE=f"source_{shell}").stdout.strip()


def test_that_of_zsh_is_found_by_its_first_line_and_is_a_function() -> None:
    script = shared_files()[ZSH]
    assert script.startswith("#compdef cnninspect\n")  # compinit reads no further
    shown = run(_CNNINSPECT_COMPLETE="source_zsh").stdout.strip()
    function, declared = shown.rsplit("\n", 1)
    assert declared == "compdef _cnninspect_completion cnninspect"
    assert script.startswith(function)
    assert script.count(declared) == 1  # where it is sourced instead


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
def test_zsh_completes_each_time(tmp_path: Path) -> None:
    """What completion consists of stands for itself: ``_arguments`` says what it is given."""
    (tmp_path / "_cnninspect").write_text(shared_files()[ZSH], encoding="utf-8")
    (tmp_path / "cnninspect").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m cnninspect "$@"\n')
    (tmp_path / "cnninspect").chmod(0o755)
    line = [
        f"fpath=({shlex.quote(str(tmp_path))}) path=({shlex.quote(str(tmp_path))} $path)",
        'function compdef { print declared }; function _arguments { print -r -- "$@" }',
        "autoload -Uz _cnninspect; words=(cnninspect cache cl); CURRENT=3",
        "_cnninspect; _cnninspect",
    ]
    said = subprocess.run(["zsh", "-f", "-c", "\n".join(line)], capture_output=True, text=True, check=True).stdout
    assert said.count("clear") == 2, said
    assert "declared" not in said


@pytest.mark.parametrize(("shell", "place"), [("bash", BASH), ("zsh", ZSH), ("fish", FISH)])
def test_the_shell_can_read_it(shell: str, place: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    read = subprocess.run([shell, "-n"], input=shared_files()[place], capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")
