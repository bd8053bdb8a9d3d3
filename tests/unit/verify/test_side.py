"""Both networks come back as they were, whatever happens in between."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnninspect.errors import ModelError
from cnninspect.verify.verdict import verified
from tests.unit.verify.small import networks


class Greedy(nn.Module):
    """Works on its input and its buffers in place, and keeps what it has computed."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.ReLU(True), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())
        self.layers[1].weight.requires_grad_(False)
        self.seen: Tensor
        self.register_buffer("seen", torch.zeros(()))
        self.cache: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        y: Tensor = self.layers(x)
        self.cache.append(y)
        return y


def _state(module: nn.Module) -> dict[str, Any]:
    tensors = {key: (value.clone(), value.dtype, value.data_ptr()) for key, value in module.state_dict().items()}
    flags = {name: (part.training, list(part._forward_hooks)) for name, part in module.named_modules()}
    grads = {name: (value.requires_grad, value.grad) for name, value in module.named_parameters()}
    return {"tensors": tensors, "flags": flags, "grads": grads}


def _assert_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert before["flags"] == after["flags"]
    assert before["grads"].keys() == after["grads"].keys()
    for name, (requires_grad, grad) in before["grads"].items():
        assert after["grads"][name] == (requires_grad, grad), name
    for key, (value, dtype, place) in before["tensors"].items():
        other, other_dtype, other_place = after["tensors"][key]
        assert (dtype, place) == (other_dtype, other_place), key
        assert torch.equal(value, other), key


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_both_come_back(mode: str) -> None:
    first, second = Greedy(), Greedy()
    hook = first.register_forward_hook(lambda _module, _args, result: result)
    pair = networks(first, second, mode=mode)
    inputs = [call[0][0].clone() for call in pair.first.calls]
    before = _state(first), _state(second)
    assert verified(pair).verification.verdict == "identical"
    _assert_same(before[0], _state(first))
    _assert_same(before[1], _state(second))
    assert (first.cache, second.cache, hook.id in first._forward_hooks) == ([], [], True)
    assert all(torch.equal(call[0][0], value) for call, value in zip(pair.first.calls, inputs, strict=True))


class FailsOnNumbers(nn.Module):
    """Runs while its weights are small, as those are that it is built with."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 4)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.linear(x)
        if y.abs().max() > 0:
            raise ValueError("too large")
        return y


def test_also_after_an_exception() -> None:
    first, second = nn.Linear(8, 4), FailsOnNumbers()
    pair = networks(first, second, shape=(2, 8))
    before = _state(first), _state(second)
    state = torch.get_rng_state()
    with pytest.raises(ModelError, match="theirs: the forward pass with random weights fails: too large"):
        verified(pair)
    _assert_same(before[0], _state(first))
    _assert_same(before[1], _state(second))
    assert torch.equal(torch.get_rng_state(), state)


def test_one_module_against_itself() -> None:
    module = Greedy()
    before = _state(module)
    assert verified(networks(module, module)).verification.verdict == "identical"
    _assert_same(before, _state(module))
