"""What is given in Python: a model by name or itself, inputs in whichever way people write them."""

import reprlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypedDict

from cnninspect import inspection, spec
from cnninspect.errors import RequestError
from cnninspect.report import Report
from cnninspect.spec import PythonModel, Request, SavedReport, WeightsFile
from cnninspect.spec.input_spec import InputSpec, parse_input
from cnninspect.spec.plain_argument import Scalar, argument
from cnninspect.spec.run_options import RunOptions
from cnninspect.subject import Subject, of_module

if TYPE_CHECKING:
    from typing import Unpack

    from torch import nn

#: Among the input specs of a request, for a tensor that is given itself.
_IN_PLACE: Final = InputSpec(())


class RunKeywords(TypedDict, total=False):
    """How a network is run, as all that run one are told: the keywords of ``inspect_model`` but for ``cache``."""

    inputs: Any
    args: Mapping[str, Scalar] | None
    device: str
    dtype: str | None
    mode: str
    weights: str | None
    source: str
    seed: int


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
        return inspection.inspect_weights(request)
    if not isinstance(model, str):
        return inspection.inspect(of_module(request, model, _given(request, inputs)))
    return _of_spec(request, inputs, cache=cache)


class RunManner(NamedTuple):
    """How a network is run, with what is said in Python read: its inputs, one an argument, and the rest."""

    inputs: Sequence[Any]
    args: Mapping[str, Scalar]
    source: str
    run: RunOptions


def manner_of(
    *,
    inputs: Any = (),
    args: Mapping[str, Scalar] | None = None,
    device: str = "cpu",
    dtype: str | None = None,
    mode: str = "eval",
    weights: str | None = None,
    source: str = "torchvision",
    seed: int = 0,
) -> RunManner:
    """What is said in Python of how a network is run.

    Args:
        inputs: As for ``inspect_model``, as the following.
        args: By name.
        device: Where it runs.
        dtype: Of the floating parameters and of made-up inputs.
        mode: ``eval`` or ``train``.
        weights: A published name, or the file of a state dict.
        source: Of a bare name.
        seed: Of made-up input values.

    Raises:
        RequestError: There is no such mode or seed.
    """
    run = run_options(device, dtype, mode, weights, seed)
    return RunManner(one_an_argument(inputs), args or {}, source, run)


@contextmanager
def prepared_model(model: "str | nn.Module", **said: "Unpack[RunKeywords]") -> Iterator[Subject]:
    """Context in which a model is loaded and placed.

    Args:
        model: A spec or a module.
        said: How it is run.

    Raises:
        RequestError: The request can't be carried out as written, or nothing runs.
        ModelError: The network can't be built, or the device isn't there.
    """
    inputs, args, source, run = manner_of(**said)
    request = _requested_of(model, run, inputs, args, source)
    if isinstance(request, WeightsFile):
        raise RequestError(f"{request.text!r} is a file of weights: there is nothing to run")
    if not isinstance(model, str):
        yield of_module(request, model, _given(request, inputs))
        return
    with inspection.prepared(request, _given(request, inputs)) as subject:
        yield subject


def run_options(device: str, dtype: str | None, mode: str, weights: str | None, seed: int) -> RunOptions:
    """How a model is to be run, as it is said in Python.

    Raises:
        RequestError: There is no such mode.
    """
    dtype = str(dtype).removeprefix("torch.") if dtype else None  # a torch.dtype will do, and a torch.device
    file = None if weights is None else str(weights)  # a Path will do
    return RunOptions(
        device=str(device), dtype=dtype, mode=spec.check_mode(mode), weights=file, seed=spec.check_seed(seed)
    )


def _requested_of(
    model: "str | nn.Module", run: RunOptions, inputs: Sequence[Any], args: Mapping[str, Scalar] | None, source: str
) -> Request | WeightsFile:
    specs, arguments = [_parsed(each) for each in inputs], [argument(*each) for each in (args or {}).items()]
    if not isinstance(model, str):
        _check_module(model, inputs, run.weights)
        return spec.request(as_spec(model), run, specs, arguments)
    parsed = spec.parse_model(model, str(source))
    if isinstance(parsed, SavedReport):
        raise RequestError(f"{model!r} is not a model that can run", hint="read a report with Report.from_json")
    return inspection.requested(parsed, run, specs, arguments)


def _of_spec(request: Request, inputs: Sequence[Any], *, cache: bool) -> Report:
    """From the cache if that is asked for and nothing but words decides the report; else of a run."""
    given = _given(request, inputs)
    is_in_words = all(isinstance(each, InputSpec) for each in given)
    from cnninspect.cache import opened

    kept = opened(warnings.warn) if cache and is_in_words else None
    return (
        inspection.report_of(request, given)
        if kept is None
        else kept.through(request, lambda: inspection.report_of(request))
    )


def one_an_argument(inputs: Any) -> Sequence[Any]:
    """A shape, a spec or a tensor that is given alone is that of the only argument; ``None`` is none."""
    if inputs is None:
        return ()
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
        raise RequestError(
            f"{reprlib.repr(module)} is not a module", hint="give an instance of an nn.Module, or a model spec"
        )


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
