"""The sign of life: on a terminal only, with what is at hand, gone when done."""

import io
import time

import pytest

from cnninspect.cli import progress


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stderr = Terminal()
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    return stderr


def test_shows_what_is_at_hand_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    with progress.shown("inspecting vgg16 …") as tell:
        tell("features.0")
        time.sleep(0.3)  # it is drawn twelve times a second
        during = terminal.getvalue()
    assert "inspecting vgg16 …" in during
    assert "features.0" in during
    assert terminal.getvalue().endswith("\x1b[1A\x1b[2K")  # the cursor goes up, and the line is cleared


def test_control_characters_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    with progress.shown("inspecting …") as tell:
        tell("a\x1b[5mb")
        time.sleep(0.3)
    assert "a?[5mb" in terminal.getvalue()


def test_quiet_or_no_terminal_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = a_terminal(monkeypatch)
    with progress.shown("text", is_quiet=True) as tell:
        tell("layer")
    assert terminal.getvalue() == ""
    monkeypatch.undo()
    with progress.shown("text"):
        pass
    assert capsys.readouterr().err == ""
