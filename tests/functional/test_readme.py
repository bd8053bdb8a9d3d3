"""The front page is short, and every command on it is run as it stands (its first two by CI, elsewhere)."""

from pathlib import Path
from typing import Final

import pytest

from tests.conftest import Cli
from tests.functional.document import follow, marks

README: Final = Path(__file__).parents[2] / "README.md"
TEXT: Final = README.read_text(encoding="utf-8")


def test_it_is_a_front_page() -> None:
    assert len(TEXT.splitlines()) < 120


def test_the_two_commands_of_a_newcomer_are_marked() -> None:
    assert marks(TEXT) == ["install", "test"]


def test_what_it_shows(
    tmp_path: Path, cli: Cli, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CNNINSPECT_CACHE", str(tmp_path / "cache"))
    follow(TEXT, cli, capsys)
