"""Matrices as the user types them: numbers, ``;`` between rows, ``|`` between channels, ``||`` between filters.

``A:B`` counts from A to B, ``A:B:3x4`` says in which shape. Pure text work: nothing here imports torch.
"""

import math
import re
from fractions import Fraction
from typing import Final

from cnninspect.errors import RequestError

#: Rows of numbers: ``(H, W)``.
Matrix = tuple[tuple[float, ...], ...]
#: One matrix a channel: ``(C, H, W)``.
Maps = tuple[Matrix, ...]

#: The most numbers that a matrix may have: one of 256×256.
MOST: Final = 256 * 256
_EXAMPLE: Final = "write numbers, ';' between rows, '|' between channels: '1 2; 3 4 | 5 6; 7 8'"
_COUNTING: Final = re.compile(r"\s*([+-]?\d{1,18})\s*:\s*([+-]?\d{1,18})\s*(?::\s*(\S+)\s*)?", re.ASCII)
_SPACE: Final = re.compile(r"\s+")
_ROW_END: Final = re.compile(r"\n?;\n?|\n")
_QUOTED: Final = 60


def quoted(text: str) -> str:
    """The user's words, cut where they are long."""
    return repr(text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…")


def parse_maps(text: str, option: str = "--values") -> Maps:
    """Read channels of a matrix, or a counting one.

    >>> parse_maps("1 2; 3 4")
    (((1.0, 2.0), (3.0, 4.0)),)
    >>> parse_maps("1:6:2x3")
    (((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)),)

    Raises:
        RequestError: Something in it is not a number, or the rows and channels don't fit each other.
    """
    if counting := _COUNTING.fullmatch(text):
        return _counted(counting, option)
    tidy = _SPACE.sub(lambda space: "\n" if "\n" in space[0] else " ", text)
    rows = [[_numbers(row, text, option) for row in _rows(channel)] for channel in tidy.split("|")]
    return checked(rows, f"{option} {quoted(text)}")


def _rows(channel: str) -> list[str]:
    return _ROW_END.split(channel.strip())


def parse_filters(text: str, option: str) -> tuple[Maps, ...]:
    """Read the weights of a layer: ``(filters, channels, rows, columns)``, ``||`` between filters.

    Raises:
        RequestError: Something in it is not a number, or its parts don't fit each other.
    """
    if (counting := _COUNTING.fullmatch(text)) and counting[3] is None:
        return (((_count(counting, option),),),)
    filters = tuple(parse_maps(part, option) for part in text.split("||"))
    for number, each in enumerate(filters[1:], 2):
        if _shape(each) != _shape(filters[0]):
            raise RequestError(
                f"{option} {quoted(text)}: filter {number} is {_shape(each)}, the first is {_shape(filters[0])}",
                hint="'||' goes between filters, '|' between channels, ';' between rows",
            )
    return filters


def parse_row(text: str, option: str) -> tuple[float, ...]:
    """Read plain numbers, such as one bias a filter.

    Raises:
        RequestError: Something in it is not a number.
    """
    counting = _COUNTING.fullmatch(text)
    return _count(counting, option) if counting and counting[3] is None else _numbers(text, text, option)


def checked(channels: list[list[tuple[float, ...]]], what: str) -> Maps:
    """Channels of equal shape, in rows of equal length.

    Args:
        channels: Rows of numbers, for each channel.
        what: Begins the message of an error.

    Raises:
        RequestError: A row is longer than another, a channel larger than another, or there are too many numbers.
    """
    for number, rows in enumerate(channels, 1):
        place = f" of channel {number}" if len(channels) > 1 else ""
        for index, row in enumerate(rows, 1):
            if len(row) != len(rows[0]):
                raise RequestError(
                    f"{what}: row {index}{place} has {_some(row)}, the first has {len(rows[0])}",
                    hint="every row is as long as the first",
                )
    maps = tuple(map(tuple, channels))
    for number, each in enumerate(maps[1:], 2):
        if (len(each), len(each[0])) != (len(maps[0]), len(maps[0][0])):
            raise RequestError(
                f"{what}: channel {number} is {_shape((each,))}, the first is {_shape(maps[:1])}",
                hint="every channel is as large as the first",
            )
    check_size(len(maps) * len(maps[0]) * len(maps[0][0]), what)
    return maps


def check_size(size: int, what: str) -> None:
    """Refuse what nobody would want to see the windows of.

    Raises:
        RequestError: There are more than ``MOST`` numbers.
    """
    if size > MOST:
        raise RequestError(f"{what}: {size:,} numbers, at most {MOST:,} are taken", hint="take a part of it")


def parse_shape(text: str, what: str) -> tuple[int, int, int]:
    """Read ``3x4`` (rows, columns) or ``2x3x4`` (channels, rows, columns).

    Raises:
        RequestError: It is not such a shape.
    """
    sides = re.split("[xX×]", text)
    if len(sides) not in {2, 3} or not all(re.fullmatch(r"[1-9]\d{0,5}", side, re.ASCII) for side in sides):
        raise RequestError(f"{what}: {text!r} is not a shape", hint="write ROWSxCOLUMNS, such as 3x4, or 2x3x4")
    *channels, rows, columns = map(int, sides)
    return (channels[0] if channels else 1), rows, columns


def _numbers(text: str, whole: str, option: str) -> tuple[float, ...]:
    words = text.split(",") if "," in text else text.split()
    if not words:
        raise RequestError(f"{option} {quoted(whole)} has a row without numbers", hint=_EXAMPLE)
    return tuple(number(word.strip(), f"{option} {quoted(whole)}") for word in words)


def number(word: str, what: str) -> float:
    """Read ``3``, ``-2.5``, ``1e-3`` or ``1/9``.

    Raises:
        RequestError: It is none, or not finite; ``what`` begins the message.
    """
    try:
        value = float(Fraction(word)) if "/" in word else float(word)
    except (ValueError, ZeroDivisionError, OverflowError):
        value = None
    if value is None or not word.isascii() or "_" in word:
        raise RequestError(f"{what}: {quoted(word)} is not a number", hint=_EXAMPLE)
    if not math.isfinite(value):
        raise RequestError(f"{what}: {quoted(word)} is not a finite number", hint=_EXAMPLE)
    return value


def _count(counting: re.Match[str], option: str) -> tuple[float, ...]:
    first, last = int(counting[1]), int(counting[2])
    what = f"{option} {quoted(counting[0])}"
    if last < first:
        raise RequestError(f"{what} ends before it begins", hint=f"count upwards: {last}:{first}")
    check_size(last - first + 1, what)
    return tuple(map(float, range(first, last + 1)))


def _counted(counting: re.Match[str], option: str) -> Maps:
    numbers, what = _count(counting, option), f"{option} {quoted(counting[0])}"
    side = math.isqrt(len(numbers))
    if counting[3] is not None:
        channels, rows, columns = parse_shape(counting[3], what)
    elif side * side == len(numbers):
        channels, rows, columns = 1, side, side
    else:
        rows = max(rows for rows in range(1, side + 1) if len(numbers) % rows == 0)
        raise RequestError(
            f"{what} are {len(numbers)} numbers, which make no square",
            hint=f"say the shape: {counting[0].strip()}:{rows}x{len(numbers) // rows}, or count to a square number",
        )
    if channels * rows * columns != len(numbers):
        raise RequestError(
            f"{what}: {counting[3]} takes {channels * rows * columns} numbers, and these are {len(numbers)}",
            hint="ROWSxCOLUMNS or CHANNELSxROWSxCOLUMNS has as many places as there are numbers",
        )
    return reshaped(numbers, channels, rows, columns)


def reshaped(numbers: tuple[float, ...], channels: int, rows: int, columns: int) -> Maps:
    """Numbers in reading order, channel by channel, as ``channels`` matrices."""
    assert len(numbers) == channels * rows * columns  # noqa: S101 - the callers have counted
    lines = [numbers[start : start + columns] for start in range(0, len(numbers), columns)]
    return tuple(tuple(lines[start : start + rows]) for start in range(0, len(lines), rows))


def _shape(maps: Maps) -> str:
    sides = (len(maps), len(maps[0]), len(maps[0][0]))
    return "×".join(map(str, sides if len(maps) > 1 else sides[1:]))


def _some(row: tuple[float, ...]) -> str:
    return f"{len(row)} number{'s' * (len(row) != 1)}"
