"""Which files a spelling of weights means, and which of the networks in them: ``FILE``, ``FILE#KEY``, shards.

The index of a state dict in shards is JSON, ``{"metadata": …, "weight_map": {tensor: file}}``, beside its files.
"""

from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from cnninspect.errors import RequestError
from cnninspect.spec import file_kinds

_LONGEST: Final = 100_000_000  # bytes of an index, as of the header of a safetensors file


class WeightsPlace(NamedTuple):
    """Where a state dict lies.

    Attributes:
        files: In the order of the index; one, if it is whole.
        key: Of the network that is meant, if one is named.
        shard_of: Which tensor is in which of the files, where there is an index.
    """

    files: tuple[str, ...]
    key: str | None = None
    shard_of: dict[str, str] | None = None


class _Index(msgspec.Struct, frozen=True):
    weight_map: dict[str, str]
    metadata: Any = None


def find(text: str) -> WeightsPlace:
    """The files that ``text`` means; a file of that very name wins over a key in one.

    Raises:
        RequestError: It is a folder without an index, or an index that makes no sense.
    """
    name, key = _split(text)
    if file_kinds.exists(name, as_folder=True):
        name = _index_in(name)
    if not file_kinds.is_index(name):
        return WeightsPlace((name,), key)
    index = _read_index(name)
    return WeightsPlace(tuple(dict.fromkeys(index.values())), key, index)


def _split(text: str) -> tuple[str, str | None]:
    """The file and the key: the longest file that there is, else what stands before the first ``#``."""
    if "#" not in text or _is_there(text):
        return text, None
    places = [place for place, letter in enumerate(text) if letter == "#"]
    place = next((place for place in reversed(places) if _is_there(text[:place])), places[0])
    return text[:place], text[place + 1 :]


def _is_there(name: str) -> bool:
    return file_kinds.exists(name) or file_kinds.exists(name, as_folder=True)


def _index_in(folder: str) -> str:
    found = file_kinds.indices(folder)
    if len(found) == 1:
        return found[0]
    if found:
        raise RequestError(f"{folder!r} has several indices of weights", hint=f"name one: {', '.join(found)}")
    raise RequestError(
        f"can't read weights file {folder!r}: Is a directory",
        hint="a folder needs a model.safetensors.index.json in it",
    )


def _read_index(name: str) -> dict[str, str]:
    """Which tensor is in which file; files outside the index's own folder are refused."""
    path = Path(name)
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST)
        index = msgspec.json.decode(content, type=_Index).weight_map  # one that is longer is cut, and no JSON
    except OSError as error:
        raise RequestError(f"can't read {name!r}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors too
        raise RequestError(f"{name!r} is not an index of weights in shards: {error}") from error
    outside = next((each for each in index.values() if each in {"", ".", ".."} or Path(each).name != each), None)
    if outside is not None:
        raise RequestError(f"{name!r} names {outside!r}, which is no file beside it: refused")
    return {key: str(path.with_name(each)) for key, each in index.items()}
