"""What a source publishes of its networks."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from cnninspect.totals import Accuracy


class Task(StrEnum):
    """What a network is for, in the order in which they are listed."""

    classification = "classification"
    segmentation = "segmentation"
    detection = "detection"
    video = "video"
    optical_flow = "optical flow"
    quantized = "quantized classification"


class PublishedWeights(msgspec.Struct, frozen=True):
    """Weights that a source publishes.

    Attributes:
        name: As in ``--weights NAME``.
        is_default: The one that ``DEFAULT`` means.
        params: Elements of the parameters, as published.
        macs: Multiply-accumulates, from the published GMACs (three decimals).
        accuracy: As published.
        size_mb: Of the file, in MB as published; torchvision's MB are 2**20 bytes.
        url: Of the file.
    """

    name: str
    is_default: bool
    params: int | None
    macs: int | None
    accuracy: Accuracy | None
    size_mb: float | None
    url: str | None


class Published(NamedTuple):
    """What is published of a name; ``None`` is what its source doesn't say without being imported."""

    task: Task | None = None
    weights: tuple[PublishedWeights, ...] | None = None
