"""Runs layers on a matrix, one after another; the results are torch's own, and every window is checked against them."""

import copy
import warnings
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from cnninspect.apply import parameters
from cnninspect.apply.applied import Applied, Step, Window
from cnninspect.apply.arithmetic import check
from cnninspect.apply.given import Given
from cnninspect.apply.planning import Explained, explain
from cnninspect.apply.values import Maps
from cnninspect.apply.windows import windows
from cnninspect.errors import ModelError, RequestError
from cnninspect.report import SCHEMA_VERSION

#: More operands than this are no longer looked at, by anybody.
_MOST_OPERANDS = 1_000_000
_PLANE, _ROW, _VECTOR = 4, 3, 2  # dimensions of (1, C, H, W), (1, C, L) and (1, N)


def apply(
    module: nn.Module,
    names: Sequence[str],
    values: Maps,
    *,
    weights: Sequence[Given] = (),
    biases: Sequence[Given] = (),
    seed: int = 0,
    mode: str = "eval",
    dtype: str = "float64",
    is_drawn: bool = True,
) -> Applied:
    """Apply layers to a matrix, one after another.

    Args:
        module: The layers, or the one layer; its parameters are filled here.
        names: Of the layers, as they were typed.
        values: ``(C, H, W)``.
        weights: The user's own; layers without get torch's own, from ``seed``.
        biases: Likewise; 0 where only a weight is given.
        seed: Of all that is random.
        mode: ``eval`` or ``train``.
        dtype: That torch computes in.
        is_drawn: The layers' own weights are drawn from ``seed``; else they are as they are.

    Raises:
        RequestError: Weights don't fit the layers, or a layer is not one for a matrix.
        ModelError: A layer's forward pass raises.
    """
    layers = list(module) if isinstance(module, nn.Sequential) else [module]
    own_weights, own_biases = (parameters.assigned(each, layers) for each in (weights, biases))
    floating: torch.dtype = getattr(torch, dtype)
    tensor = torch.tensor([values], dtype=floating)
    steps: list[Step] = []
    with torch.random.fork_rng(devices=[]), torch.no_grad(), warnings.catch_warnings(action="ignore"):
        if is_drawn:
            parameters.initialise(layers, seed)
        torch.manual_seed(seed)
        for index, (layer, name) in enumerate(zip(layers, names, strict=True)):
            layer.to(floating).train(mode == "train")
            tensor = _fitted(layer, name, tensor)
            if any(map(nn.parameter.is_lazy, (*layer.parameters(), *layer.buffers()))):
                _forward(layer, name, tensor)
            parameters.put_in(layer, name, own_weights.get(index), own_biases.get(index))
            result = _forward(layer, name, tensor)
            steps.append(_step(layer, name, tensor, result))
            tensor = result
    return Applied(SCHEMA_VERSION, tuple(steps))


def copied(module: object) -> nn.Sequential:
    """The layers of a module in their order, copied: those of sequences, also inside each other.

    Raises:
        RequestError: It is no module, or has no layer.
        ModelError: It can't be copied.
    """
    if not isinstance(module, nn.Module):
        hint = "give layers as they are typed, 'MaxPool2d(2)', or an instance of an nn.Module"
        raise RequestError(f"{module!r} is not a layer", hint=hint)
    try:
        layers = list(_flat(copy.deepcopy(module)))
    except Exception as error:
        raise ModelError(f"{type(module).__name__} can't be copied: {error}") from error
    if not layers:
        raise RequestError(f"{type(module).__name__} has no layer in it")
    return nn.Sequential(*layers)


def _flat(module: nn.Module) -> Iterator[nn.Module]:
    if type(module) is nn.Sequential:
        for each in module:
            yield from _flat(each)
    else:
        yield module


def _fitted(layer: nn.Module, name: str, tensor: Tensor) -> Tensor:
    """The tensor as a layer for rows, or one for planes, wants it.

    Raises:
        RequestError: It is neither.
    """
    kind = type(layer).__name__.removeprefix("Lazy")
    if kind.endswith("1d") and tensor.dim() == _PLANE:
        if tensor.shape[2] != 1:
            raise RequestError(
                f"{name} works on one row, and gets {tensor.shape[2]}",
                hint=f"give one row, or use {type(layer).__name__.replace('1d', '2d')}",
            )
        return tensor[:, :, 0]
    if kind.endswith("2d") and tensor.dim() != _PLANE:
        raise RequestError(f"{name} works on matrices, and gets {_shape(tensor)}", hint="put it before that layer")
    wanted = getattr(layer, "in_channels", None)
    if isinstance(wanted, int) and wanted and tensor.dim() >= _ROW and tensor.shape[1] != wanted:
        raise ModelError(
            f"{name} wants {wanted} channel{'s' * (wanted > 1)} and gets {tensor.shape[1]}: {_shape(tensor)}",
            hint="'|' goes between the channels of --values",
        )
    return tensor


def _forward(layer: nn.Module, name: str, tensor: Tensor) -> Tensor:
    try:
        result = layer(tensor.clone())  # a layer may work in place
    except Exception as error:
        raise _refused(layer, name, tensor, error) from error
    if not isinstance(result, Tensor) or not _VECTOR <= result.dim() <= _PLANE or result.shape[0] != 1:
        what = f"{_shape(result)}" if isinstance(result, Tensor) else f"a {type(result).__name__}"
        raise RequestError(f"{name} gives {what}, which is no matrix", hint="leave it out")
    if result.numel() == 0:
        raise ModelError(f"{name} leaves nothing of {_shape(tensor)}: it gives {_shape(result)}")
    return result


def _refused(layer: nn.Module, name: str, tensor: Tensor, error: Exception) -> ModelError:
    """Why the layer can't take the tensor: in our words, or in torch's where we have none."""
    from cnninspect.apply.refusals import refusal

    what = f"{name} can't be applied to {_shape(tensor)}"
    try:
        found = refusal(layer, tensor.shape)
    except (TypeError, ValueError, AttributeError, IndexError):  # settings of kinds that no layer takes
        found = None
    if found is not None:
        return ModelError(f"{what}: {found.reason}", hint=found.hint)
    if isinstance(error, TypeError):
        return ModelError(
            f"{what}: one of its settings is of a kind that it does not take",
            hint=f"they are those of torch.nn.{type(layer).__name__}",
        )
    said = str(error).strip().partition("\n")[0]
    return ModelError(f"{what}\n  torch says: {said}" if said else f"{what}: {type(error).__name__}")


def _step(layer: nn.Module, name: str, tensor: Tensor, result: Tensor) -> Step:
    before, after = _maps(tensor), _maps(result)
    weights = parameters.weights_of(layer)
    rounding = torch.finfo(result.dtype).eps
    how = explain(layer, before, after, weights, _dimensions(layer, tensor), rounding)
    step = Step(
        layer=name,
        rule=how.rule,
        formula=how.formula,
        divisor=how.divisor,
        input_shape=tuple(tensor.shape),
        output_shape=tuple(result.shape),
        input=before,
        output=after,
        weights=weights,
        biases=parameters.biases_of(layer),
        statistics=how.statistics,
        windows=_windows(how, after, name),
    )
    check(step, how.function, rounding)
    return step


def _dimensions(layer: nn.Module, tensor: Tensor) -> int:
    """Of a map as the layer sees it; what slides along a row takes a vector for one."""
    is_row = tensor.dim() == _VECTOR and type(layer).__name__.endswith("1d") and hasattr(layer, "kernel_size")
    return 1 if is_row else tensor.dim() - 2


def _windows(how: Explained, after: Maps, name: str) -> tuple[Window, ...]:
    if how.plan is None:
        return ()
    operands = how.plan.operands(len(after))
    if operands > _MOST_OPERANDS:
        raise RequestError(
            f"{name}: its windows see {operands:,} elements, at most {_MOST_OPERANDS:,} are worked out",
            hint="take a smaller matrix or fewer channels; 'cnninspect summary' has the shapes of any size",
        )
    return windows(how.plan, after)


def _maps(tensor: Tensor) -> Maps:
    """A batch of one as ``(C, H, W)``: a row is a matrix of one row, a vector is one channel of one row."""
    shaped = tensor[0]
    if tensor.dim() == _ROW:
        shaped = shaped[:, None]
    elif tensor.dim() == _VECTOR:
        shaped = shaped[None, None]
    return tuple(tuple(map(tuple, channel)) for channel in shaped.tolist())


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a single number"
