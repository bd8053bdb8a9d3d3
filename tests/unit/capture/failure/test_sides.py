"""The sides that a failing layer would need, against the same layers run at those sides and at their neighbours."""

import random
import re

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cnninspect import CnnInspectError, inspect_model

CHANNELS = 2


class Cropped(nn.Module):
    """Cuts a row and a column off at either end, by a slice."""

    def forward(self, x: Tensor) -> Tensor:
        return x[..., 1:-1, 1:-1]


class Pooled(nn.Module):
    """Pools by a function."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(functional.relu(x), 3, 2, 1)


class Branches(nn.Module):
    """Two paths of which one looks further, and which meet."""

    def __init__(self) -> None:
        super().__init__()
        self.near, self.far = nn.Conv2d(CHANNELS, CHANNELS, 1, 2), nn.Conv2d(CHANNELS, CHANNELS, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.near(x) + self.far(x)  # type: ignore[no-any-return]  # modules are untyped


def layer(draw: random.Random) -> nn.Module:
    kernel, stride = draw.randint(1, 4), draw.randint(1, 3)
    padding = draw.randint(0, kernel // 2)
    return draw.choice(
        [
            nn.Conv2d(CHANNELS, CHANNELS, kernel, stride, padding, dilation=draw.randint(1, 2)),
            nn.MaxPool2d(kernel, stride, padding),
            nn.ZeroPad2d(draw.randint(0, 2)),
            nn.ZeroPad2d((1, 0, 1, 0)),
            nn.Conv2d(CHANNELS, CHANNELS, 2, padding="same"),
            Cropped(),
            Pooled(),
            Branches(),
        ]
    )


def side_of(body: nn.Module, side: int) -> int:
    """The side of the map that ``body`` gives; 0 if it is too small for it."""
    try:
        return int(body(torch.zeros(1, CHANNELS, side, side, device="meta")).shape[-1])
    except RuntimeError:
        return 0


def message(body: nn.Module, features: int, shape: str) -> str:
    network = nn.Sequential(body, nn.Flatten(), nn.Dropout(), nn.Linear(features, 3))
    with pytest.raises(CnnInspectError) as caught:
        inspect_model(network, inputs=[shape], device="meta")
    return caught.value.message


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("seed", range(40))
def test_sides_that_fit_and_their_neighbours(seed: int) -> None:
    draw = random.Random(seed)
    body = nn.Sequential(*(layer(draw) for _ in range(draw.randint(1, 5)))).to("meta")
    given, wanted = draw.randint(40, 60), draw.randint(80, 90)
    while side_of(body, wanted) == side_of(body, given):  # so much is pooled that they give the same
        wanted += 10
    side, other = side_of(body, wanted), side_of(body, given)
    text = message(body, CHANNELS * side * side, f"1x{CHANNELS}x{given}x{given}")
    assert f"wants {CHANNELS * side * side} features and got {CHANNELS * other * other}" in text
    found = re.search(rf"{side}×{side} needs sides of (\d+)(?: to (\d+))?", text)
    assert found, text
    first, last = int(found[1]), int(found[2] or found[1])
    assert first <= wanted <= last
    assert side_of(body, first) == side_of(body, last) == side
    assert side_of(body, first - 1) < side < side_of(body, last + 1)


def test_height_and_width_of_their_own() -> None:
    """30 → ⌊(30 − 3)/2⌋ + 1 = 14 high, 30 → 28 wide; 10×10 needs 21 or 22, and 12."""
    body = nn.Conv2d(CHANNELS, CHANNELS, 3, (2, 1)).to("meta")
    assert "10×10 needs heights of 21 to 22 and widths of 12\n" in message(body, 200, f"1x{CHANNELS}x30x30")


@pytest.mark.parametrize(
    "body",
    [
        nn.MaxPool2d(3, 2, ceil_mode=True),  # how far the last window hangs over depends on the side
        nn.AdaptiveAvgPool2d(5),  # gives 5 whatever comes
        nn.Upsample(scale_factor=2),
    ],
)
def test_nothing_is_said_where_it_is_not_known(body: nn.Module) -> None:
    assert "needs" not in message(body, CHANNELS * 49, f"1x{CHANNELS}x30x30")


def test_features_that_no_map_of_these_channels_has() -> None:
    text = message(nn.Conv2d(CHANNELS, CHANNELS, 3).to("meta"), 77, f"1x{CHANNELS}x30x30")
    assert "the input 1x2x30x30 gives 2×28×28" in text
    assert "needs" not in text
