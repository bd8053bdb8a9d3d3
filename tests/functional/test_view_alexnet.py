"""``cnninspect view`` of AlexNet with kernels that are known, on images whose maps are known by hand.

A kernel of the first layer is 11×11 in steps of 4 with 2 of padding: its middle, (5, 5), sees pixel 4·i + 3 for the
element i of the map, which has 55×55. The image is black in columns 0 to 111 and white from 112 = 4·27 + 4 on.

* Filter 0 is an edge detector in red, 1 in the middle and −1 to the right of it: x(4j + 3) − x(4j + 4), which is −1 in
  column 27 and 0 elsewhere.
* Filter 1 has a 2 in the middle of green: 2 in the 27 columns from 28 to 54, where 4j + 3 is 115 and more.
* All others, and every bias but one, are zero.
"""

import base64
import csv
import io
import json
import math
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import torch
from PIL import Image
from torchvision.models import AlexNet_Weights, alexnet

from tests.conftest import Cli

BLUE, WHITE, BLACK = (33, 102, 172), (247, 247, 247), (0, 0, 0)
SIDE, EDGE, AFTER = 55, 27, 27  # of a map; the column of the edge; the columns behind it
#: Of an ImageNet class in torchvision's metadata: ``AlexNet_Weights.IMAGENET1K_V1.meta["categories"][281]``.
TABBY = 281
LINE = ["view", "alexnet", "features.0", "--weights", "known.pth", "--image", "edge.png"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state dict, an image with an edge, and one that is a fifth of red, green and blue everywhere."""
    place = tmp_path_factory.mktemp("alexnet")
    with torch.device("meta"):
        shapes = {key: value.shape for key, value in alexnet().state_dict().items()}
    state = {key: torch.zeros(1).expand(shape) for key, shape in shapes.items()}  # a few bytes each in the file
    kernels, scores = torch.zeros(shapes["features.0.weight"]), torch.zeros(shapes["classifier.6.bias"])
    kernels[0, 0, 5, 5], kernels[0, 0, 5, 6], kernels[1, 1, 5, 5] = 1.0, -1.0, 2.0
    scores[TABBY] = math.log(999)  # against e⁰ of each of the 999 others: a half
    torch.save(state | {"features.0.weight": kernels, "classifier.6.bias": scores}, place / "known.pth")
    edge = Image.new("RGB", (224, 224))
    edge.paste((255, 255, 255), (112, 0, 224, 224))
    edge.save(place / "edge.png")
    Image.new("RGB", (300, 260), (51, 51, 51)).save(place / "even.png")
    return place


@pytest.fixture(autouse=True)
def _here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def test_numbers_of_json(cli: Cli) -> None:
    result = cli(*LINE, "-f", "json")
    assert (result.code, result.err) == (0, "")
    seen = json.loads(result.out)
    assert (seen["schema_version"], seen["layer"], seen["model"]["weights"]) == (1, "features.0", "known.pth")
    image = seen["images"][0]
    assert (image["file"], image["sides"], image["input"]) == ("edge.png", [224, 224], [1, 3, 224, 224])
    assert image["preprocessing"] == "scaled to numbers from 0 to 1"
    (layer,) = image["layers"]
    assert (layer["path"], layer["type"], layer["call"], layer["shape"]) == ("features.0", "Conv2d", 1, [1, 64, 55, 55])
    assert layer["dead"] == list(range(2, 64))
    strongest, second, *others = layer["shown"]
    assert len(others) == 14  # 16 are shown unless more are asked for
    assert (strongest["channel"], second["channel"]) == (1, 0)
    assert strongest["strength"] == pytest.approx(2 * AFTER / SIDE)
    assert second["strength"] == pytest.approx(1 / SIDE)
    assert (strongest["least"], strongest["largest"], strongest["odd"]) == (0, 2, 0)
    assert (second["least"], second["largest"]) == (-1, 0)
    assert strongest["values"] == [[0.0] * 28 + [2.0] * AFTER] * SIDE
    assert second["values"] == [[0.0] * EDGE + [-1.0] + [0.0] * 27] * SIDE


def test_numbers_of_csv(cli: Cli) -> None:
    rows = list(csv.DictReader(io.StringIO(cli(*LINE, "--channels", "0", "-f", "csv").out)))
    assert len(rows) == SIDE * SIDE
    assert {(each["layer"], each["call"], each["channel"]) for each in rows} == {("features.0", "1", "0")}
    assert {int(each["column"]) for each in rows if float(each["value"]) == -1} == {EDGE}
    assert Counter(float(each["value"]) for each in rows) == {-1: SIDE, 0: SIDE * 54}


def test_pixels_of_png(cli: Cli) -> None:
    """A map of 55×55 is drawn with 2×2 pixels a number: 112 // 55."""
    assert cli(*LINE, "--channels", "1,0", "-o", "maps.png").code == 0
    image = Image.open(io.BytesIO(Path("maps.png").read_bytes())).convert("RGB")
    pixels = {(x, y) for x in range(image.width) for y in range(image.height) if image.getpixel((x, y)) == BLUE}
    left, top = min(x for x, _ in pixels) - 2 * EDGE, min(y for _, y in pixels)
    red = image.crop((left, top, left + 2 * SIDE, top + 2 * SIDE))
    assert sorted(red.getcolors() or []) == [(4 * SIDE, BLUE), (4 * SIDE * 54, WHITE)]


@pytest.mark.parametrize("form", ["svg", "html"])
def test_pixels_in_text(cli: Cli, form: str) -> None:
    text = cli(*LINE, "--channels", "1,0", "-f", form).out
    if form == "svg":
        assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314 - our own
    found = re.findall(r"data:image/png;base64,([\w+/=]+)", text)
    green, red = (Image.open(io.BytesIO(base64.b64decode(each))).convert("RGB") for each in found)
    assert green.size == red.size == (SIDE, SIDE)
    assert [green.getpixel((column, 0)) for column in (27, 28, 54)] == [BLACK, (255, 255, 255), (255, 255, 255)]
    assert [red.getpixel((column, 54)) for column in (26, 27, 28)] == [WHITE, BLUE, WHITE]
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


def test_in_a_terminal_of_80_columns(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A map is 25 cells wide, each the mean of two or three columns, so that three stand beside each other."""
    monkeypatch.setenv("COLUMNS", "80")
    text = cli(*LINE, "--channels", "1,0").out
    assert "features.0 Conv2d: 2 of 64 channels of 55×55; dead (zero everywhere): 62 (2, 3," in text
    assert "channel 1                  channel 0" in text
    assert max(map(len, text.splitlines())) <= 80
    assert f"{' ' * 13}{'█' * 12}" in text
    colored = cli(*LINE, "--channels", "1", "--color").out
    assert "\x1b[38;5;231;48;5;231m▀▀" in colored  # white on white, both halves


def test_kernels_in_colour(cli: Cli) -> None:
    """Grey is 0; the scale of all is 2: a red of 1 is 127.5·1.5 + ½ = 191, of −1 it is 127.5·0.5 + ½ = 64."""
    line = ["view", "alexnet", "--weights", "known.pth", "--kernels", "--channels", "0,1", "features.0"]
    seen = json.loads(cli(*line, "-f", "json").out)
    assert seen["images"] == seen["statistics"] == []
    kernels = seen["kernels"]
    assert (kernels["path"], kernels["shape"], kernels["scale"]) == ("features.0", [64, 3, 11, 11], 2)
    assert [(each["filter"], each["channel"]) for each in kernels["shown"]] == [(0, None), (1, None)]
    assert kernels["shown"][0]["values"][0][5] == [0.0] * 5 + [1.0, -1.0] + [0.0] * 4
    found = re.findall(r"data:image/png;base64,([\w+/=]+)", cli(*line, "-f", "svg").out)
    first, second = (Image.open(io.BytesIO(base64.b64decode(each))).convert("RGB") for each in found)
    assert [first.getpixel((x, 5)) for x in (4, 5, 6)] == [(128, 128, 128), (191, 128, 128), (64, 128, 128)]
    assert second.getpixel((5, 5)) == (128, 255, 128)


def test_kernels_by_channel(cli: Cli) -> None:
    """Of the second layer: 192 filters of 64 channels, of which those of one filter are asked for."""
    seen = json.loads(
        cli("view", "alexnet", "features.3", "--weights", "known.pth", "--kernels", "--channels", "7", "-f", "json").out
    )
    assert [(each["filter"], each["channel"]) for each in seen["kernels"]["shown"]] == [
        (7, place) for place in range(64)
    ]
    assert seen["kernels"]["shape"] == [192, 64, 5, 5]


def test_statistics(cli: Cli) -> None:
    """Of 64·3·11·11 = 23,232 numbers three are not zero: 1, −1 and 2, whose squares add up to 6."""
    seen = json.loads(cli("view", "alexnet", "features.0", "--weights", "known.pth", "-f", "json").out)
    weight, bias = seen["statistics"]
    assert (weight["name"], weight["shape"], weight["elements"]) == ("features.0.weight", [64, 3, 11, 11], 23_232)
    assert weight["mean"] == pytest.approx(2 / 23_232)
    assert weight["deviation"] == pytest.approx(math.sqrt(6 / 23_232 - (2 / 23_232) ** 2))
    assert (weight["least"], weight["largest"]) == (-1, 2)
    assert weight["zeros"] == pytest.approx(23_229 / 23_232)
    assert weight["norm"] == pytest.approx(math.sqrt(6))
    # 16 parts of 3/16 from −1: 0 lies in that from −1 + 5·3/16 = −0.0625 to 0.125, 1 in the eleventh from 0.875 on
    assert {place: count for place, count in enumerate(weight["histogram"]) if count} == {0: 1, 5: 23_229, 10: 1, 15: 1}
    assert (bias["name"], bias["norm"], bias["zeros"]) == ("features.0.bias", 0, 1)


def published(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file where torch hub would have put that of torchvision."""
    name = AlexNet_Weights.IMAGENET1K_V1.url.rpartition("/")[2]
    (home / "hub" / "checkpoints").mkdir(parents=True)
    (home / "hub" / "checkpoints" / name).symlink_to(folder / "known.pth")
    monkeypatch.setenv("TORCH_HOME", str(home))


@pytest.mark.parametrize("source", ["torchvision", "scratch"])
def test_published_weights_have_their_own_preprocessing_and_classes(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """A fifth of green is (0.2 − 0.456)/0.224 for the network, whatever is resized and cropped (torchvision's own)."""
    published(folder, tmp_path, monkeypatch)
    line = ["view", f"{source}:alexnet", "features.0", "--weights", "DEFAULT", "--image", "even.png"]
    image = json.loads(cli(*line, "-f", "json").out)["images"][0]
    assert image["sides"] == [260, 300]
    assert image["input"] == [1, 3, 224, 224]
    assert image["preprocessing"].startswith(
        "as its weights want it: ImageClassification(crop_size=[224], resize_size="
    )
    strongest = image["layers"][0]["shown"][0]
    assert strongest["channel"] == 1
    assert strongest["least"] == pytest.approx(2 * (0.2 - 0.456) / 0.224)
    assert strongest["largest"] == pytest.approx(2 * (0.2 - 0.456) / 0.224)
    best = image["predictions"][0]
    assert (best["index"], best["name"]) == (TABBY, "tabby")
    assert best["probability"] == pytest.approx(0.5)
    text = cli(*line).out
    assert re.search(r"^tabby +│? *50\.0%$", text, re.MULTILINE)
    assert "ImageClassification(" in text


def test_a_size_that_is_typed_wins(cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published(folder, tmp_path, monkeypatch)
    line = ["view", "alexnet", "--weights", "DEFAULT", "--image", "even.png", "-i", "1x3x96x96", "-f", "json"]
    image = json.loads(cli(*line).out)["images"][0]
    assert image["preprocessing"] == (
        "resized to 96×96, scaled to numbers from 0 to 1, normalised as its weights want it: "
        "mean (0.485, 0.456, 0.406), deviation (0.229, 0.224, 0.225)"
    )
    assert image["input"] == [1, 3, 96, 96]
    assert image["predictions"][0]["name"] == "tabby"
    line = ["view", "alexnet", "features.0", *line[2:]]
    (strongest,) = [
        each for each in json.loads(cli(*line).out)["images"][0]["layers"][0]["shown"] if each["channel"] == 1
    ]
    assert strongest["largest"] == pytest.approx(2 * (0.2 - 0.456) / 0.224, rel=1e-5)


def test_a_picture_that_its_weights_would_make_huge(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its shorter side becomes 256 pixels: 256×1,280,000 of 1×5,000."""
    published(folder, tmp_path, monkeypatch)
    Image.new("L", (5000, 1)).save("wide.png")
    result = cli("view", "alexnet", "--weights", "DEFAULT", "--image", "wide.png")
    assert (result.code, result.out) == (2, "")
    assert "'wide.png' has 1×5000 pixels: too long and narrow for what the weights want" in result.err
    assert cli("view", "alexnet", "features.0", "--image", "wide.png").code == 0


def test_the_tour_stops_at_every_stage(cli: Cli) -> None:
    """Each convolution with its ReLU and each pooling begins a stage; the average pooling gives 6×6 as it gets it."""
    line = ["view", "alexnet", "--weights", "known.pth", "--image", "edge.png"]
    layers = json.loads(cli(*line, "-f", "json").out)["images"][0]["layers"]
    assert [(each["path"], each["shape"][2]) for each in layers] == [
        ("features.1", 55), ("features.2", 27), ("features.4", 27), ("features.5", 13), ("features.7", 13),
        ("features.9", 13), ("features.11", 13), ("avgpool", 6),
    ]  # fmt: skip
    assert {len(each["shown"]) for each in layers} == {8}
    assert layers[0]["dead"] == [0, *range(2, 64)]  # a ReLU leaves nothing of −1
    page = cli(*line, "-f", "html").out
    assert page.count("<figure>") == 8 * 8
    assert "Content-Security-Policy" in page
