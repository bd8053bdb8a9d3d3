"""Values from a file: numbers in rows (CSV, TSV, text), or the pixels of an image; nothing in a file runs."""

import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final, NamedTuple

from cnninspect import image_file
from cnninspect.apply.values import MOST, Maps, check_size, checked, number, parse_maps, quoted, reshaped
from cnninspect.errors import RequestError

_IS_IMAGE: Final = re.compile(rf"@?(.+?(?:{'|'.join(map(re.escape, image_file.ENDINGS))}))((?::[^:]*)*)", re.IGNORECASE)
_BILINEAR: Final = 2  # Pillow's Resampling.BILINEAR
_SIDES: Final = re.compile(r"([1-9]\d{0,5})[xX×]([1-9]\d{0,5})", re.ASCII)
_IN_GREY: Final = ("gray", "grey")
_TEXTS: Final = (".csv", ".tsv", ".txt")
_MOST_BYTES: Final = 50 * 2**20


def read_values(text: str, *, say: Callable[[str], None] = lambda _: None) -> Maps:
    """What ``--values`` names: a matrix, ``@file.csv``, an image, ``@-``, ``1:16``.

    An image is ``cat.png``, resized ``cat.png:32x32`` (rows, columns), in grey ``cat.png:gray``, or both.

    Args:
        text: As typed.
        say: Is told what of an image is left out.

    Raises:
        RequestError: It is none of these, or the file can't be read.
    """
    if match := _IS_IMAGE.fullmatch(text):
        return _read_image(match[1], _asked(match[1], match[2].split(":")[1:]), say)
    if text.startswith("@") or text.lower().endswith(_TEXTS):
        return _read_rows(text.removeprefix("@"))
    return parse_maps(text)


def _read_rows(name: str) -> Maps:
    """Numbers, one row a line, with an empty line between channels.

    Raises:
        RequestError: The file can't be read, or something in it is not a number.
    """
    if name == "-" and sys.stdin is None:
        raise RequestError("standard input is closed", hint="name a file: @matrix.csv")
    try:
        text = _bytes(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(f"{name!r} is not text", hint="numbers in rows, or a picture (.png, .jpg)") from error
    except (OSError, ValueError, AttributeError) as error:  # a NUL in the name; a standard input that is closed
        raise RequestError(f"can't read {name!r}: {getattr(error, 'strerror', None) or error}") from error
    channels: list[list[tuple[float, ...]]] = [[]]
    count = 0
    for index, line in enumerate(_lines(text), 1):
        if line.strip():
            what = f"line {index} of {name!r}"
            words = _words(line)
            count += len(words)
            check_size(count, repr(name))
            channels[-1].append(tuple(number(word.strip(), what) for word in words))
        elif channels[-1]:
            channels.append([])
    filled = [rows for rows in channels if rows]
    if not filled:
        raise RequestError(f"{name!r} has no numbers in it", hint="one row a line, numbers between commas")
    return checked(filled, repr(name))


def _lines(text: str) -> Iterator[str]:
    """One after the other, so that a file of very many is not held in as many pieces."""
    return (line.removesuffix("\n") for line in io.StringIO(text, newline=None))


def _bytes(name: str) -> bytes:
    with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise RequestError(f"{name!r} is larger than {_MOST_BYTES // 2**20} MiB", hint="take a part of it")
    return data


def _words(line: str) -> list[str]:
    """The numbers of a line, or one more than are taken."""
    separator = next((each for each in ",;\t" if each in line), None)
    return line.split(separator, MOST)


class _ImageWords(NamedTuple):
    """What is to be made of an image: so many rows and columns, if not its own; one channel, whatever its colours."""

    sides: tuple[int, int] | None = None
    is_grey: bool = False


def _asked(name: str, words: Sequence[str]) -> _ImageWords:
    """What stands behind the name: ``32x32``, ``gray``, both, or nothing.

    Raises:
        RequestError: It is none of these, or one of them twice.
    """
    found = _ImageWords()
    for word in words:
        if word.lower() in _IN_GREY and not found.is_grey:
            found = found._replace(is_grey=True)
        elif (sides := _SIDES.fullmatch(word)) and found.sides is None:
            found = found._replace(sides=(int(sides[1]), int(sides[2])))
        else:
            wrong = "stands there twice" if sides or word.lower() in _IN_GREY else "is no size, nor gray"
            raise RequestError(
                f"--values {quoted(name)}: {quoted(word)} {wrong}",
                hint=f"write ROWSxCOLUMNS, or gray, or both: {name}:32x32:gray",
            )
    return found


def _read_image(name: str, asked: _ImageWords, say: Callable[[str], None]) -> Maps:
    """Pixels from 0 to 255, one channel for a grey image and three for any other.

    Raises:
        RequestError: It can't be read, or has more pixels than are taken.
    """
    pixels, left_out = image_file.read(
        name,
        channels=1 if asked.is_grey else None,
        check=lambda height, width, bands: _check_pixels(name, height, width, bands, asked.sides),
    )
    if left_out:
        say(f"of {quoted(name)} is left out: {', '.join(left_out)}")
    if asked.sides:
        rows, columns = asked.sides
        pixels = pixels.resize((columns, rows), _BILINEAR)
    channels = [band.tobytes() for band in pixels.split()]
    numbers = tuple(float(value) for channel in channels for value in channel)
    return reshaped(numbers, len(channels), pixels.height, pixels.width)


def _check_pixels(name: str, height: int, width: int, bands: int, sides: tuple[int, int] | None) -> None:
    """Refuse what has more numbers than are taken."""
    if sides is None and height * width * bands > MOST:
        raise RequestError(
            f"{name!r} has {height}×{width} pixels: too many windows to look at",
            hint=f"shrink it: --values {name}:32x32, or {name}:32x32:gray",
        )
    if sides is not None:
        check_size(sides[0] * sides[1] * bands, f"--values {quoted(name)}")
