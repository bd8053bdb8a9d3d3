"""What networks print, and what the processes print that they start: counted, and kept by nobody."""

import os
from typing import IO, Final

_MOST_HELD: Final = 2**20  # bytes; Linux's pipes hold a sixteenth of it


class Printed:
    """The end of a pipe at which it comes out.

    Args:
        pipe: Is read and closed here.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self.bytes = 0
        self.is_closed = False
        os.set_blocking(pipe.fileno(), False)

    def fileno(self) -> int:
        """To wait for it."""
        return self._pipe.fileno()

    def look(self) -> None:
        """Count what is there already, without waiting: all that was printed before this, as a pipe holds no more."""
        try:
            piece = os.read(self.fileno(), _MOST_HELD)
        except BlockingIOError:
            return
        self.bytes += len(piece)
        self.is_closed = not piece

    def forget(self) -> None:
        """Begin anew: what was printed until now is of another network."""
        if not self.is_closed:
            self.look()
        self.bytes = 0

    def close(self) -> None:
        """Nobody looks at it any more."""
        self._pipe.close()
        self.is_closed = True
