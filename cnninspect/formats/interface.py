"""What every format is given beside the report."""

from typing import Final

import msgspec

DEFAULT_COLUMNS: Final = ("output", "params", "macs")
#: Of a file of weights, which has no forward pass.
WEIGHTS_COLUMNS: Final = ("shape", "dtype", "params")
DEFAULT_DEPTH: Final = 3


class View(msgspec.Struct, frozen=True):
    """How a table is to look.

    Attributes:
        columns: Keys of ``columns.COLUMNS``; ``None``: those that say most about the report.
        depth: Layers deeper than this are left out; their figures are in those of their parents.
        width: Of the terminal, in cells; ``None``: as wide as the table is.
        color: With ANSI colours.
        ascii: Without characters outside ASCII.
    """

    columns: tuple[str, ...] | None = None
    depth: int = DEFAULT_DEPTH
    width: int | None = None
    color: bool = False
    ascii: bool = False
