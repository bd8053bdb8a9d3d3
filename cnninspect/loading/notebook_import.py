"""A notebook as a module: what is run of it, and what is said of the rest."""

import copy
import linecache
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final

from cnninspect.errors import CnnInspectError, ModelError, RequestError, shortened
from cnninspect.loading import notebook, notebook_code, python_text
from cnninspect.loading.notebook import CodeCell, LeftOut
from cnninspect.loading.notebook_code import Selection
from cnninspect.loading.python_source import FoundCode, shown
from cnninspect.spec.file_kinds import NOTEBOOK_ENDING

_RUN: Final = "of a notebook, imports, definitions and plain constants are run"
_SHOWN: Final = 3  # things that were left out
_WIDTH: Final = 60  # of each


def is_notebook(found: FoundCode) -> bool:
    """Is the code in a notebook?"""
    return found.file is not None and found.file.suffix == NOTEBOOK_ENDING


def selection(found: FoundCode) -> Selection:
    """What is run of a notebook.

    Raises:
        RequestError: It can't be read, or is none.
    """
    assert found.file is not None, "a notebook is a file"  # noqa: S101
    return notebook_code.select(notebook.read(found.place, found.file))


def check_name(found: FoundCode, attribute: str) -> None:
    """Check that what is run of a notebook gives a value to ``attribute``, if its text tells.

    Raises:
        RequestError: It can't be read, or nothing that is run has that name.
        ModelError: A cell that seems to define it is not Python.
    """
    chosen = selection(found)
    first = attribute.partition(".")[0]
    if chosen.names is None or first in chosen.names:
        return
    for cell in chosen.unread:
        if any(line.split("(")[0].split(":")[0].split()[1:] == [first] for line in cell.text.split("\n")):
            raise _unread(found, cell)
    raise with_reason(python_text.missing(found.place, first, chosen.defined), chosen, first)


def _unread(found: FoundCode, cell: CodeCell) -> ModelError:
    error = cell.trouble or SyntaxError()
    assert found.file is not None, "a notebook is a file"  # noqa: S101
    place = f"{shown(found.file)}, cell {cell.number}" + (f":{error.lineno}" if error.lineno else "")
    return ModelError(f"{found.place!r} can't be imported: {type(error).__name__}: {error.msg}\n  at {place}")


def with_reason(error: RequestError, chosen: Selection, name: str) -> RequestError:
    """The error for a name that isn't there, with what was left out: what gives it a value, or else some of all."""
    reason, hint = _reason(chosen, name), error.hint or ""
    if "did you mean" in hint:
        return RequestError(error.message, hint=f"{hint} {reason}".rstrip())
    return RequestError(error.message, hint=reason or "; ".join(filter(None, (hint, _others(chosen)))))


def _reason(chosen: Selection, name: str) -> str:
    """What would give a value to ``name``; empty if nothing would."""
    found = [each for each in chosen.left_out if name in each.names]
    return f"{_quoted(found[-1:])} is left out: {_RUN}" if found else ""


def _others(chosen: Selection) -> str:
    """Some of what is left out, what gives names a value first; and cells that can't be read."""
    every = sorted(chosen.left_out, key=lambda each: not each.names)
    unread = [LeftOut(each.number, 1, each.text.strip().partition("\n")[0]) for each in chosen.unread]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    parts = [f"left out are {_quoted(every[:_SHOWN])}{more}: {_RUN}"] * bool(every)
    parts += [f"not Python: {_quoted(unread[:_SHOWN])}"] * bool(unread)
    return "; ".join(parts)


def _quoted(left_out: Sequence[LeftOut]) -> str:
    return ", ".join(f"{shortened(each.text, _WIDTH)} (cell {each.cell}, line {each.line})" for each in left_out)


def explained(error: CnnInspectError, found: FoundCode) -> CnnInspectError:
    """The same error; where a name is missing that something left out would give, that is its hint."""
    cause = error.__cause__
    if not is_notebook(found) or not isinstance(cause, NameError) or not cause.name:
        return error
    reason = _reason(selection(found), cause.name)
    if not reason:
        return error
    again = copy.copy(error)
    again.hint = reason
    again.__cause__ = cause
    return again.with_traceback(error.__traceback__)


class NotebookLoader(Loader):
    """Runs what is run of a notebook, each cell under a name of its own, so that an error says in which it is."""

    def __init__(self, found: FoundCode) -> None:
        self._found = found

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002 - the signature is Python's
        """As any module is."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run it in the module."""
        assert self._found.file is not None, "a notebook is a file"  # noqa: S101
        flags = 0
        for part in selection(self._found).parts:
            flags |= notebook_code.future_flags(part.tree)
            name = _file_name(self._found.file, part.cell)
            code = compile(part.tree, name, "exec", flags=flags, dont_inherit=True)
            exec(code, module.__dict__)  # noqa: S102 - the user's own, which is to be run
            for each in part.forgotten:
                module.__dict__.pop(each, None)


def _file_name(file: Path, cell: CodeCell) -> str:
    """What stands for a file where the code of a cell comes from; its lines can be shown."""
    name = f"{file}, cell {cell.number}"
    lines = [f"{line}\n" for line in cell.text.split("\n")]
    linecache.cache[name] = (len(cell.text), None, lines, name)
    return name
