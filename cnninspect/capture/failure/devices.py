"""Tensors that lie on different devices."""

import re
from typing import Final

from cnninspect.capture.failure.complaint import Complaint

_TEXTS: Final = re.compile(r"same device|at least two devices|is on (\w+), (?:expected|but)|not on the expected device")


def complaint_of(error: Exception) -> Complaint | None:
    """What to do about them; ``None`` if it is something else."""
    if not isinstance(error, RuntimeError) or not _TEXTS.search(str(error)):
        return None
    return Complaint(
        "wants all tensors on one device and got some elsewhere",
        hint="register a tensor that the module keeps as a buffer, and make new ones on the input's device",
        is_certain=False,
    )
