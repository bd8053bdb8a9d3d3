"""Values from a file: numbers in rows (CSV, TSV, text), or the pixels of an image; nothing in a file runs."""

import re
import sys
from pathlib import Path
from typing import Final

from cnninspect.apply.values import MOST, Maps, check_size, checked, number, parse_maps, parse_shape, quoted, reshaped
from cnninspect.errors import RequestError

_IMAGES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
_TEXTS: Final = (".csv", ".tsv", ".txt")
_MOST_BYTES: Final = 50 * 2**20
_MOST_PIXELS: Final = 50_000_000


def read_values(text: str) -> Maps:
    """What ``--values`` names: a matrix, ``@file.csv``, an image (``cat.png``, ``cat.png:32x32``), ``@-``, ``1:16``.

    Raises:
        RequestError: It is none of these, or the file can't be read.
    """
    if match := re.fullmatch(rf"@?(.+(?:{'|'.join(map(re.escape, _IMAGES))}))(?::([^:]*))?", text, re.IGNORECASE):
        return _read_image(match[1], match[2])
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
        data = sys.stdin.buffer.read(_MOST_BYTES + 1) if name == "-" else _bytes(name)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise RequestError(f"can't read {name!r}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"{name!r} is not text", hint="numbers in rows, or a picture (.png, .jpg)") from error
    channels: list[list[tuple[float, ...]]] = [[]]
    for index, line in enumerate(text.splitlines(), 1):
        if line.strip():
            what = f"line {index} of {name!r}"
            channels[-1].append(tuple(number(word.strip(), what) for word in _words(line)))
        elif channels[-1]:
            channels.append([])
    filled = [rows for rows in channels if rows]
    if not filled:
        raise RequestError(f"{name!r} has no numbers in it", hint="one row a line, numbers between commas")
    return checked(filled, repr(name))


def _bytes(name: str) -> bytes:
    with Path(name).open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise RequestError(f"{name!r} is larger than {_MOST_BYTES // 2**20} MiB", hint="take a part of it")
    return data


def _words(line: str) -> list[str]:
    for separator in ",;\t":
        if separator in line:
            return line.split(separator)
    return line.split()


def _read_image(name: str, shape: str | None) -> Maps:
    """Pixels from 0 to 255, one channel for a grey image and three for any other; alpha is left out.

    Raises:
        RequestError: It can't be read, or has more pixels than are taken.
    """
    from PIL import Image, UnidentifiedImageError

    sides = parse_shape(shape, f"--values {quoted(name)}")[1:] if shape is not None else None
    try:
        with Image.open(name) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise RequestError(f"{name!r} has {image.width}×{image.height} pixels: too many to read")
            is_grey = image.mode in {"1", "L", "LA", "I", "I;16", "F"}
            pixels = image.convert("L" if is_grey else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RequestError(f"{name!r} is not an image that can be read") from error
    except (OSError, SyntaxError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RequestError(f"can't read {name!r}: {reason}") from error
    if sides:
        pixels = pixels.resize((sides[1], sides[0]), Image.Resampling.BILINEAR)
    bands = pixels.getbands()
    size = pixels.width * pixels.height * len(bands)
    if size > MOST:
        raise RequestError(
            f"{name!r} has {pixels.height}×{pixels.width} pixels: too many windows to look at",
            hint=f"shrink it: --values {name}:32x32",
        )
    check_size(size, f"--values {quoted(name)}")
    channels = [band.tobytes() for band in pixels.split()]
    numbers = tuple(float(value) for channel in channels for value in channel)
    return reshaped(numbers, len(bands), pixels.height, pixels.width)
