"""``cnninspect explain`` as a user runs it."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.conftest import Cli

TWO = ("nn:Conv2d(3, 7, 5); MaxPool2d(2)", "-i", "1x3x19x19")


def test_first_convolution_of_alexnet(cli: Cli) -> None:
    """55×55, 23,296 parameters and 70,276,800 MACs, as in the AlexNet of torchvision; 11×11 pixels seen."""
    result = cli("explain", "alexnet", "features.0")
    assert (result.code, result.err) == (0, "")
    for words in (
        "features.0: Conv2d",
        "⌊(224 + 2·2 − 1·(11 − 1) − 1)/4⌋ + 1 = 55",
        "64·3·11·11 + 64 = 23,296",
        "1·64·55·55·3·11·11 = 70,276,800",
        "1 + 1·(11 − 1)·1 = 11",
    ):
        assert words in result.out
    assert "features.1:" not in result.out


def test_every_layer_and_those_without_a_formula_say_so(cli: Cli) -> None:
    result = cli("explain", "scratch:alexnet")
    assert "features.1: ReLU" in result.out
    assert "gives the shape that it is given" in result.out
    assert "9216·" not in result.out
    assert "4096·9216 + 4096 = 37,752,832" in result.out


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_no_line_is_wider_than_the_terminal(cli: Cli, width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    result = cli("explain", "scratch:alexnet", "features.3", "--unit", "1,1")
    assert max(map(len, result.out.splitlines())) <= max(int(width), 51)  # the picture is 48 wide


def test_receptive_field_step_by_step(cli: Cli) -> None:
    """11/4 at padding 2, then a pool of 3/2, then 5 at padding 2: 11, 19, 51 (Araujo et al. give 195 at the end)."""
    result = cli("explain", "alexnet", "features.3")
    steps = result.out.partition("step by step from the input")[2]
    for words in ("1 + 1·(11 − 1)·1 = 11", "11 + 1·(3 − 1)·4 = 19", "19 + 1·(5 − 1)·8 = 51", "2 + 2·8 = 18"):
        assert words in steps
    assert "163 + 1·(3 − 1)·16 = 195" in cli("explain", "alexnet", "features.12").out


@pytest.mark.parametrize(
    ("word", "paths"),
    [
        ("features.3", ["features.3"]),
        ("MaxPool2d", ["features.2", "features.5", "features.12"]),
        ("0", ["features.0"]),
        ("14", ["classifier.1"]),  # 13 layers of features, dropout, the first linear one
        ("classifier", ["classifier"]),
    ],
)
def test_layer_by_path_type_or_number(cli: Cli, word: str, paths: list[str]) -> None:
    result = cli("explain", "scratch:alexnet", word, "-f", "json")
    assert [layer["path"] for layer in json.loads(result.out)["layers"]] == paths


def test_a_path_that_is_a_number_wins(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In ``Sequential(Sequential(…), …)`` the layer at path 1 is not the second leaf."""
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(
        "from torch import nn\n"
        "def net():\n"
        "    return nn.Sequential(nn.Sequential(nn.ReLU(), nn.Conv2d(3, 4, 3)), nn.Tanh())\n"
    )
    result = cli("explain", "net.py:net", "1", "-i", "1x3x8x8", "-f", "json")
    assert [layer["type"] for layer in json.loads(result.out)["layers"]] == ["Tanh"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["explain", "alexnet", "features.99"], ["unknown layer 'features.99'", "did you mean features.9"]),
        (["explain", "alexnet", "Conv2D"], ["unknown layer 'Conv2D'", "did you mean Conv2d?"]),
        (["explain", "alexnet", "99"], ["unknown layer '99'", "the last is 20"]),
        (["explain", "alexnet", "nothing"], ["unknown layer 'nothing'", "features.0"]),
        (["explain", "alexnet", "features.0", "--unit", "55,0"], ["no unit 55,0", "55×55", "0 to 54"]),
        (["explain", "alexnet", "features.0", "--unit", "3"], ["'3' is not a unit", "--unit 3,5"]),
        (["explain", "alexnet", "features.0", "--unit", "-1,0"], ["'-1,0' is not a unit"]),
        (["explain", "alexnet", "classifier.1", "--unit", "0,0"], ["isn't defined", "flatten"]),
        (["explain", "alexnet", "--unit", "0,0"], ["--unit '0,0' needs a layer", "cnninspect explain alexnet LAYER"]),
        (
            ["explain", "nn:Conv2d(3, 4, 3)", "-i", "1x3x8x8", "--unit", "1, 1"],
            ["cnninspect explain 'nn:Conv2d(3, 4, 3)' LAYER --unit 1,1"],
        ),
        (["explain"], ["MODEL"]),
        (["explain", "alexnet", "-f", "torchinfo"], ["unknown format 'torchinfo'"]),
    ],
)
def test_requests_that_cannot_be_carried_out(cli: Cli, line: list[str], says: list[str]) -> None:
    result = cli(*line)
    assert (result.code, result.out) == (2, ""), result
    for words in says:
        assert words in result.err


@pytest.mark.parametrize(
    ("model", "side", "says"),
    [
        # by hand: 63 → ⌊(63 + 4 − 11)/4⌋ + 1 = 15 → 7 → 7 → 3 → 3 → 1; 62 → 14 → 6 → 2, smaller than a window of 3
        ("alexnet", 63, ["set by features.12: MaxPool2d", "at 62×62 `features.12`", "sides of at least 63"]),
        ("vgg16", 32, ["set by features.30: MaxPool2d", "at 31×31"]),  # five halvings
        ("inception_v3", 75, ["at 74×74", "sides of at least 75"]),  # as its documentation says
        ("resnet18", 1, ["takes any square input"]),
        ("vit_b_32", 224, ["one size only, 224×224", "Wrong image height! Expected 224 but got 223!"]),
        ("scratch:alexnet", 223, ["set by classifier.1: Linear", "sides of 223 to 254", "the largest is 254×254"]),
        ("swin_t", 4, ["at least 4×4 and got 3×3"]),  # patches of 4×4
    ],
)
def test_smallest_input(cli: Cli, model: str, side: int, says: list[str]) -> None:
    result = cli("explain", model, "0")
    assert f"Smallest input  {side}×{side}" in result.out
    for words in says:
        assert words in result.out


@pytest.mark.parametrize(("model", "side"), [("alexnet", 63), ("vgg16", 32), ("scratch:alexnet", 223)])
def test_it_runs_there_and_fails_one_below(cli: Cli, model: str, side: int) -> None:
    assert cli("summary", model, "-i", f"1x3x{side}x{side}").code == 0
    assert cli("summary", model, "-i", f"1x3x{side - 1}x{side - 1}", "-q").code == 3


def test_no_image_has_no_smallest_input(cli: Cli) -> None:
    result = cli("explain", "nn:Linear(3, 4)", "-i", "1x3", "-f", "json")
    document = json.loads(result.out)
    assert document["min_input"] is None
    assert "the input is not an image" in document["notes"][0]


def test_trials_leave_the_users_module_and_its_words_alone(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 4, 7)\n"
        "    def forward(self, x):\n"
        "        print('hello')\n"
        "        return self.conv(x)\n"
    )
    result = cli("explain", "net.py:Net", "-i", "1x3x20x20")
    assert result.code == 0
    assert "Smallest input  7×7" in result.out
    assert result.err.count("hello") == 1


def test_unit_in_words_and_as_a_picture(cli: Cli) -> None:
    """Unit 0 of features.3 sees 51 pixels from −18 on, unit 13 those from 13·8 − 18 = 86 to 136."""
    result = cli("explain", "alexnet", "features.3", "--unit", "0,13")
    assert "Rows     0 to 32" in result.out
    assert "33 of 51, the others padding: 18 before" in result.out
    assert "Columns  86 to 136" in result.out
    assert "█ seen" in result.out
    document = json.loads(cli("explain", "alexnet", "features.3", "--unit", "0,13", "-f", "json").out)
    assert document["units"] == [{"path": "features.3", "at": [0, 13], "rows": [0, 32], "columns": [86, 136]}]


def test_unit_in_csv(cli: Cli) -> None:
    """Row 0 of features.3 begins 18 before the image and ends at 32; column 13 sees 86 to 136."""
    result = cli("explain", "scratch:alexnet", "features.3", "--unit", "0,13", "-f", "csv")
    rows = {row["quantity"]: row["value"] for row in csv.DictReader(io.StringIO(result.out))}
    found = [rows[f"unit 0,13 {name}"] for name in ("first row", "last row", "first column", "last column")]
    assert found == ["0", "32", "86", "136"]


def test_unit_of_the_model_itself(cli: Cli) -> None:
    result = cli("explain", "nn:Conv2d(1, 1, 3)", "0", "-i", "1x1x5x5", "--unit", "0,0")
    assert "of Conv2d" in result.out
    assert "of :" not in result.out


def test_unit_behind_a_remainder(cli: Cli) -> None:
    """230: 56, then 27; the last pool ends at 54 of 0 to 55: 54·4 − 2 + 10 = 224."""
    line = ["explain", "scratch:alexnet", "features.3", "-i", "1x3x230x230", "--device", "meta", "--unit", "26,26"]
    result = cli(*line)
    assert "Rows     190 to 224" in result.out
    assert "35 of 51, the others padding: 16 behind" in result.out


def test_unit_of_a_layer_that_is_called_twice(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 3, 3)\n"
        "    def forward(self, x):\n"
        "        return self.conv(self.conv(x))\n"
    )
    result = cli("explain", "net.py:Net", "conv", "-i", "1x3x9x9", "--unit", "1,1")
    assert "of conv: Conv2d (call 1)" in result.out
    assert "Rows     1 to 3" in result.out


def test_padding_that_repeats_pixels_is_not_padding(cli: Cli) -> None:
    """Reflected, row −1 is row 1: the unit sees 0 and 1."""
    line = ["explain", "nn:Conv2d(1, 1, 3, padding=1, padding_mode='reflect'); ReLU()", "0", "-i", "1x1x5x5"]
    result = cli(*line, "--unit", "0,0")
    assert "Rows     0 to 1" in result.out
    assert "repeats pixels of what enters it (reflect)" in " ".join(result.out.split())
    assert "the others padding" not in result.out
    assert any("reflect" in note for note in json.loads(cli(*line, "--unit", "0,0", "-f", "json").out)["notes"])


def test_json_is_as_its_schema_says(cli: Cli) -> None:
    document = json.loads(cli("explain", *TWO, "-f", "json").out)
    assert document["schema_version"] == 1
    assert document["min_input"] == [6, 6]  # a kernel of 5 leaves 2, which the pool needs
    convolution, pool = document["layers"]
    assert convolution["path"] == "0"
    assert {"quantity": "output height", "expression": "⌊(19 + 2·0 − 1·(5 − 1) − 1)/1⌋ + 1", "value": 15} in (
        convolution["formulas"]
    )
    assert {formula["quantity"]: formula["value"] for formula in pool["formulas"]}["receptive field"] == 6
    schema = json.loads(cli("schema", "explain").out)
    assert set(document) == set(schema["$defs"]["ExplanationRecord"]["properties"])


def test_csv(cli: Cli) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("explain", *TWO, "-f", "csv").out)))
    assert rows[0].keys() == {"path", "type", "quantity", "expression", "value"}
    assert {row["value"] for row in rows if row["quantity"] == "parameters"} == {"532"}  # 7·3·5·5 + 7


def test_markdown_and_latex_have_real_formulas(cli: Cli) -> None:
    formula = r"\left\lfloor \frac{224 + 2 \cdot 2 - 1 \cdot (11 - 1) - 1}{4} \right\rfloor + 1 = 55"
    formula = formula.replace("(11 - 1)", r"\left(11 - 1\right)")
    assert f"${formula}$" in cli("explain", "alexnet", "features.0", "-f", "markdown").out
    latex = cli("explain", "alexnet", "features.0", "--unit", "0,0", "-f", "latex").out
    assert f"${formula}$ \\\\" in latex
    assert r"= 23{,}296$" in latex
    assert latex.isascii()


@pytest.mark.parametrize("ending", ["html", "svg", "md", "tex", "txt", "json", "csv"])
def test_files(cli: Cli, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"out.{ending}"
    assert cli("explain", *TWO, "-o", str(file)).code == 0
    assert "Conv2d" in file.read_text(encoding="utf-8")


def test_saved_report(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "alexnet.json"
    cli("summary", "scratch:alexnet", "-o", str(file))
    result = cli("explain", str(file), "features.0")
    assert (result.code, result.err) == (0, "")
    assert "64·3·11·11 + 64 = 23,296" in result.out
    assert "a saved report has no network to try" in result.out
    assert json.loads(cli("explain", str(file), "-f", "json").out)["min_input"] is None


def test_file_of_weights_has_nothing_to_explain(cli: Cli, tmp_path: Path) -> None:
    import torch

    torch.save({"weight": torch.zeros(3)}, tmp_path / "w.pth")
    result = cli("explain", str(tmp_path / "w.pth"))
    assert (result.code, result.out) == (2, "")
    assert "nothing to explain" in result.err
