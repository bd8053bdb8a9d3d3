"""The file of a sweep: the last line of each counts, a torn one is seen, two sweeps don't write one."""

import os
from pathlib import Path

import pytest

from cnninspect.errors import RequestError
from cnninspect.sweep.kept_lines import TornLine, named_lines, read
from cnninspect.sweep.line import LineStatus
from cnninspect.sweep.lines_file import LineFile, opened
from tests.unit.sweep.made import done, failed

FIRST, SECOND = done("a", "1-x"), done("b", "2-x")
TORN = SECOND.to_json()[:60]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.jsonl"


def test_the_last_line_of_a_network_and_input_counts(file: Path) -> None:
    file.write_bytes(failed("a", "1-x").to_json() + done("b", "2-x").to_json() + done("a", "1-y").to_json())
    lines, whole, _ = read(file)
    assert [(line.spec, line.status) for line in lines.values()] == [("a", LineStatus.done), ("b", LineStatus.done)]
    assert whole == file.stat().st_size


@pytest.mark.parametrize("torn", [b'{"schema_version":1', TORN, b"\0" * 40, b"\0" * 40 + b"\n", b"  "])
def test_a_torn_line_is_seen(file: Path, torn: bytes) -> None:
    """As a kill leaves it, and as a power failure does."""
    file.write_bytes(FIRST.to_json() + torn)
    assert read(file) == ({"1": FIRST}, len(FIRST.to_json()), ())
    assert named_lines(file) == [("a", FIRST)]


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b"  \n\n"])
def test_a_blank_line_is_passed_over(file: Path, blank: bytes) -> None:
    file.write_bytes(blank + FIRST.to_json() + blank + SECOND.to_json() + blank)
    assert list(read(file).lines.values()) == [FIRST, SECOND]


@pytest.mark.parametrize("torn", [TORN, b"{", b"\0" * 40])
def test_what_stands_behind_a_torn_line_is_whole(file: Path, torn: bytes) -> None:
    """As ``cat`` puts files together of which one ends in it."""
    file.write_bytes(torn + FIRST.to_json() + torn + SECOND.to_json())
    assert read(file) == ({"1": FIRST, "2": SECOND}, file.stat().st_size, ())


@pytest.mark.parametrize("torn", [TORN, b"\0" * 40])
def test_a_torn_line_in_the_middle_is_named_and_blanked(file: Path, torn: bytes) -> None:
    first, third = FIRST.to_json(), done("c", "3-x").to_json()
    file.write_bytes(first + torn + b"\n" + third)
    assert read(file).torn == (TornLine(2, len(first), len(first) + len(torn) + 1),)
    with pytest.raises(RequestError, match=r"line 2 of '.*a.jsonl' was torn"):
        named_lines(file)
    with opened(file, resumes=True) as (out, before):
        assert before.lines.keys() == {"1", "3"}
        out.add(SECOND)
    assert file.read_bytes() == first + b" " * len(torn) + b"\n" + third + SECOND.to_json()
    assert len(named_lines(file)) == 3


@pytest.mark.parametrize("other", [b'{"other": 1}', b"my thesis", FIRST.to_json().rstrip()[:-1] + b',"seconds":"x"}'])
def test_other_lines_are_named(file: Path, other: bytes) -> None:
    """What is whole, and no line that can be read, is nobody's to take out."""
    file.write_bytes(FIRST.to_json() + other + b"\n" + SECOND.to_json())
    for resumes in (True, False):
        with pytest.raises(RequestError, match=r"line 2 of '.*a.jsonl' is not of a sweep"):
            opened(file, resumes=True).__enter__() if resumes else read(file)


def test_lines_are_added_to_what_is_whole(file: Path) -> None:
    file.write_bytes(FIRST.to_json() + TORN)
    with opened(file, resumes=True) as (out, _):
        out.add(SECOND)
        assert file.read_bytes() == FIRST.to_json() + SECOND.to_json()


def test_a_file_that_is_there_or_being_written_is_refused(file: Path) -> None:
    with opened(file):
        with pytest.raises(RequestError, match="is there already"), opened(file):
            pass
        with pytest.raises(RequestError, match="another sweep is writing"), opened(file, resumes=True):
            pass


def test_without_room_it_is_an_error() -> None:
    """The device has none, whatever is written."""
    handle = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(RequestError, match="No space left") as raised:
            LineFile(handle, "a.jsonl").add(FIRST)
    finally:
        os.close(handle)
    assert raised.value.hint == "what is there is whole: make room, and --resume goes on"


def test_of_a_line_that_is_cut_off_nothing_is_left(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system writes what still fits."""
    write = os.write
    with opened(file) as (out, _):
        out.add(FIRST)
        before = file.read_bytes()
        monkeypatch.setattr("os.write", lambda handle, content: write(handle, content[:5]))
        with pytest.raises(RequestError, match="there is no room for a line") as raised:
            out.add(SECOND)
    assert raised.value.hint == "what is there is whole: make room, and --resume goes on"
    assert file.read_bytes() == before


def test_lines_are_named_by_their_input_where_there_are_several(file: Path) -> None:
    file.write_bytes(done("a", "1-x").to_json() + done("a", "2-x").to_json() + done("b", "3-x").to_json())
    assert [name for name, _ in named_lines(file)] == ["a x=1x3x8x8", "b"]  # the last counts
    file.write_bytes(b"")
    with pytest.raises(RequestError, match="has no lines"):
        named_lines(file)
