"""Tables in a width: what gives way to what, and the same text as Rich lays out."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from cnninspect.formats import Terminal, console, words
from cnninspect.formats import document as doc
from cnninspect.formats.document import Column, Document, Fit, Row, Span, Table, Tone
from cnninspect.formats.fitting import fitted


def label(name: str, kind: str) -> doc.Line:
    return (Span(name), Span(": ", Tone.dim), Span(kind, Tone.dim))


COLUMNS = (
    Column("Layer", fit=Fit.cut),
    Column("Receptive field", short="RF"),
    Column("Params", is_number=True),
    Column("Share", is_number=True, is_extra=True),
)
ROWS = (
    Row((label("features", "Sequential"), doc.words("195×195"), doc.words("2,469,696"), doc.words("4.0 %")), "├─ "),
    Row((label("head", "Linear"), (), doc.words("0"), ()), "└─ "),
)


def shown(width: int | None, columns: tuple[Column, ...] = COLUMNS, rows: tuple[Row, ...] = ROWS) -> list[str]:
    return console.render(Document("", (Table(columns, rows),), ""), Terminal(width=width)).splitlines()


@pytest.mark.parametrize(
    ("width", "said"),
    [
        # 23 + 2 + 15 + 2 + 9 + 2 + 5 cells
        (58, ["Layer                    Receptive field     Params  Share",
              "──────────────────────────────────────────────────────────",
              "├─ features: Sequential  195×195          2,469,696  4.0 %",
              "└─ head: Linear                                   0"]),
        (57, ["Layer                    Receptive field     Params",
              "───────────────────────────────────────────────────",
              "├─ features: Sequential  195×195          2,469,696",
              "└─ head: Linear                                   0"]),
        (50, ["Layer                    RF          Params",
              "───────────────────────────────────────────",
              "├─ features: Sequential  195×195  2,469,696",
              "└─ head: Linear                           0",
              "", "RF: receptive field"]),
        (35, ["Layer            RF          Params",
              "───────────────────────────────────",
              "├─ features: S…  195×195  2,469,696",
              "└─ head: Linear                   0",
              "", "RF: receptive field"]),
        (31, [f"{'Layer':22}  RF",
              "─" * 31,
              "├─ features: Sequenti…  195×195",
              "└─ head: Linear",
              "", "RF: receptive field", "left out, for want of room:", "Params"]),
    ],
)  # fmt: skip
def test_what_gives_way_to_what(width: int, said: list[str]) -> None:
    assert shown(width) == said


def test_where_no_width_is_known_nothing_that_was_asked_for_is_left_out() -> None:
    assert shown(None)[0].split() == ["Layer", "Receptive", "field", "Params"]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    number = draw(st.integers(1, 5))
    text = st.text(st.sampled_from("ab 1×é語 …├"), max_size=18)
    columns = [
        Column("Layer", fit=Fit.cut),
        *(Column(f"H{draw(text)}".strip(), draw(st.booleans())) for _ in range(number - 1)),
    ]
    rows = [
        Row(tuple(doc.words(draw(text).strip()) for _ in range(number)), draw(st.sampled_from(["", "├─ ", "│  └─ "])))
        for _ in range(draw(st.integers(0, 4)))
    ]
    return Table(tuple(columns), tuple(rows))


@given(tables(), st.booleans())
def test_it_is_laid_out_as_by_rich(table: Table, is_ascii: bool) -> None:
    spell = words.in_ascii if is_ascii else words.harmless
    rich = RichTable(
        box=box.ASCII2 if is_ascii else box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False
    )
    for column in table.columns:
        rich.add_column(Text(spell(column.header)), justify="right" if column.is_number else "left", no_wrap=True)
    for row in table.rows:
        first, *others = (spell(doc.text_of(cell)) for cell in row.cells)
        rich.add_row(*(Text(each) for each in (spell(row.guide) + first, *others)))
    out = io.StringIO()
    Console(file=out, width=1000, color_system=None, legacy_windows=False).print(rich)
    expected = "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip("\n") + "\n"
    assert console.render(Document("", (table,), ""), Terminal(ascii=is_ascii)) == expected


@given(tables(), st.integers(20, 70))
def test_a_row_is_a_line_no_wider_than_the_terminal(table: Table, width: int) -> None:
    lines = console.render(Document("", (table,), ""), Terminal(width=width)).splitlines()
    found = fitted(table, width, words.harmless)
    assert len(found.rows) == len(table.rows)
    assert all(len(cell) == 1 for row in found.rows for cell in row)
    assert max(map(cell_len, lines), default=0) <= width


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (24, ["Layer             Params", "─" * 24, "classifier…   58,631,144"]),  # the type alone is gone
        (23, ["Layer", "─" * 22, "classifier: Sequential", "", "left out, for want of", "room: Params"]),
        (12, ["Layer", "─" * 12, "classifier…", "", "left out,", "for want of", "room: Params"]),
    ],
)
def test_a_figure_is_whole_or_left_out(width: int, said: list[str]) -> None:
    columns = (Column("Layer", fit=Fit.cut), Column("Params", is_number=True))
    assert shown(width, columns, (Row((label("classifier", "Sequential"), doc.words("58,631,144"))),)) == said


def test_what_can_be_wrapped_is_wrapped_at_words() -> None:
    columns = (Column("Finding"), Column("Evidence", fit=Fit.wrap))
    rows = (Row((doc.words("outputs"), doc.words("the largest difference is 1e-7 of 2.5"))),)
    assert shown(30, columns, rows)[2:] == [
        "outputs  the largest",
        "         difference is 1e-7 of",
        "         2.5",
    ]


def test_a_wide_cell_costs_its_own_column_alone() -> None:
    """Layer 5, Input 60, Params 3 and 2 between each: 20 cells have room for all but the second."""
    columns = (Column("Layer"), Column("Input"), Column("Params", is_number=True))
    rows = (Row((doc.words("conv"), doc.words("x" * 60), doc.words("112"))),)
    lines = shown(20, columns, rows)
    assert lines[0].split() == ["Layer", "Params"]
    assert lines[2].split() == ["conv", "112"]


def test_the_legend_is_of_what_is_shown() -> None:
    assert "RF: receptive field" not in "\n".join(shown(12))


def test_a_name_with_several_dim_words_is_whole_beside_figures() -> None:
    """``0 … 3: 4 × Sequential`` without what is dim and a mark for each: 5 + 1 + 4 + 1 cells, with 9 for the figure."""
    name = (Span("0 … 3"), Span(": ", Tone.dim), Span("4 × "), Span("Sequential", Tone.dim))
    columns = (Column("Layer", fit=Fit.cut), Column("Params", is_number=True))
    lines = shown(12 + 2 + 9, columns, (Row((name, doc.words("2,469,696"))),))
    assert lines[2].startswith("0 … 3")
    assert "4 ×" in lines[2]
