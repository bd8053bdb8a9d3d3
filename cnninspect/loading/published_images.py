"""What goes with published weights of networks for images: how an image is made ready for them, and their classes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from cnninspect.loading import weights as weight_files
from cnninspect.spec import Request, ZooModel
from cnninspect.spec.sources import Source

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


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
    from torchvision.models import get_model_weights
    from torchvision.transforms._presets import ImageClassification, ObjectDetection, SemanticSegmentation

    entry: Any = get_model_weights(model.name)[weights]
    transform = entry.transforms()
    if not isinstance(transform, ImageClassification | ObjectDetection | SemanticSegmentation):
        return None
    is_for_classes = isinstance(transform, ImageClassification)
    classes = tuple(map(str, entry.meta.get("categories", ()))) if is_for_classes else ()
    return ImageWeights(transform, _in_a_line(transform), classes)


def _in_a_line(transform: Any) -> str:
    """``ImageClassification(crop_size=[224], …)``, as torchvision writes it over several lines."""
    return ", ".join(str(transform).split("\n")).replace("(, ", "(").replace(", )", ")").replace("    ", "")
