"""Where new tensors go if nobody says, and what draws values there."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils import _device


def default_device() -> Any:
    """What ``torch.set_default_device`` has set, if anything; ``with torch.device(…)`` is not of its kind.

    Without it: a default that a forward pass sets stays when the pass is over.
    """
    return getattr(getattr(torch, "_GLOBAL_DEVICE_CONTEXT", None), "device_context", None)


def restore_default_device(before: Any) -> None:
    """Set what ``default_device`` gave before; where that is nothing, nothing is set, as in a fresh process.

    ``torch.set_default_device(None)`` alone isn't that: ``torch.get_default_device()`` raises after it in torch 2.9.
    """
    if default_device() is not before:
        torch.set_default_device(before and before.device)
    if before is None and hasattr(torch, "_GLOBAL_DEVICE_CONTEXT"):
        vars(torch._GLOBAL_DEVICE_CONTEXT).pop("device_context", None)


def makes_on(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """``with device``, in which code may say ``with torch.device(…)`` or set a default device of its own.

    In torch 2.9 two of these at once fail, and are left half in force: there, the outer one is of another kind, and
    wins over those inside.
    """
    return device if hasattr(_device.DeviceContext(device), "prev_mode") else _MakesOn(device)


class _MakesOn(TorchFunctionMode):
    """Hands ``device`` to what makes tensors and isn't told where."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self._device = device

    def __torch_function__(
        self, func: Any, types: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Call it."""
        given = dict(kwargs or {})
        if func in _device._device_constructors() and given.get("device") is None:
            given["device"] = self._device
        return func(*args, **given)


def device_of_new_tensors() -> torch.device:
    """``torch.get_default_device()``; the CPU where it raises, as in torch 2.9 when somebody has set ``None``."""
    try:
        return torch.get_default_device()
    except AttributeError:
        return torch.device("cpu")


def generator_of(device: torch.device) -> torch.Generator | None:
    """What draws on an accelerator; ``None`` elsewhere, and without the names: what is drawn there stays drawn."""
    if device.type in {"cpu", "meta"}:
        return None
    if device.type == "mps":
        mps: Callable[[], torch.Generator | None] = getattr(torch._C, "_mps_get_default_generator", lambda: None)
        return mps()
    torch.zeros((), device=device)  # they are there when the device has been used
    generators = getattr(torch.get_device_module(device.type), "default_generators", ())
    index = torch.accelerator.current_device_index() if str(device) == device.type else device.index
    return generators[index] if index < len(generators) else None
