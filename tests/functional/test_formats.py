"""Every command writes each format that it lists, by name and by ending, and refuses the others: all are walked."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import msgspec
import pytest

from cnninspect.cli.command_tree import walked
from cnninspect.cli.commands import COMMANDS
from cnninspect.formats import Format
from tests.canned import REPORT
from tests.conftest import Cli

#: What each command is given; the reports are those of ``folder``.
LINES: Final = {
    "summary": ["report.json"],
    "check": ["report.json", "--max-params", "124", "--min-macs", "1"],  # 125 parameters: one violation, one bound
    "compare": ["report.json", "other.json"],
    "explain": ["report.json"],
    "apply": ["MaxPool2d(2)", "--values", "1:16"],
    "profile": ["nn:Conv2d(1, 2, 3); ReLU()", "-i", "1x1x8x8", "--device", "meta"],
    "draw": ["nn:Conv2d(1, 2, 3); ReLU()", "-i", "1x1x8x8"],
    "view": ["nn:Conv2d(1, 2, 3); ReLU()", "--kernels"],
    "verify": ["nn:ReLU()", "nn:ReLU()", "-i", "1x4"],
    "sweep": ["nn:Conv2d(1, 2, 3); ReLU()", "-i", "1x1x8x8", "--jobs", "1"],
    "models": ["alexnet*"],
    "cache info": [],
    "cache clear": [],
    "schema": [],
}
#: Those of pixels and of columns: test_draw, test_swept_files.
NO_TEXT: Final = (Format.png, Format.parquet)
#: The one format that a saved report does not have.
WITH_TORCHINFO: Final = ["nn:Conv2d(1, 2, 3)", "-i", "1x1x8x8"]


def formats_of(command: Any) -> list[Format]:
    """The formats in the help of a command."""
    (option,) = (option for option in command.params if "--format" in option.opts)
    listed_ones = re.match(r"(?:One of|Only) ([\w, ]+)\.", option.help)
    assert listed_ones is not None
    return [Format(name) for name in listed_ones[1].split(", ")]


ALL: Final = [(" ".join(words[1:]), each) for words, each, _ in walked() if not hasattr(each, "commands")]
FOUND: Final = {name: formats_of(command) for name, command in ALL}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two reports, a cache, and files to come."""
    other = msgspec.structs.replace(REPORT, layers=REPORT.layers[:3])
    (tmp_path / "report.json").write_text(REPORT.to_json(), encoding="utf-8")
    (tmp_path / "other.json").write_text(other.to_json(), encoding="utf-8")
    (tmp_path / "cache").mkdir()
    monkeypatch.setenv("CNNINSPECT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_is_walked() -> None:
    assert set(FOUND) == set(COMMANDS) == set(LINES)


@pytest.mark.parametrize("name", FOUND)
def test_every_format_that_is_listed_is_written(cli: Cli, folder: Path, name: str) -> None:
    for form in [each for each in FOUND[name] if each not in NO_TEXT]:
        line = [*name.split(), *(WITH_TORCHINFO if form is Format.torchinfo else LINES[name])]
        result = cli(*line, "-f", form)
        assert result.code == (1 if name == "check" else 0), result.err
        assert_is(form, result.out)
        for ending in form.endings:
            assert cli(*line, "-o", f"written{ending}").code == result.code
            assert untimed((folder / f"written{ending}").read_text(encoding="utf-8")) == untimed(result.out)


def untimed(text: str) -> str:
    """JSON in which a pass has taken no time."""
    return re.sub(r'("seconds": ?)[\d.e-]+', r"\g<1>0", text)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", FOUND)
def test_every_other_format_is_refused(cli: Cli, name: str) -> None:
    for other in ["yaml", *(form for form in Format if form not in FOUND[name])]:
        result = cli(*name.split(), *LINES[name], "-f", other)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"error: unknown format '{other}'\n")


def assert_is(form: Format, text: str) -> None:
    """Is it what it says it is?"""
    match form:
        case Format.json | Format.jsonl:
            assert isinstance(json.loads(text), dict)  # of jsonl there is one line
        case Format.csv:
            header, *rows = csv.reader(io.StringIO(text))
            assert len(set(header)) == len(header) > 1
            assert {len(row) for row in rows} == {len(header)}
        case Format.svg | Format.junit:
            root = ET.fromstring(text)  # noqa: S314 - our own
            assert root.tag.rpartition("}")[2] == ("svg" if form is Format.svg else "testsuites")
        case Format.html:
            assert_is_page(text)
        case Format.markdown:
            assert "\n- " in f"\n{text}" or "\n| " in text
        case Format.latex:
            assert text.startswith("% needs \\usepackage{booktabs}")
            assert text.count(r"\begin{") == text.count(r"\end{") > 0
        case Format.dot | Format.mermaid | Format.tikz:
            assert text.startswith(("digraph {", "flowchart TB", r"\begin{tikzpicture}"))
        case Format.github:
            assert all(line.startswith(("::error ", "::warning ")) for line in text.splitlines())
            assert text
        case Format.table | Format.torchinfo:
            assert len(text.splitlines()) > 2
            assert not text.startswith(("{", "<", "|"))


class Tags(HTMLParser):
    """Which elements are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.met: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.met.add(tag)
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_is_page(text: str) -> None:
    page = Tags()
    page.feed(text)
    assert page.open == []
    assert {"html", "head", "title", "body"} <= page.met
    assert page.met & {"table", "svg", "img"}
