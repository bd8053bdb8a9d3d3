"""Keys of state dicts without what wrappers of a network put into them while it was trained."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch import nn

#: What ``nn.DataParallel``, ``torch.compile``, checkpointing, FSDP and Fabric put into a key, wherever they wrap.
_WRAPPERS: Final = re.compile(
    r"(?:(?<=\.)|^)(?:module|_orig_mod|_checkpoint_wrapped_module|_fsdp_wrapped_module|_forward_module)\."
)
#: What training wrappers (Lightning's modules) put before every key.
_ATTRIBUTES: Final = ("model.", "net.", "network.")
#: What ``AveragedModel`` counts beside the keys of its ``module``.
_COUNTER: Final = "n_averaged"


def plain_names(module: "nn.Module", keys: Iterable[str]) -> dict[str, str]:
    """Keys of a file by those of the module, as if neither were wrapped; empty for what only a wrapper has.

    Args:
        module: Is to take the values.
        keys: Of the file.
    """
    own = module.state_dict(keep_vars=True)
    of_module = {_WRAPPERS.sub("", key): key for key in own}
    others = [key for key in keys if key != _COUNTER]
    plain = {key: _WRAPPERS.sub("", key) for key in others}
    start = next((each for each in _ATTRIBUTES if all(name.startswith(each) for name in plain.values())), "")
    if start and not plain.values() & of_module.keys():
        plain = {key: name.removeprefix(start) for key, name in plain.items()}
    names = {key: key if key in own else of_module.get(name, name) for key, name in plain.items()}
    is_average = all(key.startswith("module.") for key in others)
    return names | {_COUNTER: "" if is_average and _COUNTER not in own else _COUNTER}


def plain_versions(module: "nn.Module", metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The versions of modules under their paths in ``module``.

    Args:
        module: Is to take the values.
        metadata: The versions by the paths in the file.
    """
    of_module = {_WRAPPERS.sub("", f"{path}.").strip("."): path for path, _ in module.named_modules()}
    versions = {}
    for path, version in metadata.items():
        plain = _WRAPPERS.sub("", f"{path}.").strip(".")
        start = next((each for each in _ATTRIBUTES if plain.startswith(each) and plain not in of_module), "")
        plain = plain.removeprefix(start)
        versions[of_module.get(plain, plain)] = version
    return versions
