"""Importing the user's code as Python would where it lies, and leaving the process as it was afterwards."""

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

from cnninspect.errors import CnnInspectError, ModelError
from cnninspect.loading import notebook_import, python_source
from cnninspect.loading.python_failure import explained
from cnninspect.loading.python_source import FoundCode, reach
from cnninspect.process import kept

_ONE_BY_ONE: Final = threading.RLock()  # the working directory and the path are the whole process's


def import_code(found: FoundCode) -> ModuleType:
    """The module, imported with its siblings within reach.

    ``sys.path`` keeps what is put on it, for imports that come later; ``hosting`` takes it off.

    Raises:
        ModelError: It raises, or leaves the process.
    """
    with explained(f"{found.place!r} can't be imported", found):
        if notebook_import.is_notebook(found):
            return _import_notebook(found)
        if found.root is None:
            _put_on_path(python_source.roots())
            return importlib.import_module(".".join(found.parts))
        return _import_below(found, found.root)


def _import_below(found: FoundCode, root: Path) -> ModuleType:
    top, *rest = found.parts
    first = (root / top).resolve() if rest or found.file == root / top / "__init__.py" else found.file
    elsewhere = _elsewhere(top, found)
    is_taken = top in sys.stdlib_module_names or (first == found.file and elsewhere is not None)
    _put_on_path(reach(found))
    if first == found.file and elsewhere is not None:
        sys.meta_path.insert(0, _Elsewhere(elsewhere))
    name = top.replace(".", "_")
    while _is_another(name, first) or (is_taken and name == top):
        name += "_"
    module = sys.modules.get(name) or _load(name, first)
    if not rest:
        return module
    parent = ".".join((name, *rest[:-1]))
    importlib.import_module(parent)
    full = f"{parent}.{rest[-1].replace('.', '_')}"
    return sys.modules.get(full) or _load(full, found.file)


def _import_notebook(found: FoundCode) -> ModuleType:
    """Under a name that no module has which it could import itself."""
    assert found.file is not None, "a notebook is a file"  # noqa: S101
    _put_on_path(reach(found))
    name = found.parts[-1].replace(".", "_")
    while _is_another(name, found.file) or name in sys.stdlib_module_names or PathFinder.find_spec(name) is not None:
        name += "_"
    loader = notebook_import.NotebookLoader(found)
    return sys.modules.get(name) or _run(spec_from_file_location(name, found.file, loader=loader))


def _load(name: str, location: Path | None) -> ModuleType:
    """Run the code at ``location``, a file or the directory of a package, as the module ``name``."""
    assert location is not None, "code below a root is in a file"  # noqa: S101
    file = python_source.package_file(location) if location.is_dir() else location
    spec = spec_from_file_location(name, file) if file else ModuleSpec(name, None, is_package=True)
    assert spec is not None, "its suffix is one of Python's"  # noqa: S101
    if file is None:
        spec.submodule_search_locations = [str(location)]
    return _run(spec)


def _run(spec: ModuleSpec | None) -> ModuleType:
    assert spec is not None, "there is a loader for it"  # noqa: S101
    name = spec.name
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        if spec.loader is not None:
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return sys.modules.get(name, module)


class _Elsewhere:
    """Finds one name beside the user's file of that name: ``import timm`` in their timm.py means the package."""

    def __init__(self, spec: ModuleSpec) -> None:
        self._spec = spec

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        """Where ``name`` is, if it is that one."""
        return self._spec if name == self._spec.name else None


def _elsewhere(name: str, found: FoundCode) -> ModuleSpec | None:
    mine = reach(found)
    path = [entry for entry in sys.path if Path(entry).resolve() not in mine]
    spec = PathFinder.find_spec(name, path)
    return spec if spec is not None and spec.origin is not None else None


def _is_another(name: str, location: Path | None) -> bool:
    """Is ``name`` in memory, and something else than what is at ``location``?"""
    known = sys.modules.get(name)
    return known is not None and location not in _locations(known)


def _locations(module: object) -> set[Path]:
    """The file of a module, or the directories of a package."""
    contents = vars(module) if isinstance(module, ModuleType) else {}  # anything can be put among the modules
    files = contents.get("__path__") or [contents.get("__file__")]
    return {Path(file).resolve() for file in files if isinstance(file, str)}


def _put_on_path(folders: Sequence[Path]) -> None:
    importlib.invalidate_caches()  # a file may be younger than Python's list of its directory
    wanted = [str(folder) for folder in folders]
    if sys.path[: len(wanted)] != wanted:
        sys.path[:0] = wanted


@contextlib.contextmanager
def hosting(found: FoundCode, seed: int) -> Iterator[None]:
    """Context in which the user's code is imported, built and run; the process is as before afterwards.

    One thread at a time is in it.

    Restored are the working directory, ``sys.path``, ``sys.argv``, the modules that the user's code has (another
    model may have others of the same names), torch's default dtype and device, grad mode and random state.

    Raises:
        ModelError: The code leaves the process.
    """
    with _ONE_BY_ONE, _hosted(found, seed):
        yield


@contextlib.contextmanager
def _hosted(found: FoundCode, seed: int) -> Iterator[None]:
    import torch  # before anything of the user's is within reach of its imports

    from cnninspect.torch_internals.default_devices import default_device, restore_default_device

    known, path, finders = set(sys.modules), list(sys.path), list(sys.meta_path)
    here, words = Path.cwd(), sys.argv
    dtype, device, has_grad = torch.get_default_dtype(), default_device(), torch.is_grad_enabled()
    sys.argv = [found.place]  # what was typed is not meant for an argument parser of theirs
    generator = torch.default_generator
    try:
        with kept(generator, generator.get_state, generator.set_state):
            generator.manual_seed(seed)
            yield
    except CnnInspectError as error:
        better = notebook_import.explained(error, found)
        if better is error:
            raise
        raise better from better.__cause__
    except SystemExit as error:
        raise ModelError(f"{found.place!r} leaves the process by sys.exit({error.code!r})") from error
    finally:
        sys.path[:], sys.meta_path[:], sys.argv = path, finders, words
        os.chdir(here)
        _forget(sys.modules.keys() - known, reach(found))
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(has_grad)
        restore_default_device(device)


def _forget(names: set[str], folders: Sequence[Path]) -> None:
    """Take modules that lie in ``folders``, and what is below them, out of memory."""
    tops = {
        name
        for name in names
        if "." not in name and any(file.parent in folders for file in _locations(sys.modules[name]))
    }
    for name in names:
        if name.partition(".")[0] in tops:
            del sys.modules[name]
