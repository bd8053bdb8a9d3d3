"""State dicts: read from a file or from the hub cache, held against a network, loaded."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cnninspect.errors import ModelError
from cnninspect.spec import WEIGHTS_ENDINGS

if TYPE_CHECKING:
    from torch import Tensor, nn

_SHOWN_KEYS: Final = 10
#: What ``nn.DataParallel`` and ``torch.compile`` put before every key.
_PREFIXES: Final = ("module.", "_orig_mod.")


def is_file_name(weights: str) -> bool:
    """Does ``--weights`` mean a file rather than a published name?"""
    return os.sep in weights or weights.lower().endswith(WEIGHTS_ENDINGS) or Path(weights).is_file()


def check_file(weights: str) -> None:
    """Check that the file looks like saved tensors and can be read here, without torch and without unpickling.

    Raises:
        RequestError: It is missing, unreadable, empty, cut short or something else.
    """
    from cnninspect.weights_files import state_files  # what it reads with takes its time to import

    state_files.check_loadable(weights)


def load_file(module: "nn.Module", weights: str) -> None:
    """Load a state dict's file into ``module``.

    Raises:
        RequestError: The file is damaged, or holds something else than a state dict.
        ModelError: The state dict is that of another network.
    """
    from cnninspect.weights_files import state_files

    load(module, state_files.read(weights).tensors, weights)


def load(module: "nn.Module", state_dict: "dict[str, Tensor]", weights: str) -> None:
    """Load a state dict into ``module``, in the dtypes that the module has.

    Raises:
        ModelError: Keys are missing or unexpected, or shapes differ.
    """
    wanted = module.state_dict(keep_vars=True)
    state_dict = _unwrapped(state_dict, wanted)
    shared = wanted.keys() & state_dict.keys()
    given = {id(wanted[key]) for key in shared}  # safetensors writes a tied weight once, under one of its keys
    findings = {
        "missing": [key for key in wanted if key not in state_dict and id(wanted[key]) not in given],
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
    module.load_state_dict(_as_held(state_dict, wanted), assign=True)


def _unwrapped(state_dict: "dict[str, Tensor]", wanted: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """The keys without what a wrapper put before every one of them, unless the model has it too."""
    while not state_dict.keys() & wanted.keys():
        prefix = next((p for p in _PREFIXES if state_dict and all(key.startswith(p) for key in state_dict)), None)
        if prefix is None:
            break
        state_dict = {key.removeprefix(prefix): value for key, value in state_dict.items()}
    return state_dict


def _as_held(state_dict: "dict[str, Tensor]", wanted: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """The values in the module's dtypes, its parameters as parameters: those that it shares stay shared."""
    from torch import nn

    held: dict[int, Tensor] = {}
    for key, value in state_dict.items():
        target = wanted[key]
        if id(target) not in held:
            converted = value.to(target.dtype)
            is_parameter = isinstance(target, nn.Parameter)
            held[id(target)] = nn.Parameter(converted, target.requires_grad) if is_parameter else converted
    return {key: held[id(target)] for key, target in wanted.items()}


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

    from cnninspect.weights_files import state_files

    cached = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name
    was_there = cached.exists()
    try:
        with (
            contextlib.redirect_stdout(sys.stderr),
            state_files.explained_reading(str(cached)) if was_there else contextlib.nullcontext(),
        ):
            yield
    except (OSError, RuntimeError) as error:  # urllib's errors are OSErrors, a wrong hash is a RuntimeError
        raise ModelError(
            f"can't download {url}: {getattr(error, 'reason', None) or error}",
            hint=f"get the file and put it at {cached}",
        ) from error
