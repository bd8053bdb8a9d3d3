"""A report goes in and comes out the same, or it is run again; whatever is in the files, nothing else happens."""

import errno
import os
import random
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from platformdirs import user_cache_path

from cnninspect import cache as caching
from cnninspect.cache import VARIABLE, Cache, folder, location, opened
from cnninspect.cache.key import key_of
from cnninspect.errors import ModelError
from cnninspect.report import Graph, Report
from cnninspect.spec import Request, ZooModel
from cnninspect.spec.sources import Source
from tests.canned import REPORT

REQUEST, OTHER = (Request(ZooModel(f"scratch:{name}", Source.scratch, name)) for name in ("alexnet", "vgg16"))


class Asked:
    """A cache of its own, what it noted, and how often it had a report made."""

    def __init__(self, place: Path) -> None:
        self.notes: list[str] = []
        self.runs = 0
        self.cache = Cache(place, self.notes.append)

    def __call__(self, request: Request = REQUEST, report: Report = REPORT) -> Report:
        def run() -> Report:
            self.runs += 1
            return report

        return self.cache.through(request, run)

    @property
    def file(self) -> Path:
        return folder.path_of(self.cache.folder, str(key_of(REQUEST)))


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path / "cache")


def as_fresh(report: Report) -> Report:
    assert report.run.cached
    return msgspec.structs.replace(report, run=msgspec.structs.replace(report.run, cached=False))


def test_once_run_then_found(asked: Asked) -> None:
    assert asked() is REPORT
    assert as_fresh(asked()) == REPORT
    assert as_fresh(asked()) == REPORT
    assert (asked.runs, asked.notes) == (1, [])
    assert not asked(OTHER).run.cached


def test_every_value_comes_back_as_it_was(asked: Asked) -> None:
    settings: dict[str, Any] = {
        "a": [1, [2.5, None, True]], "b": {"c": float("inf"), "d": -(2**63), "e": 2**64 - 1}, "f": "×\u05e9", "g": 0.1,
    }  # fmt: skip
    layers = (msgspec.structs.replace(REPORT.layers[0], settings=settings), *REPORT.layers[1:])
    asked(report=msgspec.structs.replace(REPORT, layers=layers))
    assert asked().layers == layers


@pytest.mark.parametrize("figure", [2**64, 2**80])
def test_what_does_not_fit_is_not_kept(asked: Asked, figure: int) -> None:
    report = msgspec.structs.replace(REPORT, totals=msgspec.structs.replace(REPORT.totals, macs=figure))
    assert asked(report=report) is asked(report=report) is report
    assert asked.notes == []
    assert not asked.cache.folder.exists()


def test_a_name_that_is_no_text_is_not_kept(asked: Asked) -> None:
    odd = Request(ZooModel("scratch:alexnet,a=\udc80", Source.scratch, "alexnet", {"a": "\udc80"}))
    report = msgspec.structs.replace(REPORT, model=msgspec.structs.replace(REPORT.model, spec="\udc80"))
    assert asked(odd, report) is asked(odd, report) is report


def test_a_report_without_a_graph_gives_way_to_one_with_it(asked: Asked) -> None:
    drawn = msgspec.structs.replace(REPORT, graph=Graph(()))
    wanted = msgspec.structs.replace(REQUEST, with_graph=True)
    assert asked() is REPORT
    assert asked(wanted, drawn) is drawn
    assert as_fresh(asked(wanted)) == drawn
    assert as_fresh(asked()) == REPORT
    assert asked.runs == 2


def test_errors_are_not_kept(asked: Asked) -> None:
    def fail() -> Report:
        raise ModelError("the forward pass raises")

    for _ in range(2):
        with pytest.raises(ModelError):
            asked.cache.through(REQUEST, fail)
    assert not asked.cache.folder.exists()


def test_large_reports_are_small_files(asked: Asked) -> None:
    many = msgspec.structs.replace(REPORT, layers=REPORT.layers * 3200)  # 25,600 layers
    asked(report=many)
    assert asked.file.stat().st_size < 2**20
    assert as_fresh(asked()) == many


def assert_passed_over(asked: Asked, content: bytes) -> None:
    """The report is made again, in place of ``content``, with one note."""
    asked.file.write_bytes(content)
    asked.notes.clear()
    runs = asked.runs
    assert asked() is REPORT
    assert asked.runs == runs + 1
    (note,) = asked.notes
    assert note.startswith(f"passed over {str(asked.file)!r}")
    assert as_fresh(asked()) == REPORT


def test_cut_short_anywhere(asked: Asked) -> None:
    asked()
    whole = asked.file.read_bytes()
    for length in [*range(30), *range(30, len(whole), 7), len(whole) - 1]:
        assert_passed_over(asked, whole[:length])


def test_any_bit_changed(asked: Asked) -> None:
    asked()
    whole = bytearray(asked.file.read_bytes())
    chance = random.Random(0)
    for at in [*range(30), *range(30, len(whole), 5)]:
        changed = whole.copy()
        changed[at] ^= 1 << chance.randrange(8)
        asked.file.write_bytes(changed)
        found = asked()
        assert found is REPORT or as_fresh(found) == REPORT


def packed(content: bytes) -> bytes:
    return b"cnninspect report 1\n" + zlib.compress(content)


def foreign() -> dict[str, bytes]:
    key = str(key_of(REQUEST))
    plain = msgspec.to_builtins(REPORT)
    entry = msgspec.msgpack.encode({"key": key, "report": plain})
    huge = b"\x82\xa3key\xd9\x20" + key.encode() + b"\xa6report"
    return {
        "empty": b"",
        "text": b"just words\n",
        "zeros": bytes(1000),
        "another header": b"cnninspect report 2\n" + zlib.compress(entry),
        "not compressed": b"cnninspect report 1\n" + entry,
        "something behind": packed(entry) + b"x",
        "not messagepack": packed(b"\xc1"),
        "a list": packed(msgspec.msgpack.encode([key, plain])),
        "no report": packed(msgspec.msgpack.encode({"key": key})),
        "another key": packed(msgspec.msgpack.encode({"key": "0" * 32, "report": plain})),
        "a field of another type": packed(
            msgspec.msgpack.encode({"key": key, "report": plain | {"totals": {"params": "many"}}})
        ),
        "a field missing": packed(
            msgspec.msgpack.encode({"key": key, "report": {name: plain[name] for name in list(plain)[1:]}})
        ),
        "a list of four billion": packed(huge + b"\x81\xa6layers\xdd\xff\xff\xff\xff"),
        "nested for ever": packed(huge + b"\x81\xa5notes" + b"\x91" * 1_000_000),
    }


@pytest.mark.parametrize("kind", foreign())
def test_foreign(asked: Asked, kind: str) -> None:
    asked()
    assert_passed_over(asked, foreign()[kind])


def test_what_unpacks_to_more_than_a_report(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked()
    monkeypatch.setattr(caching, "_LARGEST", 10_000)
    assert_passed_over(asked, packed(msgspec.msgpack.encode({"a": " " * 10_000, "key": key_of(REQUEST)})))


def test_a_file_larger_than_all_may_be_is_not_read(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked()
    monkeypatch.setattr(folder, "LIMIT", 10)
    assert asked() is REPORT
    assert "can't be read: not a small regular file" in asked.notes[0]


@pytest.mark.parametrize("error", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.ENAMETOOLONG])
def test_unwritable(asked: Asked, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(error, os.strerror(error), str(asked.cache.folder))

    monkeypatch.setattr(Path, "mkdir", fail)
    assert asked() is asked() is REPORT
    assert len(asked.notes) == 2
    assert f"can't be kept: {os.strerror(error)} {str(asked.cache.folder)!r}; {VARIABLE}" in asked.notes[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_still_answers(asked: Asked) -> None:
    asked()
    asked.cache.folder.chmod(0o500)
    assert as_fresh(asked()) == REPORT
    assert asked.notes == []
    assert asked(OTHER) is REPORT
    assert "Permission denied" in asked.notes[0]
    asked.cache.folder.chmod(0o700)


def test_cannot_be_read(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked()

    file, read = asked.file, Path.read_bytes

    def refused(path: Path) -> bytes:
        if path == file:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    assert asked() is REPORT
    assert asked.notes == [f"the cache can't be read: Permission denied {str(file)!r}"]


PROCESS = """
import sys
from pathlib import Path
from cnninspect.cache import Cache, folder
from cnninspect.spec import Request, parse_model
from tests.canned import REPORT
import msgspec

folder.LIMIT = 12_000  # so that they drop each other's
requests = [Request(parse_model(f"scratch:alexnet,num_classes={number}")) for number in range(20)]
notes, found = [], 0
cache = Cache(Path(sys.argv[1]), notes.append)
for turn in range(200):
    report = cache.through(requests[(turn * 7 + int(sys.argv[2])) % len(requests)], lambda: REPORT)
    found += report.run.cached
    assert msgspec.structs.replace(report, run=REPORT.run) == REPORT
assert not notes, notes
print(found)
"""


def test_a_dozen_processes_at_once(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(tmp_path), str(number)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=Path(__file__).parents[3],
        )
        for number in range(12)
    ]  # fmt: skip
    ends = [(process.communicate(), process.returncode) for process in started]
    assert [code for _, code in ends] == [0] * 12, [err for (_, err), _ in ends]
    assert sum(int(out) for (out, _), _ in ends) > 0
    assert {path.suffix for path in tmp_path.iterdir()} == {".report"}
    assert 0 < sum(path.stat().st_size for path in tmp_path.iterdir()) <= 12_000


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    places: dict[str, Path | None] = {
        "off": None,
        "OFF": None,
        "./off": tmp_path / "off",
        "folder": tmp_path / "folder",
        "~/folder": tmp_path / "home" / "folder",
    }
    for told, place in places.items():
        monkeypatch.setenv(VARIABLE, told)
        assert location() == place
    monkeypatch.setenv(VARIABLE, "")
    assert location() == user_cache_path("cnninspect", appauthor=False)
    monkeypatch.delenv(VARIABLE)
    assert location() == user_cache_path("cnninspect", appauthor=False)
    if sys.platform == "linux":  # elsewhere it is the system's own place
        assert location() == tmp_path / "xdg" / "cnninspect"


def test_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    def unknown(_: int) -> None:
        raise KeyError

    for name in (VARIABLE, "HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    notes: list[str] = []
    assert opened(notes.append) is None
    assert notes == ["no folder for the cache is known; set CNNINSPECT_CACHE to one, or to off"]
