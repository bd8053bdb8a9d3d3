"""What is compiled is counted as what it was compiled from, run eagerly: no warning, and nothing is compiled."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from tests.reference.small_networks.exactness import Calls, assert_exact


def base() -> nn.Sequential:
    """8·3·9 and 4·8·9 products for 64 and 36 places, and 4·5: 24,212 MACs; 224 + 292 + 25 parameters."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 5),
    )  # fmt: skip


def in_place() -> nn.Module:
    module = base()
    module.compile()
    return module


@pytest.fixture(autouse=True)
def nothing_is_compiled() -> Any:
    from torch._dynamo.utils import counters

    counters.clear()
    yield
    assert not counters["frames"]


@pytest.mark.parametrize(
    "module",
    [
        lambda: torch.compile(base()), lambda: torch.compile(base(), fullgraph=True),
        lambda: torch.compile(base(), backend="eager"), in_place,
    ],
    ids=["whole", "whole graph", "eager", "in place"],
)  # fmt: skip
def test_whole(module: Callable[[], nn.Module]) -> None:
    # 512 + 144 + 5 elements come out of the three layers
    assert_exact(module(), "1x3x8x8", params=541, macs=24_212, activations=661)


def test_a_part() -> None:
    part: Any = torch.compile(nn.Linear(8, 4))
    module = Calls(lambda m, x: m.b(m.a(x)), a=nn.Linear(8, 8), b=part)
    report = assert_exact(module, "1x8", params=72 + 36, macs=8 * 8 + 8 * 4, activations=12)
    assert [(each.path, each.type, each.macs) for each in report.layers[2:]] == [
        ("b", "OptimizedModule", 32), ("b._orig_mod", "Linear", 32),
    ]  # fmt: skip


@torch.compile
def doubled(x: Tensor) -> Tensor:
    return torch.relu(x @ torch.cat([torch.eye(8, device=x.device)] * 2, 1))


def test_a_function() -> None:
    module = Calls(lambda m, x: doubled(m.a(x)), a=nn.Linear(8, 8))
    assert_exact(module, "1x8", params=72, macs=64 + 8 * 16, activations=8 + 16)


def test_a_function_that_the_pass_compiles() -> None:
    module = Calls(lambda m, x: torch.compile(lambda y: y @ m.a.weight, fullgraph=True)(m.a(x)), a=nn.Linear(8, 8))
    assert_exact(module, "1x8", params=72, macs=64 + 64, activations=16)


class Methods(nn.Module):
    """Two compiled methods: one of the class, and one that each module keeps for itself."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 4)
        self.last = torch.compile(self._last)

    @torch.compile
    def first(self, x: Tensor) -> Tensor:
        out: Tensor = self.a(x)
        return out

    def _last(self, x: Tensor) -> Tensor:
        return torch.relu(self.b(x))

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.first(x))


def test_methods() -> None:
    module = Methods()
    last = module.last
    report = assert_exact(module, "1x8", params=72 + 36, macs=64 + 32, activations=12)
    assert [(each.path, each.call, each.macs) for each in report.layers] == [("", 1, 96), ("a", 1, 64), ("b", 1, 32)]
    assert module.last is last


def test_a_compiled_module_comes_back_compiled() -> None:
    module = in_place()
    compiled = module._compiled_call_impl
    inspect_model(module, inputs=["1x3x8x8"])
    assert module._compiled_call_impl is compiled is not None


@pytest.mark.filterwarnings("ignore:flex_attention called without")
@pytest.mark.parametrize("is_compiled", [False, True])
def test_flex_attention(is_compiled: bool) -> None:
    from torch.nn.attention.flex_attention import flex_attention

    attention = torch.compile(flex_attention) if is_compiled else flex_attention
    report = inspect_model(Calls(lambda _, x: attention(x, x, x)), inputs=["1x2x128x16"])
    assert report.totals.macs == 2 * 2 * 128 * 128 * 16
    assert not report.uncounted_ops
    # it takes no meta tensors
    on_meta = inspect_model(Calls(lambda _, x: attention(x, x, x)), inputs=["1x2x128x16"], device="meta")
    assert (on_meta.run.device, on_meta.totals.macs) == ("cpu", report.totals.macs)
    assert any("run on the CPU" in note for note in on_meta.notes)


class Conditional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.small, self.large = nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 4))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = torch.cond(x.sum() > 1000, self.large, self.small, (x,))
        return out


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_conditional_counts_the_branch_that_is_taken(device: str) -> None:
    report = inspect_model(Conditional(), inputs=["2x4"], device=device)
    assert (report.run.device, report.totals.params, report.totals.macs) == ("cpu", 20 + 40 + 36, 2 * 16)
    assert {layer.path: layer.call for layer in report.layers}["large"] == 0
    assert not report.uncounted_ops
