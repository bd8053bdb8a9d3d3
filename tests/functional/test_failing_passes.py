"""A forward pass that breaks explains itself: which layer, what reached it, what it wants, what ran before, the mend.

Every figure is the broken network's own, by hand.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from cnninspect.forward_error import ForwardError
from tests.conftest import Cli

CODE = """
import torch
from torch import nn
from torch.nn import functional as F


class Deep(nn.Module):
    '''Any module, three levels down.'''

    def __init__(self, *layers):
        super().__init__()
        self.body = nn.Sequential(nn.Sequential(nn.ModuleDict({"main": nn.Sequential(*layers)})["main"]))

    def forward(self, x):
        return self.body(x)


class LeNet(nn.Module):
    '''Pools by a function, so its maps are not those that layers give: 5, /2, 5, /2.'''

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc = nn.Linear(16 * 5 * 5, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(torch.flatten(x, 1))


class Viewed(LeNet):
    def forward(self, x):
        x = self.conv2(F.max_pool2d(self.conv1(x), 2))
        return self.fc(x.view(len(x), 400))


class Sized(nn.Module):
    '''An odd side does not come back from two halvings.'''

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Conv2d(3, 8, 3, 2, 1), nn.ConvTranspose2d(8, 3, 2, 2)

    def forward(self, x):
        return torch.cat([x, self.up(self.down(x))], 1)


class Added(Sized):
    def forward(self, x):
        return x + self.up(self.down(x))


class Forgets(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        self.conv(x)


class None_(nn.Module):
    def __init__(self):
        super().__init__()
        self.features, self.head = Forgets(), nn.Conv2d(4, 2, 1)

    def forward(self, x):
        return self.head(self.features(x))


class UsesNone(None_):
    def forward(self, x):
        return self.features(x).flatten(1)


class ListOf(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv([x, x])


class Two(nn.Module):
    def forward(self, x, mask):
        return x * mask


class Three(nn.Module):
    def forward(self, x, *, scale, bias):
        return x * scale


class Four(nn.Module):
    def forward(self, x, a, b, c):
        return x


class CallsTwo(nn.Module):
    def __init__(self):
        super().__init__()
        self.two = Two()

    def forward(self, x):
        return self.two(x)


class CallsWrong(CallsTwo):
    def forward(self, x):
        return self.two(x, mask=x, bias=x)


class Reads(nn.Module):
    '''Its own errors, of every kind.'''

    def __init__(self, kind):
        super().__init__()
        self.kind, self.conv = kind, nn.Conv2d(3, 4, 3)

    def forward(self, x):
        x = self.conv(x)
        if self.kind == "assert":
            assert x.shape[-1] == 8, "the map must be 8 wide"
        if self.kind == "zero":
            return x / (x.shape[1] // 8 // 0)
        if self.kind == "key":
            return {"out": x}["aux"]
        if self.kind == "attribute":
            return x.shap
        if self.kind == "unpack":
            batch, channels = x.shape
        if self.kind == "product":
            return x @ torch.ones(5, 5)
        if self.kind == "index":
            return [x][1]
        if self.kind == "bare":
            raise ValueError
        return x


class Tokens(nn.Module):
    '''More positions are asked for than there are.'''

    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(10, 8), nn.Embedding(16, 8)

    def forward(self, ids):
        return self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))


class Elsewhere(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.ones(3, device="meta")

    def forward(self, x):
        return F.linear(x, torch.ones(3, 3), self.scale)


class Attends(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x)[0]


class Renamed(nn.MaxPool2d):
    pass


class Named(nn.Conv2d):
    pass


def renamed():
    return Deep(Named(3, 8, 3), Renamed(5))


def named():
    return Deep(nn.Conv2d(3, 8, 3), Named(16, 8, 3))


def wide():
    return Deep(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(16, 8, 3))


def norm():
    return Deep(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(16))


def layer_norm():
    return Deep(nn.Linear(8, 8), nn.LayerNorm(16))


def group_norm():
    return Deep(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 16))


def rank():
    return Deep(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.BatchNorm2d(8))


def small():
    return Deep(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2), nn.Conv2d(8, 8, 5))


def lstm():
    return Deep(nn.Linear(8, 8), nn.LSTM(10, 4))


def shuffle():
    return Deep(nn.Conv2d(3, 6, 3), nn.PixelShuffle(2))


class Unflattened(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 3), nn.Linear(8 * 30 * 30, 10)

    def forward(self, x):
        return self.fc(self.conv(x))


class GivesPair(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.l = nn.LSTM(8, 4, batch_first=True) if kind == "lstm" else nn.MultiheadAttention(8, 2)
        self.fc, self.kind = nn.Linear(4, 2), kind

    def forward(self, x):
        return self.fc(self.l(x) if self.kind == "lstm" else self.l(x, x, x))


class OneSize(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 2, 3), nn.Linear(2 * 30 * 30, 10)

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))


class NotSelf(nn.Module):
    def forward(this, x):
        return x @ torch.ones(5, 5)


class NotSelfEither(CallsTwo):
    def forward(me, x):
        return me.two(x)


class Casts(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)

    def forward(self, x):
        return self.fc(x.half())


class CastsTokens(Casts):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(10, 3)

    def forward(self, ids):
        return self.fc(self.tokens(ids).half())


def half():
    return Deep(nn.Conv2d(3, 6, 3), nn.Conv2d(6, 6, 3).half())
"""


class Case(NamedTuple):
    """A model of the code above, its input, and words that the message has."""

    model: str
    inputs: tuple[str, ...]
    says: tuple[str, ...]


IMAGE = ("1x3x12x12",)
CASES = [
    Case(
        "scratch:alexnet",
        ("1x3x100x100",),
        (
            (
                "`classifier.1` Linear wants 9216 features and got 1024: the input 1x3x100x100 gives 256×2×2 after "
                "`features.12`; 6×6 needs sides of 223 to 254"
            ),
            "it got 1×1024 and wants …×9216; `classifier.0` Dropout ran before it and gave 1×1024",
            "hint: try --input 1x3x224x224",
        ),
    ),
    Case(
        "scratch:alexnet",
        ("1x1x224x224",),
        (
            "`features.0` Conv2d wants 3 channels and got 1\n",
            "it got 1×1×224×224 and wants N×3×H×W; nothing ran before it",
            "hint: try --input 1x3x224x224",
        ),
    ),
    # three windows of 11/4, 3/2, 3/2 are needed for one element of features.5: 11 + 2·4 + … = 31 with its padding
    Case("scratch:alexnet", ("1x3x30x30",), ("`features.5` MaxPool2d wants a map of at least 3×3 and got 2×2", "31")),
    Case("scratch:alexnet", ("1x3x4x4",), ("`features.0` Conv2d wants a map of at least 7×7 and got 4×4", "1x3x7x7")),
    Case("scratch:alexnet", ("1x3x255x255",), ("wants 9216 features and got 12544", "256×7×7", "sides of 223 to 254")),
    Case("scratch:alexnet", ("1x3x222x300",), ("wants 9216 features and got", "sides of 223 to 254")),
    Case("scratch:alexnet", ("1x3x224x224:int64",), ("`features.0` Conv2d wants float32 and got int64", ":float32")),
    Case("scratch:vgg11", ("3x224",), ("`features.0` Conv2d wants 4 dimensions and got 2", "wants N×3×H×W")),
    Case("vit_b_16", ("1x3x200x200",), ("VisionTransformer", "vision_transformer.py:", "Wrong image height")),
    Case("scratch:alexnet", ("y=1x3x8x8",), ("the model itself (AlexNet)", "no argument 'y'", "takes (x)")),
    Case("scratch:alexnet", ("1x3x8x8",) * 2, ("the model itself (AlexNet)", "got 2 arguments", "takes (x)")),
    # 28 → 24 → 12 → 8 → 4; 5×5 needs 10 or 11, so 14 or 15, 28 … : 32 to 35
    Case("broken.py:LeNet", ("1x1x28x28",), ("`fc` Linear wants 400 features and got 256", "gives 16×4×4",
         "5×5 needs sides of 32 to 35", "try --input 1x1x32x32")),
    Case("broken.py:LeNet", ("1x1x28x40",), ("5×5 needs sides of 32 to 35",)),
    Case("broken.py:Viewed", ("1x1x28x28",), ("the model itself (Viewed) fails in its own code, broken.py:",
         "return self.fc(x.view(len(x), 400))", "`conv2` Conv2d ran before it and gave 1×16×8×8", "torch says: shape")),
    Case("broken.py:Sized", ("1x3x13x13",), ("the model itself (Sized)", "torch.cat(", "`up` ConvTranspose2d",
         "gave 1×3×14×14", "Sizes of tensors must match")),
    Case("broken.py:Added", ("1x3x13x13",), ("broken.py:", "return x + self.up(self.down(x))", "must match")),
    Case("broken.py:None_", IMAGE, ("`head` Conv2d wants a tensor and got None", "`features` Forgets gives nothing",
         "does its forward return?")),
    Case("broken.py:UsesNone", IMAGE, ("the model itself (UsesNone)", "self.features(x).flatten(1)", "'NoneType'")),
    Case("broken.py:ListOf", IMAGE, ("`conv` Conv2d wants a tensor and got a list",)),
    Case("broken.py:Two", IMAGE, ("wants the argument 'mask' and didn't get it", "takes (x, mask)", "NAME=SHAPE")),
    Case("broken.py:CallsTwo", IMAGE, ("`two` Two wants the argument 'mask' and didn't get it",)),
    Case("broken.py:Three", IMAGE, ("wants the arguments 'scale' and 'bias' and didn't get them",)),
    Case("broken.py:Four", IMAGE, ("wants the arguments 'a', 'b' and 'c' and didn't get them", "takes (x, a, b, c)")),
    Case("nn:ReLU(); InstanceNorm2d(3)", ("1x3x1x1",), ("`1` InstanceNorm2d takes the statistics of each map by itself",
         "and got maps of one element, 1×1", "one element has no variance, in eval mode too")),
    Case("broken.py:CallsWrong", IMAGE, ("`two` Two got an argument that it doesn't take", "no argument 'bias'")),
    Case("broken.py:Reads,kind=assert", IMAGE, ("AssertionError: the map must be 8 wide", "assert x.shape")),
    Case("broken.py:Reads,kind=zero", IMAGE, ("ZeroDivisionError", "x.shape[1] // 8 // 0")),
    Case("broken.py:Reads,kind=key", IMAGE, ("KeyError: 'aux'", '{"out": x}["aux"]')),
    Case("broken.py:Reads,kind=attribute", IMAGE, ("AttributeError", "return x.shap", "`conv` Conv2d ran before it")),
    Case("broken.py:Reads,kind=unpack", IMAGE, ("ValueError", "batch, channels = x.shape", "gave 1×4×10×10")),
    Case("broken.py:Reads,kind=product", IMAGE, ("x @ torch.ones(5, 5)", "torch says")),
    Case("broken.py:Reads,kind=index", IMAGE, ("IndexError", "[x][1]")),
    Case("broken.py:Reads,kind=bare", IMAGE, ("raise ValueError", "\n  ValueError\n")),
    Case("broken.py:Tokens", ("1x20:int64",), ("`positions` Embedding wants indices of 0 to 15 and got others",)),
    Case("broken.py:Tokens", ("1x20",), ("`tokens` Embedding wants indices, int64 or int32, and got float32",)),
    Case("broken.py:Elsewhere", ("1x3",), ("(Elsewhere)", "wants all tensors on one device", "buffer")),
    Case("broken.py:Attends", ("1x5x8",), ("`attention` MultiheadAttention wants 16 features in its query and got 8",)),
    Case("broken.py:wide", IMAGE, ("`body.0.0.2` Conv2d wants 16 channels and got 8", "`body.0.0.1` ReLU ran")),
    Case("broken.py:norm", IMAGE, ("`body.0.0.1` BatchNorm2d wants 16 channels and got 8", "N×16×…")),
    Case("broken.py:layer_norm", ("1x8",), ("`body.0.0.1` LayerNorm wants …×16 and got 1×8",)),
    Case("broken.py:group_norm", IMAGE, ("`body.0.0.1` GroupNorm wants 16 channels and got 8",)),
    Case("broken.py:rank", IMAGE, ("`body.0.0.2` BatchNorm2d wants 4 dimensions and got 2",)),
    # 10 → 8 → 4 is less than 5; 5 needs 10, so 12
    Case("broken.py:small", ("1x3x10x10",), ("`body.0.0.2` Conv2d wants a map of at least 5×5 and got 4×4",
         "5×5 needs sides of at least 12", "try --input 1x3x12x12")),
    Case("broken.py:lstm", ("2x3x8",), ("`body.0.0.1` LSTM wants 10 features and got 8",)),
    Case("broken.py:shuffle", IMAGE, ("`body.0.0.1` PixelShuffle wants a multiple of 4 channels and got 6",)),
    Case("broken.py:half", IMAGE, ("`body.0.0.1` Conv2d wants float16 and got float32",)),
    Case("broken.py:Unflattened", ("1x3x32x32",), ("`fc` Linear wants 7200 features and got 30",
         "hint: it got 1×8×30×30, which is 7200 when flattened: put nn.Flatten() before it")),
    Case("broken.py:GivesPair,kind=lstm", ("1x5x8",), ("`fc` Linear wants a tensor and got a tuple",
         "hint: `l` LSTM gives (output, state): take the first")),
    Case("broken.py:GivesPair,kind=attention", ("1x5x8",), ("`fc` Linear wants a tensor and got a tuple",
         "hint: `l` MultiheadAttention gives (output, weights): take the first")),
    Case("nn:Conv2d(3, 8, 3)", ("1x3x32",), ("wants 4 dimensions and got 3", "hint: try --input 1x3x32x32")),
    Case("nn:Conv3d(3, 8, 3)", ("1x3x9x8",), ("wants 5 dimensions and got 4", "hint: try --input 1x3x9x8x8")),
    Case("nn:Conv2d(3, 8, 3)", ("1x32x32",), ("wants 3 channels and got 1", "hint: try --input 3x32x32")),
    # 32 − 2 = 30, and no other side gives that
    Case("broken.py:OneSize", ("1x1x28x28",), ("30×30 needs sides of 32\n", "hint: try --input 1x1x32x32")),
    Case("broken.py:NotSelf", IMAGE, ("(NotSelf) fails in its own code, broken.py:", "x @ torch.ones(5, 5)")),
    Case("broken.py:NotSelfEither", IMAGE, ("`two` Two wants the argument 'mask'",)),
    Case("broken.py:Casts", ("1x3",), ("`fc` Linear wants float32 and got float16",
         "hint: the model's own code makes float16 of it: weights and input are float32")),
    Case("broken.py:CastsTokens", ("1x4:int64",), ("hint: the model's own code makes float16 of it",)),
    Case("nn:Linear(3, 3)", ("1x3:int64",), ("add it to the shape: --input SHAPE:float32",)),
    Case("broken.py:named", IMAGE, ("`body.0.0.1` Named wants 16 channels and got 8",)),
    Case("broken.py:renamed", ("1x3x6x6",), ("`body.0.0.1` Renamed wants a map of at least 5×5 and got 4×4",
         "sides of at least 7")),
    Case("nn:Linear(3, 4)", ("1x4",), ("the model itself (Linear) wants 3 features and got 4", "try --input 1x3")),
    Case("nn:Bilinear(3, 4, 5)", ("1x3", "1x3"), ("wants 3 and 4 features and got 3×3",)),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.model} {' '.join(case.inputs)}")
def test_failure_is_explained(cli: Cli, case: Case) -> None:
    given = [word for shape in case.inputs for word in ("-i", shape)]
    result = cli("summary", case.model, *given)
    assert result.code == 3, result.err
    assert result.out == ""
    for words in case.says:
        assert words in result.err, result.err
    assert "Traceback" not in result.err


def test_table_up_to_the_failing_layer(cli: Cli) -> None:
    """Below the table the message; what never ran is not in it, and neither are totals."""
    result = cli("summary", "scratch:alexnet", "-i", "1x3x30x30")
    table, _, message = result.err.partition("\n\nerror: ")
    assert message.startswith("`features.5` MaxPool2d")
    rows = [line.split()[1:3] for line in table.splitlines() if "─ " in line]
    assert [name for name, _ in rows][-1] == "5:"
    assert ["classifier:", "Sequential"] not in rows
    assert table.splitlines()[-1].split()[-2:] == ["1×192×2×2", "0"]  # an input, and no output
    assert "Parameters" not in table


def test_quiet_leaves_the_table_out(cli: Cli) -> None:
    result = cli("summary", "scratch:alexnet", "-i", "1x3x30x30", "-q")
    assert result.err.startswith("error: `features.5` MaxPool2d")


def test_a_failing_layer_deep_down_is_in_the_table(cli: Cli) -> None:
    result = cli("summary", "broken.py:wide", "-i", "1x3x12x12")
    assert "2: Conv2d" in result.err


def test_batch_norm_in_train_mode(cli: Cli) -> None:
    result = cli("summary", "nn:Conv2d(3, 8, 3); BatchNorm2d(8)", "-i", "1x3x3x3", "--mode", "train")
    assert "`1` BatchNorm2d wants more than one value for each channel in train mode and got one" in result.err
    assert "--mode eval" in result.err


def test_every_command_explains(cli: Cli) -> None:
    result = cli("explain", "scratch:alexnet", "-i", "1x1x224x224")
    assert (result.code, result.out) == (3, "")
    assert "`features.0` Conv2d wants 3 channels and got 1" in result.err


@pytest.mark.parametrize("more", [["-f", "torchinfo"], ["--cross-check"]])
def test_so_does_the_second_opinion(cli: Cli, more: list[str]) -> None:
    result = cli("summary", "scratch:alexnet", "-i", "1x1x224x224", *more)
    assert (result.code, result.out) == (3, "")
    assert "`features.0` Conv2d wants 3 channels and got 1" in result.err


def test_python_has_the_partial_report() -> None:
    from cnninspect import inspect_model

    with pytest.raises(ForwardError) as caught:
        inspect_model("scratch:alexnet", inputs=["1x3x30x30"])
    assert caught.value.report is not None
    reached = [layer.path for layer in caught.value.report.layers if layer.call]
    assert reached[-1] == "features.5"


NAN = """
import torch
from torch import nn


class Divides(nn.Module):
    def forward(self, x):
        return (x - x) / (x - x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.ReLU(), Divides(), nn.Softmax(1))

    def forward(self, x):
        return self.body(x)


class Weighted(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        return x * self.weight / self.weight.norm()
"""


def test_nan_is_a_note_that_names_where_it_comes_from(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "nan.py").write_text(NAN)
    result = cli("summary", "nan.py:Net", "-i", "1x3")
    assert result.code == 0
    assert "the output has NaN, first from `body.1` Divides" in result.out
    assert "NaN" not in cli("summary", "nan.py:Net", "-i", "1x3", "--device", "meta").out  # no values there


def test_nan_for_want_of_weights_says_so(cli: Cli, tmp_path: Path) -> None:
    """Without weights they are zeros, and a normalisation divides by their norm."""
    (tmp_path / "nan.py").write_text(NAN)
    result = cli("summary", "nan.py:Weighted", "-i", "1x3")
    assert result.code == 0
    assert "NaN" in result.out
    assert "weights are all zero" in result.out
