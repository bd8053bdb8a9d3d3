"""Each format against a file that a person has read: ``python -m tests.golden.refresh`` writes them anew."""

import pytest

from cnninspect.formats import SHARED, Format, Terminal
from cnninspect.formats.presentation import written
from cnninspect.formats.summary import presentation
from tests.canned import REPORT
from tests.golden.refresh import FOLDER, GOLDEN


@pytest.mark.parametrize("file_name", GOLDEN)
def test_golden(file_name: str) -> None:
    assert written(*GOLDEN[file_name]) == (FOLDER / file_name).read_text(encoding="utf-8")


def test_every_format_has_one() -> None:
    assert {form for _, form, _ in GOLDEN.values()} == set(SHARED)


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_no_figure_cut(width: int) -> None:
    from rich.cells import cell_len

    out = written(presentation(REPORT), Format.table, Terminal(width=width))
    assert "13,824" in out
    assert max(map(cell_len, out.splitlines())) <= max(width, 62)
