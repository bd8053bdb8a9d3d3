"""The kernels of a layer, or of a weight in a file: those that see the colours of an image, others by channel."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnninspect.errors import ModelError, RequestError, unknown_name
from cnninspect.layer_names import NamedLayer, named
from cnninspect.tensor_tree import named_modules_in
from cnninspect.torch_internals import TransposedConvolution
from cnninspect.view.looking import LookedAt, picked
from cnninspect.view.planes import PlaneFigures, dense, figures_of, known, plane_of
from cnninspect.view.viewed import LayerKernels, ViewedKernel

_LEAST, _SIDES, _MOST = 3, 4, 5  # dimensions of (filters, channels, L), of (…, H, W) and of (…, D, H, W)
_COLORS: Final = 3
_MOST_SHOWN: Final = 4096


class Weighted(NamedTuple):
    """Something that has kernels.

    Attributes:
        type: The class of the layer; empty in a file.
        weight: ``(filters, channels, …)``.
        is_first: Nothing before it has some.
    """

    path: str
    type: str
    weight: Tensor
    is_first: bool


def of_module(module: nn.Module, word: str | None) -> Weighted:
    """The layer of a network that is meant.

    Args:
        module: The network.
        word: A path, a type or a number; ``None``, or several that are meant: the first that has kernels.

    Raises:
        RequestError: There is no such layer, or it has no kernels.
        ModelError: Its weight has no shape yet.
    """
    parts = dict(named_modules_in(module))
    if word is not None and word not in parts:
        word = word.removesuffix(".weight")
    meant = list(parts) if word is None else layers_of(parts, word)
    with_kernels = [name for name, part in parts.items() if _has_kernels(part)]
    if not with_kernels and word is None:
        raise RequestError("no layer of it has kernels", hint="leave --kernels out for the statistics of its weights")
    chosen = next((name for name in meant if name in with_kernels), meant[0])
    part = parts[chosen]
    weight = weight_of(part)
    if weight is not None and is_lazy(weight):
        raise ModelError(f"`{chosen}` has no kernels yet: no input has given it a shape")
    if weight is None or chosen not in with_kernels:
        raise _none(chosen, type(part).__name__, weight, with_kernels)
    if isinstance(part, TransposedConvolution) and part.groups == 1:
        weight = weight.transpose(0, 1)
    return Weighted(chosen, type(part).__name__, weight, chosen == with_kernels[0])


def of_file(tensors: Mapping[str, Any], path: str | None) -> Weighted:
    """The weight in a file that is meant: of a layer, or by its own key.

    Args:
        tensors: By their keys.
        path: Of the layer, or the key; ``None``: the first that has kernels.

    Raises:
        RequestError: There is no such weight, or it has no kernels.
    """
    with_kernels = [key for key, value in tensors.items() if isinstance(value, Tensor) and _is_of_kernels(value)]
    names = [path, f"{path}.weight"] if path is not None else with_kernels[:1]
    key = next((name for name in names if name in tensors), None)
    if key is None:
        if path is None:
            raise RequestError("no weight in it has kernels", hint="leave --kernels out for statistics")
        raise no_such_weight(path, tensors)
    value = tensors[key]
    if key not in with_kernels:
        raise _none(key, "", value if isinstance(value, Tensor) else None, with_kernels)
    return Weighted(key, "", value, key == with_kernels[0])


def layers_of(parts: Mapping[str, nn.Module], word: str) -> tuple[str, ...]:
    """The paths that a word means, in the order in which they are defined.

    Args:
        parts: All of a network, by their paths.
        word: As typed.

    Raises:
        RequestError: There is no such layer.
    """
    layers = [NamedLayer(path, type(part).__name__) for path, part in parts.items()]
    holders = {path.rpartition(".")[0] for path in parts if path}
    return named(word, layers, [path for path in parts if path not in holders])


def no_such_weight(path: str, keys: Iterable[str]) -> RequestError:
    """The error for a layer that isn't there in a file.

    Args:
        path: As typed.
        keys: In the file.
    """
    known = list(dict.fromkeys(filter(None, (key.rpartition(".")[0] for key in keys))))
    see = f"give a path, such as {', '.join(known[:5])}" if known else "its weights are of no layer: leave it out"
    return unknown_name("layer", path, known, see=see)


def weight_of(part: nn.Module) -> Tensor | None:
    """The weight of a layer, also of one that is parametrized, or packs it."""
    weight = getattr(part, "weight", None)
    if callable(weight) and not isinstance(weight, Tensor) and ".quantized." in f"{type(part).__module__}.":
        weight = weight()
    return weight if isinstance(weight, Tensor) else None


def _has_kernels(part: nn.Module) -> bool:
    weight = weight_of(part)
    return weight is not None and (is_lazy(weight) or _is_of_kernels(weight))


def _is_of_kernels(weight: Tensor) -> bool:
    return _LEAST <= weight.dim() <= _MOST and weight.numel() > 0


def _none(path: str, kind: str, weight: Tensor | None, others: list[str]) -> RequestError:
    has = "it has no weight" if weight is None else f"its weight is {'×'.join(map(str, weight.shape)) or 'a number'}"
    hint = f"those that have some: {', '.join(others[:5])}" if others else "leave --kernels out for statistics"
    return RequestError(f"`{path}`{f' {kind}' if kind else ''} has no kernels: {has}", hint=hint)


def layer_kernels(found: Weighted, look: LookedAt) -> LayerKernels:
    """What is shown of the kernels.

    Args:
        found: What has them.
        look: Which are asked for.

    Raises:
        RequestError: There is no such filter, or there are too many kernels to be shown.
        ModelError: The weight has no values.
    """
    try:
        weight = dense(found.weight)
    except RuntimeError as error:
        raise ModelError(f"the kernels of `{found.path}` have no values that could be shown: {error}") from error
    filters, channels = weight.shape[:2]
    is_colored = found.is_first and channels == _COLORS and weight.dim() == _SIDES
    flat = weight.flatten(2)
    planes = flat.flatten(1) if is_colored else flat.flatten(0, 1)
    figures = figures_of(planes)
    if look.channels is not None and not is_colored:
        own = picked([0.0] * filters, look, f"`{found.path}`")
        places = [place * channels + channel for place in own for channel in range(channels)]
    else:
        places = picked(figures.strengths, look, f"`{found.path}`")
    if len(places) > _MOST_SHOWN:
        hint = "name filters: --channels 0,1,2"
        raise RequestError(f"`{found.path}` has {len(places):,} kernels: too many to be shown at once", hint=hint)
    ends = [abs(end) for end in (*figures.least, *figures.largest) if known(end) is not None]
    return LayerKernels(
        path=found.path, type=found.type, shape=tuple(found.weight.shape), scale=max(ends, default=0.0),
        shown=tuple(_kernel(weight, place, figures, is_colored=is_colored) for place in places),
    )  # fmt: skip


def _kernel(weight: Tensor, place: int, figures: PlaneFigures, *, is_colored: bool) -> ViewedKernel:
    number, channel = (place, None) if is_colored else divmod(place, weight.shape[1])
    values = weight[number] if channel is None else weight[number, channel][None]
    return ViewedKernel(
        filter=number, channel=channel, strength=known(figures.strengths[place]), least=known(figures.least[place]),
        largest=known(figures.largest[place]), odd=figures.odd[place],
        values=tuple(plane_of(_flat(each)) for each in values),
    )  # fmt: skip


def _flat(kernel: Tensor) -> Tensor:
    """As a matrix: a row is one of one row, slices stand beside each other."""
    if kernel.dim() == 1:
        return kernel[None]
    return kernel if kernel.dim() == _SIDES - 2 else kernel.permute(1, 0, 2).flatten(1)
