"""State dicts: read from a file or from the hub cache, held against a network, loaded."""

import contextlib
import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cnninspect.errors import CnnInspectError, ModelError
from cnninspect.loading import wrappers
from cnninspect.spec import file_kinds

if TYPE_CHECKING:
    from torch import Tensor, nn

_SHOWN_KEYS: Final = 10
#: How ``nn.Module`` calls what a module adds to its state dict beside tensors.
_EXTRA_STATE: Final = "_extra_state"
#: As torch says that shapes differ.
_QUOTED: Final = re.compile(r'"([^"]*)"')
_MISMATCH: Final = re.compile(r"size mismatch for ([^:]+): [^[]+\[([^]]*)\][^[]+\[([^]]*)\]")


class _Findings(NamedTuple):
    """What a module says of a state dict, in the words of ``load_state_dict``."""

    missing: list[str]
    unexpected: list[str]
    misshaped: list[str]
    others: list[str]

    def lines(self) -> list[str]:
        """One for each kind, keys cut where they are many."""
        kinds = {"missing": self.missing, "unexpected": self.unexpected, "mis-shaped": self.misshaped}
        return [*(_listed(kind, keys) for kind, keys in kinds.items() if keys), *self.others]


def is_file_name(weights: str) -> bool:
    """Does ``--weights`` mean a file rather than a published name?"""
    return (
        os.sep in weights
        or file_kinds.is_weights(weights)
        or file_kinds.foreign(weights) is not None
        or file_kinds.exists(weights)
        or file_kinds.is_folder_of_weights(weights)
    )


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

    found = state_files.read(weights)
    load(module, found.values, weights, found.metadata)


def load(
    module: "nn.Module", state_dict: Mapping[str, Any], weights: str, metadata: Mapping[str, Any] | None = None
) -> None:
    """Load a state dict into ``module``, in the dtypes that the module has, if ``load_state_dict`` takes it.

    The module itself is asked, so that what it renames, adds or leaves out while it loads is as it wants it. If it
    refuses the keys as they are, it is asked again without what wrappers put into them.

    Args:
        module: Takes all, or is of no further use.
        state_dict: By the keys of the file.
        weights: The file, as typed.
        metadata: The versions of its modules, as ``state_dict()`` gives them.

    Raises:
        ModelError: Keys are missing or unexpected, or shapes differ.
    """
    findings = _asked(module, state_dict, metadata or {}, weights)
    if findings is None:
        return
    plain = wrappers.plain_names(module, state_dict)
    kept = {key: value for key, value in state_dict.items() if plain[key]}
    renamed = {plain[key]: value for key, value in kept.items()}
    if renamed.keys() != state_dict.keys() and len(renamed) == len(kept):  # no two keys have become one
        again = _asked(module, renamed, wrappers.plain_versions(module, metadata or {}), weights)
        if again is None:
            return
        if not again.unexpected or not state_dict.keys() & renamed.keys():
            findings = again
    raise ModelError(
        "\n".join((f"the weights {weights!r} are of another network", *findings.lines())),
        hint="check the model's name and arguments (num_classes, in_channels)",
    )


def _asked(
    module: "nn.Module", values: Mapping[str, Any], metadata: Mapping[str, Any], weights: str
) -> _Findings | None:
    """Let the module load ``values``; what it says against them, if it says something."""
    from torch import nn

    before = _slots(module)
    options: dict[str, bool] = {}
    if type(module).load_state_dict is nn.Module.load_state_dict and all(map(_is_plain, before)):
        options = {"assign": True}  # the tensors become the parameters: a file's pages are read only when needed
    try:
        given = _fitting(module, values, weights)
        vars(given)["_metadata"] = {key: dict(each) for key, each in metadata.items() if isinstance(each, dict)}
        module.load_state_dict(given, **options)
    except CnnInspectError:
        raise
    except RuntimeError as error:
        return _said(str(error))
    except Exception as error:
        raise ModelError(f"the model can't load {weights!r}: {type(error).__name__}: {error}") from error
    _hold_as_before(before)
    return None


def _said(text: str) -> _Findings:
    """What ``load_state_dict`` has said, sorted."""
    findings = _Findings([], [], [], [])
    for line in text.split("\n\t")[1:] or [text]:
        if line.startswith("Missing key(s)"):
            findings.missing.extend(_QUOTED.findall(line))
        elif line.startswith("Unexpected key(s)"):
            findings.unexpected.extend(_QUOTED.findall(line))
        elif match := _MISMATCH.match(line):
            key, given, wanted = match.groups()
            findings.misshaped.append(f"{key} ({_shape(given)} in the file, {_shape(wanted)} in the model)")
        else:
            findings.others.append(f"  {line.strip()}")
    return findings


def _fitting(module: "nn.Module", values: Mapping[str, Any], weights: str) -> "OrderedDict[str, Any]":
    """The values as the module holds its own, without what is neither a tensor nor asked for.

    A tied weight, which safetensors writes under one of its keys, is there under all.
    """
    from torch import Tensor

    from cnninspect.weights_files.pickles import Placeholder
    from cnninspect.weights_files.rebuilt import PackedTensor

    wanted = module.state_dict(keep_vars=True)
    given = OrderedDict[str, Any]()
    for key, value in values.items():
        target = wanted.get(key)
        if isinstance(value, Tensor):
            is_plain = not value.is_quantized and isinstance(target, Tensor) and not target.is_quantized
            given[key] = value.to(target.dtype) if is_plain and isinstance(target, Tensor) else value
        elif isinstance(value, Placeholder | PackedTensor) and (key in wanted or isinstance(value, PackedTensor)):
            raise ModelError(
                f"{key!r} in {weights!r} is a {value.name}, which only its own code could make",
                hint="load it in a function of yours, and name that: path/to/net.py:build",
            )
        elif key in wanted or key.endswith(_EXTRA_STATE):
            given[key] = value
    held = {id(wanted[key]): key for key in wanted.keys() & given.keys()}
    for key, target in wanted.items():
        if key not in given and id(target) in held and isinstance(target, Tensor):
            given[key] = given[held[id(target)]]
    return given


class _Slot(NamedTuple):
    """A place of a module for a parameter or a buffer, and what is there."""

    owner: "nn.Module"
    name: str
    tensor: "Tensor"


def _slots(module: "nn.Module") -> list[_Slot]:
    return [
        _Slot(owner, name, tensor)
        for owner in module.modules()
        for named in (owner.named_parameters, owner.named_buffers)
        for name, tensor in named(recurse=False, remove_duplicate=False)
    ]


def _is_plain(slot: _Slot) -> bool:
    """Can its tensor be another one, or has it to take values in its own way (packed, sparse, quantized)?"""
    import torch
    from torch.nn.parameter import Buffer, Parameter, is_lazy

    tensor = slot.tensor
    kinds = {torch.Tensor, Parameter, Buffer}
    return is_lazy(tensor) or (type(tensor) in kinds and tensor.layout == torch.strided and not tensor.is_quantized)


def _hold_as_before(before: list[_Slot]) -> None:
    """Let places that shared a tensor share the new one, in the dtype of the old one."""
    from torch import nn

    groups: dict[int, list[_Slot]] = {}
    for slot in before:
        groups.setdefault(id(slot.tensor), []).append(slot)
    for slots in groups.values():
        old = slots[0].tensor
        now: list[Tensor] = [getattr(slot.owner, slot.name) for slot in slots]
        new = next((each for each in reversed(now) if each is not old), old)
        if new is old or (len(slots) == 1 and new.dtype == old.dtype):
            continue
        held = new.detach().to(old.dtype)
        held = nn.Parameter(held, old.requires_grad) if isinstance(old, nn.Parameter) else held
        for slot in slots:
            setattr(slot.owner, slot.name, held)


def _shape(sides: str) -> str:
    return sides.replace(", ", "×") or "scalar"


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
