"""``--step`` under a terminal of its own: the frames, the keys, and the terminal afterwards."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest

COMMAND = [sys.executable, "-m", "cnninspect", "apply", "MaxPool2d(2)", "--values", "1:16", "--step"]
_PATIENCE = 60  # seconds that a start may take on a busy machine


class Terminal:
    """The command on a terminal; what it wrote so far is in ``seen``."""

    def __init__(self) -> None:
        self.leader, follower = pty.openpty()
        self.follower = follower
        self.before = termios.tcgetattr(follower)
        self.process = subprocess.Popen(
            COMMAND, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
            env=os.environ | {"TERM": "xterm", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        self.seen = ""

    def read(self, seconds: float) -> bool:
        """Take in what has come; False if nothing did."""
        if not select.select([self.leader], [], [], seconds)[0]:
            return False
        self.seen += os.read(self.leader, 65536).decode("utf-8", "replace")
        return True

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + _PATIENCE
        while text not in self.seen:
            assert time.monotonic() < end, self.seen
            self.read(0.1)

    def press(self, keys: bytes) -> None:
        os.write(self.leader, keys)

    def end(self) -> int:
        """The exit code, when all of its output has been read."""
        end = time.monotonic() + _PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, self.seen
            self.read(0.05)
        while self.read(0.05):
            pass
        return self.process.returncode


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    one = Terminal()
    yield one
    if one.process.poll() is None:
        one.process.kill()
        one.process.wait()
    os.close(one.leader)
    os.close(one.follower)


def test_a_key_shows_the_next_window_and_b_the_one_before(terminal: Terminal) -> None:
    terminal.wait_for("window 1 of 4")
    terminal.wait_for("max(1, 2, 5, 6) = 6")
    assert "\r\r" not in terminal.seen  # the terminal itself puts a return before each new line
    terminal.press(b" ")
    terminal.wait_for("window 2 of 4")
    terminal.seen = ""
    terminal.press(b"b")
    terminal.wait_for("window 1 of 4")
    terminal.press(b"q")
    assert terminal.end() == 0
    assert terminal.seen.rstrip().endswith("6 8; 14 16")  # the whole remains on the screen
    assert termios.tcgetattr(terminal.follower) == terminal.before


def test_without_a_key_a_second_does(terminal: Terminal) -> None:
    terminal.wait_for("max(11, 12, 15, 16) = 16")
    assert terminal.end() == 0
    for window in range(1, 5):
        assert f"window {window} of 4" in terminal.seen
    assert termios.tcgetattr(terminal.follower) == terminal.before


def test_ctrl_c_gives_the_terminal_back(terminal: Terminal) -> None:
    terminal.wait_for("window 1 of 4")
    assert termios.tcgetattr(terminal.follower) != terminal.before  # or there would be nothing to give back
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert termios.tcgetattr(terminal.follower) == terminal.before
    assert terminal.seen.count("\x1b[?1049h") == terminal.seen.count("\x1b[?1049l") == 1
    assert "\x1b[?25h" in terminal.seen  # the cursor
    assert "Traceback" not in terminal.seen
