"""From a request to a report: load, place, capture. The one way in, for the command line and for Python."""

from collections.abc import Sequence
from importlib.metadata import version
from platform import python_version
from typing import TYPE_CHECKING, NamedTuple

from cnninspect import __version__, loading, spec
from cnninspect.errors import RequestError
from cnninspect.report import SCHEMA_VERSION, Model, Report, Run, Tool
from cnninspect.spec import InputSpec, PythonModel, Request, SavedReport, WeightsFile

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class Subject(NamedTuple):
    """A network where it is to run, with the inputs it is to see."""

    module: "nn.Module"
    args: "tuple[Tensor, ...]"
    kwargs: "dict[str, Tensor]"
    device: "torch.device"
    dtype: "torch.dtype"
    is_shared: bool  # somebody else holds the module: it is to come back as it was


def inspect_model(
    model: "str | nn.Module",
    *,
    inputs: "Sequence[str | Tensor]" = (),
    device: str = "cpu",
    dtype: str | None = None,
    mode: str = "eval",
    weights: str | None = None,
    source: str = "torchvision",
    seed: int = 0,
) -> Report:
    """One dummy forward pass, and what it showed.

    Args:
        model: A model spec such as ``"alexnet"`` or ``"nn:Conv2d(3, 7, 5)"``, or a module. A module comes
            back as it was: hooks, training flag, parameters, buffers and ``requires_grad`` untouched.
        inputs: Input specs (``"1x3x224x224"``) or tensors, in the order of the model's arguments; a spec
            may name its argument. Empty: the published input of a model that has one.
        device: ``cpu``, ``cuda``, ``cuda:N``, ``mps``, ``meta`` (shapes alone) or ``auto``.
        dtype: Of the floating parameters and of made-up inputs; by default the model's own.
        mode: ``eval`` or ``train``.
        weights: A name that torchvision publishes, or the file of a state dict.
        source: Of a bare name: ``torchvision`` or ``scratch``.
        seed: Of made-up input values.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or its forward pass raises.
    """
    given = [spec.parse_input(each) if isinstance(each, str) else each for each in inputs]
    spec.check_device(device)
    spec.check_mode(mode)
    dtype = spec.parse_dtype(dtype, floating=True) if dtype else None
    if isinstance(model, str):
        parsed = spec.parse_model(model, source)
        if isinstance(parsed, SavedReport | WeightsFile):
            raise RequestError(f"{model!r} is not a model that can run", hint="read a report with Report.from_json")
        specs = tuple(each if isinstance(each, InputSpec) else InputSpec(tuple(each.shape)) for each in given)
        request = Request(parsed, specs, device, dtype, mode, weights, seed)
        loading.check(request)
        with loading.hosting(request):
            loaded = loading.load(request)
            is_shared = isinstance(parsed, PythonModel)
            subject = _prepare(loaded.module, given or loaded.inputs, device, dtype, seed, is_shared=is_shared)
            return inspect(request, subject)
    if not given:
        raise RequestError("a module has no input of its own", hint='add one: inputs=["1x3x224x224"], for example')
    if weights is not None:
        raise RequestError("weights go with a name; load them into the module before")
    subject = _prepare(model, given, device, dtype, seed, is_shared=True)
    kind = type(model)
    named = Model(f"{kind.__module__}.{kind.__qualname__}", kind.__name__, "python", "", None, {})
    return _report(subject, named, mode, seed)


def prepare(request: Request) -> Subject:
    """Load what a request names, and put it where it is to run; to be called within ``loading.hosting(request)``.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or the device isn't there.
    """
    loaded = loading.load(request)
    is_shared = isinstance(request.model, PythonModel)  # its own code may hold it too
    return _prepare(loaded.module, loaded.inputs, request.device, request.dtype, request.seed, is_shared=is_shared)


def _prepare(
    module: "nn.Module",
    inputs: "Sequence[InputSpec | Tensor]",
    device_name: str,
    dtype_name: str | None,
    seed: int,
    *,
    is_shared: bool,
) -> Subject:
    from cnninspect.loading import placement

    device = placement.find_device(device_name)
    placed = placement.place(module, device, dtype_name)
    dtype = placement.floating_dtype(placed)
    args: list[Tensor] = []
    kwargs: dict[str, Tensor] = {}
    for each in inputs:
        if isinstance(each, InputSpec):
            tensor = placement.make_up(each, device, dtype, seed)
            if each.name:
                kwargs[each.name] = tensor
                continue
        else:
            tensor = each.detach().clone().to(device)  # the caller's own stays as it is, whatever happens to this one
        args.append(tensor)
    return Subject(placed, tuple(args), kwargs, device, dtype, is_shared=is_shared and placed is module)


def inspect(request: Request, subject: Subject) -> Report:
    """Run the one forward pass that ``request`` asks for.

    Raises:
        ModelError: The forward pass raises.
    """
    model = request.model
    arguments = getattr(model, "arguments", {})
    named = Model(model.text, spec.name_of(model), spec.source_of(model), "", request.weights, dict(arguments))
    return _report(subject, named, request.mode, request.seed)


def _report(subject: Subject, model: Model, mode: str, seed: int) -> Report:
    import msgspec

    from cnninspect.capture.forward import capture
    from cnninspect.capture.tensors import dtype_name

    shown = capture(
        subject.module, subject.args, subject.kwargs,
        device=subject.device, mode=mode, seed=seed, keep=subject.is_shared,
    )  # fmt: skip
    kind = type(subject.module)
    packages = ("torch", "torchvision") if kind.__module__.startswith("torchvision.") else ("torch",)
    return Report(
        schema_version=SCHEMA_VERSION,
        tool=Tool("cnninspect", __version__),
        model=msgspec.structs.replace(model, class_path=f"{kind.__module__}.{kind.__qualname__}"),
        run=Run(
            device=str(subject.device),
            dtype=dtype_name(subject.dtype),
            mode=mode,
            inputs=shown.inputs,
            outputs=shown.outputs,
            seconds=shown.seconds,
            cached=False,
            versions={"python": python_version()} | {name: version(name) for name in packages},
        ),
        totals=shown.totals,
        layers=shown.layers,
        uncounted_ops=shown.uncounted_ops,
        notes=(),
    )


def torchinfo_table(request: Request, subject: Subject, depth: int) -> str:
    """Torchinfo's own table of the same model and input.

    Raises:
        ModelError: torchinfo can't run it.
    """
    from cnninspect.capture import second_opinion

    return second_opinion.table(
        subject.module, subject.args, subject.kwargs, device=subject.device, mode=request.mode, depth=depth
    )


def cross_check(request: Request, subject: Subject, report: Report) -> list[str]:
    """Every shape and parameter count on which torchinfo sees something else than ``report``, in words.

    Raises:
        ModelError: torchinfo can't run the model.
    """
    from cnninspect.capture import second_opinion

    return second_opinion.differences(
        report, subject.module, subject.args, subject.kwargs, device=subject.device, mode=request.mode
    )
