"""From a request to what is to be run: a network and its inputs, placed on their device."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from cnninspect import loading, spec
from cnninspect.errors import ModelError, RequestError
from cnninspect.report import Model
from cnninspect.spec import PythonModel, Request
from cnninspect.spec.input_spec import InputSpec
from cnninspect.spec.plain_argument import Argument

if TYPE_CHECKING:
    import torch
    from torch import nn


#: The note where what was to run on the meta device did not.
ON_CPU: Final = "the meta device can't run this network: it was run on the CPU"


_SIDES: Final = 2  # of an image, at the end of its shape


class Subject(NamedTuple):
    """A network and the inputs it is to see: as they were given, and placed where it is to run."""

    model: Model
    mode: str
    seed: int
    dtype_name: str | None
    original: "nn.Module"
    inputs: Sequence[Any]
    is_shared: bool  # somebody else holds the module: it is to come back as it was
    placed: "nn.Module"
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    device: "torch.device"
    dtype: "torch.dtype"
    notes: tuple[str, ...] = ()
    on_cpu: Callable[[], "Subject"] | None = None  # the same with values, if it was asked for without


def prepare(request: Request, inputs: Sequence[Any] = ()) -> Subject:
    """Load what a request names, and put it where it is to run; it is called and used within ``hosting(request)``.

    Args:
        request: Has been checked.
        inputs: Tensors and specs in place of those of the request.

    Raises:
        RequestError: The request can't be carried out as written.
        ModelError: The network can't be built, or the device isn't there.
    """
    loaded = loading.load(request)
    if request.with_values and request.weights is None:
        loaded.fills.make_up(loaded.module, request.seed)
    is_shared = isinstance(request.model, PythonModel)  # the user's own code may hold it too
    given = inputs or loaded.inputs
    if request.side is not None:
        given = with_side(given, request.side)
    placed = of_module(request, loaded.module, given, is_shared=is_shared)
    subject = placed if request.batch is None else with_batch(placed, request.batch)
    if subject.device.type == "meta" == request.device:
        return subject._replace(on_cpu=partial(prepare, msgspec.structs.replace(request, device="cpu"), inputs))
    return subject


def model_of(request: Request) -> Model:
    """Which network it is, in the report's words; its class is known when it has been built."""
    model = request.model
    arguments = dict(getattr(model, "arguments", {}))
    return Model(model.text, spec.name_of(model), spec.source_of(model), "", request.weights, arguments)


def of_module(request: Request, module: "nn.Module", inputs: Sequence[Any], *, is_shared: bool = True) -> Subject:
    """A module as a request says that it is run.

    Args:
        request: Of what and how.
        module: What it names.
        inputs: Tensors and specs.
        is_shared: Does somebody else hold the module?

    Raises:
        RequestError: An input does not fit the way in which the network takes its inputs.
        ModelError: The device isn't there.
    """
    return place(
        model_of(request), module, [*inputs, *request.args], request.device, request.dtype,
        mode=request.mode, seed=request.seed, is_shared=is_shared,
    )  # fmt: skip


def place(
    model: Model,
    module: "nn.Module",
    inputs: Sequence[Any],
    device_name: str,
    dtype_name: str | None,
    *,
    mode: str,
    seed: int,
    is_shared: bool,
) -> Subject:
    """Put a network and its inputs where they are to run; what is an ``InputSpec`` is made up, each with other values.

    Raises:
        RequestError: An input does not fit the way in which the network takes its inputs.
        ModelError: The device isn't there.
    """
    from cnninspect.loading import arrangement, placement

    device, notes = placement.find_device(device_name), list[str]()
    on_cpu = partial(place, model, module, inputs, "cpu", dtype_name, mode=mode, seed=seed, is_shared=is_shared)
    lacks_values = placement.lacks_values(module)
    if device.type != "meta" and lacks_values:
        device = placement.find_device("meta")
        notes.append("the network was built on the meta device, where there are no values: it was run there")
    try:
        placed = placement.place(module, device, dtype_name)
    except ModelError:
        if device.type != "meta" or lacks_values:
            raise
        return on_cpu()._replace(notes=(ON_CPU,))
    dtype = placement.floating_dtype(placed)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for position, each in enumerate(inputs):
        if isinstance(each, Argument):
            kwargs[each.name] = each.value
        elif not isinstance(each, InputSpec):
            args.append(arrangement.copied(each, device))
        elif each.name:
            kwargs[each.name] = placement.make_up(each, device, dtype, seed + position)
        else:
            args.append(placement.make_up(each, device, dtype, seed + position))
    arranged, named = arrangement.arrange(placed, args, kwargs)
    return Subject(
        model, mode, seed, dtype_name, module, inputs, is_shared, placed, arranged, named, device, dtype, tuple(notes),
        on_cpu if device.type == "meta" and not lacks_values else None,
    )  # fmt: skip


def with_batch(subject: Subject, batch: int) -> Subject:
    """The same network with ``batch`` images: the first side of every input that has one, or so many in a list of them.

    Args:
        subject: As placed.
        batch: Images.

    Raises:
        RequestError: It is a program that was exported for another batch, and takes no other.
    """
    from cnninspect.loading.exported import fixed_batch

    fixed = fixed_batch(subject.original)
    if fixed is not None and fixed != batch:
        raise RequestError(
            f"--batch {batch}: {subject.model.spec!r} was exported with a fixed batch of {fixed}",
            hint="export it with dynamic_shapes",
        )
    inputs = (
        _listed(subject.inputs, batch)
        if _takes_a_list(subject)
        else [_in_batch(each, batch) for each in subject.inputs]
    )
    placed = place(
        subject.model, subject.original, inputs, str(subject.device), subject.dtype_name,
        mode=subject.mode, seed=subject.seed, is_shared=subject.is_shared,
    )  # fmt: skip
    return placed._replace(notes=subject.notes)


def _takes_a_list(subject: Subject) -> bool:
    return bool(subject.args) and isinstance(subject.args[0], list)


def with_side(inputs: Sequence[Any], side: int) -> list[Any]:
    """The same inputs with square images, whatever has channels and two sides behind them, of another size.

    Args:
        inputs: Specs.
        side: In pixels.

    Raises:
        RequestError: None of them is an image.
    """
    is_image = [isinstance(each, InputSpec) and len(each.shape) > _SIDES for each in inputs]
    if not any(is_image):
        raise RequestError(f"--sizes {side}: no input is an image", hint="give its shape: --input 1x3x224x224")
    return [
        msgspec.structs.replace(each, shape=(*each.shape[:-_SIDES], side, side)) if has_sides else each
        for each, has_sides in zip(inputs, is_image, strict=True)
    ]


def _in_batch(given: Any, batch: int) -> Any:
    if isinstance(given, InputSpec):
        return msgspec.structs.replace(given, shape=(batch, *given.shape[1:])) if given.shape else given
    if isinstance(given, Argument):
        return given
    from cnninspect.tensor_tree import mapped

    return mapped(
        given, lambda tensor: tensor[[place % len(tensor) for place in range(batch)]] if tensor.dim() else tensor
    )


def _listed(inputs: Sequence[Any], batch: int) -> list[Any]:
    """As many images as asked for, each like one of those that were given, in turn; what has a name stays."""
    images = [each for each in inputs if not isinstance(each, Argument) and getattr(each, "name", None) is None]
    flat = [image for each in images for image in (each if isinstance(each, list | tuple) else [each])]
    others = [each for each in inputs if not any(each is image for image in images)]
    many = [flat[place % len(flat)] for place in range(batch)]
    return [*(many if isinstance(flat[0], InputSpec) else [many]), *others]
