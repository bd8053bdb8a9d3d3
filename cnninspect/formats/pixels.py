"""Small pictures as PNG, by Pillow, alone or as an address that has all of them in it."""

import base64
import io
from typing import TYPE_CHECKING

from cnninspect.formats.raster import Raster

if TYPE_CHECKING:
    from PIL.Image import Image


def image_of(raster: Raster, width: int, height: int) -> "Image":
    """The picture for Pillow: enlarged, pixels stay squares; reduced, each is the mean of those that it stands for.

    Args:
        raster: Of any size.
        width: Of it, in pixels.
        height: Likewise.
    """
    from PIL import Image as Images

    image = Images.frombytes("RGB", (raster.width, raster.height), raster.pixels)
    is_larger = width >= raster.width and height >= raster.height
    return image.resize((width, height), Images.Resampling.NEAREST if is_larger else Images.Resampling.BOX)


def data_of(raster: Raster, width: int, height: int) -> str:
    """An address with the picture in it, a pixel a number unless it is shown smaller.

    Args:
        raster: Of any size.
        width: Pixels that it is shown in.
        height: Likewise.
    """
    out = io.BytesIO()
    image_of(raster, min(width, raster.width), min(height, raster.height)).save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
