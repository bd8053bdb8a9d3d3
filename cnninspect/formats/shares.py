"""A part of a whole in a cell: a percentage beside a bar."""

from typing import Final

from cnninspect.formats.document import Line, Span, Tone
from cnninspect.formats.document import words as toned

_WIDTH, _PERCENTAGE = 6, 7  # cells of a whole bar, and of the whole in percent
_LEAST: Final = 0.0005  # what is less would be none
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"


def line(share: float | None) -> Line:
    """A percentage, as wide as any other, and its bar; a dash for nothing, and no words for what is unknown.

    Args:
        share: From 0 to 1.
    """
    if share is None:
        return ()
    if not share:
        return toned(f"{'–':>{_PERCENTAGE}}", Tone.dim)
    percentage = f"{100 * share:.1f} %" if share >= _LEAST else "< 0.1 %"
    return (Span(f"{percentage:>{_PERCENTAGE}} "), Span(bar(share), Tone.good, bar=share))


def bar(of_whole: float) -> str:
    """A share as a bar of up to six cells, to an eighth of a cell.

    >>> bar(0.5), bar(0.0)
    ('███', '')
    """
    eighths = round(of_whole * _WIDTH * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()
