"""The caller's things stay the caller's, after success and after a failure."""

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.capture.untouched import BeforeWrite, untouched
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


class Rewrites(nn.Module):
    """Changes its parameters and torch's global state, by every way there is."""

    def __init__(self, *, fails: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.other = nn.Linear(4, 4)
        self.fails = fails

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            self.linear.weight.mul_(2)
            self.linear.bias.data[0] = 7.0
            nn.init.zeros_(self.other.weight)
        self.other.bias.data = torch.ones_like(self.other.bias)
        self.other.weight.requires_grad_(False)
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        torch.backends.mha.set_fastpath_enabled(False)
        torch.set_grad_enabled(False)
        x = self.other(self.linear(x)) * (random.random() + np.random.rand())
        if self.fails:
            raise ValueError("on purpose")
        return x


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("fails", [False, True])
def test_parameters_and_switches_come_back(fails: bool, device: str) -> None:
    def switches() -> tuple[Any, ...]:
        return (
            torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled(),
            torch.backends.mha.get_fastpath_enabled(), random.getstate(), str(np.random.get_state()),
        )  # fmt: skip

    module = Rewrites(fails=fails)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    memory, wide = [p.data_ptr() for p in module.parameters()], switches()
    if fails:
        with pytest.raises(ModelError, match="on purpose"):
            inspect_model(module, inputs=["1x4"], device=device)
    else:
        inspect_model(module, inputs=["1x4"], device=device)
    assert same(before, module.state_dict())
    assert [p.data_ptr() for p in module.parameters()] == memory
    assert all(p.requires_grad for p in module.parameters())
    assert switches() == wide


class LearnsAsItRuns(nn.Module):
    """Its forward does a backward pass, which leaves gradients behind."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        loss: Tensor = self.linear(x).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss


@pytest.mark.parametrize("has_gradients", [False, True])
def test_gradients_come_back(has_gradients: bool) -> None:
    module = LearnsAsItRuns()
    if has_gradients:
        module(torch.ones(1, 4))
    before = [None if p.grad is None else p.grad.clone() for p in module.parameters()]
    inspect_model(module, inputs=["2x4"])
    for gradient, parameter in zip(before, module.parameters(), strict=True):
        assert same(gradient, parameter.grad)


def test_a_failed_model_does_not_change_the_figures_of_the_next() -> None:
    def figures() -> Any:
        report = inspect_model(nn.Sequential(nn.Linear(4, 4), nn.LSTM(4, 3)), inputs=["2x4"], mode="train")
        return report.totals, report.layers, report.uncounted_ops

    expected = figures()
    for module in (Busy(fails=True), Rewrites(fails=True), nn.Linear(3, 3), nn.Conv2d(3, 4, 5)):
        for device in ("cpu", "meta"):
            with pytest.raises(ModelError):
                inspect_model(module, inputs=["8x4"], device=device)
            assert figures() == expected


class CallsItself(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.forward(self.linear(x))


@pytest.mark.filterwarnings("ignore:module forward hook with")
def test_endless_recursion_leaves_nothing_behind() -> None:
    with pytest.raises(ModelError, match="recursion"):
        inspect_model(CallsItself(), inputs=["1x4"])
    assert inspect_model(nn.Linear(4, 4), inputs=["1x4"]).totals.macs == 16
    assert not torch.is_inference_mode_enabled()


class Stubborn(Tensor):
    """Values that can't be put back."""

    def copy_(self, *_args: Any, **_kwargs: Any) -> Any:
        raise ValueError("these stay")


class Holds(nn.Module):
    """One of everything that is kept, and a buffer that isn't put back."""

    first: Tensor
    stubborn: Tensor
    last: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.other = nn.Parameter(torch.ones(2), requires_grad=False)
        self.register_buffer("first", torch.ones(2))
        self.register_buffer("stubborn", torch.ones(2).as_subclass(Stubborn))
        self.register_buffer("last", torch.ones(2))
        self.calls: list[int] = []

    def change(self, before_write: BeforeWrite) -> None:
        before_write(self.weight)
        with torch.no_grad():
            for tensor in (self.weight, self.first, self.stubborn, self.last):
                tensor.fill_(7)
        self.other.data = torch.zeros(2)
        self.other.requires_grad_(True)
        self.calls.append(1)
        self.late = 1
        self.eval()


def changed_in_a_pass_that_fails(parts: list[Holds]) -> None:
    with untouched(parts) as before_write:
        for part in parts:
            part.change(before_write)
        raise RuntimeError("of the pass")


def test_what_cannot_be_put_back_keeps_nothing_else_from_it() -> None:
    parts = [Holds(), Holds()]
    with pytest.raises(ValueError, match=r"^these stay$") as caught:
        changed_in_a_pass_that_fails(parts)
    before = caught.value.__context__  # of the other part's buffer
    assert before is not None
    assert str(before.__context__) == "of the pass"
    for part in parts:
        assert [each.tolist() for each in (part.weight, part.other, part.first, part.last)] == [[1.0, 1.0]] * 4
        assert part.stubborn.tolist() == [7.0, 7.0]
        assert (part.other.requires_grad, part.training, hasattr(part, "late")) == (False, True, False)
        assert part.calls == []


def test_a_sparse_gradient_is_left_alone() -> None:
    module = nn.Embedding(4, 2, sparse=True)
    module(torch.tensor([1])).sum().backward()
    gradient = module.weight.grad
    inspect_model(module, inputs=["3:int64"])
    assert module.weight.grad is gradient


class Reshapes(nn.Module):
    """Gives its buffers, and a tensor that it keeps, other shapes, dtypes, strides and memory."""

    grown: Tensor
    emptied: Tensor
    turned: Tensor
    halved: Tensor
    moved: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in ("grown", "emptied", "turned", "halved", "moved"):
            self.register_buffer(name, torch.arange(6.0).reshape(2, 3))
        self.kept = torch.zeros(2)
        self.lists: dict[str, list[int]] = {"seen": []}

    def forward(self, x: Tensor) -> Tensor:
        self.grown.resize_(4, 4)
        self.emptied.untyped_storage().resize_(0)
        self.turned.t_()
        self.halved.data = self.halved.half()
        self.moved.set_(torch.ones(5))  # type: ignore[call-overload]  # its stub wants a storage
        self.kept.add_(1)
        self.lists["seen"].append(1)
        return x


def test_buffers_come_back_with_shape_dtype_strides_and_memory() -> None:
    module = Reshapes()
    before = [(each, each.data_ptr(), each.stride(), each.untyped_storage().nbytes()) for each in module.buffers()]
    inspect_model(module, inputs=["1"])
    for name, buffer in module.named_buffers():
        assert torch.equal(buffer, torch.arange(6.0).reshape(2, 3)), name
    after = [(each, each.data_ptr(), each.stride(), each.untyped_storage().nbytes()) for each in module.buffers()]
    for (old, *place), (new, *other) in zip(before, after, strict=True):
        assert old is new
        # what was emptied has been given new memory
        assert place[1:] == other[1:]
        assert place == other or new is module.emptied or new is module.grown
    assert module.kept.tolist() == [0, 0]
    assert module.lists == {"seen": []}


def test_a_module_made_in_inference_mode_comes_back() -> None:
    with torch.inference_mode():
        module = nn.BatchNorm1d(3)
    inspect_model(module, inputs=["4x3"], mode="train")
    assert module.running_mean is not None
    assert module.running_mean.tolist() == [0, 0, 0]
    assert module.num_batches_tracked == 0


class StaysInMode(nn.Module):
    def train(self, mode: bool = True) -> "StaysInMode":
        raise RuntimeError(f"never {mode}")


class Closed(nn.Module):
    def __setattr__(self, name: str, value: Any) -> None:
        if name == "training" and "training" in vars(self):
            raise AttributeError("closed")
        super().__setattr__(name, value)


@pytest.mark.parametrize(("module", "says"), [(StaysInMode(), "never True"), (Closed(), "closed")])
def test_a_module_that_cannot_change_its_mode(module: nn.Module, says: str) -> None:
    whole = nn.Sequential(nn.Dropout(), module).requires_grad_(requires_grad=False)
    before = [(part.training, len(part._forward_hooks)) for part in whole.modules()]
    with pytest.raises(ModelError, match=f"^the model can't be put into train mode: {says}$"):
        inspect_model(whole, inputs=["1x3"], mode="train")
    assert [(part.training, len(part._forward_hooks)) for part in whole.modules()] == before
