"""Leaving at once, but never before what is open for writing is whole."""

import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from pathlib import Path
from cnninspect.cli.leaving import leave_soon

class Last:
    def __del__(self):
        print("taken apart")

last = Last()
{opened}
leave_soon(7)
"""


def run(opened: str = "") -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", CODE.format(opened=opened)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_a_file_that_is_open_for_writing_is_not_lost(tmp_path: Path) -> None:
    """Its text is still in Python's buffer, which the interpreter writes when it is taken apart."""
    file = tmp_path / "log"
    result = run(f"log = open({str(file)!r}, 'w'); log.write('called')")
    assert file.read_text() == "called"
    assert (result.returncode, result.stdout) == (0, "taken apart\n")  # it came back, and the script ended


def test_a_file_that_is_read_keeps_nobody(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_text("1")
    result = run(f"weights = open({str(file)!r})")
    assert (result.returncode, result.stdout) == (7, "")
