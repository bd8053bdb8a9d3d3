"""The scripts that stand beside the package are those that shells take."""

import shutil
import subprocess

import pytest

from cnninspect.cli.shared_files import shared_files
from tests.functional.test_process import run

BASH = "share/bash-completion/completions/cnninspect"
ZSH = "share/zsh/site-functions/_cnninspect"
FISH = "share/fish/vendor_completions.d/cnninspect.fish"


@pytest.mark.parametrize(("shell", "place"), [("bash", BASH), ("fish", FISH)])
def test_they_are_what_the_program_shows(shell: str, place: str) -> None:
    assert shared_files()[place].strip() == run(_CNNINSPECT_COMPLETE=f"source_{shell}").stdout.strip()


def test_that_of_zsh_is_found_by_its_first_line_and_completes_the_first_time() -> None:
    script = shared_files()[ZSH]
    assert script.startswith("#compdef cnninspect\n")  # compinit reads no further
    shown = run(_CNNINSPECT_COMPLETE="source_zsh").stdout.strip()
    function, declared = shown.rsplit("\n", 1)
    assert declared == "compdef _cnninspect_completion cnninspect"
    assert script.startswith(function)
    # a file of fpath is run as the function itself: zshmisc(1), AUTOLOADING FUNCTIONS
    assert script.count(declared) == 1
    assert '\n  _cnninspect_completion "$@"\nelse\n' in script


@pytest.mark.parametrize(("shell", "place"), [("bash", BASH), ("zsh", ZSH), ("fish", FISH)])
def test_the_shell_can_read_it(shell: str, place: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    read = subprocess.run([shell, "-n"], input=shared_files()[place], capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")
