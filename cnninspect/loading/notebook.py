"""The code cells of a notebook, read as data: nothing here runs any of it.

What is no Python in them is left out: lines of the shell (``!pip install …``), magics (``%matplotlib inline``) and
questions (``net?``), and whole cells under a magic of another language (``%%bash``). Formats 3 and 4 of nbformat are
read. Cells are code cells, counted from 1, those without any text left out: as ``In [1]`` does after running all.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from cnninspect.errors import RequestError

_MOST_BYTES: Final = 2**29
_MOST_LINES: Final = 200  # that are no Python, in one cell
#: Magics of a cell below which there is Python all the same.
_AROUND_PYTHON: Final = frozenset(("time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "python", "python3"))
_MAGIC: Final = re.compile(r"\s*(?:[!%?]|(?P<names>[\w.,\s]+)=\s*[!%]).*|.*\?\s*", re.DOTALL)


class LeftOut(NamedTuple):
    """What is not run: its cell and line, its first line, and the names that it would give a value."""

    cell: int
    line: int
    text: str
    names: frozenset[str] = frozenset()


class CodeCell(NamedTuple):
    """A code cell.

    Attributes:
        text: As it is, to be shown.
        tree: Of what is Python in it; ``None``: it can't be read.
        left_out: What is no Python.
        trouble: Why it can't be read, and on which of its lines.
    """

    number: int
    text: str
    tree: ast.Module | None
    left_out: tuple[LeftOut, ...] = ()
    trouble: SyntaxError | None = None


class _SavedCell(msgspec.Struct):
    cell_type: str = ""
    source: str | list[str] = ""
    input: str | list[str] = ""


class _Worksheet(msgspec.Struct):
    cells: list[_SavedCell] = []


class _Notebook(msgspec.Struct):
    nbformat: int
    cells: list[_SavedCell] = []
    worksheets: list[_Worksheet] = []
    metadata: dict[str, object] = {}


def read(place: str, file: Path) -> tuple[CodeCell, ...]:
    """The code cells of a notebook.

    Args:
        place: As the user typed it.
        file: Where it is.

    Raises:
        RequestError: It can't be read, is no notebook, or one of another language.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise RequestError(f"can't read {place!r}: {error.strerror}") from error
    if len(content) > _MOST_BYTES:
        raise RequestError(f"{place!r} has more than {_MOST_BYTES // 2**20} MiB", hint="clear its outputs and save it")
    try:
        saved = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=_Notebook)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = "a notebook is JSON, as Jupyter saves it; name code in a file as net.py:Net"
        raise RequestError(f"{place!r} is not a notebook: {error}", hint=hint) from error
    _check_language(place, saved.metadata)
    cells = [*saved.cells, *(cell for sheet in saved.worksheets for cell in sheet.cells)]
    texts = [_text(cell.source or cell.input) for cell in cells if cell.cell_type == "code"]
    return tuple(_cell(number, text) for number, text in enumerate(filter(str.strip, texts), 1))


def _check_language(place: str, metadata: dict[str, object]) -> None:
    for key, field in (("language_info", "name"), ("kernelspec", "language")):
        known = metadata.get(key)
        language = known.get(field) if isinstance(known, dict) else None
        if isinstance(language, str) and language and not language.lower().startswith(("python", "ipython")):
            raise RequestError(f"{place!r} is a notebook of {language}, not of Python")


def _text(source: str | list[str]) -> str:
    text = source if isinstance(source, str) else "".join(source)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _cell(number: int, text: str) -> CodeCell:
    lines = text.split("\n")
    first = next(index for index, line in enumerate(lines) if line.strip())
    left_out: list[LeftOut] = []
    if lines[first].startswith("%%"):
        left_out.append(LeftOut(number, first + 1, lines[first].strip()))
        if lines[first][2:].split(maxsplit=1)[:1] and lines[first][2:].split()[0] not in _AROUND_PYTHON:
            return CodeCell(number, text, ast.Module([], []), tuple(left_out))
        lines[first] = ""
    while True:
        try:
            return CodeCell(number, text, _parsed(lines), tuple(left_out))
        except SyntaxError as error:
            index = (error.lineno or 1) - 1
            match = _MAGIC.fullmatch(lines[index]) if index < len(lines) else None
            if match is None or len(left_out) >= _MOST_LINES:
                return CodeCell(number, text, None, tuple(left_out), error)
            names = frozenset(re.findall(r"\w+", match["names"] or ""))
            left_out.append(LeftOut(number, index + 1, lines[index].strip(), names))
            _take_out(lines, index)
        except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nested too deep to be read
            return CodeCell(number, text, None, tuple(left_out), SyntaxError(str(error)))


def _parsed(lines: list[str]) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # running it gives them, once
        return ast.parse("\n".join(lines))


def _take_out(lines: list[str], index: int) -> None:
    """Put ``pass`` in the place of a line, and nothing in that of those that go on with it."""
    goes_on = lines[index].rstrip().endswith("\\")
    lines[index] = lines[index][: len(lines[index]) - len(lines[index].lstrip())] + "pass"
    while goes_on and index + 1 < len(lines):
        index += 1
        goes_on = lines[index].rstrip().endswith("\\")
        lines[index] = ""


def bound(statement: ast.AST) -> Iterator[str]:
    """The names that a statement gives a value in its module, those inside functions and classes apart."""
    left: list[ast.AST] = [statement]
    while left:
        match node := left.pop():
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
                continue
            case ast.Lambda():
                continue
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (each.asname or each.name.partition(".")[0] for each in names)
            case ast.ExceptHandler(name=str(name)):
                yield name
        left += ast.iter_child_nodes(node)
