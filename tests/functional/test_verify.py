"""``cnninspect verify`` as a user runs it: verdicts, exit codes, what is said, formats, bad input."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import Cli, Result

MINE = """
import torch
import torch.nn.functional as F
from torch import nn


class AlexNet(nn.Module):
    def __init__(self, padding=2, channels=192):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 11, 4, padding)
        self.conv2 = nn.Conv2d(64, channels, 5, padding=2)
        self.conv3 = nn.Conv2d(channels, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 256, 3, padding=1)
        self.conv5 = nn.Conv2d(256, 256, 3, padding=1)
        self.pool = nn.AdaptiveAvgPool2d(6)
        self.fc1, self.fc2, self.fc3 = nn.Linear(9216, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000)
        print("built")

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 3, 2)
        x = F.relu(self.conv4(F.relu(self.conv3(x))))
        x = self.pool(F.max_pool2d(F.relu(self.conv5(x)), 3, 2)).flatten(1)
        x = F.relu(self.fc1(F.dropout(x, training=self.training)))
        return self.fc3(F.relu(self.fc2(F.dropout(x, training=self.training))))


class Small(nn.Module):
    def __init__(self, scale=1.0):
        super().__init__()
        self.conv, self.scale = nn.Conv2d(3, 4, 3), scale

    def forward(self, x):
        return self.conv(x) * self.scale


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(2, 8)

    def forward(self, tokens):
        return self.embedding(tokens)


class Broken(Small):
    def forward(self, x):
        raise ValueError("not today")


class Pair(nn.Module):
    def __init__(self, is_swapped=False):
        super().__init__()
        self.linear, self.is_swapped = nn.Linear(4, 4), is_swapped

    def forward(self, x, y):
        return self.linear(y) - x if self.is_swapped else self.linear(x) - y


lazy = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d())
"""


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


def verified(result: Result, code: int) -> dict[str, Any]:
    """The JSON of a run that ended with ``code``."""
    assert result.code == code, result.err
    found: dict[str, Any] = json.loads(result.out)
    return found


NOTHING = {"max_abs": 0.0, "max_rel": 0.0}
WHOLE: dict[str, list[str]] = {"missing": [], "unexpected": [], "mismatched": []}


def test_vgg16_from_scratch_is_torchvisions(cli: Cli) -> None:
    """13 convolutions, 15 ReLUs, 5 poolings, 1 adaptive pooling, 3 linear layers, 2 dropouts: 39 layers."""
    found = verified(cli("verify", "scratch:vgg16", "torchvision:vgg16", "-f", "json"), 0)
    assert found["verdict"] == "identical"
    assert [layer["status"] for layer in found["layers"]] == ["same"] * 39
    assert (found["state_dict"], found["outputs"], found["gradients"]) == (WHOLE, NOTHING, NOTHING)


def test_alexnet_from_scratch_is_equivalent_to_torchvisions(cli: Cli) -> None:
    """Torchvision's has one layer more, which makes 6×6 of 6×6."""
    result = cli("verify", "scratch:alexnet", "torchvision:alexnet")
    assert result.code == 0
    assert result.out.startswith("equivalent: scratch:alexnet and torchvision:alexnet")
    for words in (
        "20 layers the same, 1 layer only in torchvision:alexnet",
        "the same keys, in the same shapes",
        "difference 0 in float32 and float64; 3 random inputs 1×3×224×224, weights by key",
        "+ AdaptiveAvgPool2d  avgpool",
        "AdaptiveAvgPool2d avgpool, only in torchvision:alexnet, changes nothing at 1×3×224×224",
    ):
        assert words in result.out


def test_my_own_alexnet_is_alexnet(cli: Cli) -> None:
    """Its input is the other's, its layers are functions, its names its own; what it prints is no result."""
    result = cli("verify", "mine.py:AlexNet", "torchvision:alexnet", "-f", "json")
    found = verified(result, 0)
    assert "built" in result.err
    assert found["verdict"] == "equivalent"
    assert (found["outputs"], found["gradients"]) == (NOTHING, NOTHING)
    assert found["state_dict"]["unexpected"][:2] == ["conv1.weight", "conv1.bias"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    {
        "padding=1": "conv1 (Conv2d) and features.0 (Conv2d): padding is 1×1 in mine.py:AlexNet,padding=1 and 2×2 in",
        "channels=190": "conv2 (Conv2d) and features.3 (Conv2d): out_channels is 190 in",
    }.items(),
)
def test_my_own_alexnet_is_none(cli: Cli, arguments: str, says: str) -> None:
    result = cli("verify", f"mine.py:AlexNet,{arguments}", "torchvision:alexnet")
    assert result.code == 1
    assert "First departure" in result.out
    assert says in " ".join(result.out.split())


def test_two_libraries_resnet18(cli: Cli) -> None:
    """timm's takes torchvision's weights (its tag ``tv_in1k``); it has places for layers that do nothing here."""
    result = cli("verify", "resnet18", "timm:resnet18.tv_in1k", "-i", "1x3x64x64")
    assert result.code == 0
    out = " ".join(result.out.split())
    assert "difference 0 in float32 and float64; 3 random inputs 1×3×64×64, weights by key" in out
    assert "Identity layer1.0.drop_block, layer1.0.aa, layer1.1.drop_block, layer1.1.aa and 12 more, only in" in out


SMALL = ["mine.py:Small", "nn:Conv2d(3, 4, 3)", "-i", "2x3x8x8"]


def test_the_figures_that_are_not_zero(cli: Cli) -> None:
    """|2y − y| is half of the largest magnitude, |2y|."""
    found = verified(cli("verify", "mine.py:Small,scale=2", "mine.py:Small", "-i", "2x3x8x8", "-f", "json"), 1)
    assert found["verdict"] == "different"
    assert found["outputs"]["max_rel"] == pytest.approx(0.5)
    assert found["outputs"]["max_abs"] > 0.1


def test_the_json_has_the_fields_of_its_schema(cli: Cli) -> None:
    found = verified(cli("verify", *SMALL, "-f", "json"), 0)
    schema = json.loads(cli("schema", "verify").out)
    name = schema["$ref"].rpartition("/")[2]
    assert list(found) == schema["$defs"][name]["required"]
    assert list(found) == ["schema_version", "verdict", "layers", "state_dict", "outputs", "gradients"]


def test_reasons_that_json_has_no_field_for_are_noted(cli: Cli) -> None:
    line = ["verify", "mine.py:Small", "nn:Conv2d(3, 5, 3)", "-i", "2x3x8x8", "-f", "json"]
    result = cli(*line)
    assert verified(result, 1)["outputs"] is None
    assert "out_channels is 4 in mine.py:Small and 5 in nn:Conv2d(3, 5, 3)" in result.err
    assert "the weights of one don't fit the other" in result.err
    assert "note:" not in cli(*line, "-q").err


@pytest.mark.parametrize("format_name", ["table", "csv", "markdown", "html", "svg", "latex"])
def test_formats(cli: Cli, format_name: str) -> None:
    result = cli("verify", *SMALL, "-f", format_name)
    assert result.code == 0
    assert "equivalent" in result.out


def test_a_file_whose_ending_tells_the_format(cli: Cli, mine: Path) -> None:
    result = cli("verify", *SMALL, "-o", "verdict.md")
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("note: equivalent: mine.py:Small and nn:Conv2d(3, 4, 3)")  # the gate's verdict
    assert (mine / "verdict.md").read_text().startswith("**equivalent: mine.py:Small and nn:Conv2d(3, 4, 3)")


def test_seeds(cli: Cli) -> None:
    line = ["verify", "mine.py:Small,scale=2", "mine.py:Small", "-i", "2x3x8x8", "-f", "json"]
    first, again, other = (verified(cli(*line, "--seed", seed), 1)["outputs"]["max_abs"] for seed in ("3", "3", "4"))
    assert first == again
    assert first != other


def test_tokens_stay_in_range(cli: Cli) -> None:
    line = ["verify", "mine.py:Tokens", "nn:Embedding(2, 8)", "-i", "3x5:int64"]
    assert cli(*line).code == 0


def test_two_inputs_are_not_the_same_numbers(cli: Cli) -> None:
    """With x = y the two would be a permutation of each other that no input shows."""
    line = ["verify", "mine.py:Pair", "mine.py:Pair,is_swapped=true", "-i", "x=2x4", "-i", "y=2x4"]
    assert cli(*line).code == 1
    assert cli(*line[:2], "mine.py:Pair", *line[3:]).code == 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_dtypes(cli: Cli, dtype: str) -> None:
    """Double precision tells rounding from a difference; it is run beside any other."""
    result = cli("verify", *SMALL, "--dtype", dtype)
    assert result.code == 0
    ran = dtype if dtype == "float64" else f"{dtype} and float64"
    assert f"difference 0 in {ran};" in result.out


def test_two_networks_of_different_dtypes(cli: Cli, mine: Path) -> None:
    """The same function, in the coarser of the two rounded as that is; the inputs are numbers that both have."""
    (mine / "double.py").write_text("from mine import Small\nnet = Small().double()\n")
    found = verified(cli("verify", "mine.py:Small", "double.py:net", "-i", "2x3x8x8", "-f", "json"), 0)
    assert found["verdict"] == "equivalent"
    assert 0 < found["outputs"]["max_rel"] < 1e-5  # unit roundoff of float32 is 6e-8


def test_lazy_layers_take_their_shapes_from_the_input(cli: Cli) -> None:
    assert cli("verify", "mine.py:lazy", "nn:Conv2d(3, 4, 3); BatchNorm2d(4)", "-i", "2x3x8x8").code == 0


def test_two_files_with_a_module_of_the_same_name(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a checkout of the old version beside the new one."""
    monkeypatch.chdir(tmp_path)
    for folder, width in {"old": 4, "new": 5}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "parts.py").write_text(f"WIDTH = {width}\n")
        (tmp_path / folder / "net.py").write_text(
            "from torch import nn\nfrom parts import WIDTH\nnet = nn.Sequential(nn.Conv2d(3, WIDTH, 3))\n"
        )
    result = cli("verify", "old/net.py:net", "new/net.py:net", "-i", "1x3x8x8")
    assert result.code == 1
    assert "out_channels is 4 in old/net.py:net and 5 in new/net.py:net" in " ".join(result.out.split())


def test_the_first_published_input_is_taken(cli: Cli) -> None:
    """SqueezeNet is evaluated at 224×224, timm's ResNet-10-T at 176×176."""
    result = cli("verify", "squeezenet1_1", "timm:resnet10t")
    assert result.code == 1
    assert "the published inputs differ: that of squeezenet1_1 was taken" in " ".join(result.out.split())


def test_a_file_of_weights_goes_with_the_first(cli: Cli, mine: Path) -> None:
    """A state dict of the layer alone; that of ``Small`` has the key ``conv.weight``."""
    import torch

    torch.save(torch.nn.Conv2d(3, 4, 3).state_dict(), mine / "layer.pth")
    layer, small, rest = "nn:Conv2d(3, 4, 3)", "mine.py:Small", ["-i", "2x3x8x8", "--weights", "layer.pth"]
    assert cli("verify", layer, small, *rest).code == 0
    refused = cli("verify", small, layer, *rest)
    assert refused.code == 3
    assert "mine.py:Small: the weights 'layer.pth' are of another network" in refused.err


def test_a_name_of_weights_goes_with_the_network_that_has_them(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are given to both: SqueezeNet's, put into what is no SqueezeNet by name."""
    from torchvision.models import squeezenet1_1

    published = {key: value + 1 for key, value in squeezenet1_1().state_dict().items()}
    asked: list[str] = []

    def without_download(name: str, weights: str) -> dict[str, object]:
        asked.append(f"{name} {weights}")
        return published

    monkeypatch.setattr("cnninspect.loading.torchvision.published_state_dict", without_download)
    Path("squeezed.py").write_text("from torchvision.models import squeezenet1_1\n")
    line = ["verify", "squeezed.py:squeezenet1_1", "torchvision:squeezenet1_1", "-i", "1x3x64x64"]
    assert cli(*line, "--weights", "DEFAULT").code == 0
    assert asked == ["squeezenet1_1 DEFAULT"]


class Case(NamedTuple):
    """A command line after ``verify``, the code it ends with, and words that its message has."""

    line: list[str]
    code: int
    says: list[str]


BAD = [
    Case([], 2, ["MODEL", "verify --help"]),
    Case(["alexnet"], 2, ["MODEL", "verify --help"]),
    Case(["alexnet", "vgg16", "resnet18"], 2, ["resnet18"]),
    Case(["alexnt", "alexnet"], 2, ["unknown model 'alexnt'", "did you mean alexnet?"]),
    Case(["alexnet", "alexnt"], 2, ["unknown model 'alexnt'"]),
    Case(["report.json", "alexnet"], 2, ["'report.json' is a saved report: there is nothing to run", "name a model"]),
    Case(["alexnet", "-"], 2, ["'-' is a saved report"]),
    Case(["alexnet", "weights.pth"], 2, ["'weights.pth' is a file of weights: there is nothing to run"]),
    Case(["alexnet", "alexnet", "--device", "meta"], 2, ["--device meta", "nothing to compare", "--device cpu"]),
    Case(["alexnet", "alexnet", "--device", "gpu"], 2, ["unknown device 'gpu'"]),
    Case(["alexnet", "alexnet", "--dtype", "int8"], 2, ["unknown dtype 'int8'"]),
    Case(["alexnet", "alexnet", "--mode", "test"], 2, ["'test'"]),
    Case(["alexnet", "alexnet", "-i", "1x3x"], 2, ["malformed shape"]),
    Case(["alexnet", "alexnet", "-f", "torchinfo"], 2, ["unknown format 'torchinfo'"]),
    Case(["alexnet", "alexnet", "--weights", "V9"], 2, ["unknown weights for alexnet 'V9'", "IMAGENET1K_V1"]),
    Case(["mine.py:Small", "alexnet", "--weights", "V9"], 2, ["unknown weights for alexnet 'V9'"]),
    Case(["mine.py:Small", "nn:Conv2d(3, 4, 3)"], 2, ["'mine.py:Small' has no input of its own", "--input"]),
    Case(["mine.py:Smal", "alexnet"], 2, ["Smal", "Small"]),
    Case(["mine.py:Small", "mine.py:Broken", "-i", "1x3x8x8"], 3, ["mine.py:Broken", "not today"]),
    Case(["mine.py:Small", "nn:Linear(3, 4)", "-i", "1x3x8x8"], 3,
         ["nn:Linear(3, 4): the model itself (Linear) wants 3 features and got 8"]),
    Case(["scratch:alexnet", "alexnet", "-i", "1x3x30x30"], 3,
         ["scratch:alexnet: `features.5` MaxPool2d wants a map of at least 3×3 and got 2×2"]),
    Case(["alexnet", "alexnet", "--device", "cuda:7"], 3, ["no device 'cuda:7'"]),
]  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=lambda case: " ".join(case.line))
def test_requests_that_cannot_be_carried_out(cli: Cli, case: Case) -> None:
    result = cli("verify", *case.line)
    assert result.code == case.code, result.err
    assert result.out == ""
    for words in case.says:
        assert words in result.err
    assert "Traceback" not in result.err


def test_help_has_examples(cli: Cli) -> None:
    result = cli("verify", "--help")
    assert result.code == 0
    assert "cnninspect verify my_alexnet.py:AlexNet torchvision:alexnet" in result.out
    assert "Exit 0" in result.out


def test_outputs_in_a_dtype_without_arithmetic(cli: Cli, tmp_path: Path) -> None:
    """float8_e4m3fn has 1 and 1.5: they are 0.5 apart."""
    (tmp_path / "eighth.py").write_text(
        "import torch\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self, to=1.0):\n"
        "        super().__init__()\n"
        "        self.linear, self.to_ = torch.nn.Linear(3, 3), to\n"
        "    def forward(self, x):\n"
        "        return (self.linear(x) * 0 + self.to_).to(torch.float8_e4m3fn)\n"
    )
    first = f"{tmp_path / 'eighth.py'}:Net"
    assert cli("verify", first, first, "-i", "2x3").code == 0
    result = cli("verify", first, f"{first},to=1.5", "-i", "2x3", "-f", "json")
    assert (result.code, json.loads(result.out)["outputs"]["max_abs"]) == (1, 0.5)
