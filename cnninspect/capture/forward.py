"""The one forward pass: how it is run, and what it showed."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, NamedTuple

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from cnninspect.capture import not_a_number, receptive_field, tensor_origins
from cnninspect.capture.failure import explained, title
from cnninspect.capture.graph_recorder import GraphRecorder
from cnninspect.capture.holdings import not_unpacked, own
from cnninspect.capture.layers import layers_of, totals_of
from cnninspect.capture.modules import ModuleRecorder, named_arguments
from cnninspect.capture.operators import OperatorMode
from cnninspect.capture.untouched import BeforeWrite, seeded, switches_kept, untouched
from cnninspect.errors import ModelError
from cnninspect.process import alone, deep, old_aside, uncollected
from cnninspect.report import Graph, Layer, Report, TensorSpec, Totals, UncountedOp
from cnninspect.tensor_tree import attributes_in, buffers_in, modules_in, named_tensors, parameters_in
from cnninspect.torch_internals.compiler import spare_the_compiler, uncompiled
from cnninspect.torch_internals.default_devices import makes_on


class Capture(NamedTuple):
    """What one forward pass showed."""

    layers: tuple[Layer, ...]
    totals: Totals
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    uncounted_ops: tuple[UncountedOp, ...]
    seconds: float
    notes: tuple[str, ...] = ()
    graph: Graph | None = None


def capture(
    module: nn.Module,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    device: torch.device,
    mode: str = "eval",
    seed: int = 0,
    keep: bool = True,
    with_graph: bool = False,
    on_call: Callable[[str], None] | None = None,
    report: Callable[[Capture], Report] | None = None,
) -> Capture:
    """Run ``module(*args, **kwargs)`` once and record it.

    Args:
        module: Runs where it is; it comes back as it was.
        args: Positional arguments, tensors or containers of them, on ``device``.
        kwargs: Named arguments, likewise.
        device: Where the module is.
        mode: ``eval`` or ``train``.
        seed: Of what the forward pass draws itself (dropout).
        keep: Whether to put the module back as it was; a module that nobody else has needs no keeping.
        with_graph: Note who takes what from whom, too.
        on_call: Called with the path of each layer before it runs.
        report: Makes the report that the error of a pass that fails has with it, of what was seen until then.

    Raises:
        ForwardError: The forward pass raised; the layer is named.
        ModelError: It has no such mode.
    """

    def attempt(autograd: AbstractContextManager[None]) -> Capture:
        kept = untouched(modules) if keep else nullcontext()
        with kept as before_write, seeded(seed, device):
            set_up(module, mode)
            recorder = _recorder(module, on_call)
            recorder.graph = GraphRecorder(lambda: recorder.running) if with_graph else None
            return _run(recorder, args, kwargs, device, autograd, before_write, report)

    with alone(), deep():
        modules = modules_in(module)
        return uncompiled(lambda: _in_its_way(modules, attempt))


def _recorder(module: nn.Module, on_call: Callable[[str], None] | None) -> ModuleRecorder:
    try:
        return ModuleRecorder(module, on_call)
    except RecursionError as error:
        raise ModelError("the model can't be run: one of its modules holds itself") from error


def _in_its_way(modules: Sequence[nn.Module], attempt: Callable[[AbstractContextManager[None]], Capture]) -> Capture:
    """An attempt in the quickest mode of autograd that the modules run in."""
    # what a lazy module makes in inference mode can't become its parameters
    has_lazy = any(is_lazy(parameter) for part in modules for parameter in own(part))
    try:
        return attempt(torch.no_grad() if has_lazy else torch.inference_mode())
    except ModelError as error:
        other_way = _other_way(error.__cause__)
        if other_way is None:
            raise
    return attempt(other_way)


def runs(
    module: nn.Module,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    device: torch.device,
    is_good: Callable[[Any], bool],
) -> bool | None:
    """Does ``module(*args, **kwargs)`` run? Nothing is recorded, which is quicker; ``None`` if ``capture`` has to tell.

    Args:
        module: In the mode that it is to run in; nobody else's, or kept by who calls.
        args: As for ``capture``.
        kwargs: Likewise.
        device: Where the module is.
        is_good: Whether what it gives will do.
    """
    there: AbstractContextManager[object] = nullcontext()
    if device.type == "meta":
        there = device
        spare_the_compiler()
    try:
        with there, switches_kept(), torch.inference_mode():
            result = uncompiled(lambda: module(*args, **kwargs))
    except Exception as error:  # noqa: BLE001 - whatever it is, the network doesn't take this input
        return None if _other_way(error) else False
    return is_good(result)


def set_up(module: nn.Module, mode: str) -> None:
    """Put ``module`` in the mode that it is to run in, and let it run as it is counted.

    Raises:
        ModelError: Its own code has something against it.
    """
    try:
        parts = modules_in(module)
        _set_mode(module, parts, is_training=mode == "train")
        _keep_padding(parts)
    except Exception as error:
        raise ModelError(f"the model can't be put into {mode} mode: {str(error) or type(error).__name__}") from error


def _set_mode(module: nn.Module, parts: Sequence[nn.Module], *, is_training: bool) -> None:
    if all(map(_is_set_plainly, parts)):  # most are in it already
        for part in parts:
            if part.training != is_training:
                part.training = is_training
        return
    try:
        module.train(is_training)
    except NotImplementedError:  # a program of torch.export keeps the mode that it was exported in
        if is_training:
            raise
        for part in module.modules():
            part.training = False


def _is_set_plainly(module: nn.Module) -> bool:
    """Does nobody do anything beside, or instead, when the mode of ``module`` is set?"""
    kind = type(module)
    is_own = kind.train is nn.Module.train and kind.__setattr__ is nn.Module.__setattr__
    return is_own and "train" not in module.__dict__


def _keep_padding(modules: Iterable[nn.Module]) -> None:
    """Let no encoder leave out padded tokens, as it may on the CPU: a mask doesn't reduce MACs or shapes."""
    for m in modules:
        if isinstance(m, nn.TransformerEncoder):
            m.use_nested_tensor = False


def _other_way(error: BaseException | None) -> AbstractContextManager[None] | None:
    """How else to run a forward that failed for our way of running it; both are slower."""
    if isinstance(error, RuntimeError) and any(word in str(error) for word in ("nference", "require grad")):
        return torch.enable_grad()  # it differentiates (forces, energies)
    if isinstance(error, RuntimeError) and "incompatible tensor type" in str(error):
        return torch.no_grad()  # it gives its parameters new data, which can't come from inference mode
    return None


def _run(
    recorder: ModuleRecorder,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    device: torch.device,
    autograd: AbstractContextManager[None],
    before_write: BeforeWrite | None,
    report: Callable[[Capture], Report] | None,
) -> Capture:
    for _, tensor in named_tensors([*args, *kwargs.values()]):
        receptive_field.mark_input(tensor)
    module = recorder.root
    counter, graph = OperatorMode(recorder.add, before_write, recorder.graph), recorder.graph
    recorder.operators = counter
    if graph:
        graph.begin(named_arguments(module, args, kwargs))
    # On meta, what the model makes itself (positions, masks) is made there too, or nothing would fit together.
    makes_there: AbstractContextManager[object] = nullcontext()
    if device.type == "meta":
        makes_there = makes_on(device)
        spare_the_compiler()
    notes = []

    def until_then() -> Report | None:
        if report is None or not recorder.calls:
            return None
        return report(_shown(modules_in(module), recorder, counter, 0.0, ()))

    try:
        with explained(recorder, until_then), makes_there, switches_kept(), old_aside(), autograd:
            started = time.perf_counter()
            with recorder, counter:
                result = module(*args, **kwargs)
            if graph:
                graph.end([("", result)])
            if device.type not in {"cpu", "meta"}:
                torch.accelerator.synchronize(device)
            seconds = time.perf_counter() - started
            if not_a_number.has_nan(result):
                notes.append(not_a_number.note(module, args, kwargs))
    finally:
        parts = modules_in(module)
        receptive_field.forget([*parameters_in(parts), *buffers_in(parts)])
        if graph:
            tensor_origins.forget([*parameters_in(parts), *buffers_in(parts), *attributes_in(parts)])
    return _shown(parts, recorder, counter, seconds, tuple(notes))


def _missing(recorder: ModuleRecorder) -> Iterator[str]:
    """What gave something in which no tensor could be found, in words."""
    for path, (kind, gave) in list(recorder.without_tensors.items())[:1]:
        others = len(recorder.without_tensors) - 1
        more = f"; {others} more such layer{'s' * (others > 1)}" if others else ""
        yield f"no tensor could be found in what {title(path, kind)} gives, of type {gave}{more}"


def _shown(
    parts: Sequence[nn.Module],
    recorder: ModuleRecorder,
    counter: OperatorMode,
    seconds: float,
    notes: tuple[str, ...],
) -> Capture:
    if recorder.calls_elsewhere:
        counter.uncounted["in other threads"] = recorder.calls_elsewhere
    with uncollected():
        layers = layers_of(recorder, parts)
    uncounted = tuple(UncountedOp(op, calls) for op, calls in sorted(counter.uncounted.items()))
    root = layers[0]
    graph, lost = (recorder.graph.graph(), recorder.graph.notes()) if recorder.graph else (None, ())
    notes = (*notes, *recorder.notes, *lost, *counter.notes, *_missing(recorder), *_doubts(parts[0], root))
    return Capture(layers, totals_of(parts, root), root.inputs, root.outputs, uncounted, seconds, notes, graph)


def _doubts(module: nn.Module, root: Layer) -> Iterator[str]:
    """Why parameters are unknown."""
    if root.trainable_params is None:
        yield "parameters are unknown: a lazy layer holds some that no input has given a shape"
    elif root.params is None:
        places = [f"`{path}`" if path else "the model itself" for path in not_unpacked(module)]
        more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
        yield f"parameters are unknown: torch can't unpack what is packed in {', '.join(places[:_NAMED])}{more}"


_NAMED: Final = 3
