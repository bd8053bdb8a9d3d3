"""``cnninspect view`` as it is used: odd pictures, odd layers, odd requests; each gets a picture or a clear error."""

import csv
import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import torch
from PIL import Image

from tests.conftest import Cli

#: A layer that gives what it gets: its map is the image, as the network sees it.
IDENTITY: Final = ["view", "nn:Identity()", "--image"]
NET: Final = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.again = nn.ReLU()
        self.unused = nn.Conv2d(1, 1, 1)
        self.pair = nn.MaxPool2d(2, return_indices=True)
        self.row = nn.Conv1d(2, 3, 3, padding=1)
        self.flat = nn.Flatten()
        self.head = nn.LazyLinear(4)
    def forward(self, x):
        x = self.again(self.again(self.again(self.conv(x)) - 1) - 1)
        x, _ = self.pair(x)
        return self.head(self.flat(self.row(x.flatten(2))))
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(NET, encoding="utf-8")
    Image.frombytes("L", (4, 4), bytes(range(1, 17))).save("counting.png")


def seen(cli: Cli, *line: str) -> dict[str, Any]:
    result = cli(*line, "-f", "json")
    assert (result.code, result.err) == (0, "")
    found: dict[str, Any] = json.loads(result.out)
    return found


def maps(cli: Cli, *line: str) -> dict[int, list[list[float]]]:
    """The values of the only layer that is shown, by channel."""
    (layer,) = seen(cli, *line)["images"][0]["layers"]
    return {each["channel"]: each["values"] for each in layer["shown"]}


# -- what apply gives ------------------------------------------------------------------------------------------------


def test_a_convolution_gives_the_map_that_apply_gives(cli: Cli) -> None:
    """1 to 16 in four rows, a column less the one two to the right: −2 three times over, in units of 255."""
    torch.save({"weight": torch.tensor([[[[1.0, 0, -1]] * 3]])}, "edges.pth")
    layer = "Conv2d(1, 1, 3, bias=False)"
    applied = json.loads(
        cli("apply", layer, "--values", "1:16", "--weight", "1 0 -1; 1 0 -1; 1 0 -1", "-f", "json").out
    )
    expected = applied["steps"][0]["output"][0]
    assert expected == [[-6, -6], [-6, -6]]
    found = maps(cli, "view", f"nn:{layer}", "--weights", "edges.pth", "--image", "counting.png")[0]
    assert [[value * 255 for value in row] for row in found] == [pytest.approx(row, abs=1e-4) for row in expected]


# -- pictures --------------------------------------------------------------------------------------------------------


def _deep(name: str) -> None:
    Image.frombytes("I;16", (2, 1), struct.pack("<2H", 0, 65535)).save(name)


def _turned(name: str) -> None:
    """As a camera saves it that was held upright: stored lying, to be turned by 90° (EXIF orientation 6)."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.frombytes("L", (2, 1), bytes((0, 255))).save(name, exif=exif)


#: What is saved, and by channel what a network sees of it.
PICTURES: Final[dict[str, tuple[Callable[[str], None], dict[int, list[list[float]]]]]] = {
    "grey.png": (lambda name: Image.frombytes("L", (2, 1), bytes((0, 51))).save(name), {0: [[0, 0.2]]}),
    "bits.png": (lambda name: Image.new("1", (1, 1), 1).save(name), {0: [[1]]}),
    "grey_alpha.png": (lambda name: Image.new("LA", (1, 1), (51, 0)).save(name), {0: [[0.2]]}),
    "alpha.png": (
        lambda name: Image.new("RGBA", (1, 1), (255, 102, 0, 0)).save(name), {0: [[1]], 1: [[0.4]], 2: [[0]]},
    ),
    "palette.png": (
        lambda name: Image.new("RGB", (1, 1), (255, 102, 0)).quantize(2).save(name), {0: [[1]], 1: [[0.4]], 2: [[0]]},
    ),
    "deep.png": (_deep, {0: [[0, 1]]}),
    "ink.tif": (  # no ink is white, all of cyan has no red
        lambda name: Image.new("CMYK", (1, 1), (255, 0, 0, 0)).save(name), {0: [[0]], 1: [[1]], 2: [[1]]},
    ),
    "turned.png": (_turned, {0: [[0], [1]]}),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_seen_as_it_is_meant(cli: Cli, name: str) -> None:
    save, expected = PICTURES[name]
    save(name)
    found = maps(cli, *IDENTITY, name)
    assert found == {channel: [pytest.approx(row) for row in rows] for channel, rows in expected.items()}


def _deep_colors(name: str) -> None:
    """A PNG of one red pixel in 16 bits a channel, which Pillow does not write."""
    header = struct.pack(">2I5B", 1, 1, 16, 2, 0, 0, 0)
    parts = [_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(b"\0" + struct.pack(">3H", 65535, 0, 0)))]
    Path(name).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join([*parts, _chunk(b"IEND", b"")]))


def _moving(name: str) -> None:
    first, second = Image.new("L", (1, 1), 0), Image.new("L", (1, 1), 255)
    first.save(name, save_all=True, append_images=[second])


@pytest.mark.parametrize(
    ("name", "save", "left_out"),
    [
        ("alpha.png", PICTURES["alpha.png"][0], "its transparency"),
        ("deep.png", _deep, "the lower 8 of its 16 bits"),
        ("deep_colors.png", _deep_colors, "the lower 8 of its 16 bits"),
        ("moving.gif", _moving, "every frame but the first"),
    ],
)
def test_what_is_left_out_of_a_picture_is_said(cli: Cli, name: str, save: Callable[[str], None], left_out: str) -> None:
    save(name)
    image = seen(cli, *IDENTITY, name)["images"][0]
    assert image["preprocessing"] == f"scaled to numbers from 0 to 1; left out: {left_out}"
    applied = cli("apply", "Identity()", "--values", name)
    assert (applied.code, applied.err) == (0, f"note: of '{name}' is left out: {left_out}\n")
    assert cli("apply", "Identity()", "--values", name, "-q").err == ""


def test_a_tiny_picture_is_enlarged(cli: Cli) -> None:
    """One grey pixel becomes 224×224 in three colours, all of them 51/255."""
    Image.new("L", (1, 1), 51).save("tiny.png")
    found = seen(cli, *IDENTITY, "tiny.png", "-i", "1x3x224x224")["images"][0]
    assert (found["sides"], found["input"]) == ([1, 1], [1, 3, 224, 224])
    assert [(each["least"], each["largest"]) for each in found["layers"][0]["shown"]] == [pytest.approx((0.2, 0.2))] * 3


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_a_huge_picture_is_refused_before_it_is_unpacked(cli: Cli) -> None:
    header = struct.pack(">2I5B", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = [_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(bytes(100))), _chunk(b"IEND", b"")]
    Path("huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    result = cli("view", "scratch:alexnet", "--image", "huge.png")
    assert (result.code, result.out) == (2, "")
    assert result.err == "error: 'huge.png' has too many pixels to read\n"


def test_a_large_picture_needs_a_size(cli: Cli) -> None:
    Image.new("RGB", (300, 200)).save("large.png")
    result = cli(*IDENTITY, "large.png")
    assert (result.code, result.out) == (2, "")
    assert "'large.png' has 200×300 pixels: too many to come as they are" in result.err
    assert "--input 1x3x224x224" in result.err
    assert cli(*IDENTITY, "large.png", "-i", "1x3x20x30").code == 0


@pytest.mark.parametrize("name", ["missing.png", "net.py", "a\0b.png", "."])
def test_what_is_no_picture(cli: Cli, name: str) -> None:
    result = cli("view", "scratch:alexnet", "--image", name)
    assert (result.code, result.out) == (2, "")
    assert "Traceback" not in result.err
    assert repr(name) in result.err


# -- layers ----------------------------------------------------------------------------------------------------------

OWN: Final = ["view", "net.py:Net", "--image", "counting.png"]


def test_a_layer_that_is_called_three_times_has_three_maps(cli: Cli) -> None:
    layers = seen(cli, *OWN[:2], "again", *OWN[2:])["images"][0]["layers"]
    assert [(each["path"], each["call"], each["shape"]) for each in layers] == [
        ("again", call, [1, 2, 4, 4]) for call in (1, 2, 3)
    ]
    assert layers[2]["dead"] == [0, 1]  # what is below 1 is 0 after −1, and again
    text = cli(*OWN[:2], "again", *OWN[2:]).out
    assert "again ReLU, call 3: 2 channels of 4×4; dead (zero everywhere): 2 (0, 1)" in text


def test_a_layer_for_rows_and_one_that_gives_two_things(cli: Cli) -> None:
    assert seen(cli, *OWN[:2], "row", *OWN[2:])["images"][0]["layers"][0]["shape"] == [1, 3, 4]
    assert seen(cli, *OWN[:2], "pair", *OWN[2:])["images"][0]["layers"][0]["shape"] == [1, 2, 2, 2]


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ("unused", "`unused` Conv2d was never called in the forward pass"),
        ("head", "`head` Linear gives 1×4: no map"),
        ("flat", "`flat` Flatten gives 1×12: no map"),
        ("konv", "unknown layer 'konv'\n  hint: did you mean conv?"),
    ],
)
def test_a_layer_without_a_map(cli: Cli, layer: str, says: str) -> None:
    result = cli(*OWN[:2], layer, *OWN[2:])
    assert (result.code, result.out) == (2, "")
    assert says in result.err
    assert "Traceback" not in result.err


def test_layers_by_their_type_or_number(cli: Cli) -> None:
    """As ``explain`` takes them; AlexNet has five convolutions, and ``features.3`` is its fourth leaf."""
    paths = [f"features.{place}" for place in (0, 3, 6, 8, 10)]
    shown = seen(cli, "view", "scratch:alexnet", "Conv2d", "--image", "counting.png")["images"][0]["layers"]
    assert [(each["path"], len(each["shown"])) for each in shown] == [(path, 8) for path in paths]
    names = [each["name"] for each in seen(cli, "view", "scratch:alexnet", "Conv2d")["statistics"]]
    assert names == [f"{path}.{part}" for path in paths for part in ("weight", "bias")]
    assert seen(cli, "view", "scratch:alexnet", "3", "--kernels")["kernels"]["path"] == "features.3"
    assert seen(cli, "view", "scratch:alexnet", "Conv2d", "--kernels")["kernels"]["path"] == "features.0"


def test_the_first_of_several(cli: Cli) -> None:
    """A network that cuts its picture in two halves: the first is shown, and the shape is that of both."""
    Path("halves.py").write_text(
        "import torch\nfrom torch import nn\nclass Halves(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.conv, self.split = nn.Conv2d(1, 2, 1), Split()\n"
        "    def forward(self, x):\n        return self.split(self.conv(torch.cat(x.chunk(2, 3))))\n"
        "class Split(nn.Module):\n    def forward(self, x):\n        return x, x + 1\n"
    )
    line = ["view", "halves.py:Halves", "conv", "--image", "counting.png"]
    (layer,) = seen(cli, *line)["images"][0]["layers"]
    assert layer["shape"] == [2, 2, 4, 2]
    assert "conv Conv2d: 2 channels of 4×2, the first of 2\n" in cli(*line).out
    line[2] = "split"
    assert seen(cli, *line)["images"][0]["layers"][0]["maps"] == 2
    assert "split Split: 2 channels of 4×2, the first of 2, the first of its 2 maps\n" in cli(*line).out


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_a_scripted_layer_has_kernels(cli: Cli) -> None:
    Path("script.py").write_text(
        "from torch import jit, nn\ndef net():\n    return jit.script(nn.Sequential(nn.Conv2d(1, 2, 3)))\n"
    )
    assert seen(cli, "view", "script.py:net", "--kernels")["kernels"]["shape"] == [2, 1, 3, 3]


def test_what_colours_and_shades_mean(cli: Cli) -> None:
    line = ["view", "nn:Conv2d(3, 1, 2)", "--kernels"]
    assert "grey is 0, in red, green and blue" in cli(*line, "--color").out
    assert "half is 0, blank less, full more" in cli(*line).out
    page = cli("view", "nn:Identity()", "--image", "counting.png", "-f", "html").out
    assert "black is 0, white most" in page


def test_channels_at_the_end(cli: Cli) -> None:
    """As in Swin: behind a permutation, and what adds there. Twice the picture, and three times, by hand."""
    Path("swin.py").write_text(
        "import torch\nfrom torch import nn\n"
        "from torchvision.ops import Permute\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.conv = nn.Conv2d(1, 2, 1, bias=False)\n        self.turn = Permute([0, 2, 3, 1])\n"
        "        self.act = nn.ReLU()\n        self.back = Permute([0, 3, 1, 2])\n        self.end = nn.ReLU()\n"
        "    def forward(self, x):\n        return self.end(self.back(self.act(self.turn(self.conv(x)))))\n"
    )
    torch.save({"conv.weight": torch.tensor([2.0, 3.0]).reshape(2, 1, 1, 1)}, "two.pth")
    Image.frombytes("L", (3, 1), bytes((51, 102, 204))).save("three.png")
    line = ["view", "swin.py:Net", "--weights", "two.pth", "--image", "three.png"]
    for path in ("conv", "turn", "act", "back", "end"):
        (layer,) = seen(cli, *line[:2], path, *line[2:])["images"][0]["layers"]
        assert layer["shape"] == [1, 2, 1, 3]
        found = {each["channel"]: each["values"] for each in layer["shown"]}
        assert found == {0: [pytest.approx([0.4, 0.8, 1.6])], 1: [pytest.approx([0.6, 1.2, 2.4])]}


def test_numbers_that_are_none(cli: Cli) -> None:
    """NaN is null in JSON and ``nan`` in CSV; the picture says that there is nothing else."""
    torch.save({"weight": torch.tensor([[[[torch.nan]]], [[[torch.inf]]]]), "bias": torch.zeros(2)}, "odd.pth")
    line = ["view", "nn:Conv2d(1, 2, 1)", "--weights", "odd.pth", "--image", "counting.png"]
    shown = seen(cli, *line)["images"][0]["layers"][0]["shown"]
    assert {each["channel"]: (each["odd"], each["least"], each["strength"]) for each in shown} == {
        0: (16, None, None), 1: (16, None, None),
    }  # fmt: skip
    assert cli(*line).out.count("no numbers") == 2
    rows = list(csv.DictReader(io.StringIO(cli(*line, "-f", "csv").out)))
    assert {(each["channel"], each["value"]) for each in rows} == {("0", "nan"), ("1", "inf")}
    assert cli(*line, "-o", "odd.png").code == 0


# -- requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["alexnet", "--image", "counting.png", "--kernels"], "--image and --kernels are two pictures"),
        (["alexnet", "--all"], "--channels and --all pick from feature maps or kernels"),
        (["alexnet", "features.0", "--kernels", "--all", "--channels", "1"], "--channels names some"),
        (["alexnet", "--kernels", "--channels", "1"], "--channels needs a layer"),
        (["scratch:alexnet", "features.0", "--kernels", "--channels", "1,x"], "--channels '1,x' are no channels"),
        (["scratch:alexnet", "features.0", "--kernels", "--channels", "64"], "no channel 64: `features.0` has 64"),
        (["scratch:alexnet", "--device", "meta"], "--device meta has no values to look at"),
        (["scratch:alexnet", "classifier.1", "--kernels"], "has no kernels: its weight is 4096×9216"),
        (["scratch:alexnet", "features.1", "--kernels"], "`features.1` ReLU has no kernels: it has no weight"),
        (["scratch:alexnet", "features.99", "--kernels"], "unknown layer 'features.99'"),
        (["scratch:alexnet", "features.99"], "unknown layer 'features.99'"),
        (["scratch:alexnet", "features.3", "--kernels", "--all"], "has 12,288 kernels: too many"),
        (["nn:ReLU()", "--kernels"], "no layer of it has kernels"),
        (["w.pth", "--device", "cuda"], "--device is for what runs, and nothing runs without an image"),
        (["scratch:alexnet", "--kernels", "--device", "cuda"], "--device is for what runs"),
        (["scratch:alexnet", "-i", "1x3x64x64"], "--input is for what runs"),
        (["scratch:alexnet", "--mode", "train"], "--mode is for what runs"),
        (["nn:Conv2d(3, 2, 1)", "--image", "numbers.tif"], "'numbers.tif' has 32 bits a pixel"),
        (["scratch:alexnet", "--image", "counting.png", "-i", "2x3x64x64"], "are 2 images, and --image gives one"),
        (["scratch:alexnet", "--image", "counting.png", "-i", "1x3x64x64=1"], "both say what the input holds"),
        (["nn:Conv2d(3, 2, 1)", "--image", "counting.png", "-i", "1x3x4096x4096"], "have 33,554,432 numbers: too many"),
        (["scratch:alexnet", "99"], "unknown layer '99'"),
        (["scratch:alexnet", "ReLU"], "`features.1` ReLU has no weights"),
        (["report.json"], "'report.json' is a saved report: there are no weights in it"),
        (["w.pth", "--image", "counting.png"], "'w.pth' is a file of weights: it makes nothing of an image"),
        (["w.pth", "--dtype", "float16"], "there is nothing to run"),
        (["nn:Linear(4, 4)", "--image", "counting.png", "-i", "2x4"], "takes 2×4: an image is none"),
        (["nn:Conv2d(4, 1, 1)", "--image", "counting.png", "-i", "1x4x8x8"], "takes 1×4×8×8: an image is none"),
        (
            ["nn:Bilinear(1, 1, 1)", "--image", "counting.png", "-i", "1x1x1x1", "-i", "1x1x1x1"],
            "there are 2 inputs, and an image is one",
        ),
        (["raft_small", "--image", "counting.png"], "takes 2 inputs, and an image is one"),
        (["alexnet", "-o", "a.tex"], "the ending of 'a.tex' tells no format"),
        (["alexnet", "-f", "markdown"], "unknown format 'markdown'"),
        (["alexnet", "-f", "png"], "--format png needs a file"),
    ],
)
def test_refused(cli: Cli, line: list[str], says: str) -> None:
    torch.save({"weight": torch.zeros(1)}, "w.pth")
    Image.new("F", (2, 2), 0.5).save("numbers.tif")
    result = cli("view", *line)
    assert (result.code, result.out) == (2, "")
    assert says in result.err
    assert "Traceback" not in result.err


def test_a_pass_that_fails_names_its_layer(cli: Cli) -> None:
    """No picture has four channels."""
    result = cli("view", "nn:Conv2d(4, 1, 1)", "--image", "counting.png")
    assert (result.code, result.out) == (3, "")
    assert "wants 4 channels" in result.err


@pytest.mark.parametrize(
    ("channels", "mode", "expected", "said"),
    [
        (3, "L", 0.2, "its grey in three channels, scaled to numbers from 0 to 1"),
        (1, "RGB", 0.2, "in grey, scaled to numbers from 0 to 1"),
        (3, "RGB", 0.2, "scaled to numbers from 0 to 1"),
    ],
)
def test_a_picture_has_the_channels_that_the_first_convolution_takes(
    cli: Cli, channels: int, mode: str, expected: float, said: str
) -> None:
    """A pixel of 51/255 in every channel, which a kernel of 1/channels averages, in typed layers and in own code."""
    Image.new("L", (1, 1), 51).convert(mode).save("pixel.png")
    layer = f"Conv2d({channels}, 1, 1, bias=False)"
    Path("own.py").write_text(f"from torch import nn\ndef own():\n    return nn.Sequential(nn.{layer})\n")
    torch.save({"weight": torch.full((1, channels, 1, 1), 1 / channels)}, "mean.pth")
    torch.save({"0.weight": torch.full((1, channels, 1, 1), 1 / channels)}, "own.pth")
    for model, weights in ((f"nn:{layer}", "mean.pth"), ("own.py:own", "own.pth")):
        image = seen(cli, "view", model, "--weights", weights, "--image", "pixel.png")["images"][0]
        assert (image["preprocessing"], image["input"]) == (said, [1, channels, 1, 1])
        assert image["layers"][0]["shown"][0]["values"] == [[pytest.approx(expected)]]


def test_nothing_runs_without_an_image(cli: Cli) -> None:
    """No input is needed, though the network has none of its own; whatever its pass would do is not done."""
    Path("sad.py").write_text(
        "from torch import nn\nclass Sad(nn.Conv2d):\n    def __init__(self):\n        super().__init__(1, 2, 3)\n"
        "    def forward(self, x):\n        raise ValueError('no')\n"
    )
    assert [each["name"] for each in seen(cli, "view", "sad.py:Sad")["statistics"]] == ["weight", "bias"]
    assert seen(cli, "view", "sad.py:Sad", "--kernels")["kernels"]["shape"] == [2, 1, 3, 3]


# -- weights ---------------------------------------------------------------------------------------------------------


def test_random_weights_are_told_of_and_come_from_the_seed(cli: Cli) -> None:
    """torch's default of a convolution: uniform up to 1/√(3·11·11) = 0.0525, the same in each view of a seed."""
    line = ["view", "scratch:alexnet", "features.0"]
    text = cli(*line, "--kernels").out
    assert "no weights were given: they are random, as torch draws them, from seed 0" in text
    kernels = seen(cli, *line, "--kernels", "--all")["kernels"]
    bound = 1 / 363**0.5
    assert 0.99 * bound < kernels["scale"] <= bound
    weight = seen(cli, *line)["statistics"][0]
    assert max(abs(weight["least"]), weight["largest"]) == kernels["scale"]
    assert seen(cli, *line, "--kernels", "--all", "--seed", "1")["kernels"]["scale"] != kernels["scale"]
    assert cli(*line, "--kernels").out == text


def test_in_another_dtype(cli: Cli) -> None:
    line = ["view", "nn:Conv2d(1, 2, 3)", "--dtype", "float64"]
    assert {each["dtype"] for each in seen(cli, *line)["statistics"]} == {"float64"}
    assert seen(cli, *line)["statistics"][0]["norm"] > 0
    assert len(maps(cli, *line, "--image", "counting.png")) == 2


def test_a_program_has_weights_of_its_own(cli: Cli) -> None:
    """Exported for a batch of two, it gets the image twice; 0.5·x of 255/255."""

    class Half(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(1, 1, 1, bias=False)
            torch.nn.init.constant_(self.conv.weight, 0.5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.conv(x)
            return out

    torch.export.save(torch.export.export(Half(), (torch.zeros(2, 1, 4, 4),)), "half.pt2")
    Image.new("L", (4, 4), 255).save("white.png")
    found = seen(cli, "view", "half.pt2", "conv", "--image", "white.png")
    assert found["images"][0]["layers"][0]["shown"][0]["largest"] == 0.5
    assert found["notes"][0] == "the weights are those of the program"
    assert seen(cli, "view", "half.pt2")["statistics"][0]["mean"] == 0.5


def test_of_code_of_ones_own_it_is_not_claimed(cli: Cli) -> None:
    assert (
        "no weights were given: they are as net.py:Net makes them, random unless it loads some"
        in cli("view", "net.py:Net").out
    )


def test_a_file_of_weights_is_seen_as_the_network_that_has_them(cli: Cli) -> None:
    """With code and without: the same figures of the same keys."""
    from safetensors.torch import save_file

    state = {"0.weight": torch.arange(18.0).reshape(2, 1, 3, 3), "0.bias": torch.tensor([1.0, -1.0])}
    torch.save({"epoch": 3, "state_dict": state}, "w.pth")
    save_file(state, "w.safetensors")
    model = seen(cli, "view", "nn:Conv2d(1, 2, 3); ReLU()", "--weights", "w.pth")["statistics"]
    stored = seen(cli, "view", "w.pth")
    assert stored["statistics"] == model
    assert any("entry 'state_dict'" in note for note in stored["notes"])
    assert {each["name"]: each for each in seen(cli, "view", "w.safetensors")["statistics"]} == {
        each["name"]: each for each in model
    }
    assert seen(cli, "view", "w.safetensors", "0", "--kernels")["kernels"]["shown"][0]["filter"] == 1  # 9 to 17
    assert [each["name"] for each in seen(cli, "view", "w.pth", "0.bias")["statistics"]] == ["0.bias"]


def test_odd_weights_of_a_file(cli: Cli) -> None:
    """Whatever a state dict has in it has figures, or a note says why not."""
    state = {
        "nan": torch.tensor([1.0, torch.nan, torch.inf, -3.0]),
        "integers": torch.tensor([[1, 2], [3, -4]]),
        "flags": torch.tensor([True, False, False, False]),
        "number": torch.tensor(3.0),
        "empty": torch.zeros(0, 3),
        "sparse": torch.tensor([[0.0, 5.0], [0.0, 0.0]]).to_sparse(),
        "volume": torch.full((2, 1, 2, 3, 3), 0.5),
        "complex": torch.tensor([3 + 4j, 0j]),
        "half": torch.tensor([1.0, 2.0], dtype=torch.float16),
        "repeated": torch.tensor([2.0]).expand(1000, 1000, 1000, 1000),
        "overlapping": torch.zeros(4).as_strided((3, 2), (1, 1)),
    }
    torch.save(state, "odd.pth")
    found = seen(cli, "view", "odd.pth")
    figures = {each["name"]: each for each in found["statistics"]}
    nan = figures["nan"]
    assert (nan["not_numbers"], nan["infinite"], nan["least"], nan["largest"], nan["mean"]) == (1, 1, -3, 1, -1)
    assert (nan["deviation"], nan["norm"]) == (pytest.approx(2), pytest.approx(10**0.5))  # of 1 and −3
    assert (
        "`nan` has 1 NaN and 1 infinite of 4 numbers; its figures but the share of zeros are of the others"
        in found["notes"]
    )
    assert (figures["integers"]["mean"], figures["integers"]["dtype"]) == (0.5, "int64")
    assert (figures["flags"]["mean"], figures["flags"]["zeros"]) == (0.25, 0.75)
    assert (figures["number"]["shape"], figures["number"]["mean"]) == ([], 3)
    assert (figures["empty"]["elements"], figures["empty"]["mean"]) == (0, None)
    sparse = figures["sparse"]
    assert (sparse["mean"], sparse["zeros"], sparse["largest"], sparse["norm"]) == (1.25, 0.75, 5, 5)
    assert (figures["volume"]["mean"], figures["volume"]["deviation"]) == (0.5, 0)
    assert figures["complex"]["largest"] == 5  # √(3² + 4²)
    assert figures["half"]["mean"] == 1.5
    assert (figures["repeated"]["elements"], figures["repeated"]["mean"]) == (10**12, 2)
    assert figures["repeated"]["norm"] == pytest.approx(2 * 10**6)  # √(4·10¹²)
    assert figures["overlapping"]["mean"] is None
    assert "the figures of `overlapping` are unknown: its elements overlap in memory" in found["notes"]
    text = cli("view", "odd.pth").out
    assert "1 NaN, 1 infinite" in text
    for ending in ("png", "svg", "html", "csv"):
        assert cli("view", "odd.pth", "-o", f"odd.{ending}").code == 0


def test_a_kernel_that_is_not_all_numbers(cli: Cli) -> None:
    torch.save({"weight": torch.tensor([[[[1.0, torch.nan], [torch.inf, -1.0]]]])}, "nan.pth")
    shown = seen(cli, "view", "nan.pth", "--kernels")["kernels"]["shown"][0]
    assert (shown["odd"], shown["least"], shown["largest"], shown["strength"]) == (2, -1, 1, 1)
    assert "-1 to 1; 2 not finite" in cli("view", "nan.pth", "--kernels").out


def test_kernels_of_rows_and_of_volumes(cli: Cli) -> None:
    """A row is a matrix of one row; slices stand beside each other, here 2·3 columns of 3 rows."""
    torch.save({"a.weight": torch.arange(6.0).reshape(2, 1, 3), "b.weight": torch.ones(1, 1, 2, 3, 3)}, "k.pth")
    rows = seen(cli, "view", "k.pth", "a", "--kernels", "--all")["kernels"]
    assert [each["values"] for each in rows["shown"]] == [[[[3, 4, 5]]], [[[0, 1, 2]]]]
    volume = seen(cli, "view", "k.pth", "b", "--kernels")["kernels"]
    assert volume["shown"][0]["values"] == [[[1.0] * 6] * 3]
    assert cli("view", "k.pth", "b", "--kernels", "-o", "k.png").code == 0


def test_a_lazy_layer_has_no_kernels_yet(cli: Cli) -> None:
    result = cli("view", "nn:LazyConv2d(3, 3)", "--kernels")
    assert (result.code, result.out) == (3, "")
    assert "no input has given it a shape" in result.err


# -- text from outside -----------------------------------------------------------------------------------------------

ODD: Final = "\x1b[31m</title><script>alert(1)</script>\u202e=1+1"


@pytest.mark.parametrize("form", ["table", "svg", "html", "csv", "json"])
def test_names_from_outside_are_words(cli: Cli, form: str) -> None:
    torch.save({f"{ODD}.weight": torch.ones(1, 1, 2, 2), f"::error::{ODD}": torch.tensor([torch.nan])}, "odd.pth")
    Image.new("L", (2, 2)).save("::error::=1\u202e.png")
    for line in (
        ["odd.pth"], ["odd.pth", ODD, "--kernels"], ["nn:Identity()", "--image", "::error::=1\u202e.png"],
    ):  # fmt: skip
        result = cli("view", *line, "-f", form)
        assert result.code == 0, result.err
        assert not set("\x1b\u202e") & set(result.out)
        assert "<script>alert" not in result.out or form in {"table", "csv", "json"}
        assert not [each for each in result.out.splitlines() if each.lstrip().startswith("::")]
        if form == "csv":
            cells = [cell for row in csv.reader(io.StringIO(result.out)) for cell in row]
            assert not [cell for cell in cells if cell[:1] in set("=+@")]


def test_odd_names_in_a_png(cli: Cli) -> None:
    torch.save({f"{ODD} \U0001f600 é.weight": torch.ones(1, 1, 2, 2)}, "odd.pth")
    assert cli("view", "odd.pth", "-o", "odd.png").code == 0
    assert cli("view", "odd.pth", "--kernels", "-o", "odd.png").code == 0
    with Image.open("odd.png") as image:
        assert image.format == "PNG"
