"""The two that are held against each other, however they are named, checked as far as it can be without torch."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from cnninspect import loading, python_api, spec
from cnninspect.errors import RequestError
from cnninspect.spec import ExportedModel, Request, SavedReport, WeightsFile, ZooModel
from cnninspect.spec.input_spec import InputSpec
from cnninspect.spec.plain_argument import Argument
from cnninspect.spec.run_options import RunOptions
from cnninspect.subject import Subject, of_module, prepare

if TYPE_CHECKING:
    from torch import nn

#: Stands for an input that is not known before torch is imported.
_LATER: Final = (InputSpec(()),)


class Contender(NamedTuple):
    """One of the two: what names it and says how it is run, and the module itself if that was given."""

    request: Request
    module: "nn.Module | None" = None

    def hosting(self) -> AbstractContextManager[None]:
        """Context around all that runs it."""
        return loading.hosting(self.request) if self.module is None else nullcontext()

    def prepared(self) -> Subject:
        """It, placed with its inputs; within ``hosting``."""
        request = self.request
        if self.module is None:
            return prepare(request)._replace(is_shared=True)  # it is needed again: the pass leaves nothing in it
        return of_module(request, self.module, request.inputs)


def contender(
    model: "str | nn.Module", run: RunOptions, source: str, inputs: Sequence[InputSpec], args: Sequence[Argument]
) -> Contender:
    """What is given in Python as one of the two, parsed.

    Args:
        model: A spec, or the module.
        run: How both are run.
        source: Of a bare name.
        inputs: Parsed already.
        args: Likewise.

    Raises:
        RequestError: It is malformed, or nothing that runs.
    """
    if not isinstance(model, str):
        python_api.check_is_module(model)
        return Contender(spec.request(python_api.as_spec(model), run, inputs, args), model)
    parsed = spec.parse_model(model, source)
    if isinstance(parsed, SavedReport | WeightsFile):
        raise RequestError(f"{model!r} is {spec.kind_of_file(parsed)}: there is nothing to run, and both have to run")
    return Contender(spec.request(parsed, run, inputs, args))


def spec_of(given: Any) -> InputSpec:
    """What is made up for an input; for a tensor, one of its shape, and of its dtype if that is not a floating one."""
    if not callable(getattr(given, "is_floating_point", None)):
        return python_api.input_spec_of(given)
    is_floating = given.is_floating_point() or given.is_complex()
    return InputSpec(tuple(given.shape), dtype=None if is_floating else str(given.dtype).removeprefix("torch."))


def check(first: Request, second: Request) -> tuple[Request, Request]:
    """Check what can be checked without torch, and find out whose the weights are.

    Returns:
        The requests, with the weights that are asked for in the one that has them: the first, if both have.

    Raises:
        RequestError: The request can't be carried out as written.
    """
    one, other = checked(Contender(first), Contender(second))
    return one.request, other.request


def checked(first: Contender, second: Contender) -> tuple[Contender, Contender]:
    """Both, with the weights that are asked for in the one that has them: the first, if both have.

    Raises:
        RequestError: The request can't be carried out as written.
    """
    requests = first.request, second.request
    if first.request.device == "meta":
        raise RequestError("--device meta has shapes alone, and there is nothing to compare", hint="--device cpu")
    has_input = any(isinstance(each.model, ZooModel | ExportedModel) for each in requests)
    given = first.request.inputs or (_LATER if has_input else ())
    bare = [msgspec.structs.replace(each, inputs=given, weights=None) for each in requests]
    named = [request for request, each in zip(bare, (first, second), strict=True) if each.module is None]
    for request in named:
        loading.check(request)
    if not given:
        raise RequestError("a module has no input of its own", hint='add one: inputs=["1x3x224x224"], for example')
    weights = first.request.weights
    if weights is None:
        return first, second
    if not named:
        raise RequestError("weights go with a name; load them into the module before")
    donor = bare.index(named[_donor(named, weights)])
    mine, other = (
        each._replace(request=msgspec.structs.replace(each.request, weights=weights if donor == index else None))
        for index, each in enumerate((first, second))
    )
    return mine, other


def _donor(requests: Sequence[Request], weights: str) -> int:
    """The first request that these weights go with.

    Raises:
        RequestError: There is none.
    """
    errors: list[tuple[bool, RequestError]] = []
    for index, request in enumerate(requests):
        try:
            loading.check(msgspec.structs.replace(request, weights=weights))
        except RequestError as error:
            errors.append((isinstance(request.model, ZooModel), error))
        else:
            return index
    raise next((error for is_of_zoo, error in errors if is_of_zoo), errors[0][1])
