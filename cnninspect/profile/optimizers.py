"""The optimizers' steps, by torch's own functions: the state that they keep, and their temporaries.

``torch.optim``'s classes do the same, and import torch's compiler, a second's work. A test holds these against them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from cnninspect.profile.asked import Optimizer

_BETAS = 0.9, 0.999


class Updates:
    """One optimizer of some parameters.

    Args:
        name: Which: SGD, SGD with momentum 0.9, Adam, AdamW, or none.
        parameters: Those that are trained.
        foreach: Whether many are updated at once; ``None``: where torch does so by default.
    """

    def __init__(self, name: Optimizer, parameters: Iterable[nn.Parameter], *, foreach: bool | None) -> None:
        self._name, self._foreach = name, foreach
        self._parameters = [each for each in parameters if each.requires_grad]
        self._state: dict[int, list[Tensor]] = {}

    @property
    def parameters(self) -> Sequence[nn.Parameter]:
        """Those that it updates."""
        return self._parameters

    def state(self) -> list[Tensor]:
        """What it keeps from step to step."""
        return [each for held in self._state.values() for each in held]

    def step(self) -> None:
        """Update the parameters that have a gradient. The learning rate is 0: their values stay."""
        given = [each for each in self._parameters if each.grad is not None]
        with torch.no_grad():
            if not given or self._name is Optimizer.none:
                return
            if self._name in {Optimizer.sgd, Optimizer.momentum}:
                self._sgd(given)
            else:
                self._adam(given)

    def clear(self) -> None:
        """``zero_grad(set_to_none=True)``."""
        for parameter in self._parameters:
            parameter.grad = None

    def _sgd(self, given: Sequence[nn.Parameter]) -> None:
        has_momentum = self._name is Optimizer.momentum
        buffers: list[Any] = [next(iter(self._state.get(id(each), ())), None) for each in given]
        sgd(
            list(given), _gradients(given), buffers, foreach=self._foreach, weight_decay=0,
            momentum=0.9 if has_momentum else 0, lr=0.0, dampening=0, nesterov=False, maximize=False,
        )  # fmt: skip
        if has_momentum:
            self._state = {id(each): [buffer] for each, buffer in zip(given, buffers, strict=True)}

    def _adam(self, given: Sequence[nn.Parameter]) -> None:
        for each in given:
            if id(each) not in self._state:
                averages = [torch.zeros_like(each, memory_format=torch.preserve_format) for _ in range(2)]
                self._state[id(each)] = [torch.tensor(0.0, dtype=torch.get_default_dtype(), device="cpu"), *averages]
        steps, means, squares = (list(each) for each in zip(*(self._state[id(each)] for each in given), strict=True))
        adam(
            list(given), _gradients(given), means, squares, [], steps, foreach=self._foreach, amsgrad=False,
            beta1=_BETAS[0], beta2=_BETAS[1], lr=0.0, eps=1e-8, maximize=False,
            weight_decay=0.01 if self._name is Optimizer.adamw else 0.0,
            decoupled_weight_decay=self._name is Optimizer.adamw,
        )  # fmt: skip


def _gradients(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    return [each.grad for each in parameters if each.grad is not None]
