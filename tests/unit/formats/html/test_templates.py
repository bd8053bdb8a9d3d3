"""Pages and fragments as text: what they hold and forbid; a browser's view of them is in ``functional/test_page``."""

import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from typing import Final

import pytest
from msgspec.structs import replace

from cnninspect.formats import Format, Terminal, html, summary
from cnninspect.formats import document as doc
from cnninspect.formats.document import Column, Document, Row, Span, Table
from cnninspect.formats.presentation import written
from cnninspect.report import Report
from tests.canned import REPORT
from tests.unit.formats.hostile import presentations

NAMES: Final = presentations("plain")


def page_of(report: Report = REPORT, **options: object) -> str:
    shown = summary.presentation(report, **options)  # type: ignore[arg-type]  # as each test names them
    return written(shown, Format.html, Terminal())


def inside(text: str, tag: str) -> str:
    found = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


@pytest.mark.parametrize("odd", ["plain", "::a\n::b", "</style>", "\u202e\x00"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_allows_its_one_style_and_script_and_nothing_else(name: str, odd: str) -> None:
    text = written(presentations(odd)[name], Format.html, Terminal())
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    allowed = dict(each.split(maxsplit=1) for each in unescape(policy).split("; "))
    for directive, tag in (("style-src", "style"), ("script-src", "script")):
        digest = b64encode(sha256(inside(text, tag).encode()).digest()).decode()
        assert allowed.pop(directive) == f"'sha256-{digest}'"
    assert allowed.pop("img-src", None) == ("data:" if "<img " in text else None)  # those that are in the page
    assert allowed == dict.fromkeys(("default-src", "base-uri", "form-action"), "'none'")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_comes_from_elsewhere_and_nothing_runs_beside_the_script(name: str) -> None:
    text = re.sub(r'src="data:image/png;base64,[\w+/=]*"', "", written(NAMES[name], Format.html, Terminal()))
    assert not re.search(r"https?:|\bsrc=|\bhref=|@import|url\(|\bstyle=|\son\w+=|javascript:", text)


def test_style_and_script_are_ascii_and_short() -> None:
    text = page_of()
    assert inside(text, "style").isascii()  # they are hashed: whoever writes the page in another encoding changes none
    assert inside(text, "script").isascii()
    assert len(inside(text, "script")) < 20_000


def test_a_page_is_the_same_every_time_and_says_nothing_of_the_cache() -> None:
    again = replace(REPORT, run=replace(REPORT.run, cached=True, seconds=9.5))
    assert page_of(again) == page_of() == page_of(Report.from_json(REPORT.to_json()))


def test_a_template_in_a_name_is_a_name() -> None:
    named = replace(REPORT, model=replace(REPORT.model, name="{{ 7 * 7 }}{% raw %}"), notes=("${7*7} {# #}",))
    text = page_of(named)
    assert text.count("{{ 7 * 7 }}{% raw %}") == 2  # title and heading
    assert "<p>${7*7} {# #}</p>" in text


def test_a_bar_is_a_drawing_of_its_share_that_nobody_hears_of() -> None:
    cell = (Span("25.0 % "), Span("█▌", bar=0.25))
    table = Table((Column("Stage"), Column("Share")), (Row((doc.words("a"), cell)),))
    text = html.render(Document("", (table,), "x"))
    assert '<td class="share">25.0 % <svg class="bar" width="48" height="8" aria-hidden="true">' in text
    assert '<rect width="12" height="8"/></svg></td>' in text  # a quarter of 48
    assert "█" not in text


def test_headers_of_rows_and_columns_say_so() -> None:
    text = page_of(REPORT) + written(NAMES["compare"], Format.html, Terminal())
    assert set(re.findall(r"<th(?=[ >])([^>]*)>", text)) == {
        ' scope="row"', ' scope="col"', ' scope="col" class="number"', ' scope="col" class="share"'
    }  # fmt: skip


def test_a_fragment_stands_in_somebody_elses_page() -> None:
    text = REPORT._repr_html_()
    assert not re.search(r"<(script|html|head|body|meta|title|details)\b|\sid=", text)
    assert text.startswith('<div class="cnninspect">')
    rules = [rule for rule in inside(text, "style").split("}") if rule.strip()]
    selectors = [each.strip() for rule in rules for each in rule.partition("{")[0].split(",")]
    assert len(selectors) > 10
    assert all(selector.startswith(".cnninspect") for selector in selectors), selectors
