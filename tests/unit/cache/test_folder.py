"""Files of the cache: whole or not at all, the longest unused dropped, nothing else touched."""

import errno
import os
import time
from pathlib import Path
from typing import Any, Self

import pytest

from cnninspect.cache import folder

KEYS = [f"{number:032x}" for number in range(5)]


def names(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    place = tmp_path / "not" / "there"
    assert folder.read(place, KEYS[0]) is None
    folder.write(place, KEYS[0], b"first")
    folder.write(place, KEYS[0], b"second")
    assert folder.read(place, KEYS[0]) == b"second"
    assert folder.read(place, KEYS[1]) is None
    assert names(place) == {f"cnninspect-{KEYS[0]}.report"}


def test_the_longest_unused_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "LIMIT", 30)
    for age, key in enumerate(KEYS[:3]):
        folder.write(tmp_path, key, b"x" * 10)
        long_ago = time.time() - 100 + age
        os.utime(folder.path_of(tmp_path, key), (long_ago, long_ago))
    folder.mark_used(tmp_path, KEYS[0])  # so that the second is the longest unused
    folder.write(tmp_path, KEYS[3], b"x" * 11)  # 41 bytes without the second: the third has to go, too
    assert names(tmp_path) == {folder.path_of(tmp_path, KEYS[at]).name for at in (0, 3)}


def test_what_alone_is_too_large_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "LIMIT", 30)
    folder.write(tmp_path, KEYS[0], b"x" * 30)
    folder.write(tmp_path, KEYS[1], b"x" * 31)
    assert [each.path for each in folder.files(tmp_path)] == [folder.path_of(tmp_path, KEYS[0])]


@pytest.mark.parametrize("operation", ["write", "replace"])
def test_a_failing_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    folder.write(tmp_path, KEYS[0], b"before")

    class FullDisk:
        def __init__(self, path: Path) -> None:
            path.touch()

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _: bytes) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if operation == "write":
        monkeypatch.setattr(Path, "open", lambda path, _mode: FullDisk(path))
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        folder.write(tmp_path, KEYS[0], b"after")
    monkeypatch.undo()
    assert names(tmp_path) == {f"cnninspect-{KEYS[0]}.report"}
    assert folder.read(tmp_path, KEYS[0]) == b"before"


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert folder.read(tmp_path / "file", KEYS[0]) is None
    assert folder.files(tmp_path / "file") == []
    with pytest.raises(OSError, match="Not a directory"):
        folder.write(tmp_path / "file", KEYS[0], b"x")


def test_only_its_own_files_are_cleared(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "thesis.txt").write_text("years of work")
    home = tmp_path / "home"
    home.mkdir()
    kept = {
        "thesis.txt", "report.json", "cnninspect-notes.report", f"cnninspect-{KEYS[0]}.report.bak",
        f"my-cnninspect-{KEYS[0]}.report", f"cnninspect-{KEYS[0].upper()[:-1]}G.report",
    }  # fmt: skip
    for name in kept:
        (home / name).write_text("mine")
    folder.path_of(home, KEYS[1]).mkdir()
    folder.path_of(home, KEYS[2]).symlink_to(tmp_path / "elsewhere" / "thesis.txt")
    folder.path_of(home, KEYS[3]).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    folder.write(home, KEYS[4], b"ours")
    assert [each.path for each in folder.clear(home)] == [folder.path_of(home, KEYS[4])]
    assert names(home) == kept | {folder.path_of(home, key).name for key in KEYS[1:4]}
    assert (tmp_path / "elsewhere" / "thesis.txt").read_text() == "years of work"


def test_parts_are_left_alone_until_nobody_writes_them(tmp_path: Path) -> None:
    old, new = (tmp_path / f"cnninspect-{KEYS[0]}.report.{pid}-1.part" for pid in (1, 2))
    old.touch()
    new.touch()
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    found = folder.clear(tmp_path)
    assert [each.path for each in found] == [old]
    assert not found[0].is_whole
    assert new.exists()


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str) -> None:
    path = folder.path_of(tmp_path, KEYS[0])
    (tmp_path / "target").write_bytes(b"somebody's")
    match kind:
        case "link":
            path.symlink_to(tmp_path / "target")
        case "folder":
            path.mkdir()
        case _:
            os.mkfifo(path)  # opening it would wait for ever
    with pytest.raises(OSError, match="not a small regular file"):
        folder.read(tmp_path, KEYS[0])
    if kind == "folder":
        with pytest.raises(OSError, match=r"(?i)directory"):
            folder.write(tmp_path, KEYS[0], b"ours")
    else:
        folder.write(tmp_path, KEYS[0], b"ours")
        assert folder.read(tmp_path, KEYS[0]) == b"ours"
    assert (tmp_path / "target").read_bytes() == b"somebody's"
