"""Layers that are one operator: counted as that operator is, and not looked at from inside."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from cnninspect import inspect_model
from cnninspect.capture import operators, tensors
from cnninspect.capture.whole_layers import _IN_PLACE, _OPERATORS, whole
from cnninspect.torch_internals import DispatchMode, name_of, schema_of

LAYERS: list[Callable[[], nn.Module]] = [
    lambda: nn.Conv1d(4, 6, 3, padding=1, stride=2),
    lambda: nn.Conv2d(4, 6, (3, 5), dilation=(2, 1), groups=2, bias=False),
    lambda: nn.Conv3d(4, 6, 2),
    lambda: nn.Linear(8, 5),
    lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True),
    lambda: nn.BatchNorm1d(4),
    lambda: nn.BatchNorm2d(4),
    lambda: nn.BatchNorm3d(4),
    lambda: nn.LayerNorm(8),
    nn.Dropout, nn.GELU, nn.Sigmoid, nn.Tanh, nn.ReLU, nn.SiLU, nn.Hardswish, nn.Hardsigmoid, nn.ReLU6,
    *(lambda kind=kind: kind(inplace=True) for kind in (nn.ReLU, nn.SiLU, nn.Hardswish, nn.Hardsigmoid, nn.ReLU6)),
]  # fmt: skip
SHAPES = {"1d": "2x4x8", "2d": "2x4x8x8", "3d": "2x4x8x8x8"}


class Seen(DispatchMode):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """What torch itself runs for a layer."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(name_of(func))
        return func(*args, **(kwargs or {}))


def shape_for(module: nn.Module) -> str:
    return SHAPES.get(type(module).__name__[-2:], SHAPES["2d"])


@pytest.mark.parametrize("make", LAYERS)
def test_it_is_the_operator_that_torch_runs(make: Callable[[], nn.Module]) -> None:
    module = make().eval()
    sides = tuple(map(int, shape_for(module).split("x")))
    found, seen, image = whole(module), Seen(), torch.rand(sides)
    with torch.inference_mode(), seen:
        module(image)
    assert found is not None
    assert [name_of(found.operator)] == seen.names
    given = found.arguments([image], {})
    assert given is not None
    names = [each.name for each in schema_of(found.operator).arguments]
    assert list(found.attributes) == names[1 : len(given)]  # as torch calls the attributes


@pytest.mark.parametrize("make", LAYERS)
def test_its_figures_are_those_of_the_operator(make: Callable[[], nn.Module]) -> None:
    """Of a subclass nothing is known beforehand, so that what it runs is seen from inside."""

    def figures(module: nn.Module) -> Any:
        network = nn.Sequential(nn.Identity(), module, nn.Identity())
        report = inspect_model(network, inputs=[shape_for(module)])
        kept = [(each.macs, each.activations, each.receptive_field, each.outputs) for each in report.layers]
        return report.totals, report.uncounted_ops, report.notes, kept

    module, other = make(), make()
    other.__class__ = type(type(module).__name__, (type(module),), {})
    assert whole(module.eval()) is not None
    assert whole(other.eval()) is None
    assert figures(module) == figures(other)


def test_every_one_is_tried() -> None:
    assert {type(make()) for make in LAYERS} == _OPERATORS.keys()
    assert _IN_PLACE.keys() <= _OPERATORS.keys()


def test_the_residual_additions_alone_go_through_the_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ResNet-18's 69 operators: 8 additions, one global pooling, one flatten."""
    seen: Counter[str] = Counter()
    look = operators.OperatorMode.__torch_dispatch__

    def counted(self: Any, func: Any, *rest: Any) -> Any:
        seen[name_of(func)] += 1
        return look(self, func, *rest)

    monkeypatch.setattr(operators.OperatorMode, "__torch_dispatch__", counted)
    inspect_model(resnet18(), inputs=["1x3x64x64"])
    assert seen == {"aten::add_": 8, "aten::adaptive_avg_pool2d": 1, "aten::flatten": 1}


def test_equal_tensors_are_described_once() -> None:
    """Fifty layers in a row take and give one shape: as an argument, as a result."""
    tensors._spec.cache_clear()
    report = inspect_model(nn.Sequential(*(nn.ReLU() for _ in range(50))), inputs=["2x9x7"])
    assert len(report.layers) == 51
    assert tensors._spec.cache_info().misses == 2


def hooked() -> nn.Module:
    module = nn.Linear(8, 8)
    module.register_forward_hook(lambda _module, _args, result: result @ torch.ones(8, 3))
    return module


def replaced() -> nn.Module:
    module = nn.Linear(8, 8)
    module.forward = lambda input: input @ torch.ones(8, 3)  # type: ignore[method-assign]  # noqa: A006 - its name
    return module


class Hooks(nn.Module):
    """Hooks something to its layer while it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        self.layer.register_forward_hook(lambda _module, _args, result: result @ torch.ones(8, 3))
        result: Tensor = self.layer(x)
        return result


@pytest.mark.parametrize(
    ("module", "macs"), [(hooked(), 2 * 8 * 8 + 2 * 8 * 3), (replaced(), 2 * 8 * 3), (Hooks(), 2 * 8 * 8 + 2 * 8 * 3)]
)
def test_what_somebody_has_added_is_seen(module: nn.Module, macs: int) -> None:
    """(2, 8) by (8, 8), and by the (8, 3) of what was added."""
    assert inspect_model(module, inputs=["2x8"]).totals.macs == macs


def test_a_hook_on_all_modules_is_seen() -> None:
    handle = nn.modules.module.register_module_forward_hook(lambda _module, _args, result: result @ torch.ones(8, 3))
    try:
        assert inspect_model(nn.Linear(8, 8), inputs=["2x8"]).totals.macs == 2 * 8 * 8 + 2 * 8 * 3
    finally:
        handle.remove()


@pytest.mark.parametrize(
    "module", [nn.Conv2d(4, 4, 3, padding="same"), nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular")]
)
def test_what_is_more_than_one_operator_is_looked_at(module: nn.Module) -> None:
    assert whole(module.eval()) is None
