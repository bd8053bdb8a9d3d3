"""What is said of a layer that can't take a matrix; the sizes are worked out by hand, and torch refuses them all."""

import re

import pytest

from cnninspect.errors import ModelError
from tests.unit.apply.applying import applied

#: Words of torch's own messages about shapes and settings, none of which a reader of ours is to see.
_OF_TORCH = re.compile(r"torch says|size mismatch|Kernel size|Calculated|mat1|running_mean|Expected|expected|tensor")

_SQUARE, _PAIR, _ROW = "1:16", "1:32:2x4x4", "1 2 3 4 5"  # 4×4, two channels of it, five in a row


@pytest.mark.parametrize(
    ("layers", "values", "says"),
    [
        ("MaxPool2d(5)", _SQUARE, "a 5×5 window does not fit in 4×4"),
        ("AvgPool2d((2, 5))", _SQUARE, "a 2×5 window does not fit in 4×4"),
        ("LPPool2d(2, 5)", _SQUARE, "a 5×5 window does not fit in 4×4"),
        ("MaxPool1d(9)", _ROW, "a 1×9 window does not fit in 1×5"),
        ("MaxPool2d(6, stride=1, ceil_mode=True)", _SQUARE, "a 6×6 window does not fit in 4×4"),
        ("Conv2d(1, 1, 7, padding=1)", _SQUARE, "a 7×7 window does not fit in 4×4, 6×6 with its padding"),
        # three elements with one between each reach over 2·2 + 1 = 5, with two between each over 3·2 + 1 = 7
        ("Conv2d(1, 1, 3, dilation=2)", _SQUARE, "a 3×3 window with dilation 2, which reaches over 5×5,"),
        ("MaxPool2d(3, dilation=3)", _SQUARE, "a 3×3 window with dilation 3, which reaches over 7×7,"),
        ("LazyConv2d(1, 9)", _SQUARE, "a 9×9 window does not fit in 4×4"),
        ("Unfold(5)", _SQUARE, "a 5×5 window does not fit in 4×4"),
        ("Flatten(); MaxPool1d(17)", _SQUARE, "a 1×17 window does not fit in 1×16"),
        ("FractionalMaxPool2d(2, output_size=4)", _SQUARE, "4 windows of 2 do not fit in a side of 4"),
        ("MaxPool2d(2, padding=2)", _SQUARE, "its padding of 2 is more than half of its window of 2"),
        ("Conv2d(1, 1, 2, padding=4, padding_mode='reflect')", _SQUARE, "can be mirrored by 3 at most, not by 4"),
        ("CircularPad2d(5)", _SQUARE, "a side of 4 can be repeated by 4 at most, not by 5"),
        ("ZeroPad2d(-2)", _SQUARE, "leaves nothing of 1×1×4×4"),
        ("ReplicationPad2d(-3)", _SQUARE, "it crops away all of a side of 4"),
        ("ReflectionPad2d((1, 2))", _SQUARE, "its padding has 2 numbers, and 4 are wanted"),
        # a kernel of 3 makes 4 + 2 = 6 of 4, and padding takes 3 from either side
        ("ConvTranspose2d(1, 1, 3, padding=3)", _SQUARE, "its padding takes away 6×6 of 6×6: nothing is left"),
        ("ConvTranspose2d(1, 1, 3, output_padding=1)", _SQUARE, "its output_padding of 1 is not smaller than"),
        ("MaxPool2d(2, 0)", _SQUARE, "stride is 0, and at least 1 is wanted"),
        ("Conv2d(1, 1, 0)", _SQUARE, "kernel_size is 0, and at least 1 is wanted"),
        ("Conv2d(1, 1, 3, padding=-1)", _SQUARE, "padding is -1, and at least 0 is wanted"),
        ("Conv2d(1, 1, (2, 2, 2))", _SQUARE, "kernel_size has 3 numbers for 2 sides"),
        ("AvgPool2d(2, divisor_override=0)", _SQUARE, "its divisor_override is 0"),
        ("AdaptiveAvgPool2d(-1)", _SQUARE, "output_size is -1, and at least 0 is wanted"),
    ],
)  # fmt: skip
def test_windows_and_paddings(layers: str, values: str, says: str) -> None:
    _refuses(layers, values, says)


@pytest.mark.parametrize(
    ("layers", "values", "says"),
    [
        ("Linear(5, 2)", _SQUARE, "it wants 5 features and gets 4"),
        ("Linear(16, 2)", _SQUARE, "1×4×4 is 16 when flattened: put Flatten() before it"),
        ("Flatten(); Linear(5, 2)", _SQUARE, "it wants 5 features and gets 16"),
        ("Conv2d(3, 1, 2)", _PAIR, "wants 3 channels and gets 2"),
        ("Flatten(); Conv1d(2, 1, 3)", _SQUARE, "it wants 2 channels and gets 1"),
        ("BatchNorm2d(1)", _PAIR, "it wants 1 channel and gets 2"),
        ("Flatten(); BatchNorm1d(3)", _SQUARE, "it wants 3 channels and gets 16"),
        ("InstanceNorm2d(2, affine=True)", _SQUARE, "it wants 2 channels and gets 1"),
        ("InstanceNorm2d(1)", "7", "it needs more than one value for each channel, and gets one"),
        ("GroupNorm(2, 4)", _PAIR, "it wants 4 channels and gets 2"),
        ("LayerNorm((3, 3))", _SQUARE, "it wants …×3×3 and gets 1×1×4×4"),
        ("RMSNorm(3)", _SQUARE, "RMSNorm(4) takes rows of 4"),
        ("PReLU(2)", _SQUARE, "it has 2 slopes, and gets 1 channel"),
        ("LocalResponseNorm(0)", _SQUARE, "size is 0, and at least 1 is wanted"),
        ("PixelShuffle(2)", _PAIR, "it wants a multiple of 4 channels and gets 2"),
        ("PixelUnshuffle(3)", _SQUARE, "it wants sides that are multiples of 3 and gets 4×4"),
        ("Flatten(); PixelUnshuffle(2)", _SQUARE, "it works on maps, and gets 1×16"),
        ("ChannelShuffle(3)", _PAIR, "2 channels can't be put into 3 groups"),
        ("Fold((4, 4), 2)", _SQUARE, "it takes what Unfold gives"),
        ("Unfold(2); Fold(9, 2)", _SQUARE, "it wants 64 blocks and gets 9"),  # (9 − 1)² of the one, 3² of the other
        ("Unflatten(1, (2, 2))", _SQUARE, "dimension 1 has 1 element, which can't be 2×2"),
        ("Flatten(5)", _SQUARE, "there is no dimension 5 in 1×1×4×4"),
        ("Flatten(3, 1)", _SQUARE, "start_dim is 3, which is behind end_dim, 1"),
        ("Softmax(9)", _SQUARE, "there is no dimension 9 in 1×1×4×4"),
        ("GLU(-1)", _ROW, "it halves dimension -1, which has an odd number of elements, 5"),
        ("Upsample()", _SQUARE, "it has neither a size nor a scale_factor"),
        ("Upsample(scale_factor=0.1)", _SQUARE, "nothing is left of 4×4"),
        ("Upsample(2, mode='linear')", _SQUARE, "mode 'linear' is for rows"),
        ("RReLU(0.5, 0.1)", _SQUARE, "its lower bound, 0.5, is above the upper one, 0.1"),
        ("MaxPool2d('a')", _SQUARE, "one of its settings is of a kind that it does not take"),
    ],
)
def test_channels_features_and_dimensions(layers: str, values: str, says: str) -> None:
    _refuses(layers, values, says)


def _refuses(layers: str, values: str, says: str) -> None:
    with pytest.raises(ModelError) as caught:
        applied(layers, values)
    assert says in str(caught.value)
    assert not _OF_TORCH.search(str(caught.value))


def test_train_mode_wants_more_than_one_value() -> None:
    with pytest.raises(ModelError, match="it needs more than one value for each channel"):
        applied("BatchNorm2d(1)", "7", mode="train")


@pytest.mark.parametrize("layers", ["Conv1d(1, 1, 3)", "MaxPool1d(3, 1)", "AvgPool1d(3, 1)"])
def test_a_vector_is_a_row_to_what_slides_along_rows(layers: str) -> None:
    """torch takes 1×16 for one channel of a row without a batch: 16 − 3 + 1 = 14 windows."""
    step = applied(f"Flatten(); {layers}", "1:16").steps[1]
    assert [window.columns for window in step.windows] == [(at, at + 1, at + 2) for at in range(14)]
