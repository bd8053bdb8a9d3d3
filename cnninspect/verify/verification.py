"""From two requests to the evidence whether they name one network: load both, align their layers, run them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cnninspect import inspection, loading, python_api
from cnninspect.compare.alignment import align
from cnninspect.errors import ModelError, RequestError, naming
from cnninspect.report import Report
from cnninspect.spec import Request
from cnninspect.spec.input_spec import InputSpec
from cnninspect.spec.plain_argument import Scalar, argument
from cnninspect.subject import Subject, place
from cnninspect.verify import contenders
from cnninspect.verify.contenders import Contender
from cnninspect.verify.evidence import Evidence

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from cnninspect.verify.side import Side

_DRAWS: Final = 3


def verify_models(
    first: "str | nn.Module",
    second: "str | nn.Module",
    *,
    inputs: Any = (),
    args: Mapping[str, Scalar] | None = None,
    device: str = "cpu",
    dtype: str | None = None,
    mode: str = "eval",
    weights: str | None = None,
    source: str = "torchvision",
    seed: int = 0,
) -> Evidence:
    """Are two definitions the same network? Both are run with the same weights on the same random inputs.

    >>> evidence = verify_models("nn:Linear(3, 2); ReLU()", "nn:Linear(3, 2); LeakyReLU(0.5)", inputs=(4, 3))
    >>> evidence.verification.verdict.value, evidence.departure.first
    ('different', '1')

    Args:
        first: A model spec, or a module, which comes back as it was.
        second: Likewise.
        inputs: As for ``inspect_model``; values are drawn here, and a tensor stands for its shape and its dtype. By
            default the published input of the first that has one.
        args: What ``forward`` takes beside tensors, by name.
        device: ``cpu``, ``cuda``, ``cuda:N``, ``mps`` or ``auto``.
        dtype: Of the floating parameters and inputs of the first run; another one is in float64.
        mode: ``eval`` or ``train``.
        weights: A published name, or the file of a state dict, for both; by default random ones.
        source: Of a bare name.
        seed: Of the random weights and inputs.

    Returns:
        The verdict, ``identical``, ``equivalent`` or ``different``, in ``verification``; how far outputs and gradients
        are apart at most, absolutely and relative to the largest magnitude; where the two part first.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: One of the networks can't be built or run; it is named.
    """
    specs = [contenders.spec_of(each) for each in python_api.one_an_argument(inputs)]
    given = [argument(*each) for each in (args or {}).items()]
    run = python_api.run_options(device, dtype, mode, weights, seed)
    one, other = (contenders.contender(each, run, source, specs, given) for each in (first, second))
    return _evidence(contenders.checked(one, other))


def evidence_of(first: Request, second: Request, say: Callable[[str], None] = lambda _: None) -> Evidence:
    """Whether two models are the same network.

    Args:
        first: Has been checked, with ``check``.
        second: Likewise.
        say: Is told what is being done.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: One of the networks can't be built or run; it is named.
    """
    return _evidence((Contender(first), Contender(second)), say)


def _evidence(pair: tuple[Contender, Contender], say: Callable[[str], None] = lambda _: None) -> Evidence:
    say("importing torch")
    from cnninspect.verify.networks import Networks
    from cnninspect.verify.verdict import verified

    first = pair[0].request
    inputs, remarks = _inputs(first, pair[1].request)
    both = [each._replace(request=msgspec.structs.replace(each.request, inputs=inputs)) for each in pair]
    inspected = []
    for each in both:
        say(f"inspecting {each.request.model.text}")
        inspected.append(_inspected(each))
    subjects, reports = zip(*inspected, strict=True)
    calls = _calls(subjects, inputs, first)
    mine, other = map(_side, both, subjects, calls)
    networks = Networks(
        mine, other,
        dtypes=(subjects[0].dtype, subjects[1].dtype),
        reports=(reports[0], reports[1]),
        alignment=align(*reports),
        seed=first.seed,
        donor=next((index for index, each in enumerate(both) if each.request.weights is not None), None),
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


def _inspected(contender: Contender) -> tuple[Subject, Report]:
    """A network as it is to be verified, and the report of one pass that it has already been through.

    Raises:
        CnnInspectError: It can't be built or run.
    """
    from cnninspect.loading import placement

    request = contender.request
    with naming(request.model.text), contender.hosting():
        subject = contender.prepared()
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


def _side(contender: Contender, subject: Subject, calls: tuple[Any, ...]) -> "Side":
    from cnninspect.verify.side import Side

    request = contender.request
    return Side(
        request.model.text, subject.placed, calls, subject.device, request.mode, request.seed, contender.hosting
    )


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
