"""Where the rows of a graph stand in a picture: boxes below each other, in the frames of their modules."""

from typing import NamedTuple

from cnninspect.draw.rows import GraphRows

BOX, GAP, LEVEL, LANE, EDGE = 22, 10, 14, 9, 16  # pixels
_BELOW = 6  # what is left below the last row of a frame


class PlacedBox(NamedTuple):
    """A row's box: its left edge, upper edge, width and height, in pixels."""

    x: int
    y: int
    width: int
    height: int


class Placing(NamedTuple):
    """The picture.

    Attributes:
        boxes: One for each row; of a frame all that is in it, with its name on top.
        rails: The left edge of the rails' room.
    """

    width: int
    height: int
    boxes: tuple[PlacedBox, ...]
    rails: int


def placed(found: GraphRows, lanes: int, widths: list[int]) -> Placing:
    """Every row below the one before.

    Args:
        found: The rows.
        lanes: How many lanes stand on the left.
        widths: Pixels that the words of each row take.
    """
    left = EDGE + LANE * (lanes + 1)
    deepest = max((row.level for row in found.rows), default=0)
    right = max((left + LEVEL * row.level + width for row, width in zip(found.rows, widths, strict=True)), default=left)
    boxes: list[PlacedBox] = []
    opened: list[int] = []
    y = EDGE
    for place, row in enumerate(found.rows):
        while opened and found.rows[opened[-1]].level >= row.level:
            y = _closed(boxes, opened.pop(), y)
        x, reach = left + LEVEL * row.level, right + _BELOW * (deepest - row.level)
        if row.is_frame:
            boxes.append(PlacedBox(x - _BELOW, y, reach - x + 2 * _BELOW, 0))
            opened.append(place)
            y += BOX
        else:
            boxes.append(PlacedBox(x, y, right - x, BOX))
            y += BOX + GAP
    while opened:
        y = _closed(boxes, opened.pop(), y)
    return Placing(right + _BELOW * (deepest + 1) + EDGE, y - GAP + EDGE, tuple(boxes), EDGE)


def _closed(boxes: list[PlacedBox], place: int, y: int) -> int:
    end = y - GAP + _BELOW
    boxes[place] = boxes[place]._replace(height=end - boxes[place].y)
    return end + GAP
