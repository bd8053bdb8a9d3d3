"""Defaults that are set once: ``[tool.cnninspect]`` of the project's pyproject.toml, and the user's own config.toml.

The project's file wins over the user's. What is wrong in one is said with the file and the key, whatever the command.
"""

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from cnninspect.cli import options
from cnninspect.errors import RequestError, named, unknown_name
from cnninspect.spec import check_device
from cnninspect.spec.run_options import SETTABLE
from cnninspect.spec.sources import Source

#: Of the environment: ``off``, or a file that is read in the place of both.
VARIABLE: Final = "CNNINSPECT_CONFIG"
_PROJECT: Final = "pyproject.toml"
_TABLE: Final = "tool.cnninspect"
_GATES: Final = "check"  # another key of that table, which is not a default


class Setting(NamedTuple):
    """A default, as the command line would give it, and where it was set."""

    value: Any
    file: Path


def _depth(value: object) -> str:
    if value != "all" and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise RequestError(f"{value!r} is not a number of levels", hint='write 0, 1, 2 … or "all"')
    return str(value)


def _columns(value: object) -> str:
    from cnninspect.formats.columns import COLUMNS

    given = value if isinstance(value, list) else [value]
    texts = [each for each in given if isinstance(each, str)]
    if not texts or len(texts) < len(given):
        raise RequestError(f"{value!r} is not a list of columns", hint='write ["output", "params"], for example')
    text = ",".join(texts)
    options.keys(text, COLUMNS)
    return text


def _device(value: object) -> str:
    return check_device(value if isinstance(value, str) else repr(value))


def _source(value: object) -> Source:
    found = next((each for each in Source if each == value), None)
    if found is None:
        raise unknown_name("source", str(value), Source, see=f"the sources are {', '.join(Source)}")
    return found


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise RequestError(f"{value!r} is neither true nor false", hint="write true or false, without quotes")
    return value


#: By the option that each is a default of.
KEYS: Final[Mapping[str, Callable[[object], Any]]] = dict(
    zip(SETTABLE, (_depth, _columns, _device, _source, _truth, _truth), strict=True)
)


def read() -> dict[str, Setting]:
    """Every default that is set, by its key.

    Raises:
        RequestError: A file can't be read or is not TOML, a key is unknown, or a value is none of its key.
    """
    found: dict[str, Setting] = {}
    for file in _files():
        found |= {key: Setting(value, file) for key, value in _checked(file)}
    return found


def _files() -> Iterator[Path]:
    """Those that are there, the one that wins last."""
    told = os.environ.get(VARIABLE, "")
    if told.lower() == "off":
        return
    if told:
        yield Path(told)
        return
    from platformdirs import user_config_path

    own = user_config_path("cnninspect", appauthor=False) / "config.toml"
    if own.is_file():
        yield own
    try:
        here = Path.cwd()
    except OSError:  # it is gone
        return
    nearest = next((file for each in (here, *here.parents) if (file := each / _PROJECT).is_file()), None)
    if nearest is not None:
        yield nearest


def _checked(file: Path) -> Iterator[tuple[str, Any]]:
    is_project = file.name == _PROJECT
    for key, value in _table(file, is_project=is_project).items():
        place = f"{_TABLE}.{key}" if is_project else key
        if is_project and key == _GATES:
            continue
        if key not in KEYS:
            error = unknown_name("key", key, [*KEYS, *[_GATES] * is_project], see=f"the keys are {', '.join(KEYS)}")
            raise named(error, repr(str(file)))
        try:
            yield key, KEYS[key](value)
        except RequestError as error:
            raise named(error, f"{str(file)!r}: {place}") from error


def _table(file: Path, *, is_project: bool) -> Mapping[str, Any]:
    try:
        content = file.read_bytes()
        if is_project and b"cnninspect" not in content:  # whatever else is in it is no matter of ours
            return {}
        table: Any = tomllib.loads(content.decode())
    except OSError as error:
        hint = f"{VARIABLE} names it" if os.environ.get(VARIABLE) else f"{VARIABLE}=off leaves it out"
        raise RequestError(f"can't read {str(file)!r}: {error.strerror}", hint=hint) from error
    except (ValueError, RecursionError) as error:  # also thousands of digits, or of brackets
        raise RequestError(f"{str(file)!r} is not TOML: {error}", hint=f"{VARIABLE}=off leaves it out") from error
    for key in _TABLE.split(".") if is_project else ():
        table = table.get(key, {}) if isinstance(table, Mapping) else {}
    if not isinstance(table, Mapping):
        raise RequestError(f"{str(file)!r}: {_TABLE} is not a table", hint=f"write [{_TABLE}]")
    return table
