"""The course notebooks run as they stand, what is stored in them is what they show, and the two are one course."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.functional import notebook


@pytest.fixture(scope="module", params=notebook.NOTEBOOKS, ids=lambda file: file.stem)
def file(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture(scope="module")
def cells(file: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Its cells of code after a run in an empty folder."""
    found = notebook.executed(file, tmp_path_factory.mktemp(file.stem)).cells
    return [cell for cell in found if cell.cell_type == "code"]


def test_it_shows_what_is_stored_in_it(file: Path, cells: list[Any]) -> None:
    stored = [cell for cell in notebook.stored(file).cells if cell.cell_type == "code"]
    assert [notebook.words(cell) for cell in cells] == [notebook.words(cell) for cell in stored]


def test_figures(cells: list[Any]) -> None:
    shown = [notebook.words(cell) for cell in cells]
    for figure in (
        "max(1, 2, 5, 6) = 6",  # by hand, and so are these:
        "Result 6 8; 14 16",
        "tensor([[-6., -6.], [-6., -6.]])",  # three times x − (x + 2)
        "Result -6 -6; -6 -6",
        "19 → 15 → 13",  # 19 − 5 + 1, 15 − 3 + 1
        "⌊(19 + 2·0 − 1·(5 − 1) − 1)/1⌋ + 1 = ⌊(19 − 5)/1⌋ + 1 = 15",
        "= 525",  # 7·3·5·5
        "= 126",  # 2·7·3·3
        "224 → 55",  # (224 + 4 − 10 − 1)/4 + 1
        "AlexNet 1×1000 61,100,840",  # torchvision's metadata: num_params
        "Total params: 61,100,840",  # torchinfo's table
        "VGG 1×1000 138,357,544",
        "MyAlexNet 1×1000 61,100,840",
        "61,100,840 True",
        "2.3 × ",  # 138.36/61.10
        "21.7 × ",  # 15.470/0.714 GMACs
        "features.30 7×7 212×212 / 224×224",  # Araujo et al.'s recurrence by hand
        "equivalent",
        "difference 0 in float32 and float64",
    ):
        assert any(figure in text for text in shown), figure


def test_pictures_are_shown(cells: list[Any]) -> None:
    """The kernels and the maps of the square, and AlexNet's first kernels."""
    pages = [output["data"]["text/html"] for cell in cells for output in cell.outputs if "text/html" in
             output.get("data", {})]  # fmt: skip
    assert sum("<img" in page or "<svg" in page for page in pages if 'class="tile' in page or "<image" in page) >= 3


def test_no_trace_of_a_machine(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for trace in (str(Path.home()), str(Path.cwd()), "/home/", "/Users/", "/tmp/", "\\u001b", "execution_state"):  # noqa: S108
        assert trace not in text


def test_both_have_the_same_cells_in_the_same_order() -> None:
    """But for what is said and printed: no text stands in code but in calls of ``print``."""
    one, other = (notebook.stored(each).cells for each in notebook.NOTEBOOKS)
    assert [cell.cell_type for cell in one] == [cell.cell_type for cell in other]
    for mine, theirs in zip(one, other, strict=True):
        if mine.cell_type == "code":
            assert spoken(mine.source) == spoken(theirs.source)
        else:
            assert mine.source != theirs.source
            assert mine.source.count("\n## ") == theirs.source.count("\n## ")


def spoken(code: str) -> str:
    return re.sub(r"^( *print)\(.*\)$", r"\1", code, flags=re.MULTILINE)


def test_a_question_stands_before_and_an_answer_behind() -> None:
    for each, question, answer in zip(
        notebook.NOTEBOOKS, ("**Question**", "**Pregunta**"), ("**Answer**", "**Respuesta**"), strict=True
    ):
        text = "".join(cell.source for cell in notebook.stored(each).cells)
        assert text.count(question) == text.count(answer) >= 12
