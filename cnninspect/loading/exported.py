"""Placeholder while this source is being written."""

from typing import TYPE_CHECKING

from cnninspect.errors import RequestError
from cnninspect.spec import ExportedModel, InputSpec

if TYPE_CHECKING:
    from torch import nn


def names() -> tuple[str, ...]:
    """Every name of this source."""
    return ()


def check(model: ExportedModel, weights: str | None) -> None:
    """Check the request."""
    raise RequestError(f"{model.text!r}: this source is not there yet {weights}")


def build(model: ExportedModel, weights: str | None) -> "nn.Module":
    """Build it."""
    raise RequestError(f"{model.text!r}: this source is not there yet {weights}")


def default_inputs(model: ExportedModel) -> tuple[InputSpec, ...]:
    """Its default inputs."""
    raise RequestError(f"{model.text!r}: this source is not there yet")
