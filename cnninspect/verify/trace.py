"""Both networks side by side, layer by layer, on one input: from where on do they part?"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnninspect.compare.alignment import Aligned
from cnninspect.tensor_tree import named_tensors
from cnninspect.verify.differences import computable, difference, gap, has_numbers, magnitude, worst
from cnninspect.verify.evidence import Difference
from cnninspect.verify.side import Side, filled, run


class LayerAgreement(NamedTuple):
    """What was seen of one entry of an alignment; ``None`` where nothing was: a layer not called, or in one only.

    Attributes:
        inputs_agree: The same reaches both layers.
        outputs_agree: Both give the same.
        is_identity: A layer of one network only gives what it gets; of such a layer ``None``: it is never called.
        outputs: How far the numbers that they give are apart.
        is_permuted: The numbers that reach them are the same, but in another order.
    """

    inputs_agree: bool | None = None
    outputs_agree: bool | None = None
    is_identity: bool | None = None
    outputs: Difference | None = None
    is_permuted: bool = False


class _Met(NamedTuple):
    """What a layer got and gave in one call, copied: the next layer may work in place."""

    inputs: list[Tensor]
    outputs: list[Tensor]


def traced(
    sides: tuple[Side, Side],
    tensors: tuple[Mapping[str, Tensor], Mapping[str, Tensor]],
    values: tuple[Mapping[str, Tensor], Mapping[str, Tensor]],
    alignment: Sequence[Aligned],
    *,
    is_wide: bool,
    tolerance: float,
) -> tuple[LayerAgreement, ...]:
    """What was seen of each entry of ``alignment``.

    Raises:
        ModelError: A forward pass raises.
    """
    met = []
    for index, (side, held, given) in enumerate(zip(sides, tensors, values, strict=True)):
        paths = [entry.second if index else entry.first for entry in alignment]
        with filled(side, held, given, is_wide=is_wide), _recording(side.module, paths) as calls:
            run(side, 0, is_wide=is_wide)
        met.append(_by_entry(side.module, paths, calls))
    return tuple(_seen(mine, other, tolerance) for mine, other in zip(*met, strict=True))


def _seen(first: _Met | None, second: _Met | None, tolerance: float) -> LayerAgreement:
    if first is not None and second is not None:
        inputs, outputs = _apart(first.inputs, second.inputs), _apart(first.outputs, second.outputs)
        is_permuted = not inputs.is_within(tolerance) and _are_permuted(first.inputs, second.inputs, tolerance)
        has_any = any(map(has_numbers, (*first.outputs, *second.outputs)))
        agree = inputs.is_within(tolerance), outputs.is_within(tolerance)
        return LayerAgreement(*agree, None, outputs if has_any else None, is_permuted)
    only = first or second
    return LayerAgreement(is_identity=None if only is None else _apart(only.inputs[:1], only.outputs).is_nothing)


def _are_permuted(first: list[Tensor], second: list[Tensor], tolerance: float) -> bool:
    """Are they the same numbers in another order? Complex ones have none."""
    if any(tensor.is_complex() for tensor in (*first, *second)):
        return False
    mine, other = ([tensor.flatten().sort().values for tensor in side] for side in (first, second))
    return _apart(mine, other).is_within(tolerance)


def _apart(first: list[Tensor], second: list[Tensor]) -> Difference:
    if [tensor.shape for tensor in first] != [tensor.shape for tensor in second]:
        return Difference(None, None)
    pairs = list(zip(first, second, strict=True))
    largest = (max(magnitude(mine), magnitude(other)) for mine, other in pairs)
    each = [difference([gap(*pair)], size) for pair, size in zip(pairs, largest, strict=True)]
    return worst(each) or Difference(0.0, 0.0)


@contextmanager
def _recording(module: nn.Module, paths: Sequence[str | None]) -> Iterator[dict[int, list[_Met]]]:
    """Record each call of the modules at ``paths``, by ``id`` of the module."""
    modules = dict(module.named_modules(remove_duplicate=False))
    calls: dict[int, list[_Met]] = {}
    handles = []

    def before(layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        calls.setdefault(id(layer), []).append(_Met(_copied((args, kwargs)), []))

    def after(layer: nn.Module, _args: tuple[Any, ...], _kwargs: dict[str, Any], result: Any) -> None:
        calls[id(layer)][-1].outputs.extend(_copied(result))

    for layer in {id(modules[path]): modules[path] for path in paths if path in modules}.values():
        handles.append(nn.Module.register_forward_pre_hook(layer, before, prepend=True, with_kwargs=True))
        handles.append(nn.Module.register_forward_hook(layer, after, with_kwargs=True))
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def _copied(value: Any) -> list[Tensor]:
    tensors = (computable(tensor.detach()) for _, tensor in named_tensors(value))
    return [tensor.clone(memory_format=torch.preserve_format) for tensor in tensors]


def _by_entry(module: nn.Module, paths: Sequence[str | None], calls: Mapping[int, list[_Met]]) -> list[_Met | None]:
    """The n-th call of a module belongs to the n-th entry that names it."""
    modules = dict(module.named_modules(remove_duplicate=False))
    used: dict[int, int] = {}
    found: list[_Met | None] = []
    for path in paths:
        key = id(modules[path]) if path in modules else None
        if key is None:
            found.append(None)
            continue
        number = used.get(key, 0)
        used[key] = number + 1
        found.append(calls[key][number] if number < len(calls.get(key, ())) else None)
    return found
