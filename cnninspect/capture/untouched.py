"""A forward pass that leaves nothing behind: not in the module, not in torch's global state."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import nn

_CONTAINERS: Final = (dict, OrderedDict, list, set)


@contextmanager
def untouched(module: nn.Module) -> Iterator[None]:
    """Put ``module`` back as it was on leaving, also after an exception.

    Attributes (training flags, hooks, registered names, caches the model keeps) and the values of its
    buffers (the statistics of batch normalisation) are restored.
    """
    attributes = [(m, dict(m.__dict__)) for m in module.modules()]
    contents = [
        (value, value.copy()) for _, saved in attributes for value in saved.values() if type(value) in _CONTAINERS
    ]
    buffers = [(buffer, buffer.clone()) for buffer in module.buffers() if buffer.device.type != "meta"]
    try:
        yield
    finally:
        for m, saved in attributes:
            m.__dict__.clear()
            m.__dict__.update(saved)
        for container, copied in contents:
            _refill(container, copied)
        with torch.no_grad():
            for buffer, value in buffers:
                if not torch.equal(buffer, value):
                    buffer.copy_(value)


def _refill(container: Any, contents: Any) -> None:
    container.clear()
    if isinstance(container, list):
        container.extend(contents)
    else:
        container.update(contents)


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Draw from ``seed`` inside (dropout in train mode); outside, nothing has been drawn."""
    devices = [device] if device.type not in {"cpu", "meta", "mps"} else []
    with torch.random.fork_rng(devices=devices, device_type=device.type if devices else "cuda"):
        torch.manual_seed(seed)
        yield
