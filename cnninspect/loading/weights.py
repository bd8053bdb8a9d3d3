"""State dicts: read from a file or from the hub cache, held against a network, loaded.

Files are data: they are read with ``weights_only=True``, and one that holds anything but tensors is refused.
"""

import contextlib
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from cnninspect.errors import ModelError, RequestError
from cnninspect.spec import WEIGHTS_ENDINGS

if TYPE_CHECKING:
    from torch import Tensor, nn

_SHOWN_KEYS: Final = 10
_SAVE_HINT: Final = "save one with torch.save(model.state_dict(), FILE)"


def is_file_name(weights: str) -> bool:
    """Does ``--weights`` mean a file rather than a published name?"""
    return os.sep in weights or weights.lower().endswith(WEIGHTS_ENDINGS) or Path(weights).is_file()


def check_file(weights: str) -> None:
    """Check that the file looks like saved tensors, without torch and without unpickling.

    Raises:
        RequestError: It is missing, unreadable, empty, cut short or something else.
    """
    path = Path(weights)
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise RequestError(f"can't read weights file {weights!r}: {error.strerror}") from error
    if not start:
        raise RequestError(f"weights file {weights!r} is empty", hint=_SAVE_HINT)
    if start.startswith(b"PK\x03\x04"):
        if not zipfile.is_zipfile(path):
            raise RequestError(f"weights file {weights!r} is cut short or damaged", hint="copy or download it again")
    elif not start.startswith(b"\x80"):  # the first byte of a pickle of protocol 2 and later
        raise RequestError(f"{weights!r} is not a file of weights written by torch.save", hint=_SAVE_HINT)


def load_file(module: "nn.Module", weights: str) -> None:
    """Load a state dict's file into ``module``.

    Raises:
        RequestError: The file is damaged, or holds something else than a state dict.
        ModelError: The state dict is that of another network.
    """
    load(module, _read(weights), weights)


def _read(weights: str) -> "dict[str, Tensor]":
    import warnings

    import torch

    with _explained_reading(weights), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of unusual pickle protocols: what can't be read is an error anyway
        found = torch.load(weights, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(weights))
    if not isinstance(found, Mapping) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        kind = "a mapping of other things than tensors" if isinstance(found, Mapping) else f"a {type(found).__name__}"
        raise RequestError(f"weights file {weights!r} holds {kind}, not a state dict", hint=_SAVE_HINT)
    return dict(found)


@contextlib.contextmanager
def _explained_reading(weights: str) -> Iterator[None]:
    """Say in the user's terms why ``torch.load`` refused a file."""
    import pickle

    try:
        yield
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "GLOBAL" in str(error):
            _, _, named = str(error).partition("GLOBAL ")
            what = f" ({named.split()[0]})" if named else ""
            raise RequestError(
                f"weights file {weights!r} is a pickle that would run code when loaded{what}: refused",
                hint=_SAVE_HINT,
            ) from error
        _damaged(weights, error)
    except OSError as error:
        raise RequestError(f"can't read weights file {weights!r}: {error.strerror or error}") from error
    except Exception as error:  # noqa: BLE001 - torch raises a dozen kinds for damaged files
        _damaged(weights, error)


def _damaged(weights: str, error: Exception) -> NoReturn:
    raise RequestError(f"weights file {weights!r} is cut short or damaged", hint="copy or download it again") from error


def load(module: "nn.Module", state_dict: "dict[str, Tensor]", weights: str) -> None:
    """Load a state dict into ``module``, in the dtypes that the module has.

    Raises:
        ModelError: Keys are missing or unexpected, or shapes differ.
    """
    wanted = module.state_dict()
    shared = wanted.keys() & state_dict.keys()
    findings = {
        "missing": [key for key in wanted if key not in state_dict],
        "unexpected": [key for key in state_dict if key not in wanted],
        "mis-shaped": [
            f"{key} ({_shape(state_dict[key])} in the file, {_shape(wanted[key])} in the model)"
            for key in wanted
            if key in shared and state_dict[key].shape != wanted[key].shape
        ],
    }
    if any(findings.values()):
        lines = [_listed(kind, keys) for kind, keys in findings.items() if keys]
        raise ModelError(
            f"the weights {weights!r} are of another network\n" + "\n".join(lines),
            hint="check the model's name and arguments (num_classes, in_channels)",
        )
    # assign: the tensors become the parameters as they are, so that a file's pages are read only when needed
    module.load_state_dict({key: value.to(wanted[key].dtype) for key, value in state_dict.items()}, assign=True)


def _shape(tensor: "Tensor") -> str:
    return "×".join(map(str, tensor.shape)) or "scalar"


def _listed(kind: str, keys: list[str]) -> str:
    more = f", … ({len(keys) - _SHOWN_KEYS} more)" if len(keys) > _SHOWN_KEYS else ""
    return f"  {len(keys)} {kind}: {', '.join(keys[:_SHOWN_KEYS])}{more}"


@contextlib.contextmanager
def explained_download(url: str) -> Iterator[None]:
    """Say which file to put where when a download fails; torch hub's notes go to standard error.

    Raises:
        ModelError: There is no connection, or what came is not what was published.
        RequestError: The file in the cache is damaged.
    """
    import sys
    from urllib.parse import urlparse

    import torch

    cached = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name
    was_there = cached.exists()
    try:
        with (
            contextlib.redirect_stdout(sys.stderr),
            _explained_reading(str(cached)) if was_there else contextlib.nullcontext(),
        ):
            yield
    except (OSError, RuntimeError) as error:  # urllib's errors are OSErrors, a wrong hash is a RuntimeError
        raise ModelError(
            f"can't download {url}: {getattr(error, 'reason', None) or error}",
            hint=f"get the file and put it at {cached}",
        ) from error
