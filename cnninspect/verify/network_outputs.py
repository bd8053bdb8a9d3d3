"""What one network gives for its inputs, with gradients for the first of them; and how far two such are apart."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnninspect.errors import ModelError
from cnninspect.tensor_tree import named_tensors
from cnninspect.verify.differences import computable, difference, gap, has_numbers, magnitude, worst
from cnninspect.verify.evidence import Difference
from cnninspect.verify.side import Side, filled, reason, run

Named = list[tuple[str, Tensor]]


class NetworkOutputs(NamedTuple):
    """What a network gave.

    Attributes:
        outputs: Of each call, every tensor with its place.
        statistics: In train mode the buffers as the calls left them, by key.
        gradients: Of the first call, by key of a parameter or as ``input 0``; ``None`` for what the output doesn't
            depend on. All of it is ``None`` if there are none.
        obstacle: Why there are none.
        is_broken: The network gives outputs but can't be differentiated: that is a fault of it.
    """

    outputs: list[Named]
    statistics: dict[str, Tensor]
    gradients: dict[str, Tensor | None] | None
    obstacle: str | None
    is_broken: bool


def outcome(
    side: Side, tensors: Mapping[str, Tensor], values: Mapping[str, Tensor], *, is_wide: bool
) -> NetworkOutputs:
    """Run all calls of ``side`` with ``values`` in its ``tensors``.

    Raises:
        ModelError: A forward pass raises.
    """
    outputs: list[Named] = []
    with filled(side, tensors, values, is_wide=is_wide):
        first, gradients, obstacle, is_broken = _differentiated(side, tensors, is_wide=is_wide)
        if first is not None:
            outputs.append(first)
        outputs.extend(_kept(run(side, number, is_wide=is_wide)) for number in range(len(outputs), len(side.calls)))
        buffers = {key: tensor for key, tensor in tensors.items() if not isinstance(tensor, nn.Parameter)}
        statistics = {key: buffer.clone() for key, buffer in buffers.items()} if side.mode == "train" else {}
    return NetworkOutputs(outputs, statistics, gradients, obstacle, is_broken and bool(outputs))


def _kept(result: Any) -> Named:
    return [(name, computable(tensor.detach()).clone()) for name, tensor in named_tensors(result)]


def _differentiated(
    side: Side, tensors: Mapping[str, Tensor], *, is_wide: bool
) -> tuple[Named | None, dict[str, Tensor | None] | None, str | None, bool]:
    """The outputs of the first call and its gradients, or why there are none and whether that is a fault."""
    leaves: list[Tensor] = []
    try:
        result = run(side, 0, is_wide=is_wide, leaves=leaves)
    except ModelError as error:
        why = reason(error.__cause__ or error)
        return None, None, f"{side.name}: no gradient: its forward pass fails when it is recorded: {why}", True
    outputs = _kept(result)
    scalars = [_scalar(tensor, number) for number, (_, tensor) in enumerate(named_tensors(result)) if _can(tensor)]
    if not scalars:
        return outputs, None, f"{side.name} has no output that can be differentiated", False
    parameters = [key for key, tensor in tensors.items() if isinstance(tensor, nn.Parameter) and tensor.requires_grad]
    targets = list({id(tensors[key]): tensors[key] for key in parameters}.values())
    try:
        found = torch.autograd.grad(torch.stack(scalars).sum(), [*targets, *leaves], allow_unused=True)
    except Exception as error:  # noqa: BLE001 - a backward pass may run the user's own code
        return outputs, None, f"{side.name}: its backward pass fails: {reason(error)}", True
    by_id = {id(target): grad for target, grad in zip(targets, found, strict=False)}
    gradients = {key: by_id[id(tensors[key])] for key in parameters}
    gradients |= {f"input {number}": grad for number, grad in enumerate(found[len(targets) :])}
    return outputs, {key: _dense(grad) for key, grad in gradients.items()}, None, False


def _can(tensor: Tensor) -> bool:
    return tensor.requires_grad and tensor.numel() > 0


def _dense(grad: Tensor | None) -> Tensor | None:
    return grad if grad is None or grad.layout is torch.strided else grad.to_dense()


def _scalar(tensor: Tensor, number: int) -> Tensor:
    """The output's component in a random direction: a plain sum of what a softmax gives would be constant."""
    real = torch.view_as_real(tensor) if tensor.is_complex() else computable(tensor)
    generator = torch.Generator().manual_seed(number)
    direction = torch.randn(real.shape, generator=generator, dtype=torch.float64)
    return (real * direction.to(real.device, real.dtype)).sum().to(torch.promote_types(real.dtype, torch.float32))


class Apart(NamedTuple):
    """How far outputs, gradients and statistics are apart, and where the last two are the farthest.

    ``None`` where they could not be compared.
    """

    outputs: Difference | None = None
    gradients: Difference | None = None
    gradient_at: str | None = None
    statistics: Difference | None = None
    statistic_at: str | None = None


class Compared(NamedTuple):
    """Two networks' outcomes, held against each other.

    Attributes:
        found: The differences.
        obstacles: Why something could not be compared.
        is_apart: That is in itself a difference.
    """

    found: Apart
    obstacles: tuple[str, ...] = ()
    is_apart: bool = False


def compared(
    first: NetworkOutputs, second: NetworkOutputs, sources: Mapping[str, str], names: tuple[str, str]
) -> Compared:
    """How far two outcomes are apart, which have come about in the same dtype.

    Args:
        first: Of the first network.
        second: Of the second one.
        sources: From a key of the second network to one of the first.
        names: Of the two networks.
    """
    obstacle = _unlike(first.outputs[0], second.outputs[0], names)
    if obstacle:
        return Compared(Apart(), (obstacle,), is_apart=True)
    groups = [_outputs(mine, other) for mine, other in zip(first.outputs, second.outputs, strict=True)]
    outputs = worst(each for each in groups if each is not None)
    pairs = _pairs(
        first.statistics, {key: second.statistics[key] for key in sources if key in second.statistics}, sources
    )
    statistics = _apart(pairs) if first.statistics or second.statistics else (None, None)
    if first.gradients is None or second.gradients is None:
        is_apart = first.is_broken != second.is_broken or (first.gradients is None) != (second.gradients is None)
        notes = tuple(each.obstacle for each in (first, second) if each.obstacle)
        return Compared(Apart(outputs, None, None, *statistics), notes, is_apart)
    gradients = _apart(_pairs(first.gradients, second.gradients, sources))
    return Compared(Apart(outputs, *gradients, *statistics))


def _unlike(first: Named, second: Named, names: tuple[str, str]) -> str | None:
    """Are the outputs of different structure or shape?"""
    if [(name, tensor.shape) for name, tensor in first] == [(name, tensor.shape) for name, tensor in second]:
        return None
    return f"the outputs are not of one form: {names[0]} gives {_form(first)}, {names[1]} gives {_form(second)}"


def _form(outputs: Named, most: int = 4) -> str:
    shown = [
        " ".join(filter(None, (f"[{name}]" if name else "", "×".join(map(str, tensor.shape)) or "a scalar")))
        for name, tensor in outputs[:most]
    ]
    return (", ".join(shown) or "no tensor") + (f" and {len(outputs) - most} more" if len(outputs) > most else "")


def _outputs(first: Named, second: Named) -> Difference | None:
    """The outputs of one call; ``None`` if neither network gives a number."""
    if not any(has_numbers(tensor) for _, tensor in (*first, *second)):
        return None
    return _apart((name, mine, other) for (name, mine), (_, other) in zip(first, second, strict=True))[0]


def _apart(named: Iterable[tuple[str, Tensor | None, Tensor | None]]) -> tuple[Difference, str | None]:
    """The largest difference among pairs of tensors, and which it is; what isn't there is 0."""
    largest, gaps = 0.0, dict[str, float]()
    for name, mine, other in named:
        sizes = [magnitude(each) for each in (mine, other) if each is not None]
        largest = max(largest, *sizes, 0.0)
        if mine is not None and other is not None:
            gaps[name] = gap(mine, other) if mine.shape == other.shape else math.nan
        else:
            gaps[name] = sum(sizes)
    found = difference(gaps.values(), largest)
    if found.is_nothing:
        return found, None
    return found, max(gaps, key=lambda name: math.inf if math.isnan(gaps[name]) else gaps[name])


def _pairs(
    first: Mapping[str, Tensor | None], second: Mapping[str, Tensor | None], sources: Mapping[str, str]
) -> Iterator[tuple[str, Tensor | None, Tensor | None]]:
    """What belongs together, by the key in the first."""
    by_source = {sources.get(key, key): tensor for key, tensor in second.items()}
    for key in dict.fromkeys((*first, *by_source)):
        yield key, first.get(key), by_source.get(key)
