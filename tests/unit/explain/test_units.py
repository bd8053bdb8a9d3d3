"""What a unit sees, against gradients: with positive weights those of the unit are not zero exactly where it looks."""

import pytest
import torch
from torch import nn

from cnninspect import inspect_model
from cnninspect.errors import RequestError
from cnninspect.explain.units import parse, seen

NETWORKS = [
    (nn.Sequential(nn.Conv2d(3, 2, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(2, 2, 5, padding=2)), 64),
    (nn.Sequential(nn.Conv2d(1, 2, (3, 5), (2, 1), (1, 0)), nn.AvgPool2d(2, 2, 1)), 17),
    (nn.Sequential(nn.ZeroPad2d((3, 0, 1, 2)), nn.Conv2d(1, 2, 3, dilation=2), nn.Conv2d(2, 1, 2)), 12),
    (nn.Sequential(nn.Conv2d(1, 2, 4, padding="same"), nn.Conv2d(2, 1, 3, 2)), 11),
]


def looked_at(module: nn.Module, image: torch.Tensor, at: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """The rows and columns of the pixels on which the unit depends, first and last."""
    image.requires_grad_()
    module(image)[0, 0, at[0], at[1]].backward()
    assert image.grad is not None
    moved = image.grad[0].abs().sum(0) > 0
    return tuple((int(found.min()), int(found.max())) for found in moved.nonzero().unbind(1))


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("network", "side"), NETWORKS)
def test_a_unit_sees_where_its_gradient_is(network: nn.Sequential, side: int) -> None:
    linear = nn.Sequential(*(nn.AvgPool2d(3, 2) if isinstance(layer, nn.MaxPool2d) else layer for layer in network))
    with torch.no_grad():
        for parameter in linear.parameters():
            parameter.fill_(1.0)  # so that nothing cancels, and no ReLU is off
    channels = next(layer.in_channels for layer in linear if isinstance(layer, nn.Conv2d))
    report = inspect_model(linear, inputs=[f"1x{channels}x{side}x{side}"])
    path = str(len(linear) - 1)
    height, width = report.layers[-1].outputs[0].shape[-2:]
    for at in {(0, 0), (0, width - 1), (height - 1, 0), (height // 2, width // 2), (height - 1, width - 1)}:
        found = seen(report, path, at)
        assert (found.rows, found.columns) == looked_at(linear, torch.ones(1, channels, side, side), at)


def test_padding_alone() -> None:
    """A kernel of 1 with padding 2: the first unit sees nothing of the image."""
    report = inspect_model(nn.Conv2d(1, 1, 1, padding=2), inputs=["1x1x4x4"])
    found = seen(report, "", (0, 3))
    assert (found.rows, found.columns) == (None, (1, 1))
    assert found.reach == ((-2, -2), (1, 1))


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "-1,0", "1.5,2", "١,2"])
def test_what_is_no_unit(text: str) -> None:
    with pytest.raises(RequestError, match="not a unit"):
        parse(text)


def test_parse() -> None:
    assert parse("3, 5") == (3, 5)
