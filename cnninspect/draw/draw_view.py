"""What of a network is drawn, and how: the same on the command line and in Python."""

import msgspec

from cnninspect.draw.measures import MEASURES
from cnninspect.errors import unknown_name

#: The default first.
STYLES = ("graph", "blocks")
#: What colours can tell.
FIGURES = tuple(MEASURES)


class DrawView(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a drawing.

    Attributes:
        style: One of ``STYLES``.
        depth: Modules deeper than this are one row; ``None``: as deep as a page takes that can be read at a glance.
        fold: Equal neighbours are one block, with their number.
        only: Patterns of the paths or types of the rows alone that are shown; none: all.
        color: What colours tell, one of ``FIGURES``.
        highlight: Patterns of the rows that stand out.

    Raises:
        RequestError: There is no such style, or no such figure.
    """

    style: str = STYLES[0]
    depth: int | None = None
    fold: bool = True
    only: tuple[str, ...] = ()
    color: str | None = None
    highlight: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the words."""
        for kind, word, known in (("style", self.style, STYLES), ("figure", self.color, FIGURES)):
            if word is not None and word not in known:
                raise unknown_name(kind, word, known, see=f"they are {', '.join(known)}")
