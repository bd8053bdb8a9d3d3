"""Writing a comparison: as text like any result, or as a file of columns."""

from typing import TYPE_CHECKING

from cnninspect.cli import output, target
from cnninspect.cli.target import Target
from cnninspect.errors import RequestError
from cnninspect.formats import Format

if TYPE_CHECKING:
    from cnninspect.compare.comparison import Comparison
    from cnninspect.formats.presentation import Presentation


def check_format(to: Target) -> None:
    """See before any work is done that what is asked for can be written.

    Raises:
        RequestError: It is no text and has no file, or what writes it isn't installed.
    """
    if to.format is not Format.parquet:
        return
    from cnninspect.formats import parquet

    parquet.check_installed()
    if to.file is None:
        raise RequestError("--format parquet needs a file: it is no text", hint="-o FILE.parquet")


def show(comparison: "Comparison", to: Target, shown: "Presentation") -> None:
    """Write a comparison where it was sent.

    Args:
        comparison: As data.
        to: Where it goes, in which format.
        shown: As the formats have it that are text.

    Raises:
        RequestError: It can't be written.
    """
    if to.format is not Format.parquet or to.file is None:
        target.show(shown, to)
        return
    from cnninspect.formats import parquet

    output.write_bytes(parquet.rendered(comparison), to.file)
