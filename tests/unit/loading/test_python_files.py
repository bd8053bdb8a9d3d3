"""Which files code is made of: those that it imports, however it says so, and no others."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from cnninspect.loading import python_source
from cnninspect.loading.python_files import files_of
from tests.unit.loading.notebooks import notebook

#: By the name of a file what is in it.
TREE = {
    "net.py": "import torch, json\nfrom parts import blocks\nfrom parts.deep import head as h\n",
    "parts/__init__.py": "",
    "parts/blocks.py": "from . import heads\nfrom .deep.head import *\n",
    "parts/heads.py": "def late():\n    import late_one\n",
    "parts/deep/head.py": "from ..heads import late\n",
    "parts/unused.py": "",
    "late_one.py": "import importlib\nimportlib.import_module('by_name')\nimportlib.import_module(late_one)\n",
    "by_name.py": "import net\nno Python\n",
    "other.py": "",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in TREE.items():
        file = tmp_path / "work" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "work"


def names(place: str, folder: Path) -> Sequence[str]:
    return [str(file.relative_to(folder)) for file in files_of(python_source.find(place))]


def test_what_is_imported_and_nothing_else(folder: Path) -> None:
    found = names("work/net.py", folder)
    assert found[0] == "net.py"
    assert sorted(found) == sorted(TREE.keys() - {"parts/unused.py", "other.py"})


def test_the_packages_that_it_lies_in(folder: Path) -> None:
    assert sorted(names("work/parts/heads.py", folder))[-2:] == ["parts/__init__.py", "parts/heads.py"]


def test_of_a_notebook_what_its_cells_import(folder: Path) -> None:
    notebook(folder / "book.ipynb", "from parts.deep import head", "import other if")
    assert sorted(names("work/book.ipynb", folder)) == [
        "book.ipynb", "by_name.py", "late_one.py", "parts/__init__.py", "parts/deep/head.py", "parts/heads.py",
    ]  # fmt: skip


def test_of_what_is_installed_its_own_package_alone() -> None:
    """Which may be thousands of files, none of them of torch."""
    found = files_of(python_source.find("torchvision.models.alexnet"))
    assert found[0].name == "alexnet.py"
    assert {file.relative_to(found[0].parents[2]).parts[0] for file in found} == {"torchvision"}
    assert any(file.name == "_utils.py" for file in found)


def test_what_is_on_the_path_without_being_installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder / "elsewhere"
    place.mkdir()
    (place / "shared_parts.py").write_text("")
    (folder / "other.py").write_text("import shared_parts\n")
    assert names("work/other.py", folder) == ["other.py"]
    monkeypatch.syspath_prepend(place)
    assert names("work/other.py", folder) == ["other.py", "elsewhere/shared_parts.py"]
