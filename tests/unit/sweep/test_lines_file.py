"""The file of a sweep: the last line of each counts, a torn one is seen, two sweeps don't write one."""

import os
from pathlib import Path

import pytest

from cnninspect.errors import RequestError
from cnninspect.sweep.line import LineStatus
from cnninspect.sweep.lines_file import named_lines, opened, read
from tests.unit.sweep.made import done, failed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.jsonl"


def test_the_last_line_of_a_network_and_input_counts(file: Path) -> None:
    file.write_bytes(failed("a", "1-x").to_json() + done("b", "2-x").to_json() + done("a", "1-y").to_json())
    lines, whole = read(file)
    assert [(line.spec, line.status) for line in lines.values()] == [("a", LineStatus.done), ("b", LineStatus.done)]
    assert whole == file.stat().st_size


@pytest.mark.parametrize("torn", [b'{"schema_version":1', b"\0" * 40, b"\0" * 40 + b"\n"])
def test_a_torn_line_is_seen(file: Path, torn: bytes) -> None:
    """As a kill leaves it, and as a power failure does."""
    line = done("a", "1-x")
    file.write_bytes(line.to_json() + torn)
    assert read(file) == ({"1": line}, len(line.to_json()))


def test_other_lines_are_named(file: Path) -> None:
    file.write_bytes(done("a", "1-x").to_json() + b'{"other": 1}\n' + done("b", "2-x").to_json())
    with pytest.raises(RequestError, match=r"line 2 of '.*a.jsonl' is not of a sweep"):
        read(file)


def test_lines_are_added_to_what_is_whole(file: Path) -> None:
    first, second = done("a", "1-x"), done("b", "2-x")
    file.write_bytes(first.to_json() + b"torn")
    with opened(file, whole=len(first.to_json())) as out:
        out.add(second)
        assert file.read_bytes() == first.to_json() + second.to_json()


def test_a_file_that_is_there_or_being_written_is_refused(file: Path) -> None:
    with opened(file, whole=None):
        with pytest.raises(RequestError, match="is there already"), opened(file, whole=None):
            pass
        with pytest.raises(RequestError, match="another sweep is writing"), opened(file, whole=0):
            pass


def test_without_room_it_is_an_error() -> None:
    """The device has none, whatever is written."""
    with opened(Path("/dev/full"), whole=0) as out, pytest.raises(RequestError, match="No space left"):
        out.add(done("a", "1-x"))


def test_of_a_line_that_is_cut_off_nothing_is_left(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system writes what still fits."""
    write = os.write
    with opened(file, whole=None) as out:
        out.add(done("a", "1-x"))
        before = file.read_bytes()
        monkeypatch.setattr("os.write", lambda handle, content: write(handle, content[:5]))
        with pytest.raises(RequestError, match="there is no room for a line"):
            out.add(done("b", "2-x"))
    assert file.read_bytes() == before


def test_lines_are_named_by_their_input_where_there_are_several(file: Path) -> None:
    file.write_bytes(done("a", "1-x").to_json() + done("a", "2-x").to_json() + done("b", "3-x").to_json())
    assert [name for name, _ in named_lines(file)] == ["a x=1x3x8x8", "b"]  # the last counts
    file.write_bytes(b"")
    with pytest.raises(RequestError, match="has no lines"):
        named_lines(file)
