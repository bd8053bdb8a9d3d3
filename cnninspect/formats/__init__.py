"""Results in, text out: one file a command lays out what it says, one file a format writes it.

Nothing here prints, opens a file or imports torch.
"""

from cnninspect.formats.presentation import DATA, SHARED, Format, Terminal

__all__ = ["DATA", "SHARED", "Format", "Terminal"]
