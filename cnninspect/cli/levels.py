"""``--depth``: levels of the tree of modules."""

import re
import sys

from cnninspect.errors import RequestError


def levels(depth: str | None, default: int) -> int:
    """How deep ``--depth`` says.

    Args:
        depth: What was typed.
        default: What holds where nothing was.

    Raises:
        RequestError: It is no number of levels.
    """
    if depth is None:
        return default
    if depth.strip() == "all":
        return sys.maxsize
    if not re.fullmatch(r"\d{1,18}", depth.strip(), re.ASCII):
        raise RequestError(f"--depth: {depth!r} is not a number of levels", hint="write 0, 1, 2 … or all")
    return int(depth)
