"""Layers on small matrices, worked out by hand; then many random settings against torch."""

import math
import random

import msgspec
import pytest
import torch
from torch import nn

from cnninspect.apply import planning, running
from cnninspect.apply.applied import Operand, Rule, Statistics
from cnninspect.apply.arithmetic import check, worked_out
from cnninspect.apply.values import parse_maps
from cnninspect.errors import CnnInspectError, ModelError, RequestError
from cnninspect.formats.apply_arithmetic import said
from cnninspect.formats.matrices import typed
from tests.unit.apply.applying import applied

ONES = "1 1 1; 1 1 1; 1 1 1"


@pytest.mark.parametrize(
    ("layers", "values", "weight", "result"),
    [
        ("MaxPool2d(2, 2)", "1:16", (), "6 8; 14 16"),  # the largest of 1 2 5 6, of 3 4 7 8, …
        ("AvgPool2d(2)", "1:16", (), "3.5 5.5; 11.5 13.5"),  # (1 + 2 + 5 + 6)/4 = 3.5
        # 1 + 2 + 3 + 5 + 6 + 7 + 9 + 10 + 11 = 54, and 9 more for each step to the right, 36 for each step down
        ("Conv2d(1, 1, 3, bias=False)", "1:16", (ONES,), "54 63; 90 99"),
        # 1·1 + 2·2 + 3·3 + 5·4 + 6·5 + 7·6 + 9·7 + 10·8 + 11·9 = 348; the weights add up to 45
        ("Conv2d(1, 1, 3, bias=False)", "1:16", ("1:9",), "348 393; 528 573"),
        ("Conv2d(1, 1, 3)", "1:16", ("1 0 -1; 1 0 -1; 1 0 -1",), "-6 -6; -6 -6"),  # three times x − (x + 2)
        ("Conv2d(1, 1, 3, padding=1)", "1 2; 3 4", (ONES,), "10 10; 10 10"),  # every window sees all four
        ("Conv2d(1, 1, 3, padding='same')", "1 2; 3 4", (ONES,), "10 10; 10 10"),
        # an even kernel pads after the last element alone: 1 + 2 + 3 + 4, 2 + 4, 3 + 4, 4
        ("Conv2d(1, 1, 2, padding='same')", "1 2; 3 4", ("1 1; 1 1",), "10 6; 7 4"),
        # reflected, each side sees its neighbour twice: 1 + 2·2 + 2·3 + 4·4, …
        ("Conv2d(1, 1, 3, padding=1, padding_mode='reflect')", "1 2; 3 4", (ONES,), "27 24; 21 18"),
        # replicated, each side sees itself twice: 4·1 + 2·2 + 2·3 + 4, …
        ("Conv2d(1, 1, 3, padding=1, padding_mode='replicate')", "1 2; 3 4", (ONES,), "18 21; 24 27"),
        # around a circle of two, the other side is seen twice, as when it is reflected
        ("Conv2d(1, 1, 3, padding=1, padding_mode='circular')", "1 2; 3 4", (ONES,), "27 24; 21 18"),
        ("Conv2d(1, 1, 1, stride=2)", "1:16", ("1",), "1 3; 9 11"),
        ("Conv2d(1, 1, (1, 2), stride=(2, 1))", "1:16", ("1 1",), "3 5 7; 19 21 23"),
        ("Conv2d(1, 1, 2, dilation=2)", "1:9", ("1 1; 1 1",), "20"),  # the corners: 1 + 3 + 7 + 9
        ("Conv2d(2, 1, 2)", "1 2; 3 4 | 5 6; 7 8", ("1 0; 0 1 | 0 1; 1 0",), "18"),  # 1 + 4 + 6 + 7
        ("Conv2d(1, 2, 1)", "1 2", ("10 || -1",), "10 20 | -1 -2"),
        ("Conv2d(2, 2, 1, groups=2)", "1 2 | 3 4", ("10 || 100",), "10 20 | 300 400"),
        ("Conv2d(2, 4, 1, groups=2)", "1 | 2", ("1 || 10 || 100 || 1000",), "1 | 10 | 200 | 2000"),
        # each element puts its multiple of the kernel into the output
        ("ConvTranspose2d(1, 1, 2, stride=2)", "1 10", ("1 2; 3 4",), "1 2 10 20; 3 4 30 40"),
        ("ConvTranspose2d(1, 1, (1, 2))", "1 10", ("1 2",), "1 12 20"),  # they overlap in the middle: 1·2 + 10·1
        ("ConvTranspose2d(1, 1, (1, 3), padding=(0, 1))", "1 10", ("1 2 3",), "12 23"),  # 1 12 23 30 without its ends
        ("ConvTranspose2d(2, 2, 1, groups=2)", "1 | 2", ("10 || 100",), "10 | 200"),
        ("Conv1d(1, 1, 2)", "1 2 3", ("1 10",), "21 32"),
        ("MaxPool2d(2, 1, dilation=2)", "1:9", (), "9"),
        ("MaxPool2d(2, 2, padding=1)", "-1 -2; -3 -4", (), "-1 -2; -3 -4"),  # padding is nothing, not 0
        ("MaxPool2d(2, ceil_mode=True)", "1:9", (), "5 6; 8 9"),
        ("MaxPool2d(2)", "1:9", (), "5"),
        ("MaxPool1d(2)", "1 3 2 0", (), "3 2"),
        ("AvgPool2d(2, 2, padding=1)", "1 2; 3 4", (), "0.25 0.5; 0.75 1"),  # three zeros beside each
        ("AvgPool2d(2, 2, padding=1, count_include_pad=False)", "1 2; 3 4", (), "1 2; 3 4"),
        ("AvgPool2d(2, ceil_mode=True)", "1:9", (), "3 4.5; 7.5 9"),  # what lies beyond does not count
        ("AvgPool2d(2, divisor_override=3)", "1 2; 3 6", (), "4"),  # 12/3
        ("AvgPool1d(2)", "1 3 2 0", (), "2 1"),
        ("AdaptiveAvgPool2d(2)", "1:9", (), "3 4; 6 7"),  # windows of two overlap: (1 + 2 + 4 + 5)/4
        ("AdaptiveAvgPool2d(1)", "1:9", (), "5"),
        ("AdaptiveMaxPool2d((2, 1))", "1:9", (), "6; 9"),
        ("AdaptiveAvgPool2d((3, 3))", "1:4", (), "1 1.5 2; 2 2.5 3; 3 3.5 4"),  # more than there were
        ("ReLU()", "-1 0 2", (), "0 0 2"),
        ("LeakyReLU(0.5)", "-1 0 2", (), "-0.5 0 2"),
        ("PReLU()", "-4 2", (), "-1 2"),  # torch begins with a slope of 0.25
        ("Hardtanh(-1, 3)", "-7 2 9", (), "-1 2 3"),
        ("Sigmoid()", "0", (), "0.5"),
        ("Linear(3, 2)", "1 2 3", ("1 1 1; 1 0 -1",), "6 -2"),
        ("Flatten(); Linear(4, 1)", "1 2; 3 4", ("1 10 100 1000",), "4321"),
        ("Flatten()", "1 2; 3 4 | 5 6; 7 8", (), "1 2 3 4 5 6 7 8"),
        ("Conv2d(1, 1, 3, bias=False); ReLU(); MaxPool2d(2)", "1:16", ("1:9",), "573"),
        ("Conv2d(1, 1, 2); Conv2d(1, 1, 2)", "1:9", ("1 0; 0 0", "0 0; 0 1"), "5"),  # the first one's lower right
        ("InstanceNorm2d(1, eps=0)", "1 3", (), "-1 1"),  # mean 2, variance 1
        ("LayerNorm(2, eps=0)", "1 3; 10 30", (), "-1 1; -1 1"),
        ("GroupNorm(1, 2, eps=0)", "1 | 3", (), "-1 | 1"),
        ("RMSNorm(2, eps=0)", "3 4", (), "0.84853 1.1314"),  # 3/√12.5 and 4/√12.5
        ("BatchNorm2d(1, eps=3)", "2 4", (), "1 2"),  # running mean 0 and variance 1: x/√(1 + 3)
        ("LocalResponseNorm(1, alpha=3, beta=0.5, k=1)", "1", (), "0.5"),  # 1/√(1 + 3·1²)
        (
            "LocalResponseNorm(2, alpha=6, beta=0.5, k=1)",
            "1 | 1",
            (),
            "0.5 | 0.37796",
        ),  # 1/√4 and 1/√7: one square and two
        ("Upsample(scale_factor=2)", "1 2", (), "1 1 2 2; 1 1 2 2"),
        ("Softmax(3)", "0 0", (), "0.5 0.5"),
    ],
)
def test_by_hand(layers: str, values: str, weight: tuple[str, ...], result: str) -> None:
    assert typed(applied(layers, values, weight).steps[-1].output) == result


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "layer",
    [
        "GELU()", "GELU('tanh')", "SELU()", "CELU(0.7)", "Softplus()", "Softplus(2, 1)", "LogSigmoid()",
        "Hardshrink(0.1)", "Softshrink(0.1)", "Threshold(0.1, -7)", "PReLU()", "PReLU(2)", "Tanhshrink()",
    ],
)  # fmt: skip
def test_formula_of_an_activation_is_torchs(layer: str, dtype: str) -> None:
    """From −30 to 30, and where torch's functions have their corners."""
    values = " | ".join(["-30 -2 -1 -0.1 0 0.1 0.5 0.6 1 3 20.5 30"] * 2)
    floating: torch.dtype = getattr(torch, dtype)
    step = applied(layer, values, dtype=dtype).steps[0]
    built = eval(layer, vars(nn)).to(floating)  # noqa: S307 - written above
    want = built(torch.tensor([parse_maps(values)], dtype=floating))[0].flatten().tolist()
    assert step.formula is not None
    rounding = torch.finfo(floating).eps
    function = planning.explain(built, step.input, step.output, (), 2, rounding).function
    got = [worked_out(step, window, function) for window in step.windows]
    assert got == pytest.approx(want, rel=100 * rounding, abs=10 * rounding)


@pytest.mark.parametrize(
    ("layer", "values", "says"),
    [
        ("GELU()", "1", "1·Φ(1)"),
        ("SELU()", "-1", "1.0507·(max(0, -1) + 1.6733·min(0, e^(-1) - 1))"),
        ("CELU(2)", "-1", "max(0, -1) + min(0, 2·(e^((-1)/2) - 1))"),
        ("Hardshrink()", "-1", "-1 if |-1| > 0.5, else 0"),
        ("PReLU(2)", "-1 | -1", "max(0, -1) + 0.25·min(0, -1)"),
        ("Dropout()", "1", "no formula"),
    ],
)
def test_formula_with_the_number_in_it(layer: str, values: str, says: str) -> None:
    step = applied(layer, values, mode="train").steps[0]
    assert said(step, step.windows[0], 99).text == says


def test_slopes_of_a_vector_and_of_channels() -> None:
    """torch's PReLU has a slope for each entry of dimension 1: channels of maps, features of vectors."""
    assert typed(applied("PReLU(2)", "-1 -1 | -1 -1", ("0=2 3",)).steps[0].output) == "-2 -2 | -3 -3"
    assert typed(applied("Flatten(); PReLU(2)", "-1 -1", ("1=2 3",)).steps[1].output) == "-2 -3"


def test_windows_of_max_pooling() -> None:
    """Four windows side by side: where they are and what they see."""
    windows = applied("MaxPool2d(2, 2)", "1:16").steps[0].windows
    assert [(window.at, window.rows, window.columns) for window in windows] == [
        ((0, 0, 0), (0, 1), (0, 1)),
        ((0, 0, 1), (0, 1), (2, 3)),
        ((0, 1, 0), (2, 3), (0, 1)),
        ((0, 1, 1), (2, 3), (2, 3)),
    ]
    assert [[operand.value for operand in window.operands] for window in windows] == [
        [1, 2, 5, 6], [3, 4, 7, 8], [9, 10, 13, 14], [11, 12, 15, 16],
    ]  # fmt: skip
    assert windows[1].operands[2] == Operand(channel=0, row=1, column=2, value=7.0, weight=None)
    assert [window.result for window in windows] == [6, 8, 14, 16]


def test_windows_that_reach_into_the_padding() -> None:
    """Zeros beside a convolution, nothing beside a maximum."""
    for layers, outside in [("Conv2d(1, 1, 2, padding=1)", 0.0), ("MaxPool2d(2, 1, padding=1)", None)]:
        window = applied(layers, "5", ("1 2; 3 4",) if "Conv" in layers else ()).steps[0].windows[0]
        assert (window.rows, window.columns) == ((-1, 0), (-1, 0))
        assert [operand.value for operand in window.operands] == [outside, outside, outside, 5.0]


def test_window_of_several_channels_and_a_group() -> None:
    """The second filter of two groups sees the second half of the channels."""
    step = applied("Conv2d(4, 2, 1, groups=2)", "1 | 2 | 3 | 4", ("10 | 20 || 30 | 40",), ("5 6",)).steps[0]
    assert [[typed([kernel]) for kernel in each] for each in step.weights] == [["10", "20"], ["30", "40"]]
    second = step.windows[1]
    assert [(each.channel, each.value, each.weight) for each in second.operands] == [(2, 3, 30), (3, 4, 40)]
    assert second.bias == 6
    assert second.result == 3 * 30 + 4 * 40 + 6


def test_dilated_window() -> None:
    window = applied("MaxPool2d(2, 1, dilation=2)", "1:9").steps[0].windows[0]
    assert (window.rows, window.columns) == ((0, 2), (0, 2))
    assert [operand.value for operand in window.operands] == [1, 3, 7, 9]


def test_statistics_of_a_batch_in_training() -> None:
    """1 … 16 have a mean of 8.5 and a variance of (16² − 1)/12 = 21.25."""
    step = applied("BatchNorm2d(1)", "1:16", mode="train").steps[0]
    assert step.statistics == (Statistics((0,), (0, 1, 2, 3), 8.5, 21.25, 1e-5),)
    assert step.windows[0].result == pytest.approx((1 - 8.5) / math.sqrt(21.25 + 1e-5), rel=1e-12)


def test_weights_of_a_seed_are_those_of_torch() -> None:
    """A layer built right after the seed, then the next one."""
    torch.manual_seed(3)
    built = nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU(), nn.Conv2d(2, 1, 2)).double()
    want = built(torch.arange(1.0, 17, dtype=torch.float64).view(1, 1, 4, 4))
    got = applied("Conv2d(1, 2, 2); ReLU(); Conv2d(2, 1, 2)", "1:16", seed=3).steps[-1].output
    torch.testing.assert_close(torch.tensor([got], dtype=torch.float64), want.detach(), rtol=1e-12, atol=0)


def test_the_generator_of_torch_stays_as_it_was() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    applied("Conv2d(1, 1, 2); Dropout()", "1:4", mode="train", seed=5)
    assert torch.equal(torch.get_rng_state(), before)


def test_bias_is_zero_beside_a_weight_and_the_users_own_if_given() -> None:
    assert applied("Conv2d(1, 1, 1)", "1", ("2",)).steps[0].windows[0].bias == 0
    assert applied("Conv2d(1, 1, 1)", "1", ("2",), ("0.5",)).steps[0].output == (((2.5,),),)
    assert applied("Linear(1, 1); Linear(1, 1)", "1", ("2", "3"), ("1=7",)).steps[-1].output == (((13,),),)
    assert applied("BatchNorm2d(1, eps=3)", "2", ("BatchNorm2d=5",), ("0=1",)).steps[0].output == (((6,),),)


def test_lazy_layers_take_their_channels_from_the_matrix() -> None:
    assert applied("LazyConv2d(1, 1)", "1 | 2", ("10 | 100",)).steps[0].output == (((210,),),)


def _settings(dice: random.Random, names: str) -> str:
    """Settings of a convolution or of pooling, with a kernel that fits."""
    kernel, stride = ((dice.randint(1, 3), dice.randint(1, 3)) for _ in range(2))
    text = f"kernel_size={kernel}, stride={stride}"
    if "p" in names:
        text += f", padding={tuple(dice.randint(0, side // 2) for side in kernel)}"
    if "d" in names:
        text += f", dilation={(dice.randint(1, 2), dice.randint(1, 2))}"
    if "c" in names:
        text += f", ceil_mode={dice.random() < 0.5}"
    return text


def _random_layer(dice: random.Random, channels: int) -> str:
    groups = dice.choice([each for each in (1, 2, 3) if channels % each == 0])
    out = groups * dice.randint(1, 2)
    mode = dice.choice(["zeros", "reflect", "replicate", "circular"])
    bias = dice.random() < 0.5
    return dice.choice([
        f"Conv2d({channels}, {out}, {_settings(dice, 'pd')}, groups={groups}, bias={bias}, padding_mode='{mode}')",
        f"ConvTranspose2d({channels}, {out}, {_settings(dice, 'pd')}, groups={groups}, bias={bias})",
        f"MaxPool2d({_settings(dice, 'pdc')})",
        f"AvgPool2d({_settings(dice, 'pc')}, count_include_pad={dice.random() < 0.5})",
        f"AdaptiveAvgPool2d({dice.randint(1, 4), dice.randint(1, 9)})",
        f"AdaptiveMaxPool2d({dice.randint(1, 4), dice.randint(1, 9)})",
        f"GroupNorm({groups}, {channels})",
        f"LayerNorm({dice.choice(['7', '(6, 7)', f'({channels}, 6, 7)'])})",
        f"{dice.choice(['BatchNorm2d', 'InstanceNorm2d'])}({channels})",
        f"LocalResponseNorm({dice.randint(1, 4)}, alpha=0.5)",
        dice.choice(["ReLU()", "ReLU6()", "ELU(0.5)", "SiLU()", "Tanh()", "Mish()", "Hardswish()", "Softsign()"]),
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(150))
def test_arithmetic_of_random_settings_is_what_torch_gives(seed: int) -> None:
    dice = random.Random(seed)
    channels = dice.choice([1, 2, 3, 6])
    layer = _random_layer(dice, channels)
    values = " | ".join(
        "; ".join(" ".join(str(dice.randint(-9, 9)) for _ in range(7)) for _ in range(6)) for _ in range(channels)
    )
    mode = dice.choice(["eval", "train"])
    step = applied(layer, values, seed=seed, mode=mode).steps[0]
    torch.manual_seed(seed)
    with torch.no_grad():
        built = eval(layer, vars(nn)).double().train(mode == "train")  # noqa: S307 - written above
        want = built(torch.tensor([parse_maps(values)], dtype=torch.float64))
    torch.testing.assert_close(torch.tensor([step.output], dtype=torch.float64), want, rtol=1e-12, atol=1e-12)
    assert len(step.windows) == want.numel()
    if step.rule in {Rule.pointwise, Rule.response}:
        return  # their formulas are checked where they run; those of activations by hand above
    for window in step.windows:
        assert worked_out(step, window) == pytest.approx(window.result, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("layers", ["Conv2d(1, 2, 3, padding=1)", "AvgPool2d(2)", "Sigmoid()", "BatchNorm2d(1)"])
def test_rounding_of_a_smaller_dtype_is_no_fault(layers: str, dtype: str) -> None:
    assert applied(layers, "1:36", dtype=dtype, mode="train").steps[0].windows


@pytest.mark.parametrize(
    ("layers", "values"), [("LayerNorm(2, eps=0)", "1 1"), ("Conv2d(1, 1, 1)", "1e308"), ("Mish(); SiLU()", "-900 900")]
)
def test_overflow_is_no_fault(layers: str, values: str) -> None:
    assert applied(layers, values, ("1e308",) if "Conv" in layers else ()).steps[0].windows


@pytest.mark.parametrize("layers", ["MaxPool2d(2)", "AvgPool2d(2)", "Conv2d(1, 1, 2)", "ReLU()", "BatchNorm2d(1)"])
def test_a_wrong_result_is_a_fault(layers: str) -> None:
    """What torch would have to give for the check to say no."""
    step = applied(layers, "1:4").steps[0]
    wrong = msgspec.structs.replace(step.windows[0], result=step.windows[0].result + 1e-6)
    with pytest.raises(CnnInspectError, match="the arithmetic gives") as caught:
        check(msgspec.structs.replace(step, windows=(wrong,)), lambda x: max(x, 0.0), 2.0**-52)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("layers", "values", "error", "says"),
    [
        ("Conv2d(3, 1, 2)", "1:16", ModelError, "wants 3 channels and gets 1"),
        ("Conv2d(1, 1, 5)", "1:16", ModelError, "Conv2d can't be applied to 1×1×4×4: a 5×5 window does not fit in 4×4"),
        ("Linear(3, 1)", "1:16", ModelError, "Linear can't be applied to 1×1×4×4"),
        ("Conv1d(1, 1, 2)", "1:16", RequestError, "Conv1d works on one row, and gets 4"),
        ("Flatten(); MaxPool2d(2)", "1:16", RequestError, "MaxPool2d works on matrices, and gets 1×16"),
        ("Flatten(0)", "1:16", RequestError, "Flatten gives 16, which is no matrix"),
        ("MaxPool2d(2, 2, 0, 1, True)", "1:16", RequestError, "gives a tuple, which is no matrix"),
        ("Conv2d(1, 128, 11)", "1:4096", RequestError, "its windows see 45,163,008 elements"),  # 128·54²·11²
    ],
)
def test_layers_that_cannot_be_applied(layers: str, values: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        applied(layers, values)


@pytest.mark.parametrize(
    ("layers", "weight", "bias", "says"),
    [
        ("Conv2d(1, 1, 2)", ("1 2 3",), (), "'1 2 3' is 1×3, and Conv2d wants 2×2"),
        ("Conv2d(1, 2, 2)", ("1 2; 3 4",), (), "is 2×2, and Conv2d wants 2 filters of 1 channel of 2×2"),
        ("Conv2d(1, 1, 2)", ("1:4", "1:4"), (), "no convolution or linear layer is left"),
        ("ReLU()", ("1",), (), "no convolution or linear layer is left"),
        ("ReLU()", ("0=1",), (), "ReLU has no weight"),
        ("Conv2d(1, 1, 2, bias=False)", (), ("1",), "Conv2d has no bias"),
        ("Conv2d(1, 2, 2)", (), ("1",), "is 1×1, and Conv2d wants 1×2"),
    ],
)
def test_weights_that_do_not_fit(layers: str, weight: tuple[str, ...], bias: tuple[str, ...], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        applied(layers, "1:16", weight, bias)


def test_from_python() -> None:
    """A layer of one's own making, with weights of its own: they are filled anew, so that a seed decides."""
    result = running.apply(nn.MaxPool2d(2), ["MaxPool2d(2)"], parse_maps("1:16"))
    assert result.steps[0].output == (((6, 8), (14, 16)),)
