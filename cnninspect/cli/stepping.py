"""Windows one by one on a terminal, one frame a key press or a second; the terminal comes back as it was."""

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cnninspect.apply.applied import Applied
from cnninspect.cli.target import Target
from cnninspect.errors import RequestError
from cnninspect.formats import Format, Terminal, console
from cnninspect.formats.apply import frame
from cnninspect.formats.apply_windows import bounds
from cnninspect.formats.document import Document, Tone, Verbatim, words

_SECONDS: Final = 1.0  # that a frame stays without a key press
_ENTER: Final = b"\x1b[?1049h\x1b[?25l"  # the other screen, without a cursor
_LEAVE: Final = b"\x1b[?25h\x1b[?1049l"
_CLEAR: Final = b"\x1b[H\x1b[2J"
_QUIT: Final = frozenset((b"q", b"Q", b"\x1b", b"\x04"))
_BACK: Final = frozenset((b"b", b"p", b"\x7f", b"\x1b[D", b"\x1b[A", b"\x1bOD", b"\x1bOA"))
_HINT: Final = "any key: next    b: back    q: to the end"


def check(target: Target) -> None:
    """Can windows be shown one by one here?

    Raises:
        RequestError: Not without a terminal, nor in another format, nor in a file.
    """
    if target.format is not Format.table or target.file is not None:
        raise RequestError(
            "--step is for the terminal: it does not go with --format or --output", hint="leave it out, or these"
        )
    streams = (sys.stdin, sys.stdout)
    if not all(stream is not None and stream.isatty() for stream in streams):
        raise RequestError("--step needs a terminal, for its keys and its frames", hint="leave it out, or add --all")
    try:
        import termios  # noqa: F401 - is it there?
    except ImportError as error:
        raise RequestError("--step needs a terminal of a Unix kind", hint="leave it out, or add --all") from error


def show(applied: Applied, screen: Terminal) -> None:
    """Show every window in turn; a key goes on, and so does a second without one."""
    frames = [
        (step, around, number)
        for step, around in ((step, bounds(step)) for step in applied.steps)
        for number in range(len(step.windows))
    ]
    width = screen.width or 80
    index = 0
    with _at_the_terminal() as terminal:
        while index < len(frames):
            step, around, number = frames[index]
            title = f"{step.layer}, window {number + 1} of {len(step.windows)}"
            drawn = frame(step, step.windows[number], around, width)
            drawing = Verbatim((*drawn, (), words(_HINT, Tone.dim)))
            text = console.render(Document(title, (drawing,), ""), screen)
            os.write(terminal, _CLEAR + text.encode(sys.stdout.encoding or "ascii", "replace"))
            key = _key()
            if key in _QUIT:
                return
            index = max(index - 1, 0) if key in _BACK else index + 1


@contextmanager
def _at_the_terminal() -> Iterator[int]:
    """Context in which single keys are read and the screen is ours; gives where frames are written."""
    import termios
    import tty

    keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard)  # Ctrl-C still interrupts
        os.write(screen, _ENTER)
        yield screen
    finally:
        os.write(screen, _LEAVE)
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def _key() -> bytes:
    """The key that is pressed within a second, if one is."""
    keyboard = sys.stdin.fileno()
    return os.read(keyboard, 8) if select.select([keyboard], [], [], _SECONDS)[0] else b""
