"""Receptive fields by hand: size r + d·(k − 1)·S, effective stride S·s, effective padding P + p·S.

Sources
- Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks" (2019):
  the recurrence (section 2), and the table of networks
- the gradient: where paths meet an element sees what any of them does, padding max Pᵢ, size max Pᵢ + max(rᵢ − Pᵢ)
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.report import ReceptiveField
from tests.reference.small_networks.exactness import Calls

Field = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def field_of(module: nn.Module, shape: str, path: str = "") -> Field | None:
    """The receptive field of a module's output, the same on the CPU and on meta."""
    found: set[Field | None] = set()
    for device in ("cpu", "meta"):
        report = inspect_model(module, inputs=[shape], device=device)
        field: ReceptiveField | None = next(x.receptive_field for x in report.layers if x.path == path)
        found.add((field.size, field.stride, field.padding) if field else None)
    (only,) = found
    return only


def square(size: int, stride: int, padding: int, dimensions: int = 2) -> Field:
    return (size,) * dimensions, (stride,) * dimensions, (padding,) * dimensions


IMAGE = "1x3x32x32"


@pytest.mark.parametrize(
    ("module", "shape", "expected"),
    [
        (nn.Conv2d(3, 4, 3), IMAGE, square(3, 1, 0)),
        (nn.Conv2d(3, 4, 5, stride=2, padding=1), IMAGE, square(5, 2, 1)),
        (nn.Conv2d(3, 4, 3, dilation=4, padding=4), IMAGE, square(9, 1, 4)),  # 1 + 4·2
        (nn.Conv2d(3, 4, 3, padding="same"), IMAGE, square(3, 1, 1)),
        (nn.Conv2d(3, 4, 3, padding="same", dilation=3), IMAGE, square(7, 1, 3)),
        (nn.Conv2d(3, 4, (3, 1), stride=(2, 1), padding=(1, 0)), IMAGE, ((3, 1), (2, 1), (1, 0))),
        (nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), IMAGE, square(3, 1, 1)),
        (nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular"), IMAGE, square(3, 1, 1)),
        (nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1)), IMAGE, square(7, 4, 3)),  # 3 + 2·2, 1 + 1·2
        (nn.Conv2d(3, 4, 3, stride=2), "3x32x32", square(3, 2, 0)),  # unbatched
        (nn.Conv1d(3, 4, 5, stride=2, padding=2), "1x3x64", square(5, 2, 2, 1)),
        (nn.Conv1d(3, 4, 5, stride=2, padding=2), "3x64", square(5, 2, 2, 1)),
        (nn.Sequential(nn.Conv1d(3, 4, 3), nn.MaxPool1d(2), nn.Conv1d(4, 4, 3)), "1x3x64", square(8, 2, 0, 1)),
        (nn.Conv3d(3, 4, (1, 3, 3), padding=(0, 1, 1)), "1x3x4x8x8", ((1, 3, 3), (1, 1, 1), (0, 1, 1))),
        (nn.Sequential(nn.Conv3d(3, 4, 3, 2, 1), nn.AvgPool3d(2)), "3x8x8x8", square(5, 4, 1, 3)),  # 3 + 1·2
        (nn.MaxPool2d(3, 2, 1), IMAGE, square(3, 2, 1)),
        (nn.MaxPool2d(3, 1, dilation=2), IMAGE, square(5, 1, 0)),
        (nn.AvgPool2d(2), IMAGE, square(2, 2, 0)),
        (nn.AvgPool2d((2, 4)), IMAGE, ((2, 4), (2, 4), (0, 0))),
        (nn.AdaptiveAvgPool2d(8), IMAGE, square(4, 4, 0)),  # 32/8
        (nn.AdaptiveMaxPool2d(8), IMAGE, square(4, 4, 0)),
        (nn.AdaptiveAvgPool2d(5), IMAGE, None),  # 32/5: windows of different sizes
        (nn.LPPool2d(2, 2), IMAGE, square(2, 2, 0)),
        (nn.Sequential(nn.ZeroPad2d(3), nn.Conv2d(3, 4, 7, 2)), IMAGE, square(7, 2, 3)),
        (nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 4, 3, 2)), IMAGE, square(3, 2, 0)),  # pads behind
        (nn.Sequential(nn.ReflectionPad2d((1, 2, 3, 4)), nn.Conv2d(3, 4, 3)), IMAGE, ((3, 3), (1, 1), (3, 1))),
        (nn.Sequential(nn.MaxPool2d(2), nn.ConstantPad2d(1, 0.5), nn.Conv2d(3, 4, 3)), IMAGE, square(6, 2, 2)),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.GELU(), nn.Dropout()), IMAGE, square(3, 1, 0)),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.PReLU(4), nn.Hardswish()), IMAGE, square(3, 1, 0)),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.InstanceNorm2d(4), nn.SiLU(inplace=True)), IMAGE, square(3, 1, 0)),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.GLU(1), nn.RReLU(), nn.LogSigmoid(), nn.Mish()), IMAGE, square(3, 1, 0)),
        (nn.Sequential(nn.Conv2d(3, 8, 3), nn.ChannelShuffle(2), nn.Softmax(1)), IMAGE, square(3, 1, 0)),
        (nn.Identity(), IMAGE, square(1, 1, 0)),
        # not defined from there on
        (nn.Flatten(), IMAGE, None),
        (nn.AdaptiveAvgPool2d(1), IMAGE, None),
        (nn.Sequential(nn.AvgPool2d(32)), IMAGE, square(32, 32, 0)),  # a window like any other, as large as the image
        (nn.ConvTranspose2d(3, 4, 2, stride=2), IMAGE, None),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softmax(2)), IMAGE, None),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d((1, None))), IMAGE, None),
        (nn.Upsample(scale_factor=2), IMAGE, None),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(3600, 2)), IMAGE, None),
    ],
)  # fmt: skip
def test_by_the_recurrence(module: nn.Module, shape: str, expected: Field | None) -> None:
    assert field_of(module, shape) == expected


def test_padding_by_a_function() -> None:
    module = Calls(lambda m, x: m.conv(F.pad(x, (2, 2, 1, 1))), conv=nn.Conv2d(3, 4, 3, stride=2))
    assert field_of(module, IMAGE) == ((3, 3), (2, 2), (1, 2))  # the last dimension's padding is named first


def test_residual_block() -> None:
    # two convolutions of 3 against nothing: the larger path, and its padding
    def forward(m: nn.Module, x: Tensor) -> Any:
        return m.get_submodule("body")(x) + x

    body = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 3, 3, padding=1))
    assert field_of(Calls(forward, body=body), IMAGE) == square(5, 1, 2)


def test_residual_block_with_a_strided_shortcut() -> None:
    # 3 + 2·2 = 7 with stride 2, against a 1×1 with stride 2
    module = Calls(
        lambda m, x: m.body(x).add_(m.shortcut(x)).relu_(),
        body=nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, 1, 1)),
        shortcut=nn.Conv2d(3, 4, 1, 2),
    )
    assert field_of(module, IMAGE) == square(7, 2, 3)


def test_inception_block() -> None:
    # branches of 1, 3, 5 and a pool of 3, joined by their channels
    module = Calls(
        lambda m, x: torch.cat([m.one(x), m.three(x), m.five(x), m.pool(x)], 1),
        one=nn.Conv2d(3, 2, 1), three=nn.Conv2d(3, 2, 3, padding=1), five=nn.Conv2d(3, 2, 5, padding=2),
        pool=nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(3, 2, 1)),
    )  # fmt: skip
    assert field_of(nn.Sequential(module, nn.MaxPool2d(2)), IMAGE) == square(6, 2, 2)


def test_paths_of_different_strides_have_none() -> None:
    module = Calls(lambda m, x: m.pool(x) + x[:, :, :16, :16], pool=nn.MaxPool2d(2))
    assert field_of(module, IMAGE) is None


def test_strided_slices() -> None:
    # Swin's and Focus' way of halving a map: every second pixel, from 0 and from 1
    module = Calls(
        lambda m, x: m.conv(torch.cat([x[..., ::2, ::2], x[..., 1::2, 1::2]], 1)), conv=nn.Conv2d(6, 4, 3, padding=1)
    )
    # 2 + 2·2 = 6 with stride 2; the padding of the path that starts first: 0 + 1·2
    assert field_of(module, IMAGE) == square(6, 2, 2)
    cropped = Calls(lambda m, x: m.conv(x[:, :, 4:, 4:]), conv=nn.Conv2d(3, 4, 3))
    assert field_of(cropped, IMAGE) == square(3, 1, -4)


def by_gradient(module: nn.Module, shape: tuple[int, ...], stride: int) -> Field:
    """What the elements of a map depend on, put together from all of them whose window lies within the image.

    Args:
        module: Without anything that lets some pixels through and others not; its weights are drawn anew.
        shape: Of the image.
        stride: From one element to the next: windows are told from where their elements lie.
    """
    module = module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(0.5, 1)
    image = torch.rand(shape, dtype=torch.double, requires_grad=True)
    given = module(image).sum((0, 1)) * torch.rand((), dtype=torch.double)
    sides = given.shape
    sizes, paddings = [], []
    for axis in range(2):
        middle = sides[1 - axis] // 2
        windows = []
        for at in range(sides[axis]):
            element = given[at, middle] if axis == 0 else given[middle, at]
            (gradient,) = torch.autograd.grad(element, image, retain_graph=True)
            seen = gradient.abs().amax((0, 1)).amax(1 - axis).nonzero()
            windows.append((int(seen.min()) - at * stride, int(seen.max()) - at * stride) if len(seen) else (0, 0))
        inner = windows[len(windows) // 3 : -(len(windows) // 3)]
        paddings.append(-min(first for first, _ in inner))
        sizes.append(max(last for _, last in inner) + paddings[-1] + 1)
    return tuple(sizes), (stride,) * 2, tuple(paddings)


def conv(channels: int, kernel: Any = 3, stride: Any = 1, padding: Any = 0) -> nn.Conv2d:
    return nn.Conv2d(channels, 4, kernel, stride, padding)


@pytest.mark.parametrize(
    ("function", "layers", "expected"),
    [
        # four slices are a block of 2×2; then 2 + 2·2 pixels, one element of padding is 2
        (
            lambda m, x: m.conv(torch.cat([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], 1)),
            {"conv": conv(12, padding=1)}, square(6, 2, 2),
        ),
        (lambda m, x: m.conv(m.down(x)), {"down": nn.PixelUnshuffle(2), "conv": conv(12, padding=1)}, square(6, 2, 2)),
        (  # the same by hand
            lambda m, x: m.conv(x.view(1, 3, 16, 2, 16, 2).permute(0, 3, 5, 1, 2, 4).reshape(1, 12, 16, 16)),
            {"conv": conv(12, padding=1)}, square(6, 2, 2),
        ),
        (
            lambda m, x: m.conv(x.unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 1, 4, 5, 2, 3).reshape(1, 12, 16, 16)),
            {"conv": conv(12, padding=1)}, square(6, 2, 2),
        ),
        (lambda _, x: x.view(1, 3, 8, 4, 8, 4).mean((3, 5)), {}, square(4, 4, 0)),  # an average pooling
        (lambda _, x: x.unfold(2, 3, 2).unfold(3, 3, 2).amax((-2, -1)), {}, square(3, 2, 0)),  # a maximum over windows
        # the 6 of before, at half the stride: pixel 2i sees from −2 to 3 of itself on, pixel 2i + 1 from −3 to 2
        (
            lambda m, x: m.up(m.conv(m.down(x))),
            {"down": nn.PixelUnshuffle(2), "conv": conv(12, padding=1), "up": nn.PixelShuffle(2)}, square(7, 1, 3),
        ),
        (  # a kernel of 5 with stride 4 and padding 1, each element laid out as 2×2: one stride of 2 more before
            lambda m, x: m.up(m.conv(x)),
            {"conv": conv(3, 5, 4, 1), "up": nn.PixelShuffle(2)}, square(7, 2, 3),
        ),
        (lambda _, x: x[..., 1:] - x[..., :-1], {}, ((1, 2), (1, 1), (0, 0))),
        (lambda _, x: x[..., 2:, :] - 2 * x[..., 1:-1, :] + x[..., :-2, :], {}, ((3, 1), (1, 1), (0, 0))),
        (lambda m, x: m.conv(x[..., 1:, 1:] - x[..., :-1, :-1]), {"conv": conv(3)}, square(4, 1, 0)),  # 2 + 2
        # moved to the left and to the right: the neighbours on both sides
        (lambda _, x: F.pad(x, (1, -1)) + F.pad(x, (-1, 1)), {}, ((1, 3), (1, 1), (0, 1))),
        # causal beside anti-causal: 2 elements before, 2 behind
        (
            lambda m, x: m.a(F.pad(x, (2, 0, 2, 0))) + m.b(F.pad(x, (0, 2, 0, 2))),
            {"a": conv(3), "b": conv(3)}, square(5, 1, 2),
        ),
        (
            lambda m, x: m.c(torch.cat([m.a(F.pad(x, (4, 0))), m.b(F.pad(x, (0, 2)))], 1)),
            {"a": conv(3, (1, 5)), "b": conv(3, (1, 3)), "c": conv(8, 3, 2, 1)}, ((3, 9), (2, 2), (1, 5)),  # 4 + 3 + 2
        ),
        # a kernel of 4 from −1 on, and one of 2 from 0, both with stride 2
        (
            lambda m, x: m.a(x) + m.b(x), {"a": conv(3, 4, 2, 1), "b": conv(3, 2, 2)}, square(4, 2, 1),
        ),
        # from −2 to 0 and from 1 to 2: neither holds the other
        (
            lambda m, x: m.a(F.pad(x, (2, 0, 2, 0))) + m.b(F.pad(x, (-1, 2, -1, 2))),
            {"a": conv(3), "b": conv(3, 2)}, square(5, 1, 2),
        ),
        # NASNet's factorized reduction: every second pixel, and every second one a pixel further
        (
            lambda m, x: torch.cat([m.a(F.avg_pool2d(x, 1, 2)), m.b(F.avg_pool2d(F.pad(x, (-1, 1, -1, 1)), 1, 2))], 1),
            {"a": conv(3, 1), "b": conv(3, 1)}, square(2, 2, 0),
        ),
        # groups of channels, as in a shuffle by hand, move no place
        (
            lambda m, x: m.b(m.a(x).view(1, 2, 2, 30, 30).transpose(1, 2).reshape(1, 4, 30, 30)),
            {"a": conv(3), "b": conv(4)}, square(5, 1, 0),
        ),
    ],
)  # fmt: skip
def test_where_paths_meet(function: Callable[..., Tensor], layers: dict[str, nn.Module], expected: Field) -> None:
    module = Calls(function, **layers)
    assert field_of(module, IMAGE) == expected
    assert by_gradient(module, IMG, expected[1][0]) == expected


@pytest.mark.parametrize(
    "function",
    [
        lambda _, x: F.pixel_shuffle(x.repeat(1, 4, 1, 1), 2),  # an element of half a pixel
        lambda _, x: x + x.roll(1, 3),  # the last pixel is the first one's neighbour
        lambda _, x: x + x.flip(3),
        lambda _, x: x.view(1, 3, 32, 16, 2).transpose(3, 4).reshape(1, 3, 32, 32),  # even ones before odd ones
        lambda _, x: x.view(1, 3, 32, 16, 2).reshape(1, 3, 32, 32),  # the same pixels, but that isn't looked at
        lambda _, x: x.view(1, 3, 8, 128),  # four rows in one
        lambda _, x: torch.cat([x[..., :16], x[..., 16:]], 3),
    ],
)
def test_where_places_are_mixed(function: Callable[..., Tensor]) -> None:
    assert field_of(Calls(function), IMAGE) is None


def test_what_is_changed_in_place() -> None:
    """A dimension more or less, and nothing is known; two that change places do so in the field."""
    changes: list[tuple[Callable[[Tensor], Any], Field | None]] = [
        (lambda y: y.unsqueeze_(0), None),
        (lambda y: y.squeeze_(), None),
        (lambda y: y.resize_(1, 4, 900), None),
        (lambda y: y.resize_(1, 4, 15, 60), None),
        (lambda y: y.transpose_(2, 3), ((5, 3), (1, 1), (0, 0))),
        (lambda y: y.swapaxes_(-1, -2), ((5, 3), (1, 1), (0, 0))),
        (lambda y: y.mul_(2), ((3, 5), (1, 1), (0, 0))),
    ]
    for change, expected in changes:
        module = Calls(lambda m, x, change=change: change(m.conv(x)), conv=conv(3, (3, 5)))
        assert field_of(module, IMAGE) == expected


def test_channels_last_block() -> None:
    # ConvNeXt: a depthwise 7×7, then normalisation and linear layers over the channels in the last dimension
    def forward(m: nn.Module, x: Tensor) -> Any:
        layers = dict(m.named_children())
        y = layers["depthwise"](x).permute(0, 2, 3, 1)
        y = layers["narrow"](F.gelu(layers["wide"](layers["norm"](y)))).permute(0, 3, 1, 2)
        return x + y

    module = Calls(
        forward, depthwise=nn.Conv2d(4, 4, 7, padding=3, groups=4), norm=nn.LayerNorm(4),
        wide=nn.Linear(4, 16), narrow=nn.Linear(16, 4),
    )  # fmt: skip
    stem = nn.Conv2d(3, 4, 4, stride=4)
    assert field_of(nn.Sequential(stem, module), IMAGE) == square(4 + 6 * 4, 4, 3 * 4)


def test_squeeze_and_excitation_looks_everywhere() -> None:
    # the gate is one number a channel, from the whole map
    module = Calls(
        lambda m, x: m.conv(x) * m.gate(m.conv(x)),
        conv=nn.Conv2d(3, 4, 3),
        gate=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(4, 4, 1), nn.Sigmoid()),
    )
    assert field_of(module, IMAGE) is None
    assert field_of(module, IMAGE, "conv") == square(3, 1, 0)


def test_attention_looks_everywhere() -> None:
    module = Calls(
        lambda m, x: m.attention(*[m.patches(x).flatten(2).mT] * 3)[0],
        patches=nn.Conv2d(3, 8, 8, stride=8), attention=nn.MultiheadAttention(8, 2, batch_first=True),
    )  # fmt: skip
    assert field_of(module, IMAGE, "patches") == square(8, 8, 0)
    assert field_of(module, IMAGE) is None


def test_statistics_over_the_channels() -> None:
    # CBAM's spatial attention: a mean and a maximum of each pixel's channels, then a convolution of 7
    def forward(m: nn.Module, x: Tensor) -> Any:
        maps = torch.stack([x.mean(1), x.max(1).values, x.std(1), x.norm(dim=1)], 1)
        return x * m.get_submodule("conv")(maps).sigmoid()

    assert field_of(Calls(forward, conv=nn.Conv2d(4, 1, 7, padding=3)), IMAGE) == square(7, 1, 3)


def test_constants_have_none() -> None:
    module = Calls(lambda m, x: (x, m.conv(m.image))[1], conv=nn.Conv2d(3, 4, 3), image=nn.Parameter(torch.zeros(IMG)))
    assert field_of(module, IMAGE) is None
    added = Calls(lambda m, x: m.conv(x) + m.bias, conv=nn.Conv2d(3, 4, 3), bias=nn.Parameter(torch.zeros(4, 1, 1)))
    assert field_of(added, IMAGE) == square(3, 1, 0)


IMG = (1, 3, 32, 32)


@pytest.mark.parametrize(
    ("name", "path", "size", "stride", "padding"),
    [
        # the paper's table: receptive field, effective stride, effective padding
        ("alexnet", "features.12", 195, 32, 66),
        ("vgg16", "features.30", 212, 32, 90),
        ("mobilenet_v2", "features.18", 491, 32, 245),
        # By hand: 11 after the stem; then 2·8 a convolution of 3 at stride 4, 8, 16 and 32, the first of a stage
        # at the stride of the stage before. ResNet-18 has 2 · (2, 2, 2, 2) of them, ResNet-50 (3, 4, 6, 3).
        ("resnet18", "layer4", 11 + 4 * 8 + 8 + 3 * 16 + 16 + 3 * 32 + 32 + 3 * 64, 32, 217),
        ("resnet50", "layer4", 11 + 3 * 8 + 8 + 3 * 16 + 16 + 5 * 32 + 32 + 2 * 64, 32, 213),
    ],
)
def test_networks(name: str, path: str, size: int, stride: int, padding: int) -> None:
    report = inspect_model(f"torchvision:{name}", inputs=["1x3x224x224"], device="meta")
    field = next(layer.receptive_field for layer in report.layers if layer.path == path)
    assert field is not None
    assert (field.size, field.stride, field.padding) == square(size, stride, padding)


def residual_network(*stages: int) -> nn.Sequential:
    """A ResNet as the paper's authors have it (TF-Slim): a stage ends with its stride; torchvision's begins with it."""
    units = []
    for number, length in enumerate(stages):
        for unit in range(length):
            stride = 2 if unit == length - 1 and number < len(stages) - 1 else 1
            units.append(
                Calls(
                    lambda m, x: m.body(x) + m.shortcut(x),
                    body=nn.Sequential(nn.Conv2d(2, 1, 1), nn.Conv2d(1, 1, 3, stride, 1), nn.Conv2d(1, 2, 1)),
                    shortcut=nn.MaxPool2d(1, stride),
                )
            )
    return nn.Sequential(nn.Conv2d(3, 2, 7, 2, 3), nn.MaxPool2d(3, 2, 1), *units)


@pytest.mark.parametrize(
    ("stages", "size"), [((3, 4, 6, 3), 483), ((3, 4, 23, 3), 1027), ((3, 8, 36, 3), 1507)]
)  # ResNet-50, -101 and -152 in the paper's table, all with an effective stride of 32
def test_residual_networks_of_the_paper(stages: tuple[int, ...], size: int) -> None:
    assert field_of(residual_network(*stages), "1x3x64x64") == square(size, 32, (size - 1) // 2)
