"""Where figures and fields went wrong once: broadcasting, threads, views, buffers, shared storage."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from cnninspect import inspect_model
from cnninspect.report import ReceptiveField

IMAGE = "1x3x16x16"


class Module(nn.Module):
    """A module whose forward is ``function(self, *inputs)``."""

    def __init__(self, function: Callable[..., Any], **modules: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(self, *inputs)


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize(("query", "key"), [("1x4x8x16", "3x4x8x16"), ("3x1x8x16", "3x4x8x16")])
def test_attention_that_broadcasts(query: str, key: str, device: str) -> None:
    # 3·4 products of 8×16 with 16×8, and as many of 8×8 with 8×16
    module = Module(lambda _, q, k, v: F.scaled_dot_product_attention(q, k, v))
    totals = inspect_model(module, inputs=[query, key, key], device=device).totals
    assert totals.macs == 2 * 12 * 8 * 8 * 16
    assert totals.activations == 12 * 8 * 8 + 12 * 8 * 16


def test_threads_are_not_passed_over() -> None:
    def forward(m: Any, x: Tensor) -> list[Tensor]:
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda layer: layer(x), [m.a, m.b]))

    report = inspect_model(Module(forward, a=nn.Linear(4, 5), b=nn.Linear(4, 5)), inputs=["2x4"])
    assert [(op.op, op.calls) for op in report.uncounted_ops] == [("in other threads", 2)]


def test_profiling_is_no_product() -> None:
    def forward(m: Any, x: Tensor) -> Any:
        with torch.profiler.record_function("block"):
            return m.a(x)

    report = inspect_model(Module(forward, a=nn.Linear(4, 5)), inputs=["2x4"])
    assert report.uncounted_ops == ()
    assert report.totals.macs == 2 * 4 * 5


def test_a_layer_that_the_forward_makes() -> None:
    class Late(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.late: nn.Linear | None = None

        def forward(self, x: Tensor) -> Tensor:
            if self.late is None:
                self.late = nn.Linear(4, 5)
            scores: Tensor = self.late(x)
            return scores

    module = Late()
    report = inspect_model(module, inputs=["2x4"])
    assert report.totals.params == sum(layer.own_params or 0 for layer in report.layers) == 25
    assert module.late is None


def field(forward: Callable[..., Any], **modules: nn.Module) -> ReceptiveField | None:
    return inspect_model(Module(forward, **modules), inputs=[IMAGE]).layers[0].receptive_field


def square(size: int, padding: int) -> ReceptiveField:
    return ReceptiveField((size, size), (1, 1), (padding, padding))


def test_fields_through_what_is_done_to_channels() -> None:
    def layer(channels: int) -> nn.Conv2d:
        return nn.Conv2d(channels, 4, 3)

    assert field(lambda m, x: m.a(x[:, 0:2]), a=layer(2)) == square(3, 0)
    assert field(lambda m, x: m.a(x[:, :1]) + m.b(x[:, 1:]), a=layer(1), b=layer(2)) == square(3, 0)
    assert field(lambda m, x: m.a(x * x), a=layer(3)) == square(3, 0)
    assert field(lambda m, x: m.a(x + F.relu(x)), a=layer(3)) == square(3, 0)
    assert field(lambda m, x: m.a(F.pad(x, (1, 1, 1, 1, 0, 0))), a=layer(3)) == square(3, 1)
    assert field(lambda _, x: x + F.relu(x)) == square(1, 0)


def test_fields_that_a_write_into_a_view_makes_unknown() -> None:
    def added(m: Any, x: Tensor) -> Tensor:
        y: Tensor = m.small(x)
        y[:, :2] += m.large(x)
        return y

    def assembled(m: Any, x: Tensor) -> Tensor:
        y = torch.zeros(1, 4, 16, 16)
        y[:, :2] = m.large(x)
        both: Tensor = y + m.small(x)
        return both

    layers = {"small": nn.Conv2d(3, 4, 1), "large": nn.Conv2d(3, 2, 7, padding=3)}
    assert field(added, **layers) is None
    assert field(assembled, **layers) is None


def test_fields_of_a_weight_made_from_the_image() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        weight = m.make(F.adaptive_avg_pool2d(x, 1).flatten(1)).view(4, 3, 1, 1)
        return F.conv2d(x, weight)

    assert field(forward, make=nn.Linear(3, 12)) is None


class Remembering(nn.Module):
    """Writes its map into a buffer, after having used what was in it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.register_buffer("memory", torch.zeros(1, 3, 16, 16))

    memory: Tensor

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(x) + self.memory
        self.memory.copy_(y)
        scores: Tensor = self.second(y)
        return scores


def test_nothing_stays_on_the_callers_buffers() -> None:
    module = Remembering()
    for _ in range(2):
        assert inspect_model(module, inputs=[IMAGE]).layers[0].receptive_field == square(5, 2)
        assert not vars(module.memory)


class Writing(nn.Module):
    """Two parameters in one piece of memory, and one that is written to by ``out=``."""

    def __init__(self) -> None:
        super().__init__()
        both = torch.ones(8)
        self.a, self.b, self.c = nn.Parameter(both[:4]), nn.Parameter(both[4:]), nn.Parameter(torch.ones(4))

    def forward(self, x: Tensor) -> Tensor:
        self.a.data.mul_(2)
        torch.mul(self.c.data, 2, out=self.c.data)
        return x + self.a + self.b + self.c


def test_parameters_come_back() -> None:
    module = Writing()
    inspect_model(module, inputs=["4"])
    assert [parameter.tolist() for parameter in module.parameters()] == [[1] * 4] * 3
