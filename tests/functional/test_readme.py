"""The front page is short, and every command on it is run as it stands (its first two by CI, elsewhere)."""

import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import Cli
from tests.functional.document import Deed, deeds, done, lacking, marks

README: Final = Path(__file__).parents[2] / "README.md"
TEXT: Final = README.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: a later command reads what an earlier one wrote."""
    return tmp_path_factory.mktemp("readme")


def test_it_is_a_front_page() -> None:
    assert len(TEXT.splitlines()) < 120


def test_the_two_commands_of_a_newcomer_are_marked() -> None:
    assert marks(TEXT) == ["install", "test"]


@pytest.mark.parametrize("deed", deeds(TEXT), ids=lambda deed: f"line {deed.place}: {deed.text}")
def test_what_it_shows(
    deed: Deed, folder: Path, cli: Cli, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "jq" in deed.text and shutil.which("jq") is None:
        pytest.skip("the command needs jq")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CNNINSPECT_CACHE", str(folder / "cache"))
    known: dict[str, Any] = {}
    result = done(deed, known, cli, capsys)
    assert result.code == deed.code, result.err
    assert lacking(deed.shown or "", result.out + result.err) == []
