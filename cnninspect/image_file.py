"""Pictures from files: read as data, upright, in eight bits; one that is too large is refused before it is unpacked.

Of what a network doesn't see, the words say what it was.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from cnninspect.errors import RequestError

if TYPE_CHECKING:
    from PIL.Image import Image

#: How files of pictures end.
ENDINGS: Final = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
_FORMATS: Final = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")  # no other that Pillow tries runs a program
_GREY: Final = ("1", "L", "LA", "I", "I;16", "F")  # modes of Pillow
_MOST_PIXELS: Final = 50_000_000


class PictureFile(NamedTuple):
    """What a file of a picture holds.

    Attributes:
        image: In Pillow's mode ``L`` or ``RGB``.
        left_out: What the file has beside it, in words: its transparency, the lower half of 16 bits, more frames.
    """

    image: "Image"
    left_out: tuple[str, ...]


#: Is called with height, width and channels of a picture, and may refuse it.
Check = Callable[[int, int, int], None]


def read(
    name: str, *, channels: int | None = None, check: Check = lambda _height, _width, _channels: None
) -> PictureFile:
    """The picture in a file; of one with alpha its colours, of one that moves the first frame.

    Colours become grey by their luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), as Pillow does it.

    Args:
        name: Of the file.
        channels: 1 or 3; ``None``: 1 for a grey picture, 3 for any other.
        check: Refuses what is too large by what the file says of itself, before its pixels are unpacked.

    Raises:
        RequestError: It can't be read, or has more pixels than are taken.
    """
    from PIL import Image as Images
    from PIL import ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow: what can't be read is an error anyway
            with Images.open(name, formats=_FORMATS) as image:
                bands = "L" if channels == 1 or (channels is None and image.mode in _GREY) else "RGB"
                _check_pixels(name, image)
                _check_depth(name, image)
                check(image.height, image.width, len(bands))
                left_out = tuple(_left_out(image))  # before its pixels are unpacked, which forgets how they were packed
                upright = ImageOps.exif_transpose(image)  # as the camera was held
                return PictureFile(_in_eight_bits(upright, image.format).convert(bands), left_out)
    except RequestError:
        raise
    except Images.DecompressionBombError as error:
        raise RequestError(f"{name!r} has too many pixels to read") from error
    except UnidentifiedImageError as error:
        raise RequestError(f"{name!r} is not an image that can be read") from error
    except Exception as error:  # a damaged image raises a dozen kinds
        reason = getattr(error, "strerror", None) or error
        raise RequestError(f"can't read {name!r}: {reason}") from error


def _check_pixels(name: str, image: "Image") -> None:
    if image.height * image.width > _MOST_PIXELS:
        raise RequestError(f"{name!r} has {image.width}×{image.height} pixels: too many to read")


def _check_depth(name: str, image: "Image") -> None:
    """Refuse numbers whose scale nobody knows."""
    if image.mode == "F" or (image.mode == "I" and not _is_deep(image.mode, image.format)):
        raise RequestError(
            f"{name!r} has 32 bits a pixel: what is black and what is white is not known",
            hint="save it in 8 or 16 bits",
        )


def _left_out(image: "Image") -> Iterator[str]:
    if image.has_transparency_data:
        yield "its transparency"
    if _is_deep(image.mode, image.format) or any(";16" in str(tile) for tile in getattr(image, "tile", ())[:1]):
        yield "the lower 8 of its 16 bits"
    if getattr(image, "is_animated", False):
        yield "every frame but the first"


def _in_eight_bits(image: "Image", file_format: str | None) -> "Image":
    """Values of 16 bits divided by 256: Pillow would cut them off at 255."""
    is_deep = _is_deep(image.mode, file_format)
    return image.convert("I").point(lambda value: value * (1 / 256)) if is_deep else image


def _is_deep(mode: str, file_format: str | None) -> bool:
    """Does Pillow keep values of 16 bits? Of colours it keeps the upper 8."""
    return mode.startswith("I;16") or (mode == "I" and file_format in {"PNG", "PPM"})
