"""From two requests to the evidence whether they name one network: load both, align their layers, run them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cnninspect import inspection, loading
from cnninspect.compare.alignment import align
from cnninspect.errors import ModelError, RequestError, naming
from cnninspect.report import Report
from cnninspect.spec import ExportedModel, Request, ZooModel
from cnninspect.spec.input_spec import InputSpec
from cnninspect.subject import Subject, place, prepare
from cnninspect.verify.evidence import Evidence

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from cnninspect.verify.side import Side

_DRAWS: Final = 3
#: Stands for an input that is not known before torch is imported.
_LATER: Final = (InputSpec(()),)


def check(first: Request, second: Request) -> tuple[Request, Request]:
    """Check what can be checked without torch, and find out whose the weights are.

    Returns:
        The requests, with the weights that are asked for in the one that has them: the first, if both have.

    Raises:
        RequestError: The request can't be carried out as written.
    """
    if first.device == "meta":
        raise RequestError("--device meta has shapes alone, and there is nothing to compare", hint="--device cpu")
    has_input = any(isinstance(each.model, ZooModel | ExportedModel) for each in (first, second))
    given = first.inputs or (_LATER if has_input else ())
    bare = [msgspec.structs.replace(each, inputs=given, weights=None) for each in (first, second)]
    for each in bare:
        loading.check(each)
    if first.weights is None:
        return first, second
    donor = _donor(bare, first.weights)
    mine, other = (first.weights if donor == index else None for index in (0, 1))
    return msgspec.structs.replace(first, weights=mine), msgspec.structs.replace(second, weights=other)


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


def verify_models(first: Request, second: Request, say: Callable[[str], None] = lambda _: None) -> Evidence:
    """Whether two models are the same network.

    Args:
        first: Has been checked, with ``check``.
        second: Likewise.
        say: Is told what is being done.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: One of the networks can't be built or run; it is named.
    """
    say("importing torch")
    from cnninspect.verify.networks import Networks
    from cnninspect.verify.verdict import verified

    inputs, remarks = _inputs(first, second)
    requests = [msgspec.structs.replace(each, inputs=inputs) for each in (first, second)]
    inspected = []
    for request in requests:
        say(f"inspecting {request.model.text}")
        inspected.append(_inspected(request))
    subjects, reports = zip(*inspected, strict=True)
    calls = _calls(subjects, inputs, first)
    mine, other = map(_side, requests, subjects, calls)
    networks = Networks(
        mine, other,
        dtypes=(subjects[0].dtype, subjects[1].dtype),
        reports=(reports[0], reports[1]),
        alignment=align(*reports),
        seed=first.seed,
        donor=next((index for index, request in enumerate(requests) if request.weights is not None), None),
    )  # fmt: skip
    evidence = verified(networks, say)
    return msgspec.structs.replace(evidence, notes=(*remarks, *evidence.notes))


def _inputs(first: Request, second: Request) -> tuple[tuple[InputSpec, ...], tuple[str, ...]]:
    """What both networks are to see: what was asked for, else the published input of the first that has one."""
    if first.inputs:
        return first.inputs, ()
    published = [(each.model.text, loading.default_inputs(each.model)) for each in (first, second)]
    known = [(name, inputs) for name, inputs in published if inputs]
    if not known:
        names = " and ".join(repr(name) for name, _ in published)
        raise RequestError(f"no published input is known for {names}", hint="add one: --input 1x3x224x224, for example")
    name, inputs = known[0]
    if all(others == inputs for _, others in known):
        return inputs, ()
    return inputs, (f"the published inputs differ: that of {name} was taken",)


def _inspected(request: Request) -> tuple[Subject, Report]:
    """A network as it is to be verified, and the report of one pass that it has already been through.

    Raises:
        CnnInspectError: It can't be built or run.
    """
    from cnninspect.loading import placement

    with naming(request.model.text), loading.hosting(request):
        subject = prepare(request)._replace(is_shared=True)  # it is needed again: the pass leaves nothing in it
        if subject.device.type == "meta":
            raise ModelError("it was built on the meta device: without values there is nothing to compare")
        report = inspection.inspect(subject)
        if subject.placed is subject.original or placement.has_lazy(
            subject.original
        ):  # the pass gave those their shapes
            return subject, report
        return place(
            subject.model, subject.original, subject.inputs, request.device, request.dtype,
            mode=request.mode, seed=request.seed, is_shared=True,
        ), report  # fmt: skip


def _side(request: Request, subject: Subject, calls: tuple[Any, ...]) -> "Side":
    from cnninspect.verify.side import Side

    hosting = partial(loading.hosting, request)
    return Side(request.model.text, subject.placed, calls, subject.device, request.mode, request.seed, hosting)


def _calls(subjects: Sequence[Subject], inputs: Sequence[InputSpec], request: Request) -> list[tuple[Any, ...]]:
    """The arguments of every run of each network: the same values, in the form that it takes them."""
    from cnninspect.loading import arrangement

    calls: list[list[Any]] = [[], []]
    for draw in range(_DRAWS):
        seed = request.seed + draw * len(inputs)
        values = [_drawn(each, subjects, seed + position) for position, each in enumerate(inputs)]
        for subject, made, own in zip(subjects, calls, zip(*values, strict=True), strict=True):
            args = [value for each, value in zip(inputs, own, strict=True) if not each.name]
            kwargs = {each.name: value for each, value in zip(inputs, own, strict=True) if each.name}
            kwargs |= {each.name: each.value for each in request.args}
            made.append(arrangement.arrange(subject.placed, args, kwargs))
    return [tuple(each) for each in calls]


def _drawn(spec: InputSpec, subjects: Sequence[Subject], seed: int) -> "tuple[Tensor, Tensor]":
    """One input for both: numbers that both dtypes have."""
    from cnninspect.loading import placement

    first, second = subjects
    value = placement.make_up(spec, first.device, first.dtype, seed)
    other: torch.dtype = second.dtype if spec.dtype is None else value.dtype
    rounded = value.to(other)
    return rounded.to(value.dtype), rounded
