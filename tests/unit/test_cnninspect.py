"""What holds for the package as a whole: one meaning a name, and unit tests that stand where the module does."""

import ast
from collections import defaultdict
from pathlib import Path
from typing import Final

import cnninspect
from cnninspect.cli.app import _COMMANDS

_PACKAGE: Final = Path(cnninspect.__file__).parent
_UNIT: Final = Path(__file__).parent


def test_everything_public_is_there() -> None:
    assert [name for name in cnninspect.__all__ if not hasattr(cnninspect, name)] == []


def test_no_class_name_stands_twice() -> None:
    homes = defaultdict(list)
    for file in _PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name.strip("_")].append(str(file.relative_to(_PACKAGE)))
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_a_file_name_stands_twice_only_for_one_command() -> None:
    """A command is in ``cli/``, its layout in ``formats/`` and what it does in a package of its name."""
    homes = defaultdict(set)
    for place in _PACKAGE.rglob("*"):
        if (place.suffix == ".py" and place.stem != "__init__") or (place.is_dir() and place.name != "__pycache__"):
            homes[place.stem].add(str(place.relative_to(_PACKAGE)))
    twice = {name: places for name, places in homes.items() if len(places) > 1}
    assert {name: places for name, places in twice.items() if name not in _COMMANDS} == {}
    for name, places in twice.items():
        assert places <= {f"cli/{name}.py", f"formats/{name}.py", name}


def _module_of(test: Path) -> Path:
    """``cache/test_key.py`` is of ``cache/key.py``; ``cache/test_cache.py``, with the folder's name, of the folder."""
    folder, name = _PACKAGE / test.parent, test.stem.removeprefix("test_")
    return folder / ("__init__.py" if name == folder.name else f"{name}.py")


def test_every_unit_test_stands_where_its_module_does() -> None:
    tests = [file.relative_to(_UNIT) for file in _UNIT.rglob("test_*.py")]
    assert Path("cache/test_cache.py") in tests
    assert [str(test) for test in tests if not _module_of(test).is_file()] == []
