"""From a request to what is seen: of an image, of kernels, of weights."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from cnninspect import inspection, loading, spec
from cnninspect.errors import RequestError
from cnninspect.report import Model
from cnninspect.spec import ExportedModel, ModelSpec, PythonModel, Request, SavedReport, WeightsFile
from cnninspect.spec.input_spec import InputSpec
from cnninspect.spec.plain_argument import Argument
from cnninspect.spec.run_options import RunOptions
from cnninspect.subject import model_of, of_module
from cnninspect.view import preprocessing
from cnninspect.view.looking import LookedAt
from cnninspect.view.viewed import NetworkView

if TYPE_CHECKING:
    from torch import nn

Say = Callable[[str], None]


def requested(
    model: ModelSpec,
    run: RunOptions,
    look: LookedAt,
    inputs: Sequence[InputSpec] = (),
    args: Sequence[Argument] = (),
) -> Request | WeightsFile:
    """What is to be looked at, checked as far as it can be without torch.

    Args:
        model: As parsed.
        run: How, as typed.
        look: At what.
        inputs: Parsed already, in place of those of ``run``.
        args: Likewise.

    Raises:
        RequestError: The request can't be carried out as written.
    """
    if isinstance(model, SavedReport):
        raise RequestError(f"{model.text!r} is a saved report: there are no weights in it", hint="name the model")
    if isinstance(model, WeightsFile):
        if look.image is not None:
            raise RequestError(
                f"{model.text!r} is a file of weights: it makes nothing of an image", hint="name the model"
            )
        return inspection.requested(model, run, inputs, args)
    if look.image is not None and not inputs and not run.inputs:
        inputs = preprocessing.own_size(model, look.image)
    request = spec.request(model, run, inputs, args)
    request = msgspec.structs.replace(request, with_values=True, is_run=look.image is not None)
    loading.check(request)
    return request


def view_of(
    request: Request | WeightsFile,
    look: LookedAt,
    *,
    is_sized: bool,
    say: Say = lambda _: None,
    module: "nn.Module | None" = None,
) -> NetworkView:
    """What is seen.

    Args:
        request: Has been checked.
        look: At what.
        is_sized: The user has said the size of an input.
        say: Is told what is being done.
        module: The network itself, which comes back as it was; ``None``: that of the request.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or its forward pass raises.
    """
    if isinstance(request, WeightsFile):
        say("reading the weights")
        from cnninspect.view.at_rest import view_of_file

        return view_of_file(request, look)
    if look.image is None:
        seen = _at_rest(request, look, module, say)
    else:
        seen = _in_pass(request, look, module, say, is_sized=is_sized)
    return msgspec.structs.replace(seen, notes=(_about_weights(request, is_given=module is not None), *seen.notes))


def _at_rest(request: Request, look: LookedAt, module: "nn.Module | None", say: Say) -> NetworkView:
    say("importing torch")
    from cnninspect.process import alone
    from cnninspect.view.at_rest import view_of_module

    if module is not None:
        with alone(), _looked_at(module):
            return view_of_module(_in_dtype(module, request), look, _model(request, module), _nothing)
    with loading.hosting(request):
        say("building the network")
        loaded = loading.load(request)
        fill = partial(loaded.fills.make_up, seed=request.seed) if request.weights is None else _nothing
        if request.dtype is not None:  # what is converted is another tensor
            fill(loaded.module)
            fill = _nothing
        with _looked_at(loaded.module) if isinstance(request.model, PythonModel) else nullcontext():
            return view_of_module(_in_dtype(loaded.module, request), look, _model(request, loaded.module), fill)


@contextmanager
def _looked_at(module: "nn.Module") -> Iterator[None]:
    """Context in which somebody's module is looked at, and after which it is as it was.

    To read a weight that is computed can be to change what it is computed from.
    """
    import torch

    from cnninspect.capture.untouched import untouched
    from cnninspect.tensor_tree import modules_in

    with untouched(modules_in(module)), torch.no_grad():
        yield


def _nothing(_part: "nn.Module") -> None:
    """Fills nothing."""


def _in_dtype(module: "nn.Module", request: Request) -> "nn.Module":
    if request.dtype is None:
        return module
    import torch

    from cnninspect.loading import placement

    return placement.place(module, torch.device("cpu"), request.dtype)


def _in_pass(request: Request, look: LookedAt, module: "nn.Module | None", say: Say, *, is_sized: bool) -> NetworkView:
    say("importing torch")
    from cnninspect.view.in_pass import view_of_image

    image = preprocessing.ready(request, str(look.image), is_sized=is_sized)
    if module is not None:
        return view_of_image(of_module(request, module, [image.spec]), image, look, say=say)
    with inspection.prepared(request, [image.spec], on_step=say) as subject:
        return view_of_image(subject, image, look, say=say)


def _model(request: Request, module: "nn.Module") -> Model:
    kind = type(module)
    return msgspec.structs.replace(model_of(request), class_path=f"{kind.__module__}.{kind.__qualname__}")


def _about_weights(request: Request, *, is_given: bool) -> str:
    """Where the weights are from."""
    if is_given:
        return "the weights are those of the module that was given"
    if request.weights is not None:
        return f"weights: {request.weights}"
    if isinstance(request.model, ExportedModel):
        return "the weights are those of the program"
    if isinstance(request.model, PythonModel):
        return f"no weights were given: they are as {request.model.text} makes them, random unless it loads some"
    return f"no weights were given: they are random, as torch draws them, from seed {request.seed}"
