"""The machine's own corners: how much it multiplies and how much it moves in a second, measured in well under one."""

from typing import Final

import torch

from cnninspect.profile import timing
from cnninspect.profile.profiled import Roofline

#: The side of square matrices, and bytes of what is copied, more than a cache holds.
_SIDES: Final = {"cpu": 1024}
_COPIED: Final = {"cpu": 2**26}
_SIDE, _COPY, _TRIES = 4096, 2**28, 4


def corners(device: torch.device, dtype: torch.dtype) -> Roofline | None:
    """What a product of two large matrices and a copy come to; ``None`` where there is no room for them.

    Args:
        device: Which machine.
        dtype: Of the network.
    """
    side, size = _SIDES.get(device.type, _SIDE), _COPIED.get(device.type, _COPY)
    try:
        left, right = (torch.ones(side, side, dtype=dtype, device=device) for _ in range(2))
        first = torch.ones(size, dtype=torch.uint8, device=device)
        second = torch.empty_like(first)
        product = torch.empty_like(left)
        with torch.no_grad():
            multiplied = _least(lambda: torch.mm(left, right, out=product), device)
            copied = _least(lambda: second.copy_(first), device)
    except RuntimeError:  # no room, or no product of this dtype
        return None
    return Roofline(side**3 / multiplied, 2 * size / copied)


def _least(run: timing.Run, device: torch.device) -> float:
    return min(timing.once(run, device) for _ in range(_TRIES))
