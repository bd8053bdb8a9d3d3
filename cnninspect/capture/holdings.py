"""What modules hold: parameters and buffers, in elements and bytes, shared ones once."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnninspect.capture.stored import size_of


class Held(NamedTuple):
    """Elements and bytes; ``None`` while a lazy module has not seen an input."""

    elements: int | None
    trainable: int | None
    size: int | None


def count(tensors: Iterable[Tensor]) -> Held:
    """Count different tensors: elements, those that require a gradient, bytes as they are stored."""
    elements = trainable = size = 0
    for tensor in tensors:
        if is_lazy(tensor):
            return Held(None, None, None)
        number = tensor.numel()
        elements += number
        trainable += number if tensor.requires_grad else 0
        size += size_of(tensor)
    return Held(elements, trainable, size)


class Holdings:
    """What each module in ``root`` holds at or below it.

    Where nothing is shared that is the sum over its children, so that the whole tree is counted in one walk; a
    module with something shared at or below it is counted for itself.
    """

    def __init__(self, root: nn.Module) -> None:
        self._own = {id(module): own(module) for module in root.modules()}
        held = itertools.chain.from_iterable(self._own.values())
        children = (child for module in root.modules() for child in module._modules.values() if child is not None)
        holders = Counter(map(id, itertools.chain(held, children)))
        self._single = {key for key, number in holders.items() if number == 1}
        self._held: dict[int, Held] = {}
        self._is_single: dict[int, bool] = {}

    def own(self, module: nn.Module) -> list[nn.Parameter]:
        """The different parameters directly in ``module``."""
        return self._own[id(module)] if id(module) in self._own else own(module)

    def of(self, module: nn.Module) -> Held:
        """What ``module`` holds at or below it."""
        if id(module) not in self._held:
            parameters = self.own(module)
            parts = [count(parameters)]
            is_single = all(id(parameter) in self._single for parameter in parameters)
            for child in module._modules.values():
                if child is not None:
                    parts.append(self.of(child))
                    is_single = is_single and id(child) in self._single and self._is_single[id(child)]
            self._is_single[id(module)] = is_single
            self._held[id(module)] = _added(parts) if is_single else count(module.parameters())
        return self._held[id(module)]


def _added(parts: Sequence[Held]) -> Held:
    if len(parts) == 1:
        return parts[0]
    if any(part.elements is None for part in parts):
        return Held(None, None, None)
    elements, trainable, size = zip(*parts, strict=True)
    return Held(sum(elements), sum(trainable), sum(size))


def own(module: nn.Module) -> list[nn.Parameter]:
    """The different parameters directly in ``module``."""
    parameters = module._parameters
    return list({id(held): held for held in parameters.values() if held is not None}.values()) if parameters else []
