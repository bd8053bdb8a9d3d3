"""Files of weights, as ``torch.save`` or safetensors write them: checked without torch, read as data.

Nothing in a file runs: what tensors are not made of is passed over (see ``pickles``).
"""

import contextlib
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, NoReturn

from cnninspect.errors import CnnInspectError, ModelError, RequestError, is_lack_of_memory
from cnninspect.spec import file_kinds
from cnninspect.weights_files import archives, pickles, place, safetensors_header
from cnninspect.weights_files.place import WeightsPlace

SAVE_HINT: Final = "save one with torch.save(model.state_dict(), FILE)"
_AGAIN: Final = "copy or download it again"
_PICKLE: Final = b"\x80"  # the first byte of a pickle of protocol 2 and later

Kind = Literal["torch", "safetensors"]


class StateFile(NamedTuple):
    """A state dict as it is in a file, and where in a checkpoint it was.

    Attributes:
        values: As they are in the file: tensors, what stands in for tensors, and what else a module saves.
        metadata: The versions of the modules, as ``nn.Module.state_dict`` gives them.
        entry: Its place in the checkpoint; empty if the file is the state dict.
        left_out: What else is in the checkpoint.
    """

    values: dict[str, Any]
    metadata: dict[str, Any] | None = None
    entry: str = ""
    left_out: tuple[str, ...] = ()


def check(text: str) -> Kind:
    """Check that the files look like saved tensors, without torch and without unpickling.

    Raises:
        RequestError: One is missing, unreadable, empty, cut short or something else.
    """
    kinds = [_kind(name) for name in place.find(text).files]
    return "safetensors" if all(kind == "safetensors" for kind in kinds) else "torch"


def _kind(name: str) -> Kind:
    path = Path(name)
    try:
        with path.open("rb") as file:
            start = file.read(len(archives.MAGIC))
            if start == archives.MAGIC:
                members = archives.members(file)
                _check_archive(name, archives.by_path(members))
                archives.check_sizes(name, members, path.stat().st_size)
        is_safetensors = safetensors_header.looks_like_one(path)
    except zipfile.BadZipFile as error:
        damaged(name, error)
    except (OSError, ValueError) as error:  # a NUL in the name is a ValueError
        foreign = file_kinds.foreign(name)
        if foreign is not None and not file_kinds.exists(name):
            raise foreign from error
        raise RequestError(f"can't read weights file {name!r}: {getattr(error, 'strerror', None) or error}") from error
    if not start:
        raise RequestError(f"weights file {name!r} is empty", hint=SAVE_HINT)
    if start != archives.MAGIC and (is_safetensors or path.suffix.lower() == ".safetensors"):
        safetensors_header.read(name)
        return "safetensors"
    if start != archives.MAGIC and not start.startswith(_PICKLE):
        raise file_kinds.foreign(name) or RequestError(
            f"{name!r} is not a file of weights written by torch.save or safetensors", hint=SAVE_HINT
        )
    return "torch"


def _check_archive(name: str, members: dict[str, zipfile.ZipInfo]) -> None:
    """``torch.save`` writes a zip with one pickle; TorchScript and ``torch.export`` write other zips."""
    if "archive_format" in members:
        raise RequestError(f"{name!r} is a torch.export program, not a file of weights", hint="name it FILE.pt2")
    if "constants.pkl" in members:
        raise RequestError(
            f"{name!r} is a TorchScript program, not a file of weights",
            hint="torch.save(torch.jit.load(FILE).state_dict(), NEW_FILE) saves its weights",
        )


def check_loadable(text: str) -> None:
    """``check``, and whether what reads such files is installed.

    Raises:
        RequestError: A file is no file of weights, or safetensors is missing.
    """
    if check(text) == "safetensors" and find_spec("safetensors") is None:
        raise RequestError(
            f"{text!r} needs the package safetensors, which is not installed", hint="pip install safetensors"
        )


def read(text: str) -> StateFile:
    """The state dict in a file or in its shards, on the CPU; pages are read only when needed.

    Raises:
        RequestError: A file is damaged, or holds something else than a state dict, or several.
        ModelError: There is not enough memory.
    """
    where = place.find(text)
    found = [_read(name) for name in where.files]
    if where.shard_of is None:
        return _chosen(where, found[0])
    held = dict(zip(where.files, found, strict=True))
    missing = next((key for key, name in where.shard_of.items() if key not in held[name]), None)
    if missing is not None:
        not_whole(text, missing)
    return _chosen(where, {key: held[name][key] for key, name in where.shard_of.items()})


def not_whole(text: str, missing: str) -> NoReturn:
    """The error for shards of which one hasn't got what the index says.

    Args:
        text: What spells the index.
        missing: The key of a tensor.

    Raises:
        RequestError: Always.
    """
    raise RequestError(f"the shards of {text!r} are not whole: {missing!r} is not in its file", hint=_AGAIN)


def _read(name: str) -> Any:
    if _kind(name) == "safetensors":
        check_loadable(name)
        with explained_reading(name):
            from safetensors.torch import load, load_file

            is_text = name.encode(errors="replace").decode() == name  # other names it can't take
            return load_file(name) if is_text else load(Path(name).read_bytes())
    import warnings

    with explained_reading(name), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of layouts that torch calls new
        from cnninspect.weights_files import storages

        return storages.read(Path(name))


def _chosen(where: WeightsPlace, found: Any) -> StateFile:
    from cnninspect.weights_files import choice

    network = choice.find(where.files[0], found, where.key)
    named = [(str(key), each) for key, each in network.inside.items() if isinstance(key, str | int)]
    values = dict(named)
    if len(values) < len(named):
        raise RequestError(f"weights file {where.files[0]!r} has keys that are spelled alike, such as 0 and '0'")
    others = [str(key) for key, each in network.inside.items() if not (str(key) in values and choice.is_value(each))]
    beside: list[str] = []
    if network.path and isinstance(found, dict):
        beside = [str(key) for key in found if not f"{key}.".startswith(f"{network.path[0]}.")]
    return StateFile(values, getattr(network.values, "_metadata", None), network.entry, (*beside, *others))


@contextlib.contextmanager
def explained_reading(name: str) -> Iterator[None]:
    """Say in the user's terms why a file can't be read.

    Raises:
        RequestError: It is damaged, or would run code.
        ModelError: There is not enough memory for it, or for torch.
    """
    try:
        yield
    except CnnInspectError:
        raise
    except pickles.Refused as error:
        raise RequestError(
            f"weights file {name!r} is a pickle that would run code when loaded ({error.name}): refused",
            hint=SAVE_HINT,
        ) from error
    except (MemoryError, OSError, ImportError) as error:
        if is_lack_of_memory(error):
            raise ModelError(f"there is not enough memory to read {name!r}") from error
        raise RequestError(f"can't read weights file {name!r}: {getattr(error, 'strerror', None) or error}") from error
    except Exception as error:  # noqa: BLE001 - a damaged file raises a dozen kinds
        damaged(name, error)


def damaged(name: str, error: Exception) -> NoReturn:
    """The error for a file that ends too soon or makes no sense.

    Raises:
        RequestError: Always.
    """
    raise RequestError(f"weights file {name!r} is cut short or damaged", hint=_AGAIN) from error
