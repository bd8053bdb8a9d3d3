"""The gates of a project: every ``[[tool.cnninspect.check]]`` of its pyproject.toml, the keys named as the options."""

import re
import tomllib
from collections.abc import Mapping
from enum import EnumType
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec

from cnninspect.budgets.entry import Entry
from cnninspect.errors import RequestError, named, unknown_name
from cnninspect.spec.run_options import SETTABLE

_NAME: Final = "pyproject.toml"
_TABLE: Final = "[[tool.cnninspect.check]]"
_EXAMPLE: Final = f'write {_TABLE}, model = "net.py:Net", max-params = "62M"; or name a MODEL'
_PART: Final = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_ENDLESS_KEY: Final = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{1000}}")


def find(file_name: str | None) -> Path:
    """The file that ``--config`` names, or the nearest pyproject.toml from the working directory upwards.

    Raises:
        RequestError: There is none.
    """
    if file_name is not None:
        return Path(file_name)
    for folder in (here := Path.cwd(), *here.parents):
        if (folder / _NAME).is_file():
            return Path(_NAME) if folder == here else folder / _NAME
    raise RequestError(f"no {_NAME} in {str(here)!r} or above it", hint="name a MODEL, or --config FILE")


def read(file: Path) -> list[tuple[str, Entry]]:
    """Every gate in ``file``, each with its place there in words.

    Raises:
        RequestError: It can't be read, is not TOML, has no gate, or a key is unknown or of the wrong type.
    """
    try:
        text = file.read_bytes().decode()
        if _ENDLESS_KEY.search(text):  # which the parser looks up part by part from the beginning
            raise RequestError(f"{str(file)!r}: a key has more than a thousand parts")
        content = tomllib.loads(text, parse_float=str)  # 1e9 and 0.5 as they are written, to the last digit
    except OSError as error:
        raise RequestError(f"can't read {str(file)!r}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # also thousands of digits, or of brackets
        raise RequestError(f"{str(file)!r} is not TOML: {error}") from error
    entries = _entries(content, file)
    places = [_place(entry, number, file) for number, entry in enumerate(entries, 1)]
    return [(place, _entry(entry, place)) for place, entry in zip(places, entries, strict=True)]


def _entries(content: Mapping[str, Any], file: Path) -> list[Any]:
    own: Any = content
    for key in ("tool", "cnninspect"):
        own = own.get(key, {}) if isinstance(own, Mapping) else {}
    for word in own if isinstance(own, Mapping) else ():
        if word not in {"check", *SETTABLE}:  # no default of anybody's changes a gate
            error = unknown_name("key of [tool.cnninspect]", word, ("check", *SETTABLE), see=_EXAMPLE)
            raise named(error, repr(str(file)))
    if not isinstance(own, Mapping) or "check" not in own:
        raise RequestError(f"{str(file)!r} has no {_TABLE}", hint=_EXAMPLE)
    entries = own["check"]
    if not isinstance(entries, list) or not entries:
        raise RequestError(f"{str(file)!r}: tool.cnninspect.check is not a list of tables", hint=_EXAMPLE)
    return entries


def _place(entry: object, number: int, file: Path) -> str:
    """Where an entry is, in words."""
    model = entry.get("model") if isinstance(entry, Mapping) else None
    return f"{str(file)!r}, check {number}" + (f" ({model})" if isinstance(model, str) else "")


def _entry(entry: object, place: str) -> Entry:
    types = {field.encode_name: field.type for field in msgspec.structs.fields(Entry)}
    fields = {key: get_args(kind)[0] if get_origin(kind) is Annotated else kind for key, kind in types.items()}
    for key, value in entry.items() if isinstance(entry, Mapping) else ():
        if key not in fields:
            raise named(unknown_name("key", key, fields, see=f"the keys are {', '.join(fields)}"), place)
        if _has_nul(value):
            raise RequestError(f"{place}: {key}: no name or path has a NUL character in it")
    try:
        return msgspec.convert(entry, Entry)
    except msgspec.ValidationError as wrong:
        message, _, path = str(wrong).replace(" | null", "").partition(" - at `$.")
        key = path.rstrip("`").partition("[")[0]
        kind = fields.get(key)
        hint = f"write one of {', '.join(kind)}" if isinstance(kind, EnumType) else None
        raise RequestError(
            f"{place}: {f'{key}: ' if key else ''}{message[0].lower()}{message[1:]}", hint=hint
        ) from wrong


def _has_nul(value: object) -> bool:
    """Is there a character that no path can have?"""
    if isinstance(value, str):
        return "\0" in value
    inside = [*value, *value.values()] if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(map(_has_nul, inside))
