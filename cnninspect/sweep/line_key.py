"""The key of a line: everything that decides it, in two halves, ``ASKED-WITH``, sixteen hexadecimal digits each.

The first half says what was asked: the network, its input, how it is run. It is the same wherever it is asked, and
deals networks out to shards; lines of which it is the same are of the same spec and input. The second half says with
what it was answered: Python, the machine's kind, the versions of cnninspect and of what builds networks, as for the
cache, and what the files of a network of the user's own hold, those that it imports, too. When it is another one, the
network runs again.
"""

import functools
import hashlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from cnninspect import json_text
from cnninspect.cache import key as of_report
from cnninspect.spec import ExportedModel, PythonModel, Request, ZooModel
from cnninspect.sweep.task import SweepTask

_BYTES = 8  # of each half


class Shard(NamedTuple):
    """One part of several, counted from 1."""

    number: int
    of: int

    def has(self, key: str) -> bool:
        """Is the line of this key in it?

        >>> keys = ["0000000000000007-a", "0000000000000008-b"]
        >>> [[Shard(number, 4).has(key) for key in keys] for number in (1, 4)]
        [[False, True], [True, False]]
        """
        return int(asked_of(key), 16) % self.of == self.number - 1


def key_of(task: SweepTask, request: Request) -> str:
    """The key of a task.

    Args:
        task: As it is asked.
        request: The same, checked.

    Raises:
        OSError: A file that decides it can't be read.
    """
    model = request.model
    if isinstance(model, ZooModel):  # however its name is spelled
        request = msgspec.structs.replace(request, model=msgspec.structs.replace(model, text=""))
    asked = json_text.compact((request, task.with_costs))
    made_with = json_text.compact((of_report.interpreter(), *_versions(), *map(_digest, _files(request))))
    return f"{_hashed(asked)}-{_hashed(made_with)}"


def asked_of(key: str) -> str:
    """The first half: of which network and input the line is.

    >>> asked_of("0123456789abcdef-fedcba9876543210")
    '0123456789abcdef'
    """
    return key.partition("-")[0]


@functools.cache
def _versions() -> tuple[tuple[str, str], ...]:
    return tuple((name, repr(version)) for name, version in of_report.versions())


def _files(request: Request) -> list[Path]:
    """Those that hold the network, or its weights."""
    found: list[Path] = []
    if isinstance(request.model, PythonModel):
        from cnninspect.loading import python_files, python_source

        found += python_files.files_of(python_source.find(request.model.place))
    if isinstance(request.model, ExportedModel):
        found.append(Path(request.model.text))
    if request.weights is not None:
        from cnninspect.loading.weights import is_file_name
        from cnninspect.weights_files import place

        found += map(Path, place.find(request.weights).files) if is_file_name(request.weights) else ()
    return found


def _digest(file: Path) -> str:
    about = file.stat()
    return _digest_of(file, about.st_size, about.st_mtime_ns)


@functools.lru_cache(maxsize=4096)
def _digest_of(file: Path, _size: int, _changed: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "blake2b").hexdigest()


def _hashed(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=_BYTES).hexdigest()
