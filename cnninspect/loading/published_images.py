"""What goes with published weights of networks for images: how an image is made ready for them, and their classes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cnninspect.loading import timm, torchvision_metadata
from cnninspect.loading import weights as weight_files
from cnninspect.loading.published import Task
from cnninspect.spec import Request, ZooModel
from cnninspect.spec.sources import Source

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


#: What networks that score the classes of an image are for.
_FOR_CLASSES: Final = frozenset({Task.classification, Task.quantized})
#: Arguments of timm's that give a network another input than its weights are for.
_RESHAPES: Final = frozenset({"in_chans", "img_size"})


class ImageWeights(NamedTuple):
    """What was published with weights.

    Attributes:
        transform: Makes an image ready: ``(C, H, W)``.
        about: What that does, in a line.
        classes: Their names, in the order of the scores; empty if the network gives none.
        mean: Of each channel, which is taken off numbers from 0 to 1; empty if nothing is.
        deviation: Of each channel, by which they are divided then.
    """

    transform: "Callable[[Image], Tensor]"
    about: str
    classes: tuple[str, ...]
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()


def image_weights(request: Request) -> ImageWeights | None:
    """What was published with the weights of a request; ``None``: nothing, or not for single images.

    A file is taken for published weights if it is named as they are.

    Args:
        request: Has been checked.
    """
    model, weights = request.model, request.weights
    if not isinstance(model, ZooModel) or weights is None:
        return None
    if model.source is Source.timm:
        return _of_timm(model, weights)
    task = torchvision_metadata.task(model.name)
    if task not in {*_FOR_CLASSES, Task.segmentation, Task.detection}:
        return None
    from torchvision.models import get_model_weights

    entries: Any = get_model_weights(model.name)
    name = _published_as(weights, {each.name: each.url for each in entries})
    if name is None:
        return None
    entry = entries[name]
    transform = entry.transforms()
    classes = tuple(map(str, entry.meta.get("categories", ()))) if task in _FOR_CLASSES else ()
    return ImageWeights(transform, _in_a_line(transform), classes, *_normalisation(transform))


def _published_as(weights: str, addresses: Mapping[str, str]) -> str | None:
    """The name of published weights that are meant: their own, or that of those whose file is named so."""
    if not weight_files.is_file_name(weights):
        return weights
    file = Path(weights).name
    return next((name for name, address in addresses.items() if address.rpartition("/")[2] == file), None)


def _of_timm(model: ZooModel, weights: str) -> ImageWeights | None:
    """What timm's configuration of a tag says; it names the classes of ImageNet."""
    if weight_files.is_file_name(weights) or _RESHAPES & model.arguments.keys():
        return None
    from timm import data

    of_images: Any = data  # which exports nothing by name
    configuration = timm.configuration(timm.tagged(model, weights)).to_dict()
    transform = of_images.create_transform(
        **of_images.resolve_data_config(pretrained_cfg=configuration), is_training=False
    )
    known = of_images.infer_imagenet_subset(configuration)
    classes = of_images.ImageNetInfo(known).label_descriptions() if known else ()
    last = transform.transforms[-1]
    return ImageWeights(transform, _in_a_line(transform), tuple(map(str, classes)), *_normalisation(last))


def _normalisation(transform: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of a transform that has them: a preset of torchvision, or a ``Normalize``."""
    mean, deviation = (getattr(transform, name, ()) for name in ("mean", "std"))
    return tuple(map(float, mean)), tuple(map(float, deviation))


def _in_a_line(transform: Any) -> str:
    """``ImageClassification(crop_size=[224], …)``, as its own ``repr`` writes it over several lines."""
    lines = [line.strip() for line in str(transform).split("\n")]
    return ", ".join(lines).replace("(, ", "(").replace(", )", ")").replace(",,", ",")
