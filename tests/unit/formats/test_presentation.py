"""A document with something of everything in each format that shows one, and a format that nothing writes."""

import subprocess
import sys

import pytest

from cnninspect.formats import DATA, SHARED, Format, Terminal
from cnninspect.formats import document as doc
from cnninspect.formats.document import (
    Column,
    Document,
    Fact,
    Facts,
    Fit,
    Row,
    Span,
    Table,
    Tone,
    Verbatim,
)
from cnninspect.formats.presentation import Presentation, written
from cnninspect.formats.records import Records
from tests.canned import REPORT

SIDE = Span("⌊(224 − 11)/4⌋ + 1", latex=r"\lfloor (224 - 11)/4 \rfloor + 1")
DOCUMENT = Document(
    "A | title & more",
    (
        Table(
            (Column("Layer", fit=Fit.cut), Column("Formula", fit=Fit.wrap), Column("Value", is_number=True)),
            (
                Row((doc.words("features.0", Tone.strong), (SIDE,), doc.words("54", Tone.good)), "├─ "),
                Row((doc.words("a_b"), doc.words("50 % of $5", Tone.changed), doc.words("too large", Tone.bad)), "└─ "),
            ),
            "Caption",
        ),
        Facts((Fact("Size", "12 B", "short"), Fact("Empty", ""))),
        Verbatim((doc.words("┌ 1  2 ┐"), doc.words("└ 3  4 ┘", Tone.strong)), r"\begin{bmatrix} 1 & 2 \end{bmatrix}"),
        *doc.remarks(["a <remark>"]),
    ),
    "cnninspect explain x",
)


SHOWN = Presentation(data=lambda: REPORT, records=lambda: Records((), ()), document=lambda: DOCUMENT)


def rendered(form: Format, terminal: Terminal | None = None) -> str:
    return written(SHOWN, form, terminal or Terminal())


@pytest.mark.parametrize("form", [form for form in SHARED if form not in DATA])
def test_every_format_says_everything(form: Format) -> None:
    text = rendered(form).replace("&#160;", " ").replace("&amp;", "&").replace("\\", "")
    for said in ("Layer", "features.0", "54", "too large", "Size", "12 B"):
        assert said in text, said


def test_table() -> None:
    assert rendered(Format.table).splitlines() == [
        "A | title & more",
        "",
        "Caption",
        "",
        "Layer          Formula                 Value",
        "────────────────────────────────────────────",
        "├─ features.0  ⌊(224 − 11)/4⌋ + 1         54",
        "└─ a_b         50 % of $5          too large",
        "",
        "Size   12 B  short",
        "Empty",
        "",
        "┌ 1  2 ┐",
        "└ 3  4 ┘",
        "",
        "a <remark>",
    ]


def test_narrow_table_wraps_what_can_wrap_and_keeps_figures() -> None:
    out = rendered(Format.table, Terminal(width=40))
    assert "too large" in out
    assert "⌊(224 −" in out
    assert "⌊(224 − 11)/4⌋ + 1" not in out
    assert max(map(len, out.splitlines())) <= 40


def test_ascii() -> None:
    assert rendered(Format.table, Terminal(ascii=True)).isascii()


def test_markdown() -> None:
    lines = rendered(Format.markdown).replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert lines[0] == r"**A \| title \& more**"
    assert r"| ├─ features.0 | $\lfloor (224 - 11)/4 \rfloor + 1$ | 54 |" in lines
    assert r"| └─ a\_b | *50 % of \$5* | **too large** |" in lines
    assert lines[lines.index("```") :] == ["```", "┌ 1  2 ┐", "└ 3  4 ┘", "```", "", r"a \<remark\>"]


def test_html_escapes_and_marks() -> None:
    out = rendered(Format.html)
    assert "<h1>A | title &amp; more</h1>" in out
    assert '<td><span class="changed">50 % of $5</span></td>' in out
    assert '<td class="number"><span class="bad">too large</span></td>' in out
    assert "<p>a &lt;remark&gt;</p>" in out
    assert out.count("<table>") == out.count("</table>") == 2


def test_html_escapes_what_stands_in_its_head_and_above_a_table() -> None:
    odd = "</title></caption><script>&"
    document = Document(odd, (Table((Column("Layer"),), (), odd),), "")
    out = written(SHOWN._replace(document=lambda: document), Format.html, Terminal())
    spelled = "&lt;/title&gt;&lt;/caption&gt;&lt;script&gt;&amp;"
    assert f"<title>{spelled}</title>" in out
    assert f"<caption>{spelled}</caption>" in out
    assert f"<h1>{spelled}</h1>" in out
    untitled = written(SHOWN._replace(document=lambda: Document("", (), odd)), Format.html, Terminal())
    assert f"<title>{spelled}</title>" in untitled


def test_latex_sets_formulas_and_matrices() -> None:
    out = rendered(Format.latex)
    assert r"\hspace*{1em}features.0 & $\lfloor (224 - 11)/4 \rfloor + 1$ & 54 \\" in out
    assert r"\hspace*{1em}a\_b & \emph{50 \% of \$5} & \textbf{too large} \\" in out
    assert r"\[ \begin{bmatrix} 1 & 2 \end{bmatrix} \]" in out
    for environment in ("table", "tabular"):
        assert [out.count(rf"\{edge}{{{environment}}}") for edge in ("begin", "end")] == [1, 1]


def test_only_what_a_format_needs_is_imported() -> None:
    code = (
        "import sys\n"
        "from cnninspect.formats import Format, Terminal\n"
        "from cnninspect.formats.presentation import written\n"
        "from tests.unit.formats.test_presentation import SHOWN\n"
        "names = ('console', 'markdown', 'html', 'svg', 'latex')\n"
        "held = lambda: {name for name in names if f'cnninspect.formats.{name}' in sys.modules}\n"
        "for form in ('json', 'csv', 'markdown', 'html', 'latex'):\n"
        "    before = held()\n"
        "    written(SHOWN, Format(form), Terminal())\n"
        "    assert held() - before <= {form}, form\n"
        "assert 'rich' not in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).stderr == b""
