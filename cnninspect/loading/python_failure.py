"""Why the user's code fails, in their terms: what it raised, and on which of their lines."""

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cnninspect.errors import CnnInspectError, ModelError
from cnninspect.loading.python_source import FoundCode, reach, shown
from cnninspect.spec.file_kinds import NOTEBOOK_ENDING

_OURS: Final = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def explained(what: str, found: FoundCode) -> Iterator[None]:
    """Say what the user's code raised, and on which of its lines.

    Raises:
        ModelError: Instead of whatever else; only Ctrl-C passes.
    """
    try:
        yield
    except (CnnInspectError, KeyboardInterrupt):
        raise
    except BaseException as error:
        text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
        raise ModelError(f"{what}: {reason}{_at(error, found)}", hint=_hint(error, text, found)) from error


def _at(error: BaseException, found: FoundCode) -> str:
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_file():
        return f"\n  at {shown(error.filename)}:{error.lineno or 1}"
    frames = [(Path(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    frames = [(file, line) for file, line in frames if file.is_absolute() and not file.is_relative_to(_OURS)]
    own = [(file, line) for file, line in frames if _is_own(file, found)] or frames
    return f"\n  at {shown(own[-1][0])}:{own[-1][1]}" if own else ""


def _is_own(file: Path, found: FoundCode) -> bool:
    """Is ``file`` the user's, and not of a library installed below (a virtual environment in the project)?"""
    return file == found.file or any(
        file.is_relative_to(root) and not {"site-packages", "dist-packages"} & set(file.relative_to(root).parts)
        for root in reach(found)
    )


def _hint(error: BaseException, text: str, found: FoundCode) -> str:
    if isinstance(error, SystemExit):
        return 'put what is not a definition under if __name__ == "__main__":'
    if isinstance(error, ImportError) and "no known parent package" in text:
        if found.file is not None and found.file.suffix == NOTEBOOK_ENDING:
            return "a notebook belongs to no package: name what it imports from its directory, without a dot in front"
        return "give its directory an __init__.py, or name it as a module from the directory above: package.module:Net"
    if isinstance(error, ModuleNotFoundError):
        return "install it where cnninspect is installed, or run from the directory that has it"
    return "--debug shows the whole traceback"
