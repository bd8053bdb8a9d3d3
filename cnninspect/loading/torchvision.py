"""Names of ``torchvision.models``.

Without weights a name is the network that its default published weights describe (the same constructor
arguments), built with no download. Its default input is the crop size in the entry of those weights.
"""

from typing import TYPE_CHECKING, Any

from cnninspect.errors import ModelError, RequestError, unknown_name
from cnninspect.loading import torchvision_metadata
from cnninspect.loading import weights as weight_files
from cnninspect.loading.published import Published
from cnninspect.spec import ZooModel
from cnninspect.spec.input_spec import InputSpec

if TYPE_CHECKING:
    from torch import Tensor, nn


def names() -> tuple[str, ...]:
    """Every name of this source."""
    return tuple(torchvision_metadata.models())


def published(name: str) -> Published:
    """Its task and weights, read from torchvision's source."""
    return Published(torchvision_metadata.task(name), torchvision_metadata.weights(name))


def check(model: ZooModel, weights: str | None) -> None:
    """Check the weights.

    Raises:
        RequestError: They do not exist.
    """
    if weights is not None:
        if weight_files.is_file_name(weights):
            weight_files.check_file(weights)
        else:
            check_weights_name(model.name, weights)


def check_weights_name(name: str, weights: str) -> None:
    """Check that torchvision publishes such weights.

    Raises:
        RequestError: It does not.
    """
    published = [each.name for each in torchvision_metadata.weights(name)]
    known = [*published, "DEFAULT"]
    if published and weights not in known:
        see = f"published for {name}: {', '.join(known)}; a file is named by its path"
        raise unknown_name(f"weights for {name}", weights, known, see=see)


def build(model: ZooModel, weights: str | None) -> "nn.Module":
    """The network, built as its weights describe it.

    Raises:
        RequestError: The model does not take these arguments.
        ModelError: It can't be built, or the weights don't fit or can't be downloaded.
    """
    from torchvision.models import get_model_builder

    from cnninspect.loading.initialisation import uninitialised
    from cnninspect.loading.torchvision_described import described

    is_published = weights is not None and not weight_files.is_file_name(weights)
    entry = _entry(model.name, weights if is_published and weights else "DEFAULT")
    arguments = dict(model.arguments)
    if "unquantized" in entry.meta:
        if is_published:
            arguments["quantize"] = True
        elif not arguments.get("quantize"):  # as in torchvision: the float network, ready to be quantized
            entry = entry.meta["unquantized"]
    builder = get_model_builder(model.name)
    if model.name == "quantized_inception_v3":  # else it warns of an initialisation to come: there is none here
        arguments.setdefault("init_weights", False)
    try:
        with uninitialised():
            module = described(builder, entry, arguments)
    except TypeError as error:
        raise RequestError(
            f"{model.text!r}: {error}", hint="the arguments are those of the torchvision class"
        ) from error
    except Exception as error:
        raise ModelError(f"{model.text!r} can't be built: {error}") from error
    if is_published and weights:
        weight_files.load(module, published_state_dict(model.name, weights), weights)
    elif weights:
        weight_files.load_file(module, weights)
    return module


def _entry(name: str, weights: str) -> Any:
    """The member of the model's weights enum."""
    from torchvision.models import get_model_weights

    return get_model_weights(name)[weights]


def published_state_dict(name: str, weights: str) -> "dict[str, Tensor]":
    """A state dict by torchvision's own download, through the torch hub cache.

    Raises:
        ModelError: It can't be downloaded.
        RequestError: The cached file is damaged.
    """
    entry = _entry(name, weights)
    with weight_files.explained_download(entry.url):
        state_dict: dict[str, Tensor] = entry.get_state_dict(progress=True, check_hash=True, weights_only=True)
    return state_dict


def default_inputs(model: ZooModel) -> tuple[InputSpec, ...]:
    """What torchvision evaluates with, where its weights say so, else what it measured the published MACs with.

    One image ``(1, 3, H, W)``; a clip of 16 frames ``(1, 3, 16, H, W)`` for video; a pair of 512×512 images
    for optical flow; an image ``(3, 800, 800)`` for detection, to stand in a list.
    """
    from torchvision.models import get_model_builder

    task = get_model_builder(model.name).__module__.split(".")[2]
    sizes = getattr(_entry(model.name, "DEFAULT").transforms, "keywords", {})
    if task == "detection":
        return (InputSpec((3, 800, 800)),)
    if task == "optical_flow":
        return (InputSpec((1, 3, 512, 512)),) * 2
    size = sizes.get("crop_size") or sizes.get("resize_size")
    if size is None:
        return ()
    sides = size if isinstance(size, tuple) else (size, size)
    return (InputSpec((1, 3, *((16,) if task == "video" else ()), *sides)),)
