"""Memory of another process, as the system tells it."""

import os
from pathlib import Path


def resident(process: int) -> int | None:
    """Bytes of a process that are in memory; ``None`` where the system doesn't tell (it does on Linux).

    Args:
        process: Its number.
    """
    try:
        pages = (Path("/proc") / str(process) / "statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
