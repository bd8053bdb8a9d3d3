"""What the tests of ``sweep`` share: lines read back, runs as processes, networks that misbehave."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.functional.test_process import CNNINSPECT

#: Networks of ``bad.py``; Fine has 2·3 multiply-accumulates and 2·3 + 2 parameters.
BAD: Final = """
import ctypes, os, subprocess, torch
class Fine(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)
    def forward(self, x):
        self.misbehave()
        return self.linear(x)
    def misbehave(self):
        pass
class Loops(Fine):
    def misbehave(self):
        open("loops.pid", "w").write(str(os.getpid()))
        while True:
            pass
class Starts(Loops):
    def misbehave(self):
        open("started.pid", "w").write(str(subprocess.Popen(["sleep", "1000"]).pid))
        super().misbehave()
class Leaves(Fine):
    def misbehave(self):
        open("started.pid", "w").write(str(subprocess.Popen(["sleep", "1000"]).pid))
class Allocates(Fine):
    def misbehave(self):
        self.kept = []
        while True:
            self.kept.append(bytearray(2**24))
class Exits(Fine):
    def misbehave(self):
        os._exit(7)
class Crashes(Fine):
    def misbehave(self):
        ctypes.string_at(0)
class Prints(Fine):
    def misbehave(self):
        for number in range(1_000_000):
            print()
class Chats(Fine):
    def misbehave(self):
        for number in range(50_000):
            print("line", number % 10)
"""


def lines(file: Path) -> list[dict[str, Any]]:
    """Of a file, every one whole."""
    text = file.read_text(encoding="utf-8")
    assert not text or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def untimed(file: Path) -> list[str]:
    """The lines of a file sorted, without the time that each took."""
    return sorted(json.dumps({**line, "seconds": 0}) for line in lines(file))


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """A sweep as a process of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*CNNINSPECT, "sweep", *arguments],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Until it does; that it never does is a failure."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def number_in(file: Path) -> int:
    """Of lines, so far."""
    return file.read_bytes().count(b"\n") if file.exists() else 0


def has_begun(folder: Path) -> bool:
    """The network that loops."""
    return (folder / "loops.pid").exists() and (folder / "loops.pid").read_text() != ""


def assert_is_gone(folder: Path, file: str = "loops.pid") -> None:
    """The process of the network that loops, or one that it has started; what nobody has waited for is no process."""
    about = Path("/proc") / (folder / file).read_text() / "stat"
    wait_until(lambda: not about.exists() or about.read_text().rpartition(")")[2].split()[0] == "Z", 20)
