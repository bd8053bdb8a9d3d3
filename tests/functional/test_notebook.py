"""The course notebook runs as it stands, and what is stored in it is what it shows."""

from pathlib import Path
from typing import Any

import pytest

from tests.functional import notebook


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Its cells of code after a run in an empty folder."""
    return [cell for cell in notebook.executed(tmp_path_factory.mktemp("course")).cells if cell.cell_type == "code"]


def test_it_shows_what_is_stored_in_it(cells: list[Any]) -> None:
    stored = [cell for cell in notebook.stored().cells if cell.cell_type == "code"]
    assert [notebook.words(cell) for cell in cells] == [notebook.words(cell) for cell in stored]


@pytest.mark.parametrize(
    "figure",
    [
        "max(1, 2, 5, 6) = 6",  # by hand, and so are these:
        "Result 6 8; 14 16",
        "tensor([[-6., -6.], [-6., -6.]])",  # three times x − (x + 2)
        "Result -6 -6; -6 -6",
        "19 → 15 → 13",  # 19 − 5 + 1, 15 − 3 + 1
        "⌊(19 + 2·0 − 1·(5 − 1) − 1)/1⌋ + 1 = ⌊(19 − 5)/1⌋ + 1 = 15",
        "1×7×15×15 525 118,125",  # 7·3·5·5 weights, each used 15·15 times
        "1×2×13×13 126 21,294",  # 2·7·3·3, 13·13
        "224 → 55",  # (224 + 4 − 10 − 1)/4 + 1
        "AlexNet 1×1000 61,100,840",  # torchvision's metadata: num_params
        "VGG 1×1000 138,357,544",
        "MyAlexNet 1×1000 61,100,840",
        "2.3 times the parameters of AlexNet, 21.7 times its work",  # 138.36/61.10; 15.470/0.714 GMACs
        "features.30 7×7 elements, each sees 212×212",  # Araujo et al.'s recurrence by hand
        "largest difference: 0.0",  # the same operations on the same weights
        "equivalent",
        "difference 0 in float32 and float64",
    ],
)
def test_figures(cells: list[Any], figure: str) -> None:
    assert any(figure in notebook.words(cell) for cell in cells)


def test_no_trace_of_a_machine() -> None:
    text = notebook.NOTEBOOK.read_text(encoding="utf-8")
    for trace in (str(Path.home()), str(Path.cwd()), "/home/", "/Users/", "/tmp/", "\\u001b", "execution_state"):  # noqa: S108
        assert trace not in text
