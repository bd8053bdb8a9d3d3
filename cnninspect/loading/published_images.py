"""What goes with published weights of networks for images: how an image is made ready for them, and their classes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cnninspect.loading import torchvision_metadata
from cnninspect.loading import weights as weight_files
from cnninspect.loading.published import Task
from cnninspect.spec import Request, ZooModel
from cnninspect.spec.sources import Source

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


#: What networks that score the classes of an image are for.
_FOR_CLASSES: Final = frozenset({Task.classification, Task.quantized})


class ImageWeights(NamedTuple):
    """What was published with weights.

    Attributes:
        transform: Makes an image ready: ``(C, H, W)``.
        about: What that does, in a line.
        classes: Their names, in the order of the scores; empty if the network gives none.
    """

    transform: "Callable[[Image], Tensor]"
    about: str
    classes: tuple[str, ...]


def image_weights(request: Request) -> ImageWeights | None:
    """What torchvision published with the weights of a request; ``None``: they are none of its for single images.

    Args:
        request: Has been checked.
    """
    model, weights = request.model, request.weights
    if not isinstance(model, ZooModel) or weights is None or weight_files.is_file_name(weights):
        return None
    if model.source not in {Source.torchvision, Source.scratch}:
        return None
    task = torchvision_metadata.task(model.name)
    if task not in {*_FOR_CLASSES, Task.segmentation, Task.detection}:
        return None
    from torchvision.models import get_model_weights

    entry: Any = get_model_weights(model.name)[weights]
    transform = entry.transforms()
    classes = tuple(map(str, entry.meta.get("categories", ()))) if task in _FOR_CLASSES else ()
    return ImageWeights(transform, _in_a_line(transform), classes)


def _in_a_line(transform: Any) -> str:
    """``ImageClassification(crop_size=[224], …)``, as torchvision writes it over several lines."""
    return ", ".join(str(transform).split("\n")).replace("(, ", "(").replace(", )", ")").replace("    ", "")
