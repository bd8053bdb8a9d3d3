"""What can be seen of a network, or of a file of weights, that does not run: kernels, and the statistics of weights."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnninspect.errors import ModelError, RequestError
from cnninspect.report import Model
from cnninspect.spec import WeightsFile
from cnninspect.tensor_tree import named_modules_in
from cnninspect.view import kernels
from cnninspect.view.looking import LookedAt
from cnninspect.view.viewed import NetworkView, WeightStatistics
from cnninspect.view.weight_statistics import statistics_of
from cnninspect.weights_files import state_files
from cnninspect.weights_files.rebuilt import PackedTensor, tensors_in


def view_of_file(file: WeightsFile, look: LookedAt) -> NetworkView:
    """What a file of weights holds.

    Args:
        file: As typed.
        look: At what.

    Raises:
        RequestError: It can't be read, or has no such weight.
        ModelError: There is not enough memory.
    """
    found = state_files.read(file.text)
    model = Model(file.text, file.text, "weights", "", file.text, {})
    if look.with_kernels:
        seen = kernels.layer_kernels(kernels.of_file(found.values, look.layer), look)
        return NetworkView(model=model, layer=look.layer, kernels=seen)
    values = _below(found.values, [look.layer or ""])
    if look.layer and not values:
        raise kernels.no_such_weight(look.layer, found.values)
    statistics, notes = _statistics(values)
    if found.entry:
        notes = [f"the state dict is the checkpoint's entry {found.entry!r}", *notes]
    return NetworkView(model=model, layer=look.layer, statistics=statistics, notes=tuple(notes))


def view_of_module(module: nn.Module, look: LookedAt, model: Model, fill: Callable[[nn.Module], None]) -> NetworkView:
    """What a network holds.

    Args:
        module: The network.
        look: At what.
        model: Which it is.
        fill: Draws the random weights of a part of it, if there are some to draw.

    Raises:
        RequestError: There is no such layer, or it has no kernels.
        ModelError: What is asked for has no values, or the network gives no state dict.
    """
    parts = dict(named_modules_in(module))
    if look.with_kernels:
        found = kernels.of_module(module, look.layer)
        fill(parts[found.path])
        return NetworkView(model=model, layer=found.path, kernels=kernels.layer_kernels(found, look))
    fill(module)
    try:
        values = module.state_dict()
    except Exception as error:
        raise ModelError(f"the model gives no state dict: {type(error).__name__}: {error}") from error
    layer = look.layer or ""
    paths = (layer,) if not layer or layer in values else kernels.layers_of(parts, layer)
    chosen = _below(values, paths)
    if layer and not chosen:
        raise RequestError(f"`{paths[0]}` {type(parts[paths[0]]).__name__} has no weights")
    statistics, notes = _statistics(chosen)
    return NetworkView(model=model, layer=look.layer, statistics=statistics, notes=tuple(notes))


def _below(values: Mapping[str, Any], paths: Collection[str]) -> Mapping[str, Any]:
    """Those whose keys are some paths, or below them."""
    if "" in paths:
        return values
    starts = tuple(f"{path}." for path in paths)
    return {key: value for key, value in values.items() if key in paths or key.startswith(starts)}


def _statistics(values: Mapping[str, Any]) -> tuple[tuple[WeightStatistics, ...], list[str]]:
    """Of every tensor, and what is to be said of them."""
    found, notes = list[WeightStatistics](), list[str]()
    for key, value in values.items():
        for statistics, note in _of_value(key, value):
            found.append(statistics)
            notes += filter(None, [note])
    notes += _odd(found)
    return tuple(found), list(dict.fromkeys(notes))


def _of_value(key: str, value: Any) -> Iterator[tuple[WeightStatistics, str | None]]:
    """Of a tensor, of one that only its own class could make, of those in the packed weights of a quantized module."""
    if isinstance(value, Tensor) and not is_lazy(value):
        yield statistics_of(key, value)
    elif isinstance(value, Tensor):
        shapeless = WeightStatistics(name=key, shape=(), dtype=str(value.dtype).removeprefix("torch."), elements=0)
        yield shapeless, f"`{key}` has no shape yet: it is lazy, and no input has given it one"
    elif isinstance(value, PackedTensor):
        dtype, elements = str(value.dtype).removeprefix("torch."), 1
        for side in value.shape:
            elements *= side
        bare = WeightStatistics(name=key, shape=value.shape, dtype=dtype, elements=elements)
        yield bare, f"the figures of `{key}` are unknown: it is a {value.name}, which only its own code could make"
    elif isinstance(value, tuple):
        for number, tensor in enumerate(tensors_in(value)):
            yield statistics_of(f"{key}.{number}", tensor)


def _odd(found: Iterable[WeightStatistics]) -> Iterator[str]:
    """Those that hold what is not finite, by name."""
    for each in found:
        parts = [(each.not_numbers, "NaN"), (each.infinite, "infinite")]
        said = [f"{count:,} {name}" for count, name in parts if count]
        if said:
            of_what = "its figures but the share of zeros are of the others"
            yield f"`{each.name}` has {' and '.join(said)} of {each.elements:,} numbers; {of_what}"
