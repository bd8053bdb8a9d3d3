"""Where a result goes, in which format, for which terminal: what the options of all that print come to."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from cnninspect.cli import output, terminals
from cnninspect.errors import RequestError, unknown_name
from cnninspect.formats import Format, Terminal
from cnninspect.process import uncollected

if TYPE_CHECKING:
    from cnninspect.formats.presentation import Presentation


_SHORT: Final = {"md": "markdown"}


class Target(msgspec.Struct, frozen=True):
    """Where a result goes, and how.

    Attributes:
        format: One of those that the command has.
        file: ``None``: standard output.
        terminal: What a table is to fit.
        is_quiet: Without progress and notes beside it.
    """

    format: Format
    file: Path | None
    terminal: Terminal
    is_quiet: bool


def chosen(
    formats: Sequence[Format], format_name: str | None, file_name: str | None, *, color: bool | None, is_quiet: bool
) -> Target:
    """Where the options of a command that prints send its result, checked before any work is done.

    Args:
        formats: Those that the command has, the default first.
        format_name: What ``--format`` says.
        file_name: What ``--output`` says.
        color: What ``--color`` says.
        is_quiet: Without progress and notes.

    Raises:
        RequestError: There is no such format, the file's ending tells none, or it can't be written.
    """
    if sys.stdout is None and file_name in {None, "-"}:
        raise RequestError("standard output is closed", hint="write to a file: --output FILE")
    format_name = _SHORT.get(format_name or "", format_name)
    if format_name is not None and format_name not in formats:
        raise unknown_name("format", format_name, formats, see=f"the formats are {', '.join(formats)}")
    asked = None if format_name is None else Format(format_name)
    if file_name is None or file_name == "-":
        if asked is Format.png:
            raise RequestError("--format png needs a file: pixels are no text", hint="-o FILE.png")
        return Target(asked or formats[0], None, terminals.terminal(sys.stdout, color), is_quiet)
    asked = asked or _told_by_ending(file_name, formats)
    output.check_writable(Path(file_name))
    return Target(asked, Path(file_name), Terminal(), is_quiet)


def _told_by_ending(file_name: str, formats: Sequence[Format]) -> Format:
    if len(formats) == 1:
        return formats[0]
    endings, ending = {ending: form for form in formats for ending in form.endings}, Path(file_name).suffix.lower()
    if ending not in endings:
        raise RequestError(
            f"the ending of {file_name!r} tells no format",
            hint=f"end it in one of {', '.join(endings)}, or give --format",
        )
    return endings[ending]


def show(shown: "Presentation", to: Target) -> None:
    """Write what a command has to show where it was sent.

    Args:
        shown: What there is.
        to: Where it goes, in which format.

    Raises:
        RequestError: It can't be written.
    """
    from cnninspect.formats.presentation import written

    if shown.pixels is not None and to.format is Format.png and to.file is not None:
        output.write_bytes(shown.pixels(), to.file)
        return
    with uncollected():  # all that is made now is shown
        text = written(shown, to.format, to.terminal)
    output.write(text, to.file)
