"""Reading the code cells of a notebook: what is no Python is left out, and what is no notebook is said to be none."""

import json
from pathlib import Path
from typing import Any

import pytest

from cnninspect.errors import RequestError
from cnninspect.loading.notebook import CodeCell, bound, read
from tests.unit.loading.notebooks import notebook


def _cell(tmp_path: Path, text: str) -> CodeCell:
    return read("a.ipynb", notebook(tmp_path / "a.ipynb", text))[0]


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("x = 3", []),
        ("!pip install torch\nx = 3", [(1, "!pip install torch")]),
        ("x = 3\n%matplotlib inline", [(2, "%matplotlib inline")]),
        ("%load_ext a\n\n!ls\nx = 3\nnet?\n?net", [(1, "%load_ext a"), (3, "!ls"), (5, "net?"), (6, "?net")]),
        ("if True:\n    !ls\n    x = 3", [(2, "!ls")]),
        ("!pip install a \\\n  b\nx = 3", [(1, "!pip install a \\")]),
        ("%%time\nx = 3", [(1, "%%time")]),
        ("x = (5\n     % 4)", []),  # a remainder, whose line begins as a magic does
        ("x = 1 # what?", []),
    ],
)
def test_what_is_no_python(tmp_path: Path, text: str, left_out: list[tuple[int, str]]) -> None:
    cell = _cell(tmp_path, text)
    assert sorted((each.line, each.text) for each in cell.left_out) == left_out
    assert cell.tree is not None
    assert "x" in {name for each in cell.tree.body for name in bound(each)}


@pytest.mark.parametrize("magic", ["bash", "writefile net.py", "html", "R", "javascript"])
def test_cell_of_another_language(tmp_path: Path, magic: str) -> None:
    cell = _cell(tmp_path, f"%%{magic}\nx = 3")
    assert cell.tree is not None
    assert cell.tree.body == []
    assert [each.text for each in cell.left_out] == [f"%%{magic}"]


def test_what_the_shell_gives_is_named(tmp_path: Path) -> None:
    assert [each.names for each in _cell(tmp_path, "a, b = !ls").left_out] == [{"a", "b"}]


def test_cell_that_is_not_python(tmp_path: Path) -> None:
    cell = _cell(tmp_path, "x = 3\ny = = 4")
    assert cell.tree is None
    assert cell.trouble is not None
    assert cell.trouble.lineno == 2


def test_cells_are_counted_as_they_would_run(tmp_path: Path) -> None:
    cells = read("a.ipynb", notebook(tmp_path / "a.ipynb", "a = 1", "  \n", "b = 2"))
    assert [(cell.number, cell.text) for cell in cells] == [(1, "a = 1"), (2, "b = 2")]


def test_older_format(tmp_path: Path) -> None:
    """nbformat 3 has worksheets, and calls the source of a cell its input."""
    cell = {"cell_type": "code", "input": ["a = 1\n", "b = 2"], "language": "python"}
    (tmp_path / "a.ipynb").write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": [cell]}], "metadata": {}}))
    assert [each.text for each in read("a.ipynb", tmp_path / "a.ipynb")] == ["a = 1\nb = 2"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "is not a notebook"),
        (b"", "is not a notebook"),
        (b"[1]", "is not a notebook"),
        (b"{}", "is not a notebook: Object missing required field `nbformat`"),
        (b'{"nbformat": 4, "cells": 3}', "is not a notebook"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}', "is not a notebook"),
        (b"\xff\xfe", "is not a notebook"),
        (b'{"nbformat": 4, "metadata": {"a": ' + b"[" * 100_000, "is not a notebook"),
        (b'{"nbformat": 4, "metadata": {"language_info": {"name": "R"}}}', "is a notebook of R, not of Python"),
        (b'{"nbformat": 4, "metadata": {"kernelspec": {"language": "julia"}}}', "is a notebook of julia"),
    ],
)
def test_what_is_no_notebook(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.ipynb").write_bytes(content)
    with pytest.raises(RequestError) as caught:
        read("a.ipynb", tmp_path / "a.ipynb")
    assert f"'a.ipynb' {says}" in caught.value.message


def test_what_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="can't read"):
        read("a.ipynb", tmp_path)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = b = 3", {"a", "b"}),
        ("a, (b, *c) = x", {"a", "b", "c"}),
        ("import a.b, c as d", {"a", "d"}),
        ("def f():\n    inside = 3", {"f"}),
        ("class C:\n    inside = 3", {"C"}),
        ("f = lambda: (inside := 3)", {"f"}),
        ("for i in x:\n    total = i", {"i", "total"}),
        ("with x as y: pass", {"y"}),
        ("a[0] = 3", set()),
    ],
)
def test_names_that_a_statement_gives_a_value(tmp_path: Path, text: str, names: set[str]) -> None:
    tree: Any = _cell(tmp_path, text).tree
    assert set(bound(tree.body[0])) == names
