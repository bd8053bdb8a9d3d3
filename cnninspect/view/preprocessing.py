"""An image as a network wants it: as its weights say, else of the size of its input, from 0 to 1."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from cnninspect import image_file, loading
from cnninspect.errors import RequestError
from cnninspect.spec import ExportedModel, InlineModel, PythonModel, Request, RunnableModel
from cnninspect.spec.input_spec import InputSpec

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor, nn

    from cnninspect.loading.published_images import ImageWeights

#: The most numbers of an image that comes as it is: one of 256×256.
_MOST: Final = 256 * 256
_BILINEAR: Final = 2  # Pillow's Resampling.BILINEAR; of many pixels it takes the mean
_BATCH, _ALONE = 4, 3  # dimensions of (1, C, H, W) and (C, H, W)
_LARGEST: Final = 255
_LEFT_OUT: Final = "; left out: "
_RATIO: Final = 100  # of the sides of a picture
_SHAPES: Final = "an image is 1x3xHxW in colour, or 1x1xHxW in grey"


class ReadyImage(NamedTuple):
    """What a network is given.

    Attributes:
        tensor: ``(1, C, H, W)``, or ``(C, H, W)`` for a list.
        about: What was done, in words.
        sides: Height and width of the picture.
        classes: Of the weights, in the order of the scores.
        wanted: The input that it is for.
        is_own: It has the channels that the file has, as nobody has said what the network takes.
    """

    tensor: "Tensor"
    about: str
    sides: tuple[int, int]
    wanted: InputSpec
    classes: tuple[str, ...] = ()
    is_own: bool = False

    @property
    def spec(self) -> InputSpec:
        """What is to be made up in its place, until it is put there."""
        return msgspec.structs.replace(self.wanted, shape=tuple(self.tensor.shape))


def own_size(model: RunnableModel, name: str) -> tuple[InputSpec, ...]:
    """The input that an image makes of itself for what has none of its own; else nothing.

    Args:
        model: As parsed.
        name: The file.

    Raises:
        RequestError: It can't be read, or is too large to come as it is.
    """
    if not isinstance(model, InlineModel | PythonModel):
        return ()

    def check(height: int, width: int, channels: int) -> None:
        if height * width * channels > _MOST:
            hint = f"say the size: --input 1x{channels}x224x224, for example"
            raise RequestError(f"{name!r} has {height}×{width} pixels: too many to come as they are", hint=hint)

    image, _ = image_file.read(name, check=check)
    return (InputSpec((1, len(image.getbands()), image.height, image.width)),)


def ready(request: Request, name: str, *, is_sized: bool) -> ReadyImage:
    """The image for a network.

    Args:
        request: Has been checked.
        name: The file.
        is_sized: The user has said the size of the input, which wins over what the weights say.

    Raises:
        RequestError: It can't be read, or is no input for this network.
        ModelError: The network has no input that is known.
    """
    from cnninspect.loading.published_images import image_weights

    published, wanted = image_weights(request), _wanted(request)
    if published is None or is_sized:
        is_own = not is_sized and isinstance(request.model, InlineModel | PythonModel)
        image = _as_wanted(name, wanted, is_exported=isinstance(request.model, ExportedModel))
        return _normalised(image, published) if published else image._replace(is_own=is_own)
    picture, left_out = image_file.read(name, channels=3, check=lambda *sides: _check_ratio(name, *sides[:2]))
    tensor = published.transform(picture)
    about = f"as its weights want it: {published.about}{_without(left_out)}"
    tensor = tensor if len(wanted.shape) == _ALONE else tensor[None]
    return ReadyImage(tensor, about, (picture.height, picture.width), wanted, published.classes)


def _check_ratio(name: str, height: int, width: int) -> None:
    """Refuse a picture of which weights, which resize its shorter side, would make a huge one."""
    if max(height, width) > _RATIO * min(height, width):
        hint = "crop it, or say the size: --input 1x3x224x224"
        said = f"{name!r} has {height}×{width} pixels: too long and narrow for what the weights want"
        raise RequestError(said, hint=hint)


def _normalised(image: ReadyImage, published: "ImageWeights") -> ReadyImage:
    """An image in numbers from 0 to 1 as the weights want those, with their classes."""
    if len(published.mean) != image.tensor.shape[-3] or not image.tensor.is_floating_point():
        return image._replace(classes=published.classes)
    mean, deviation = (image.tensor.new_tensor(each)[:, None, None] for each in (published.mean, published.deviation))
    said = ", ".join(f"{name} ({', '.join(map(str, each))})" for name, each in (
        ("mean", published.mean), ("deviation", published.deviation),
    ))  # fmt: skip
    done, mark, left_out = image.about.partition(_LEFT_OUT)
    return image._replace(
        tensor=(image.tensor - mean) / deviation,
        about=f"{done}, normalised as its weights want it: {said}{mark}{left_out}",
        classes=published.classes,
    )


def suited(image: ReadyImage, name: str, module: "nn.Module") -> ReadyImage:
    """The image in the channels that a network takes, where nobody has said so: those of its first convolution.

    Args:
        image: As it is in its file.
        name: The file.
        module: The network.

    Raises:
        RequestError: It can't be read any more.
    """
    from torch import nn

    from cnninspect.tensor_tree import modules_in

    first = next((part for part in modules_in(module) if isinstance(part, nn.Conv2d)), None)
    batch, channels, *sides = image.wanted.shape
    if not image.is_own or first is None or first.in_channels == channels or first.in_channels not in {1, 3}:
        return image
    wanted = msgspec.structs.replace(image.wanted, shape=(batch, first.in_channels, *sides))
    turned = _as_wanted(name, wanted, is_exported=False)
    return turned._replace(about=f"{'its grey in three channels' if channels == 1 else 'in grey'}, {turned.about}")


def _as_wanted(name: str, wanted: InputSpec, *, is_exported: bool) -> ReadyImage:
    """The picture in the channels and the size of an input, in numbers from 0 to 1, or as the pixels themselves."""
    channels, height, width = wanted.shape[-3:]
    image, left_out = image_file.read(name, channels=channels)
    sides = image.height, image.width
    resized = "" if sides == (height, width) else f"resized to {height}×{width}, "
    done = "scaled to numbers from 0 to 1" if _is_floating(wanted) else "the pixels themselves"
    return ReadyImage(
        _scaled(image, wanted, is_exported=is_exported), f"{resized}{done}{_without(left_out)}", sides, wanted
    )  # fmt: skip


def _without(left_out: Sequence[str]) -> str:
    return f"{_LEFT_OUT}{', '.join(left_out)}" if left_out else ""


def _wanted(request: Request) -> InputSpec:
    """The one input of a network, if an image will do for it.

    Raises:
        RequestError: It takes something else.
    """
    inputs: Sequence[InputSpec] = request.inputs or loading.default_inputs(request.model)
    if not inputs:
        raise RequestError(f"no published input is known for {request.model.text!r}", hint="add --input 1x3x224x224")
    if len(inputs) > 1:
        who = "there are" if request.inputs else f"{request.model.text!r} takes"
        raise RequestError(f"{who} {len(inputs)} inputs, and an image is one")
    shape = inputs[0].shape
    if len(shape) not in {_BATCH, _ALONE} or shape[-3] not in {1, 3} or not all(shape):
        said = "×".join(map(str, shape)) or "a number"
        raise RequestError(f"{request.model.text!r} takes {said}: an image is none", hint=_SHAPES)
    if len(shape) == _BATCH and shape[0] > 1 and not isinstance(request.model, ExportedModel):
        raise RequestError(f"{'×'.join(map(str, shape))} are {shape[0]} images, and --image gives one", hint=_SHAPES)
    if inputs[0].value is not None:
        raise RequestError(f"--input {str(inputs[0])!r} and --image both say what the input holds", hint=_SHAPES)
    return inputs[0]


def _is_floating(wanted: InputSpec) -> bool:
    return wanted.dtype is None or "float" in wanted.dtype or "complex" in wanted.dtype


def _scaled(image: "Image", wanted: InputSpec, *, is_exported: bool) -> "Tensor":
    """The picture in the size, and in numbers from 0 to 1; integers are the pixels themselves.

    A program that was exported for several images gets as many, all alike.
    """
    import torch

    channels, height, width = wanted.shape[-3:]
    sized = image if image.size == (width, height) else image.resize((width, height), _BILINEAR)
    pixels = torch.frombuffer(bytearray(sized.tobytes()), dtype=torch.uint8).reshape(height, width, channels)
    planes = pixels.permute(2, 0, 1).contiguous()
    dtype = getattr(torch, wanted.dtype) if wanted.dtype else torch.float32
    tensor = planes.to(dtype) / _LARGEST if _is_floating(wanted) else planes.to(dtype)
    if len(wanted.shape) == _ALONE:
        return tensor
    return tensor[None].repeat(wanted.shape[0] if is_exported else 1, 1, 1, 1)
