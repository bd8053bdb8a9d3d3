"""What a unit sees, against gradients: with positive weights those of the unit are not zero exactly where it looks."""

import pytest
import torch
from torch import nn

from cnninspect import inspect_model
from cnninspect.errors import RequestError
from cnninspect.explain.neurons import parse, seen

NETWORKS = [
    (nn.Sequential(nn.Conv2d(3, 2, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(2, 2, 5, padding=2)), 64),
    (nn.Sequential(nn.Conv2d(1, 2, (3, 5), (2, 1), (1, 0)), nn.AvgPool2d(2, 2, 1)), 17),
    (nn.Sequential(nn.ZeroPad2d((3, 0, 1, 2)), nn.Conv2d(1, 2, 3, dilation=2), nn.Conv2d(2, 1, 2)), 12),
    (nn.Sequential(nn.Conv2d(1, 2, 4, padding="same"), nn.Conv2d(2, 1, 3, 2)), 11),
    (nn.Sequential(nn.Conv2d(3, 2, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(2, 2, 5, padding=2)), (230, 70)),
    (nn.Sequential(nn.Conv2d(1, 1, 3, 4), nn.Conv2d(1, 1, 3, padding=1)), 13),
    (nn.Sequential(nn.Conv2d(1, 1, 4, padding="same"), nn.Conv2d(1, 1, 2, padding="same", dilation=3)), (14, 17)),
    (nn.Sequential(nn.Conv2d(1, 1, 2, 3), nn.AvgPool2d(2, ceil_mode=True), nn.Conv2d(1, 1, 3, padding=1)), (23, 26)),
    (nn.Sequential(nn.Conv2d(1, 1, 3, 2, padding=2, padding_mode="reflect"), nn.Conv2d(1, 1, 3, padding=1)), 12),
    (nn.Sequential(nn.Conv2d(1, 1, 3, padding=2, padding_mode="replicate"), nn.Conv2d(1, 1, 2, 2)), (9, 12)),
    (nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), nn.Conv2d(1, 1, 2, 2)), (9, 12)),
    (nn.Sequential(nn.ReflectionPad2d((5, 1, 4, 2)), nn.Conv2d(1, 1, 3)), 9),
    (nn.Sequential(nn.Sequential(nn.Conv2d(1, 1, 3, 4), nn.ReLU()), nn.Conv2d(1, 1, 3, padding=1)), 13),
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
def test_a_unit_sees_where_its_gradient_is(network: nn.Sequential, side: int | tuple[int, int]) -> None:
    sides = (side, side) if isinstance(side, int) else side
    linear = nn.Sequential(*(nn.AvgPool2d(3, 2) if isinstance(layer, nn.MaxPool2d) else layer for layer in network))
    with torch.no_grad():
        for parameter in linear.parameters():
            parameter.fill_(1.0)  # so that nothing cancels, and no ReLU is off
    channels = next(layer.in_channels for layer in linear.modules() if isinstance(layer, nn.Conv2d))
    report = inspect_model(linear, inputs=[f"1x{channels}x{sides[0]}x{sides[1]}"])
    path = str(len(linear) - 1)
    height, width = report.layers[-1].outputs[0].shape[-2:]
    for at in {(0, 0), (0, width - 1), (height - 1, 0), (height // 2, width // 2), (height - 1, width - 1)}:
        for name in (path, ""):
            found = seen(report, name, at)
            assert (found.rows, found.columns) == looked_at(linear, torch.ones(1, channels, *sides), at)


def test_padding_alone() -> None:
    """A kernel of 1 with padding 2: the first unit sees nothing of the image."""
    report = inspect_model(nn.Conv2d(1, 1, 1, padding=2), inputs=["1x1x4x4"])
    found = seen(report, "", (0, 3))
    assert (found.rows, found.columns) == (None, (1, 1))
    assert found.reach == ((-2, -2), (1, 1))


def test_padding_of_a_map_in_between() -> None:
    """Of 13 pixels a kernel of 3 each 4 takes 0 to 2, 4 to 6, 8 to 10; the last unit of the next sees two of these."""
    report = inspect_model(nn.Sequential(nn.Conv2d(1, 1, 3, 4), nn.Conv2d(1, 1, 3, padding=1)), inputs=["1x1x13x13"])
    found = seen(report, "1", (2, 2))
    assert (found.rows, found.columns) == ((4, 10), (4, 10))
    assert found.remarks == ()


class Halved(nn.Module):
    """A function of its own stands between two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.two(torch.nn.functional.avg_pool2d(self.one(x), 2))
        return found


def test_what_cannot_be_walked_is_theoretical() -> None:
    """12 pixels: 10, halved 5, then a kernel of 3: 3 + 1·1 + 2·2 = 8 pixels, each 2 further."""
    found = seen(inspect_model(Halved(), inputs=["1x1x12x12"]), "two", (1, 0))
    assert (found.rows, found.columns) == ((2, 9), (0, 7))
    assert "theoretical" in found.remarks[0]


class Causal(nn.Module):
    """Two elements before beside two elements behind: neither path sees what the other does."""

    def __init__(self, *, is_joined: bool) -> None:
        super().__init__()
        self.before, self.a = nn.ZeroPad2d((2, 0, 2, 0)), nn.Conv2d(1, 1, 3)
        self.behind, self.b = nn.ZeroPad2d((0, 2, 0, 2)), nn.Conv2d(1, 1, 3)
        self.joined, self.c = nn.ReLU() if is_joined else None, nn.Conv2d(1, 1, 3, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        both = self.a(self.before(x)) + self.b(self.behind(x))
        found: torch.Tensor = self.c(self.joined(both) if self.joined else both)
        return found


SHUFFLED = nn.Sequential(
    nn.PixelUnshuffle(2), nn.Conv2d(4, 8, 3, padding=1), nn.PixelShuffle(2), nn.Conv2d(2, 1, 3, padding=1)
)


@pytest.mark.parametrize(
    ("network", "layer"),
    [(Causal(is_joined=False), "c"), (Causal(is_joined=True), "c"), (SHUFFLED, "1"), (SHUFFLED, "2"), (SHUFFLED, "3")],
)
def test_every_path_is_walked_that_the_field_is_made_of(network: nn.Module, layer: str) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(1.0)
    report = inspect_model(network, inputs=["1x1x14x12"])
    shown = next(each for each in report.layers if each.path == layer).outputs[0].shape
    until = network if isinstance(network, Causal) else nn.Sequential(*list(network.children())[: int(layer) + 1])
    for at in {(0, 0), (0, shown[-1] - 1), (1, 1), (shown[-2] // 2, shown[-1] // 2), (shown[-2] - 1, shown[-1] - 1)}:
        found = seen(report, layer, at)
        assert (found.rows, found.columns) == looked_at(until, torch.ones(1, 1, 14, 12), at)
        assert not any("theoretical" in remark for remark in found.remarks)


def test_a_part_of_an_element_reaches_as_far_as_that() -> None:
    """Column 5 was part of 2, which sees 1 to 3 of 6, pixels 2 to 7; of row 0 one element above is padding."""
    found = seen(inspect_model(SHUFFLED, inputs=["1x1x12x12"]), "2", (0, 5))
    assert (found.rows, found.columns) == ((0, 3), (2, 7))
    assert found.reach == ((-2, 3), (2, 7))


class Meeting(nn.Module):
    """13 pixels to 3: by a kernel of 3 each 4 and one of 3 with padding, and by a kernel of 5 each 4."""

    def __init__(self) -> None:
        super().__init__()
        self.far, self.near = nn.Sequential(nn.Conv2d(1, 1, 3, 4), nn.Conv2d(1, 1, 3, padding=1)), nn.Conv2d(1, 1, 5, 4)
        self.last = nn.Conv2d(1, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.last(self.near(x) + self.far(x))
        return found


def test_another_path_may_add_pixels() -> None:
    """The last unit sees 4 to 10 by the far path, 8 to 12 by the near one."""
    report = inspect_model(Meeting(), inputs=["1x1x13x13"])
    found = seen(report, "last", (2, 2))
    assert found.rows == (4, 10)
    assert "another path" in found.remarks[0]
    assert seen(report, "last", (1, 1)).remarks == ()


@pytest.mark.parametrize(
    ("layer", "mode"),
    [
        (nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), "reflect"),
        (nn.Conv2d(1, 1, 3, padding="same", padding_mode="circular"), "circular"),
        (nn.ReplicationPad2d(1), "replicate"),
    ],
)
def test_padding_that_repeats_pixels_is_remarked(layer: nn.Module, mode: str) -> None:
    found = seen(inspect_model(layer, inputs=["1x1x5x5"]), "", (0, 0))
    assert f"repeats pixels of what enters it ({mode})" in found.remarks[0]
    assert found.repeats
    assert not seen(inspect_model(nn.Conv2d(1, 1, 3, padding=1), inputs=["1x1x5x5"]), "", (0, 0)).repeats


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "-1,0", "1.5,2", "١,2"])
def test_what_is_no_unit(text: str) -> None:
    with pytest.raises(RequestError, match="not a unit"):
        parse(text)


def test_parse() -> None:
    assert parse("3, 5") == (3, 5)
