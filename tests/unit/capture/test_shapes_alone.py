"""Shapes by arithmetic are torch's own, and what doesn't fit is refused in torch's words."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torchvision.models import densenet121, resnet18

from cnninspect.capture.shapes_alone import shaped, shapes_alone
from tests.unit.capture.test_whole_layers import LAYERS, shape_for


def given_by(module: nn.Module, sides: tuple[int, ...]) -> Any:
    """A shape, or what torch says."""
    try:
        with torch.inference_mode():
            return module(torch.empty(sides, device="meta")).shape
    except (RuntimeError, ValueError, IndexError) as error:
        return type(error), str(error)


def both(module: nn.Module, sides: tuple[int, ...]) -> tuple[Any, Any]:
    plain = given_by(module, sides)
    with shapes_alone(shaped(module)):
        return plain, given_by(module, sides)


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("side", [8, 5, 3, 2, 1, 0])
def test_a_layer_gives_the_shape_that_torch_gives(make: Any, side: int) -> None:
    sides = tuple(map(int, shape_for(make()).split("x")))
    for changed in (sides, (*sides[:2], *[side] * len(sides[2:])), sides[1:], (sides[0], side, *sides[2:])):
        plain, quick = both(make().to("meta").eval(), changed)
        assert plain == quick


@given(
    st.tuples(*[st.integers(1, 5)] * 2), st.tuples(*[st.integers(1, 4)] * 2), st.tuples(*[st.integers(0, 3)] * 2),
    st.tuples(*[st.integers(1, 3)] * 2), st.tuples(*[st.integers(0, 12)] * 2),
)  # fmt: skip
def test_a_convolution_and_a_pooling(kernel: Any, stride: Any, padding: Any, dilation: Any, sides: Any) -> None:
    layers = [
        nn.Conv2d(2, 3, kernel, stride, padding, dilation, device="meta"),
        nn.MaxPool2d(kernel, stride, padding, dilation),
    ]
    for layer in layers:
        plain, quick = both(layer.eval(), (1, 2, *sides))
        assert plain == quick


@pytest.mark.parametrize(("make", "sides"), [(resnet18, (64, 33, 1)), (densenet121, (64, 29, 28))])
def test_a_network(make: Any, sides: tuple[int, ...]) -> None:
    module = make().to("meta").eval()
    for side in sides:
        plain, quick = both(module, (1, 3, side, side))
        assert plain == quick
    assert not any("_compiled_call_impl" in part.__dict__ for part in module.modules())


def test_layers_of_torch_are_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ResNet-18's 68 layers that compute, the global pooling alone is."""
    module = resnet18().to("meta").eval()
    seen: list[type] = []

    def counted(forward: Any) -> Any:
        def run(self: nn.Module, x: Any) -> Any:
            seen.append(type(self))
            return forward(self, x)

        return run

    for kind in {type(part) for part in module.modules() if not list(part.children())}:
        monkeypatch.setattr(kind, "forward", counted(kind.forward))
    with shapes_alone(shaped(module)), torch.inference_mode():
        module(torch.empty(1, 3, 64, 64, device="meta"))
    assert seen == [nn.AdaptiveAvgPool2d]
