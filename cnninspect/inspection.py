"""From a request to a report. The one way in, for the command line and for Python."""

import functools
import reprlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from platform import python_version
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from cnninspect import __version__, loading, spec
from cnninspect.errors import ModelError, RequestError
from cnninspect.report import SCHEMA_VERSION, ForwardError, Report, Run, Tool
from cnninspect.spec import InlineModel, PythonModel, Request, RunnableModel, SavedReport, WeightsFile
from cnninspect.spec.input_spec import InputSpec, parse_input
from cnninspect.spec.plain_argument import Argument, Scalar, argument
from cnninspect.spec.run_options import RunOptions
from cnninspect.spec.sources import PACKAGES
from cnninspect.subject import ON_CPU, Subject, model_of, place, prepare
from cnninspect.units import binary

if TYPE_CHECKING:
    from torch import nn

    from cnninspect.capture.forward import Capture


#: Among the input specs of a request, for a tensor that is given itself.
_IN_PLACE: Final = InputSpec(())
_NOTHING: Final = InlineModel("", ())  # in the place of a model, where a file is all there is


def inspect_model(
    model: "str | nn.Module",
    *,
    inputs: Any = (),
    args: Mapping[str, Scalar] | None = None,
    device: str = "cpu",
    dtype: str | None = None,
    mode: str = "eval",
    weights: str | None = None,
    source: str = "torchvision",
    seed: int = 0,
    cache: bool = False,
) -> Report:
    """One dummy forward pass, and what it showed.

    >>> report = inspect_model("nn:Conv2d(3, 8, 5); ReLU()", inputs=(1, 3, 32, 32))
    >>> report.totals.params, report.totals.macs  # 8·(3·5·5 + 1), and 8·3·5·5 for each of 28·28
    (608, 470400)
    >>> report.layers[1].outputs[0].shape
    (1, 8, 28, 28)

    Args:
        model: A model spec such as ``"alexnet"`` or ``"nn:Conv2d(3, 7, 5)"``, or a module. A module comes
            back as it was: hooks, training flag, parameters, buffers and ``requires_grad`` untouched. The
            file of a state dict gives its names, shapes and parameters, and nothing runs.
        inputs: One an argument, in their order, or the only one alone: input specs (``"1x3x224x224"``), shapes
            (``(1, 3, 224, 224)``), tensors, or lists and dicts of tensors; a spec may name its argument. Empty: the
            published input of a model that has one.
        args: What ``forward`` takes beside tensors, by name: ``{"use_cache": False}``.
        device: ``cpu``, ``cuda``, ``cuda:N``, ``mps``, ``meta`` (shapes alone) or ``auto``.
        dtype: Of the floating parameters and of made-up inputs; by default the model's own.
        mode: ``eval`` or ``train``.
        weights: A name that torchvision publishes, or the file of a state dict.
        source: Of a bare name: ``torchvision`` or ``scratch``.
        seed: Of made-up input values.
        cache: Take the report of a built-in network (torchvision, scratch, timm) from an earlier run if one was kept,
            which ``run.cached`` says, and keep it otherwise, unless ``CNNINSPECT_CACHE=off`` is in the environment.
            By default nothing is: what your process has changed in torch could come out elsewhere. Tensors and
            modules that you give are always run.

    Returns:
        The layers in the order in which they ran, a parent before its children, and the totals: parameters and
        activations in elements, MACs in multiply-accumulates, sizes in bytes. Shapes are those of the tensors, ``(N, C,
        H, W)`` for images. ``print`` shows its table, ``to_json`` saves it.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or its forward pass raises.
    """
    inputs = one_an_argument(inputs)
    run = run_options(device, dtype, mode, weights, seed)
    request = _requested_of(model, run, inputs, args, source)
    if isinstance(request, WeightsFile):
        return inspect_weights(request)
    if not isinstance(model, str):
        return inspect(_placed(model, request, inputs))
    return _of_spec(request, inputs, cache=cache)


@contextmanager
def prepared_model(
    model: "str | nn.Module",
    *,
    inputs: Any = (),
    args: Mapping[str, Scalar] | None = None,
    device: str = "cpu",
    dtype: str | None = None,
    mode: str = "eval",
    weights: str | None = None,
    source: str = "torchvision",
    seed: int = 0,
) -> Iterator[Subject]:
    """Context in which a model is loaded and placed; the arguments are those of ``inspect_model``.

    Raises:
        RequestError: The request can't be carried out as written, or nothing runs.
        ModelError: The network can't be built, or the device isn't there.
    """
    inputs = one_an_argument(inputs)
    run = run_options(device, dtype, mode, weights, seed)
    request = _requested_of(model, run, inputs, args, source)
    if isinstance(request, WeightsFile):
        raise RequestError(f"{request.text!r} is a file of weights: there is nothing to run")
    if not isinstance(model, str):
        yield _placed(model, request, inputs)
        return
    with prepared(request, _given(request, inputs)) as subject:
        yield subject


def run_options(device: str, dtype: str | None, mode: str, weights: str | None, seed: int) -> RunOptions:
    """How a model is to be run, as it is said in Python.

    Raises:
        RequestError: There is no such mode.
    """
    dtype = str(dtype).removeprefix("torch.") if dtype else None  # a torch.dtype will do, and a torch.device
    return RunOptions(device=str(device), dtype=dtype, mode=spec.check_mode(mode), weights=weights, seed=seed)


def _requested_of(
    model: "str | nn.Module", run: RunOptions, inputs: Sequence[Any], args: Mapping[str, Scalar] | None, source: str
) -> Request | WeightsFile:
    specs, arguments = [_parsed(each) for each in inputs], [argument(*each) for each in (args or {}).items()]
    if not isinstance(model, str):
        _check_module(model, inputs, run.weights)
        return spec.request(as_spec(model), run, specs, arguments)
    parsed = spec.parse_model(model, source)
    if isinstance(parsed, SavedReport):
        raise RequestError(f"{model!r} is not a model that can run", hint="read a report with Report.from_json")
    return requested(parsed, run, specs, arguments)


_File = TypeVar("_File", bound=SavedReport | WeightsFile)


def requested(
    model: RunnableModel | _File, run: RunOptions, inputs: Iterable[InputSpec] = (), args: Iterable[Argument] = ()
) -> Request | _File:
    """What is to be run, checked as far as it can be without torch; a file that is no model needs no run.

    Args:
        model: As parsed.
        run: How, as typed.
        inputs: Parsed already, in place of those of ``run``.
        args: Likewise.

    Raises:
        RequestError: The request can't be carried out as written.
    """
    if isinstance(model, SavedReport | WeightsFile):
        if spec.request(_NOTHING, run, inputs, args) != Request(_NOTHING):
            raise RequestError(
                f"{model.text!r} is {spec.kind_of_file(model)}: there is nothing to run",
                hint="--input, --arg, --device, --dtype, --mode, --weights and --seed go with a model",
            )
        return model
    request = spec.request(model, run, inputs, args)
    loading.check(request)
    return request


def _of_spec(request: Request, inputs: Sequence[Any], *, cache: bool) -> Report:
    """From the cache if that is asked for and nothing but words decides the report; else of a run."""
    given = _given(request, inputs)
    is_in_words = all(isinstance(each, InputSpec) for each in given)
    from cnninspect.cache import opened

    kept = opened(warnings.warn) if cache and is_in_words else None
    return report_of(request, given) if kept is None else kept.through(request, lambda: report_of(request))


def one_an_argument(inputs: Any) -> Sequence[Any]:
    """A shape, a spec or a tensor that is given alone is that of the only argument."""
    is_shape = isinstance(inputs, list | tuple) and bool(inputs) and all(type(side) is int for side in inputs)
    return inputs if isinstance(inputs, list | tuple) and not is_shape else [inputs]


def input_spec_of(given: Any) -> InputSpec:
    """A spec, or a shape, in whichever way.

    Raises:
        RequestError: It is neither.
    """
    parsed = _parsed(given)
    if parsed is _IN_PLACE:
        hint = 'write a shape: "1x3x224x224", for example'
        raise RequestError(f"{reprlib.repr(given)} is not an input", hint=hint)
    return parsed


def _parsed(given: Any) -> InputSpec:
    """A spec, or a shape, in whichever way; ``_IN_PLACE`` for what is to go in itself."""
    if isinstance(given, str):
        return parse_input(given)
    if isinstance(given, list | tuple) and given and all(type(side) is int for side in given):
        return parse_input("x".join(map(str, given)))
    return given if isinstance(given, InputSpec) else _IN_PLACE


def _given(request: Request, inputs: Sequence[Any]) -> list[Any]:
    """Specs as parsed, and tensors as they are."""
    return [parsed if parsed is not _IN_PLACE else each for each, parsed in zip(inputs, request.inputs, strict=True)]


def check_is_module(module: Any) -> None:
    """Check that it is an instance of a module.

    Raises:
        RequestError: It is something else.
    """
    if not callable(getattr(module, "named_modules", None)) or isinstance(module, type):
        raise RequestError(f"{module!r} is not a module", hint="give an instance of an nn.Module, or a model spec")


def _check_module(module: Any, inputs: Sequence[Any], weights: str | None) -> None:
    check_is_module(module)
    if not inputs:
        raise RequestError("a module has no input of its own", hint='add one: inputs=["1x3x224x224"], for example')
    if weights is not None:
        raise RequestError("weights go with a name; load them into the module before")


def as_spec(module: "nn.Module") -> PythonModel:
    """How a module would be named, were it to be loaded."""
    kind = type(module)
    return PythonModel(f"{kind.__module__}.{kind.__qualname__}", kind.__module__, kind.__name__)


def _placed(module: "nn.Module", request: Request, inputs: Sequence[Any]) -> Subject:
    return place(
        model_of(request), module, [*_given(request, inputs), *request.args], request.device, request.dtype,
        mode=request.mode, seed=request.seed, is_shared=True,
    )  # fmt: skip


def inspect_weights(file: WeightsFile) -> Report:
    """A file of weights on its own: names, shapes, dtypes, parameters; nothing runs.

    Raises:
        RequestError: It is missing, damaged, or no file of weights.
    """
    from cnninspect.weights_files import listing

    return listing.listed(file)


def report_of(request: Request, inputs: Sequence[Any] = (), *, on_step: Callable[[str], None] | None = None) -> Report:
    """The report of a checked request: load, place, run once.

    Args:
        request: Has been checked.
        inputs: Tensors and specs in place of those of the request.
        on_step: Called with each step before it is done: importing, building, the path of each layer.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or its forward pass raises.
    """
    with prepared(request, inputs, on_step=on_step) as subject:
        return inspect(subject, on_call=on_step)


@contextmanager
def prepared(
    request: Request, inputs: Sequence[Any] = (), *, on_step: Callable[[str], None] | None = None
) -> Iterator[Subject]:
    """Context in which what a checked request names is loaded and placed; the arguments are those above.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or the device isn't there.
    """
    from cnninspect.loading import packages

    say = on_step or (lambda _: None)
    say("importing torch")
    packages.import_packages(request)
    say("building the network")
    with loading.hosting(request):
        yield prepare(request, inputs)


def inspect(subject: Subject, *, on_call: Callable[[str], None] | None = None) -> Report:
    """Run the one forward pass.

    A pass that meta can't run (it needs values: it picks boxes, say) is run on the CPU, with a note.

    Args:
        subject: A network and its inputs, placed.
        on_call: Called with the path of each layer before it runs.

    Raises:
        ModelError: The forward pass raises.
    """
    try:
        return _report(subject, on_call)
    except ForwardError as error:
        if subject.on_cpu is None or error.is_certain:
            raise
        return _on_cpu(subject, subject.on_cpu, error, on_call)


def _on_cpu(
    subject: Subject, build: Callable[[], Subject], error: ForwardError, on_call: Callable[[str], None] | None
) -> Report:
    """The same run on the CPU, if there is room for it.

    Raises:
        ModelError: There is none, or it fails there, too.
    """
    from cnninspect.capture.failure import is_lack_of_memory, needs_values

    _check_room(subject, error)
    try:
        report = _report(build(), on_call)
    except ModelError as other:
        raise (error if is_lack_of_memory(other.__cause__) else other) from error
    needs = "the forward pass needs values, which the meta device has not: it was run on the CPU"
    return msgspec.structs.replace(report, notes=(*report.notes, needs if needs_values(error.__cause__) else ON_CPU))


def _check_room(subject: Subject, error: ForwardError) -> None:
    """Hold free memory against what is known to be needed: new tensors, inputs, the largest output so far.

    Raises:
        ModelError: It is too little.
    """
    from cnninspect.loading import memory, placement
    from cnninspect.tensor_tree import named_tensors

    is_new = placement.lacks_values(subject.original) or subject.dtype_name is not None
    held = [*subject.placed.parameters(), *subject.placed.buffers()] if is_new else []
    given = [tensor for _, tensor in named_tensors([*subject.args, *subject.kwargs.values()])]
    largest = max((layer.output_bytes or 0 for layer in error.report.layers), default=0) if error.report else 0
    needed, free = memory.size([*held, *given]) + largest, memory.free()
    if free is not None and needed > free:
        raise ModelError(
            f"{error.message}\n  the meta device can't run it, and on the CPU it takes at least {binary(needed)}, "
            f"of which {binary(free)} are free",
            hint=error.hint,
        ) from error


def _report(subject: Subject, on_call: Callable[[str], None] | None) -> Report:
    from cnninspect.capture.forward import capture

    report = partial(_report_of, subject)
    return report(capture(
        subject.placed, subject.args, subject.kwargs, device=subject.device, mode=subject.mode, seed=subject.seed,
        keep=subject.is_shared and subject.placed is subject.original, on_call=on_call, report=report,
    ))  # fmt: skip


def _report_of(subject: Subject, shown: "Capture") -> Report:
    from cnninspect.capture.tensors import dtype_name

    kind = type(subject.placed)
    packages = [name for name in PACKAGES if name in {"torch", kind.__module__.partition(".")[0]}]
    return Report(
        schema_version=SCHEMA_VERSION,
        tool=Tool("cnninspect", __version__),
        model=msgspec.structs.replace(subject.model, class_path=f"{kind.__module__}.{kind.__qualname__}"),
        run=Run(
            device=str(subject.device),
            dtype=dtype_name(subject.dtype),
            mode=subject.mode,
            inputs=shown.inputs,
            outputs=shown.outputs,
            seconds=shown.seconds,
            cached=False,
            versions={"python": python_version()} | {name: _version(name) for name in packages},
        ),
        totals=shown.totals,
        layers=shown.layers,
        uncounted_ops=shown.uncounted_ops,
        notes=(*subject.notes, *shown.notes),
    )


@functools.cache
def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def torchinfo_table(subject: Subject, depth: int) -> str:
    """Torchinfo's own table of the same model and input.

    Raises:
        ModelError: torchinfo can't run it.
    """
    from cnninspect.capture import second_opinion

    try:
        return second_opinion.table(
            subject.placed, subject.args, subject.kwargs, device=subject.device, mode=subject.mode, depth=depth
        )
    except ModelError:
        inspect(subject)  # if it is the model that fails, this says why
        raise


def cross_check(subject: Subject, report: Report) -> list[str]:
    """Every shape and parameter count on which torchinfo sees something else than ``report``, in words.

    Raises:
        ModelError: torchinfo can't run the model.
    """
    from cnninspect.capture import second_opinion

    return second_opinion.differences(
        report, subject.placed, subject.args, subject.kwargs, device=subject.device, mode=subject.mode
    )
