"""Where the user's code is, found without running it.

A file belongs to the package of its directory if there is an ``__init__.py``, a notebook to none; a dotted name is
looked up in the working directory, in its ``src`` and then among what is installed.
"""

import importlib.util
from collections.abc import Iterable, Iterator
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import Final, NamedTuple

from cnninspect.errors import RequestError, unknown_name
from cnninspect.spec.file_kinds import CODE_ENDINGS, NOTEBOOK_ENDING
from cnninspect.spec.sources import Source

_ENDINGS: Final = tuple(all_suffixes())
_WRITE: Final = "your own code is written path/to/net.py:Net or package.module:build"


class FoundCode(NamedTuple):
    """A module of Python code, not imported yet."""

    place: str  # as the user typed it
    root: Path | None  # the directory below which it lies; None: it is installed
    parts: tuple[str, ...]  # its name from there: package, package, module
    file: Path | None  # its source or extension; None: it is built into Python


def find(place: str) -> FoundCode:
    """The code at ``path/to/net.py``, ``path/to/notebook.ipynb`` or ``package.module``.

    Raises:
        RequestError: There is none, or it can't be read.
    """
    return _find_file(place) if place.endswith(CODE_ENDINGS) else _find_module(place)


def roots() -> tuple[Path, ...]:
    """Where names are looked up before what is installed: the working directory, and its ``src``."""
    here = Path.cwd()
    return tuple(root for root in (here, here / "src") if root.is_dir())


def _find_file(place: str) -> FoundCode:
    path = Path(place)
    try:
        with path.open("rb"):
            file = path.resolve()
    except OSError as error:
        beside = (str(other) for other in path.parent.glob(f"*{path.suffix}")) if path.parent.is_dir() else ()
        hint = unknown_name("file", place, beside).hint if isinstance(error, FileNotFoundError) else None
        raise RequestError(f"can't read {place!r}: {error.strerror}", hint=hint) from error
    root, packages = file.parent, list[str]()
    if file.suffix == NOTEBOOK_ENDING:
        return FoundCode(place, root, (file.stem,), file)
    while (root / "__init__.py").is_file() and "." not in root.name and root != root.parent:
        packages.insert(0, root.name)
        root = root.parent
    own = () if packages and file.name == "__init__.py" else (file.stem,)
    return FoundCode(place, root, (*packages, *own), file)


def _find_module(place: str) -> FoundCode:
    parts = tuple(place.split("."))
    for root in roots():
        file = below(root, parts)
        if file is not None:
            return FoundCode(place, root, parts, file.resolve())
    try:
        spec = importlib.util.find_spec(parts[0])
    except ValueError:  # a module in memory that came from nowhere
        spec = None
    if spec is not None and len(parts) == 1 and spec.origin is not None:
        return FoundCode(place, None, parts, Path(spec.origin) if spec.has_location else None)
    installed = [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()] if parts[1:] else []
    for folder in installed:
        file = below(folder, parts[1:])
        if file is not None:
            return FoundCode(place, None, parts, file.resolve())
    searched = [root.joinpath(*parts[:-1]) for root in roots()] + [each.joinpath(*parts[1:-1]) for each in installed]
    beside = [".".join((*parts[:-1], name)) for folder in searched for name in _modules_in(folder)]
    raise _not_found(place, beside)


def below(folder: Path, parts: tuple[str, ...]) -> Path | None:
    """The file of the module that ``parts`` name from ``folder``; packages need no ``__init__.py`` on the way.

    Args:
        folder: In which the first of them is looked up.
        parts: Of a name with dots; one part at least.
    """
    stem = folder.joinpath(*parts)
    return package_file(stem) or next((file for end in _ENDINGS if (file := Path(f"{stem}{end}")).is_file()), None)


def package_file(folder: Path) -> Path | None:
    """The code of a package itself, if it has some."""
    return next((file for end in _ENDINGS if (file := folder / f"__init__{end}").is_file()), None)


def _modules_in(folder: Path) -> Iterator[str]:
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.suffix == ".py" or package_file(file):
            yield file.stem


def _not_found(place: str, near: Iterable[str]) -> RequestError:
    misspelt = unknown_name("source", place, Source)
    if misspelt.hint and "." not in place:
        return misspelt
    hint = unknown_name("module", place, near, see=f"the sources are {', '.join(Source)} and nn; {_WRITE}").hint
    return RequestError(f"unknown source or module {place!r}", hint=hint)


def shown(file: str | Path) -> str:
    """A path as the user would type it: from the working directory if it is below."""
    path = Path(file)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def reach(found: FoundCode) -> tuple[Path, ...]:
    """The directories in which the user's code finds its own modules."""
    return tuple(dict.fromkeys((*((found.root,) if found.root else ()), *roots())))
