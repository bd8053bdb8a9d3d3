"""From a request to a report. The one way in, for the command line and for Python."""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from platform import python_version
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from cnninspect import __version__, loading, spec
from cnninspect.errors import ModelError, RequestError
from cnninspect.forward_error import ForwardError
from cnninspect.report import SCHEMA_VERSION, Report, Run, Tool
from cnninspect.spec import InlineModel, Request, RunnableModel, SavedReport, WeightsFile
from cnninspect.spec.input_spec import InputSpec
from cnninspect.spec.plain_argument import Argument
from cnninspect.spec.run_options import RunOptions
from cnninspect.spec.sources import PACKAGES
from cnninspect.subject import ON_CPU, Subject, prepare
from cnninspect.units import binary

if TYPE_CHECKING:
    from cnninspect.capture.forward import Capture


#: Among the input specs of a request, for a tensor that is given itself.
_IN_PLACE: Final = InputSpec(())
_NOTHING: Final = InlineModel("", ())  # in the place of a model, where a file is all there is


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
        return inspect(subject, on_call=on_step, with_graph=request.with_graph)


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


def inspect(subject: Subject, *, on_call: Callable[[str], None] | None = None, with_graph: bool = False) -> Report:
    """Run the one forward pass.

    A pass that meta can't run (it needs values: it picks boxes, say) is run on the CPU, with a note.

    Args:
        subject: A network and its inputs, placed.
        on_call: Called with the path of each layer before it runs.
        with_graph: Note who takes what from whom, too.

    Raises:
        ModelError: The forward pass raises.
    """
    report = partial(_report, on_call=on_call, with_graph=with_graph)
    try:
        return report(subject)
    except ForwardError as error:
        if subject.on_cpu is None or error.is_certain:
            raise
        return _on_cpu(subject, subject.on_cpu, error, report)


def _on_cpu(
    subject: Subject, build: Callable[[], Subject], error: ForwardError, run: Callable[[Subject], Report]
) -> Report:
    """The same run on the CPU, if there is room for it.

    Raises:
        ModelError: There is none, or it fails there, too.
    """
    from cnninspect.capture.failure import is_lack_of_memory, needs_values

    _check_room(subject, error)
    try:
        report = run(build())
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


def _report(subject: Subject, *, on_call: Callable[[str], None] | None, with_graph: bool) -> Report:
    from cnninspect.capture.forward import capture

    report = partial(_report_of, subject)
    return report(capture(
        subject.placed, subject.args, subject.kwargs, device=subject.device, mode=subject.mode, seed=subject.seed,
        keep=subject.is_shared and subject.placed is subject.original, with_graph=with_graph,
        on_call=on_call, report=report,
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
        graph=shown.graph,
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
