"""From a request to an ``nn.Module`` and its inputs: one file a source, one step a function.

``check`` needs no torch and is meant to run before it is imported; ``load`` does the work.
"""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from cnninspect.errors import RequestError, unknown_name
from cnninspect.loading import inline, scratch, torchvision
from cnninspect.spec import InlineModel, InputSpec, Request, ZooModel

if TYPE_CHECKING:
    from torch import nn


class Source(Protocol):
    """What a file in this folder offers for the names of its source."""

    def names(self) -> tuple[str, ...]:
        """Every name it has; torch is not imported for it."""

    def check(self, model: ZooModel, weights: str | None) -> None:
        """Raise ``RequestError`` if an argument or the weights are impossible; torch is not imported."""

    def build(self, model: ZooModel, weights: str | None) -> "nn.Module":
        """The network, with its weights loaded if some are asked for, else uninitialised."""

    def default_inputs(self, model: ZooModel) -> tuple[InputSpec, ...]:
        """The published evaluation input; empty if there is none."""


class Loaded(NamedTuple):
    """A network that stands ready on the CPU, and the inputs it is to see."""

    module: "nn.Module"
    inputs: tuple[InputSpec, ...]


_SHOWN_NAMES = 12
_SOURCES: dict[str, Source] = {"torchvision": torchvision, "scratch": scratch}


def model_names() -> tuple[str, ...]:
    """Every name that can be typed; those of the default source bare."""
    return (*torchvision.names(), *(f"scratch:{name}" for name in scratch.names()))


def check(request: Request) -> None:
    """Check what can be checked without torch: names, layers, arguments, weights, inputs.

    Raises:
        RequestError: The request can't be carried out as written.
    """
    if isinstance(request.model, InlineModel):
        inline.check(request.model, request.weights)
        if not request.inputs:
            raise RequestError(
                f"{request.model.text!r} has no input of its own",
                hint="add one: --input 1x3x224x224, for example",
            )
        return
    source = _SOURCES[request.model.source]
    if request.model.name not in source.names():
        some = ", ".join(source.names()[:_SHOWN_NAMES])
        raise unknown_name("model", request.model.text, model_names(), see=f"{request.model.source} has {some} …")
    source.check(request.model, request.weights)


def load(request: Request) -> Loaded:
    """Build the network on the CPU and find its inputs.

    Raises:
        RequestError: An argument does not exist, or there is no default input.
        ModelError: The network can't be built, or the weights don't fit it.
    """
    if isinstance(request.model, InlineModel):
        return Loaded(inline.build(request.model, request.weights), request.inputs)
    source = _SOURCES[request.model.source]
    inputs = request.inputs or source.default_inputs(request.model)
    if not inputs:
        raise RequestError(
            f"no published input is known for {request.model.text!r}",
            hint="add one: --input 1x3x224x224, for example",
        )
    return Loaded(source.build(request.model, request.weights), inputs)
