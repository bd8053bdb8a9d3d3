"""Which gates are asked for: the one on the command line, or those of a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cnninspect.cli import check_config, check_entry
from cnninspect.cli.check_entry import Entry, Gate
from cnninspect.errors import RequestError, naming

Placed = tuple[str, Entry]


def entries(typed: Mapping[str, Any], config: str | None, *, is_updating: bool) -> tuple[Path, list[Placed]]:
    """The gates that are asked for, each with where it was written, and the directory from which their paths start.

    Args:
        typed: What was given to the command, by the names of its parameters.
        config: The file that was named.
        is_updating: Baselines are going to be rewritten.

    Raises:
        RequestError: What was typed does not go together, or the config can't be used as it is.
    """
    folder, found = _typed(typed, config) if typed["model"] is not None else _configured(typed, config)
    if is_updating and all(entry.baseline is None for _, entry in found):
        raise RequestError("--update needs a baseline", hint="add one: --baseline report.json")
    return folder, found


def _typed(typed: Mapping[str, Any], config: str | None) -> tuple[Path, list[Placed]]:
    if config is not None:
        raise RequestError("--config does not go with a MODEL", hint="leave out one of the two")
    values = {
        field.encode_name: tuple(value) if isinstance(value, list) else value
        for field in msgspec.structs.fields(Entry)
        if (value := typed[field.name]) is not None
    }
    return Path(), [("", msgspec.convert(values, Entry))]


def _configured(typed: Mapping[str, Any], config: str | None) -> tuple[Path, list[Placed]]:
    for field in msgspec.structs.fields(Entry):
        if typed[field.name] is not None and typed[field.name] != field.default:
            raise RequestError(
                f"--{field.encode_name} goes with a MODEL, and none is named",
                hint="name one, or write it into [[tool.cnninspect.check]]",
            )
    file = check_config.find(config)
    return file.parent, check_config.read(file)


def gates(entries: Sequence[Placed], *, is_updating: bool) -> list[Gate]:
    """What they come to, every one checked before any runs; to be called where their paths start.

    Raises:
        RequestError: One can't be carried out as written.
    """
    found = []
    for place, entry in entries:
        with naming(place):
            found.append(check_entry.gate(entry, is_updating=is_updating))
    return found
