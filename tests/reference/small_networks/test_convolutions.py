"""Convolutions: each output element sums over one group's channels and the kernel; transposed, each input element."""

import pytest
from torch import nn

from tests.reference.small_networks.exactness import assert_exact


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize(
    ("layer", "shape", "params", "macs", "activations"),
    [
        (nn.Conv2d(3, 8, 3), "2x3x10x10", 8 * 27 + 8, 2 * 64 * 8 * 27, 2 * 64 * 8),  # 10 − 3 + 1 = 8
        (nn.Conv2d(3, 8, 3, bias=False), "2x3x10x10", 8 * 27, 2 * 64 * 8 * 27, 2 * 64 * 8),
        (nn.Conv2d(4, 8, 3, groups=2), "1x4x10x10", 8 * 18 + 8, 64 * 8 * 18, 64 * 8),  # 2 channels a group
        (nn.Conv2d(4, 4, 3, groups=4), "1x4x10x10", 4 * 9 + 4, 64 * 4 * 9, 64 * 4),  # depthwise
        (nn.Conv2d(4, 8, 3, groups=4), "1x4x10x10", 8 * 9 + 8, 64 * 8 * 9, 64 * 8),  # with a multiplier of 2
        (nn.Conv2d(3, 8, 3, dilation=2), "1x3x10x10", 8 * 27 + 8, 36 * 8 * 27, 36 * 8),  # 10 − 2·2 = 6
        (nn.Conv2d(3, 8, 3, stride=2, padding=1), "1x3x10x10", 8 * 27 + 8, 25 * 8 * 27, 25 * 8),
        (nn.Conv2d(3, 8, (3, 5)), "1x3x10x10", 8 * 45 + 8, 8 * 6 * 8 * 45, 8 * 6 * 8),
        (nn.Conv2d(3, 8, 3), "3x10x10", 8 * 27 + 8, 64 * 8 * 27, 64 * 8),  # unbatched
        (nn.Conv2d(3, 8, 3, padding="same"), "1x3x10x10", 8 * 27 + 8, 100 * 8 * 27, 100 * 8),
        (nn.Conv2d(3, 8, 4, padding="same"), "1x3x10x10", 8 * 48 + 8, 100 * 8 * 48, 100 * 8),  # pads unevenly
        (nn.Conv2d(3, 8, 3, padding="valid"), "1x3x10x10", 8 * 27 + 8, 64 * 8 * 27, 64 * 8),
        (nn.Conv2d(3, 8, 3, padding=1, padding_mode="circular"), "1x3x10x10", 8 * 27 + 8, 100 * 8 * 27, 100 * 8),
        (nn.Conv1d(3, 8, 5), "2x3x20", 8 * 15 + 8, 2 * 16 * 8 * 15, 2 * 16 * 8),
        (nn.Conv1d(3, 8, 5), "3x20", 8 * 15 + 8, 16 * 8 * 15, 16 * 8),
        (nn.Conv1d(3, 8, 4, padding="same"), "1x3x20", 8 * 12 + 8, 20 * 8 * 12, 20 * 8),
        (nn.Conv3d(3, 8, 3), "1x3x6x6x6", 8 * 81 + 8, 64 * 8 * 81, 64 * 8),
        (nn.Conv3d(4, 4, 3, groups=4), "4x6x6x6", 4 * 27 + 4, 64 * 4 * 27, 64 * 4),
        # 2·(5 − 1) + 3 = 11 a side, but each of the 5·5·4 inputs is multiplied into 8·3·3
        (nn.ConvTranspose2d(4, 8, 3, stride=2), "1x4x5x5", 4 * 72 + 8, 100 * 72, 8 * 121),
        (nn.ConvTranspose2d(4, 8, 3, groups=2), "1x4x5x5", 4 * 36 + 8, 100 * 36, 8 * 49),
        (nn.ConvTranspose2d(4, 8, 3, stride=2, padding=1, output_padding=1), "4x5x5", 4 * 72 + 8, 100 * 72, 8 * 100),
        (nn.ConvTranspose1d(4, 8, 3), "2x4x5", 4 * 24 + 8, 40 * 24, 2 * 8 * 7),
        (nn.ConvTranspose3d(4, 8, 2, stride=2), "1x4x3x3x3", 4 * 64 + 8, 4 * 27 * 64, 8 * 216),
    ],
)  # fmt: skip
def test_convolution_as_the_whole_model(layer: nn.Module, shape: str, params: int, macs: int, activations: int) -> None:
    for mode in ("eval", "train"):
        report = assert_exact(layer, shape, params=params, macs=macs, activations=activations, mode=mode)
        assert [(row.path, row.depth) for row in report.layers] == [("", 0)]


def test_patches_by_unfold() -> None:
    # im2col gathers, it doesn't multiply: 64 places of 27 numbers, then a product with 8 filters
    module = nn.Sequential(nn.Unfold(3), nn.Conv1d(27, 8, 1), nn.Fold((8, 8), 1))
    assert_exact(module, "1x3x10x10", params=8 * 27 + 8, macs=64 * 8 * 27, activations=64 * 8)


def test_everything_else_counts_nothing() -> None:
    module = nn.Sequential(
        nn.BatchNorm2d(4), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4), nn.LocalResponseNorm(2), nn.PReLU(), nn.GELU(),
        nn.MaxPool2d(2), nn.AvgPool2d(2), nn.Upsample(scale_factor=2, mode="bilinear"), nn.PixelShuffle(2),
        nn.Dropout2d(), nn.AdaptiveAvgPool2d(1), nn.Softmax(1),
    )  # fmt: skip
    for mode in ("eval", "train"):
        assert_exact(module, "2x4x16x16", params=2 * 4 + 2 * 4 + 1, macs=0, activations=0, mode=mode)
