"""The caller's things stay the caller's, after success and after a failure."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.errors import ModelError


class Busy(nn.Module):
    """Changes everything it can reach while it runs."""

    def __init__(self, *, fails: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.frozen = nn.Linear(4, 4).requires_grad_(requires_grad=False)
        self.drop = nn.Dropout(0.5).eval()
        self.relu = nn.ReLU(inplace=True)
        self.seen: list[Tensor] = []
        self.calls = 0
        self.fails = fails
        self.frozen.register_forward_hook(lambda *_: None)

    def forward(self, x: Tensor) -> Tensor:
        self.relu(x)
        self.calls += 1
        self.seen.append(x)
        self.register_buffer("late", torch.ones(1))
        self.add_module("later", nn.ReLU())
        x = self.frozen(self.drop(self.norm(x + torch.rand(1))))
        if self.fails:
            raise ValueError("on purpose")
        return x


def state(module: Busy) -> dict[str, Any]:
    return {
        "state_dict": {key: value.clone() for key, value in module.state_dict().items()},
        "identities": [id(tensor) for tensor in [*module.parameters(), *module.buffers()]],
        "names": [name for name, _ in module.named_modules()],
        "training": [m.training for m in module.modules()],
        "requires_grad": [p.requires_grad for p in module.parameters()],
        "hooks": [(list(m._forward_hooks), list(m._forward_pre_hooks)) for m in module.modules()],
        "own": (module.calls, list(module.seen)),
        "random": torch.get_rng_state(),
        "switches": (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_default_dtype()),
    }


def same(first: Any, second: Any) -> bool:
    if isinstance(first, Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    return bool(first == second)


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("fails", [False, True])
def test_module_comes_back_as_it_was(mode: str, device: str, fails: bool) -> None:
    module = Busy(fails=fails)
    image = torch.randn(8, 4)
    before, pixels = state(module), image.clone()
    if fails:
        with pytest.raises(ModelError, match="on purpose"):
            inspect_model(module, inputs=[image], mode=mode, device=device)
    else:
        inspect_model(module, inputs=[image], mode=mode, device=device)
    after = state(module)
    for key, value in before.items():
        assert same(value, after[key]), key
    assert torch.equal(image, pixels)
    assert not vars(image)


def test_a_module_can_be_trained_afterwards() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    inspect_model(module, inputs=["8x4"], mode="train")
    module(torch.randn(8, 4)).sum().backward()
    assert module[0].weight.grad is not None
    assert module.state_dict()["1.num_batches_tracked"] == 1


class NeedsGradients(nn.Module):
    """A forward that differentiates, which inference mode refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = x.requires_grad_()
        energy = self.linear(x).sum()
        (force,) = torch.autograd.grad(energy, x)
        return force


def test_forward_that_needs_autograd() -> None:
    report = inspect_model(NeedsGradients(), inputs=["2x3"])
    assert report.run.outputs[0].shape == (2, 3)
    linear = report.layers[1]
    assert linear.own_macs == 6
