"""What modules hold: parameters, packed weights and buffers, in elements and bytes, shared ones once."""

import itertools
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from cnninspect.capture.packed import packed_in, unpacked
from cnninspect.capture.stored import size_of


class Held(NamedTuple):
    """Elements and bytes; ``None`` while a lazy module has not seen an input, or of what can't be unpacked."""

    elements: int | None
    trainable: int | None
    size: int | None


#: A parameter, or weights that are packed.
Weights = nn.Parameter | torch.ScriptObject
_NOT_UNPACKED: Final = Held(None, 0, None)
_NOTHING: Final = Held(0, 0, 0)


def count(tensors: Collection[Tensor | torch.ScriptObject]) -> Held:
    """Count different tensors, also packed ones: elements, those that require a gradient, bytes as they are stored."""
    if not tensors:
        return _NOTHING
    elements = trainable = size = 0
    packed: list[Held] = []
    for tensor in tensors:
        if isinstance(tensor, torch.ScriptObject):
            packed.append(_of_packed(tensor))
            continue
        if is_lazy(tensor):
            return Held(None, None, None)
        number = tensor.numel()
        elements += number
        trainable += number if tensor.requires_grad else 0
        size += size_of(tensor)
    return _added([Held(elements, trainable, size), *packed])


def _of_packed(packed: torch.ScriptObject) -> Held:
    tensors = unpacked(packed)
    if tensors is None:
        return _NOT_UNPACKED
    # several elements of less than a byte share one, which only the memory tells
    sizes = (min(each.numel() * each.element_size(), each.untyped_storage().nbytes()) for each in tensors)
    return Held(sum(each.numel() for each in tensors), 0, sum(sizes))


class Holdings:
    """What each of the modules of a network holds at or below it.

    Where nothing is shared that is the sum over its children, so that the whole tree is counted in one walk; a
    module with something shared at or below it is counted for itself.
    """

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        self._own = {id(module): _weights(module) for module in modules}
        self._counts = {id(module): count(self._own[id(module)]) for module in modules}
        held = itertools.chain.from_iterable(self._own.values())
        children = (child for module in modules for child in module._modules.values() if child is not None)
        holders = Counter(map(id, itertools.chain(held, children)))
        self._single = {key for key, number in holders.items() if number == 1}
        self._held: dict[int, Held] = {}
        self._is_single: dict[int, bool] = {}

    def own(self, module: nn.Module) -> list[Weights]:
        """The different parameters and packed weights directly in ``module``."""
        return self._own[id(module)] if id(module) in self._own else _weights(module)

    def directly(self, module: nn.Module) -> Held:
        """What ``module`` holds itself."""
        return self._counts[id(module)] if id(module) in self._counts else count(self.own(module))

    def of(self, module: nn.Module) -> Held:
        """What ``module`` holds at or below it."""
        if id(module) not in self._held:
            parts = [self.directly(module)]
            is_single = all([id(each) in self._single for each in self.own(module)])
            for child in module._modules.values() if module._modules else ():
                if child is not None:
                    parts.append(self.of(child))
                    is_single = is_single and id(child) in self._single and self._is_single[id(child)]
            self._is_single[id(module)] = is_single
            self._held[id(module)] = _added(parts) if is_single else self._walked(module)
        return self._held[id(module)]

    def _walked(self, module: nn.Module) -> Held:
        return count({id(each): each for part in module.modules() for each in self.own(part)}.values())


def _added(parts: Sequence[Held]) -> Held:
    if len(parts) == 1:
        return parts[0]
    return Held(*(None if None in figures else sum(figures) for figures in zip(*parts, strict=True)))


def _weights(module: nn.Module) -> list[Weights]:
    return [*own(module), *packed_in(module)]


def not_unpacked(root: nn.Module) -> list[str]:
    """The paths of the modules that hold packed what torch can't unpack."""
    held = ((path, each) for path, module in root.named_modules() for each in packed_in(module))
    return list(dict.fromkeys(path for path, each in held if unpacked(each) is None))


def own(module: nn.Module) -> list[nn.Parameter]:
    """The different parameters directly in ``module``."""
    parameters = module._parameters
    return list({id(held): held for held in parameters.values() if held is not None}.values()) if parameters else []
