"""Text from outside is shown in every format of every command and acts in none: it is the same but for the words."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from html.parser import HTMLParser
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnninspect.formats import DATA, SHARED, Format, Terminal
from cnninspect.formats.presentation import Presentation, written
from tests.unit.formats.hostile import presentations

PLAIN: Final = "plain"
#: Without a dot, which parts a layer's path.
CHARACTERS: Final = (
    "ab1 \t\n\r\x00\x07\x08\x1b\x7f\x85\x9b\u2028\ufeff\ufffe\uffff"  # control, and what XML can't hold
    "\u202e\u202c\u2066\u2069\u200f\u05d0\u0627\U0001f1e9"  # read from right to left, or as one with the next
    "<>&\"'`*_[](){}#|~$%^\\=+-@!:;,/"
)
TEXTS: Final = (
    "</title><script>alert(1)</script>", "<!--", "]]>", "&#27;", r"\input{x}", r"\end{tabular}", "%", "$", "=1+1",
    "@SUM(1)", "::error::", "```", "| a | b |", "[x](javascript:1)", "\x1b]0;title\x07", "\x1b[2J", "a\nb", "\u202eabc",
)  # fmt: skip
ODD: Final = st.one_of(st.sampled_from(TEXTS), st.text(CHARACTERS, min_size=1, max_size=8)).filter(str.strip)
#: The form of a page is its elements, and so on: what odd text must leave as it is.
Form = Sequence[object]


@pytest.mark.parametrize("form", [*SHARED, Format.junit, Format.github])
@given(odd=ODD)
@example(odd="\ufffe")
def test_text_from_outside_does_not_act(form: Format, odd: str) -> None:
    for name, shown in presentations(odd).items():
        if form in SHARED or form in shown.own:
            text = written(shown, form, Terminal())
            assert form_of(text, form) == form_of(of_plain(name, form), form), name
            if form not in DATA:
                assert acting(text) == set()


@pytest.mark.parametrize("terminal", [Terminal(width=40), Terminal(ascii=True)], ids=["narrow", "ascii"])
@given(odd=ODD)
def test_nor_on_a_terminal(terminal: Terminal, odd: str) -> None:
    for shown in presentations(odd).values():
        text = written(shown, Format.table, terminal)
        assert acting(text) == set()
        assert text.isascii() or not terminal.ascii


@given(odd=ODD)
def test_data_has_it_as_it_is_or_spelled_out(odd: str) -> None:
    shown = presentations(odd)["summary"]
    assert json.loads(written(shown, Format.json, Terminal()))["notes"] == [odd]
    rows = list(csv.DictReader(io.StringIO(written(shown, Format.csv, Terminal()), newline="")))
    cell = as_cell(odd)
    assert [row["type"] for row in rows] == [cell, "Conv2d", cell]


def as_cell(odd: str) -> str:
    """With what acts spelled out, and marked as text where a spreadsheet or a log would take it for more."""
    spelled = "".join(c if unicodedata.category(c)[0] != "C" or c > "\ufffd" else repr(c)[1:-1] for c in odd)
    spelled = spelled.replace("\u2028", "\\u2028")
    return f"'{spelled}" if spelled.lstrip()[:1] in set("=+-@") or spelled.lstrip()[:2] == "::" else spelled


@cache
def _plain() -> dict[str, Presentation]:
    return presentations(PLAIN)


@cache
def of_plain(name: str, form: Format) -> str:
    return written(_plain()[name], form, Terminal())


def acting(text: str) -> set[str]:
    """Characters that a terminal obeys, or that turn the order of others; isolated text ends where it began."""
    assert text.count("\u2068") == text.count("\u2069")
    return {
        char for char in text if char not in "\n\u2068\u2069" and unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"}
    }


def form_of(text: str, form: Format) -> Form:
    match form:
        case Format.json:
            return _keys(json.loads(text))
        case Format.csv:
            return [len(row) for row in csv.reader(io.StringIO(text, newline=""))]
        case Format.svg:
            return sorted({element.tag for element in ET.fromstring(text).iter()})  # noqa: S314 - our own
        case Format.junit:
            return [(element.tag, sorted(element.attrib)) for element in ET.fromstring(text).iter()]  # noqa: S314
        case Format.html:
            page = _Elements()
            page.feed(text)
            return page.met
        case Format.markdown:
            bare = re.sub(r"\\.", "", text)
            return [*re.findall(r"[|<>`*_\[\]#~$&\\]", bare), len(text.splitlines())]
        case Format.latex:
            # what the row above would take for its own, and what a log would take for a command
            text = re.sub(r"^\{\}(?=\s*[\[*])|^\s*\{:\}(?=:)", "", text, flags=re.MULTILINE)
            escaped = r"\\textbackslash\{\}|\\text(?:asciitilde|asciicircum)\{\}|\\[&%$#_{}]"
            return [*re.findall(r"\\[a-z]+|\\.|[{}&%$#_~^]", re.sub(escaped, "", text)), len(text.splitlines())]
        case Format.github:
            return [line.split()[0] for line in text.splitlines()]
        case _:
            return [len(text.splitlines())]


def _keys(value: object) -> Form:
    """How lists and objects hold each other; an odd key is a key."""
    if isinstance(value, dict):
        return [len(value), *map(_keys, value.values())]
    return list(map(_keys, value)) if isinstance(value, list) else []


class _Elements(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.met: list[object] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.met.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.met.append(tag)

    def handle_comment(self, data: str) -> None:
        self.met.append(data)
