"""Files of weights, as ``torch.save`` or safetensors write them: checked without torch, read as data.

A pickle is read with ``weights_only=True``: one that holds more than tensors and plain values is refused.
"""

import contextlib
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, NoReturn

from cnninspect.errors import RequestError
from cnninspect.weights_files import safetensors_header

if TYPE_CHECKING:
    from torch import Tensor

SAVE_HINT: Final = "save one with torch.save(model.state_dict(), FILE)"
_AGAIN: Final = "copy or download it again"
#: Where training scripts keep the state dict among other things, the usual name first.
_ENTRIES: Final = ("state_dict", "model_state_dict", "model", "net")
#: What ``nn.Module.__setstate__`` restores: in a pickle, these names are a module's and not a state dict's.
_MODULE_FIELDS: Final = (b"_parameters", b"_buffers", b"_modules")

Kind = Literal["torch", "safetensors"]


class StateFile(NamedTuple):
    """A state dict as it is in a file, and where in a checkpoint it was."""

    tensors: "dict[str, Tensor]"
    entry: str | None = None
    left_out: tuple[str, ...] = ()


def check(name: str) -> Kind:
    """Check that the file looks like saved tensors, without torch and without unpickling.

    Raises:
        RequestError: It is missing, unreadable, empty, cut short or something else.
    """
    path = Path(name)
    try:
        with path.open("rb") as file:
            start = file.read(4)
        is_safetensors = safetensors_header.looks_like_one(path)
    except OSError as error:
        raise RequestError(f"can't read weights file {name!r}: {error.strerror}") from error
    if not start:
        raise RequestError(f"weights file {name!r} is empty", hint=SAVE_HINT)
    if start == b"PK\x03\x04":
        _check_archive(name)
    elif is_safetensors or path.suffix.lower() == ".safetensors":
        safetensors_header.read(name)
        return "safetensors"
    elif not start.startswith(b"\x80"):  # the first byte of a pickle of protocol 2 and later
        raise RequestError(f"{name!r} is not a file of weights written by torch.save or safetensors", hint=SAVE_HINT)
    return "torch"


def _check_archive(name: str) -> None:
    """``torch.save`` writes a zip with one pickle; TorchScript and ``torch.export`` write other zips."""
    try:
        with zipfile.ZipFile(name) as archive:
            members = {member.partition("/")[2] for member in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        damaged(name, error)
    if "archive_format" in members:
        raise RequestError(f"{name!r} is a torch.export program, not a file of weights", hint="name it FILE.pt2")
    if "constants.pkl" in members:
        raise RequestError(
            f"{name!r} is a TorchScript program, not a file of weights",
            hint="torch.save(torch.jit.load(FILE).state_dict(), NEW_FILE) saves its weights",
        )


def check_loadable(name: str) -> None:
    """``check``, and whether what reads such a file is installed.

    Raises:
        RequestError: The file is no file of weights, or safetensors is missing.
    """
    if check(name) == "safetensors" and find_spec("safetensors") is None:
        raise RequestError(
            f"{name!r} needs the package safetensors, which is not installed", hint="pip install safetensors"
        )


def read(name: str) -> StateFile:
    """The state dict in a file, on the CPU; its pages are read only when needed.

    Raises:
        RequestError: The file is damaged, or holds something else than a state dict.
    """
    if check(name) == "safetensors":
        check_loadable(name)
        from safetensors.torch import load_file

        with explained_reading(name):
            return StateFile(load_file(name))
    import warnings

    import torch

    with explained_reading(name), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of unusual pickle protocols: what can't be read is an error anyway
        found = torch.load(name, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(name))
    return _chosen(name, found)


def _chosen(name: str, found: Any) -> StateFile:
    """The one mapping of tensors in ``found``: itself, or one of its entries."""
    if _is_state_dict(found):
        return StateFile(dict(found))
    if not isinstance(found, Mapping):
        raise RequestError(f"weights file {name!r} holds a {type(found).__name__}, not a state dict", hint=SAVE_HINT)
    entries = [str(key) for key, value in found.items() if value and _is_state_dict(value)]
    known = [entry for entry in _ENTRIES if entry in entries]
    if not entries:
        raise RequestError(
            f"weights file {name!r} holds a mapping of other things than tensors, not a state dict", hint=SAVE_HINT
        )
    if not known and len(entries) > 1:
        raise RequestError(
            f"weights file {name!r} holds several state dicts: {', '.join(entries)}",
            hint="save the one that is meant in a file of its own",
        )
    entry = (known or entries)[0]
    return StateFile(dict(found[entry]), entry, tuple(str(key) for key in found if key != entry))


def _is_state_dict(value: object) -> bool:
    import torch

    return isinstance(value, Mapping) and all(
        isinstance(key, str) and isinstance(tensor, torch.Tensor) for key, tensor in value.items()
    )


@contextlib.contextmanager
def explained_reading(name: str) -> Iterator[None]:
    """Say in the user's terms why a file can't be read.

    Raises:
        RequestError: Instead of what ``torch.load`` or safetensors raises.
    """
    try:
        yield
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            _refuse(name, error)
        damaged(name, error)
    except OSError as error:
        raise RequestError(f"can't read weights file {name!r}: {error.strerror or error}") from error
    except Exception as error:  # noqa: BLE001 - torch raises a dozen kinds for damaged files
        damaged(name, error)


def _refuse(name: str, error: pickle.UnpicklingError) -> NoReturn:
    _, _, named = str(error).partition("GLOBAL ")
    what = f" ({named.split()[0]})" if named else ""
    if _holds_module(Path(name)):
        raise RequestError(
            f"weights file {name!r} holds a whole pickled module{what}: refused, as loading it would run code",
            hint="where it was made, torch.save(module.state_dict(), FILE) saves its weights as plain data",
        ) from error
    raise RequestError(
        f"weights file {name!r} is a pickle that would run code when loaded{what}: refused", hint=SAVE_HINT
    ) from error


def _holds_module(path: Path) -> bool:
    """Does the pickle spell a module's own fields? It is searched as bytes, not unpickled."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            pickles = [member for member in archive.namelist() if member.endswith("data.pkl")]
            content = archive.read(pickles[0]) if pickles else b""
    else:
        content = path.read_bytes()
    return all(field in content for field in _MODULE_FIELDS)


def damaged(name: str, error: Exception) -> NoReturn:
    """The error for a file that ends too soon or makes no sense.

    Raises:
        RequestError: Always.
    """
    raise RequestError(f"weights file {name!r} is cut short or damaged", hint=_AGAIN) from error
