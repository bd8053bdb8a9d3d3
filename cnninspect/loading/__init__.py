"""From a request to an ``nn.Module`` and its inputs: one file a source, one step a function.

``check`` needs no torch and is meant to run before it is imported; ``load`` does the work. The file of a source is
imported when it is needed.
"""

import contextlib
import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, cast

from cnninspect.errors import ModelError, RequestError, unknown_name
from cnninspect.process import alone
from cnninspect.spec import ExportedModel, InlineModel, PythonModel, Request, RunnableModel, ZooModel
from cnninspect.spec.input_spec import InputSpec
from cnninspect.spec.sources import Source, is_installed, row, spelled

if TYPE_CHECKING:
    from torch import nn

    from cnninspect.loading.fills import Fills
    from cnninspect.loading.published import Published


class Loader(Protocol):
    """What each file of a source offers; ``model`` is of the kind of spec that the source is for."""

    def check(self, model: Any, weights: str | None) -> None:
        """Raise ``RequestError`` if the request is impossible as written; torch is not imported."""

    def build(self, model: Any, weights: str | None) -> "nn.Module":
        """The network on the CPU, with its weights loaded if some are asked for, else uninitialised."""

    def default_inputs(self, model: Any) -> tuple[InputSpec, ...]:
        """The published evaluation input; empty if there is none."""


class Zoo(Loader, Protocol):
    """What the file of a ``Source`` offers, which is called as it is; importing it imports nothing long."""

    def names(self) -> tuple[str, ...]:
        """Every name it has, without tags; neither torch nor its package is imported for it."""

    def published(self, name: str) -> "Published":
        """What it publishes of one of its names; likewise."""


class Loaded(NamedTuple):
    """A network that stands ready on the CPU or on the meta device, and the inputs it is to see.

    Attributes:
        fills: The random values that its parameters have not been filled with.
    """

    module: "nn.Module"
    inputs: tuple[InputSpec, ...]
    fills: "Fills"


_SHOWN_NAMES: Final = 12
_ADD_INPUT: Final = "add one: --input 1x3x224x224, for example"


def zoo(source: Source) -> Zoo:
    """The file of a source."""
    return cast("Zoo", import_module(f"cnninspect.loading.{source}"))


def names(source: Source) -> tuple[str, ...]:
    """Every name of a source.

    Raises:
        RequestError: What its networks are built with is not installed.
    """
    if not is_installed(source):
        package, extra, _ = row(source)
        what = f"'cnninspect[{extra}]'" if extra else package
        raise RequestError(
            f"the source {source.value!r} needs {package}, which is not installed", hint=f"pip install {what}"
        )
    return zoo(source).names()


def model_names(*, with_extras: bool = True) -> tuple[str, ...]:
    """Every name that can be typed, as it is.

    Args:
        with_extras: With those of sources that an extra of cnninspect installs, which are many.
    """
    sources = [each for each in Source if is_installed(each) and (with_extras or row(each).extra is None)]
    return tuple(spelled(source, name) for source in sources for name in names(source))


def _unknown_model(model: ZooModel) -> RequestError:
    """The error for a name that its source doesn't know."""
    elsewhere = [f"{each}:{model.name}" for each in Source if is_installed(each) and model.name in names(each)]
    if elsewhere:
        hint = f"did you mean {' or '.join(elsewhere)}?"
        return RequestError(f"unknown model {model.text!r} in {model.source}", hint=hint)
    near = unknown_name("model", model.text, model_names(with_extras=False))
    if near.hint and row(model.source).extra is None:
        return near
    see = f"{', '.join(names(model.source)[:_SHOWN_NAMES])} …: 'cnninspect models' lists all names"
    return unknown_name("model", model.text, model_names(), see=see)


def check(request: Request) -> None:
    """Check what can be checked without torch: names, layers, arguments, weights, inputs.

    Raises:
        RequestError: The request can't be carried out as written.
    """
    model = request.model
    if isinstance(model, ZooModel):
        name = model.name.partition(".")[0] if row(model.source).has_tags else model.name
        if name not in names(model.source):
            raise _unknown_model(model)
    _loader(model).check(model, request.weights)
    if isinstance(model, ExportedModel) and request.mode != "eval":
        raise RequestError(
            f"--mode {request.mode} does not go with {model.text!r}: a program keeps the mode it was exported in",
            hint="export it in the other mode",
        )
    if isinstance(model, InlineModel | PythonModel) and not request.inputs and request.is_run:
        raise RequestError(f"{model.text!r} has no input of its own", hint=_ADD_INPUT)


def default_inputs(model: RunnableModel) -> tuple[InputSpec, ...]:
    """The published evaluation input; empty if there is none.

    Raises:
        RequestError: The model is a file that is damaged, or an argument has an impossible value.
    """
    return _loader(model).default_inputs(model)


def load(request: Request) -> Loaded:
    """Build the network on the CPU, or without values if it is for the meta device, and find its inputs.

    Raises:
        RequestError: An argument does not exist, or there is no default input.
        ModelError: The network can't be built, or the weights don't fit it.
    """
    from cnninspect.loading.packages import import_packages

    import_packages(request)
    from cnninspect.loading.fills import noted

    loader = _loader(request.model)
    inputs = request.inputs or (loader.default_inputs(request.model) if request.is_run else ())
    if not inputs and request.is_run:
        raise RequestError(f"no published input is known for {request.model.text!r}", hint=_ADD_INPUT)
    build = partial(loader.build, request.model, request.weights)
    is_for_meta = request.device == "meta" and not isinstance(request.model, ExportedModel)
    with alone(), noted() as fills:
        return Loaded(_without_values(request.model, build) if is_for_meta else build(), inputs, fills)


def _without_values(model: RunnableModel, build: Callable[[], "nn.Module"]) -> "nn.Module":
    """The network on the meta device, where nothing is allocated; what can't be built there is built on the CPU."""
    import torch

    from cnninspect.loading import placement
    from cnninspect.loading.initialisation import uninitialised
    from cnninspect.torch_internals.default_devices import makes_on

    if isinstance(model, PythonModel):
        from cnninspect.loading import python_import, python_source

        python_import.import_code(python_source.find(model.place))  # what it computes then is of the CPU
    with contextlib.suppress(ModelError):
        with makes_on(torch.device("meta")), uninitialised("meta"):
            module = build()
        if not any(map(placement.is_sparse, itertools.chain(module.parameters(), module.buffers()))):
            return module
    return build()


def hosting(request: Request) -> AbstractContextManager[None]:
    """Context around all that runs the user's code, ``load`` and the forward pass: the process is as before afterwards.

    Raises:
        ModelError: The code leaves the process.
    """
    if isinstance(request.model, PythonModel):
        from cnninspect.loading import python_import, python_source

        return python_import.hosting(python_source.find(request.model.place), request.seed)
    return nullcontext()


def _loader(model: RunnableModel) -> Loader:
    match model:
        case ZooModel():
            return zoo(model.source)
        case InlineModel():
            from cnninspect.loading import inline

            return inline
        case PythonModel():
            from cnninspect.loading import python_code

            return python_code
        case ExportedModel():
            from cnninspect.loading import exported

            return exported
