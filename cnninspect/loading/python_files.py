"""Which files the user's own code is made of, told from the text of its imports: nothing of it runs.

Followed is every statement that imports, wherever it stands, and ``import_module("a.name")``, as far as it leads to
what is the user's and not to what is installed beside Python; code that is installed itself is followed within its own
package. Where it is asked what a network depends on, a file too many does no harm, and one too few does.
"""

import ast
import sys
import sysconfig
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from cnninspect.loading import notebook_import
from cnninspect.loading.python_source import FoundCode, below, package_file, reach

_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})
_BY_NAME: Final = frozenset({"import_module", "__import__"})


class _Imported(NamedTuple):
    """A module that is imported: its name, and how many dots stand before it."""

    parts: tuple[str, ...]
    dots: int = 0


def files_of(found: FoundCode) -> tuple[Path, ...]:
    """The file of the code, and those of the user's that it imports, and these, in the order in which they are met.

    Args:
        found: The code.

    Raises:
        OSError: One of them can't be read.
        RequestError: It is a notebook that can't be read.
    """
    if found.file is None:
        return ()
    own = _own_package(found, found.file) if found.root is None else [*reach(found), *_own_on_path()]
    met: dict[Path, None] = {}
    waiting = deque([found.file, *_packages(found)])
    while waiting:
        file = waiting.popleft()
        if file not in met:
            met[file] = None
            waiting += (each for imported in _imports(found, file) for each in _files_of(imported, file, found, own))
    return tuple(met)


def _packages(found: FoundCode) -> Iterator[Path]:
    """Those that are imported before the module itself, as it lies in them."""
    if found.root is not None:
        folders = (found.root.joinpath(*found.parts[:depth]) for depth in range(1, len(found.parts)))
        yield from (file for folder in folders if (file := package_file(folder)) is not None)


def _imports(found: FoundCode, file: Path) -> tuple[_Imported, ...]:
    if file == found.file and notebook_import.is_notebook(found):
        return tuple(each for part in notebook_import.selection(found).parts for each in _told_by(part.tree))
    if file.suffix != ".py":
        return ()
    about = file.stat()
    return _told_by_text(file, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=4096)
def _told_by_text(file: Path, _size: int, _changed: int) -> tuple[_Imported, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the import gives them
        try:
            return tuple(_told_by(ast.parse(file.read_bytes(), str(file))))
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # whoever imports it is told
            return ()


def _told_by(tree: ast.AST) -> Iterator[_Imported]:
    """What a text imports; of ``from a import b`` both a and a.b, which may be a module."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (_Imported(tuple(each.name.split("."))) for each in names)
            case ast.ImportFrom(module=module, names=names, level=dots):
                parts = tuple(module.split(".")) if module else ()
                yield from (_Imported((*parts, each.name), dots) for each in names)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(text)), *_]):
                if name in _BY_NAME and (bare := text.lstrip(".")):
                    yield _Imported(tuple(bare.split(".")), len(text) - len(bare))


def _files_of(imported: _Imported, file: Path, found: FoundCode, own: Sequence[Path]) -> Iterator[Path]:
    """The packages on the way to a module, and it, each in the first folder that has it."""
    if imported.dots:
        own = [file.parents[min(imported.dots, len(file.parents)) - 1]]
        if (package := package_file(own[0])) is not None:
            yield package.resolve()
    elif found.root is None and imported.parts[0] != found.parts[0]:
        return
    for depth in range(1, len(imported.parts) + 1):
        files = (below(folder, imported.parts[:depth]) for folder in own)
        if (first := next(filter(None, files), None)) is not None:
            yield first.resolve()


def _own_package(found: FoundCode, file: Path) -> Sequence[Path]:
    """The folder in which the package lies that is installed."""
    depth = len(found.parts) - 1 + (file.stem == "__init__")
    return [file.parents[depth]] if depth < len(file.parents) else []


def _own_on_path() -> list[Path]:
    """Folders in which Python looks for modules that neither belong to it nor are installed beside it."""
    python = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    folders = [Path(each) for each in sys.path if each]
    return [
        each
        for each in folders
        if each.is_dir() and not _INSTALLED & {*each.parts} and not python & {each, *each.parents}
    ]
