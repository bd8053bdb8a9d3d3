"""``cnninspect apply`` as a student types it: what it prints, in each format, and what is said of a bad request."""

import csv
import io
import json
import re
from pathlib import Path

import msgspec
import pytest

from cnninspect.apply.applied import Applied
from cnninspect.apply.values import parse_maps
from tests.conftest import Cli
from tests.functional.test_errors import Case

MATRIX = "1 2 3 4; 5 6 7 8; 9 10 11 12; 13 14 15 16"
POOLING = ["apply", "MaxPool2d(2, 2)", "--values", MATRIX]


def test_max_pooling_on_the_matrix_of_the_course(cli: Cli) -> None:
    """The input, each window with what it gives, and the result."""
    result = cli(*POOLING)
    assert (result.code, result.err) == (0, "")
    assert (
        result.out
        == """\
MaxPool2d(2, 2) on 4×4

MaxPool2d(2, 2): 1×1×4×4 → 1×1×2×2

Input            Output
 1   2   3   4    6   8
 5   6   7   8   14  16
 9  10  11  12
13  14  15  16

[0, 0] rows 0 to 1, columns 0 to 1
[ 1][ 2]  3   4
[ 5][ 6]  7   8
  9  10  11  12
 13  14  15  16
max(1, 2, 5, 6) = 6

[0, 1] rows 0 to 1, columns 2 to 3
  1   2 [ 3][ 4]
  5   6 [ 7][ 8]
  9  10  11  12
 13  14  15  16
max(3, 4, 7, 8) = 8

[1, 0] rows 2 to 3, columns 0 to 1
  1   2   3   4
  5   6   7   8
[ 9][10] 11  12
[13][14] 15  16
max(9, 10, 13, 14) = 14

[1, 1] rows 2 to 3, columns 2 to 3
  1   2   3   4
  5   6   7   8
  9  10 [11][12]
 13  14 [15][16]
max(11, 12, 15, 16) = 16

Result  6 8; 14 16
"""
    )


def test_the_prefix_of_a_model_spec_will_do(cli: Cli) -> None:
    assert cli("apply", "nn:MaxPool2d(2, 2)", "--values", "1:16") == cli(*POOLING)


def test_chain(cli: Cli) -> None:
    """Three times x − (x + 2) is −6 in every window; nothing of that is left by ReLU, which would show 6s."""
    kernel = "1 0 -1; 1 0 -1; 1 0 -1"
    result = cli("apply", "Conv2d(1,1,3,bias=False); ReLU(); MaxPool2d(2)", "--values", "1:16", "--weight", kernel)
    assert "1·1 + 2·0 + 3·(-1) + 5·1 + 6·0 + 7·(-1) + 9·1 + 10·0 + 11·(-1) = -6" in result.out
    assert "max(0, -6)" in result.out
    assert result.out.endswith("Result  0\n")


def test_several_channels_filters_and_biases(cli: Cli) -> None:
    """1 + 4 + 6 + 7 + 0.5 = 18.5, and the sum of all eight less 1 is 35."""
    result = cli(
        "apply", "Conv2d(2, 2, 2)", "--values", "1 2; 3 4 | 5 6; 7 8",
        "--weight", "1 0; 0 1 | 0 1; 1 0 || 1 1; 1 1 | 1 1; 1 1", "--bias", "0.5 -1",
    )  # fmt: skip
    assert "[1][2]  |  [5][6]" in result.out
    assert "1·1 + 2·0 + 3·0 + 4·1 + 5·0 + 6·1 + 7·1 + 8·0 + 0.5 = 18.5" in result.out
    assert "5·1 + 6·1 + 7·1 + 8·1 + (-1) = 35" in result.out
    assert result.out.endswith("Result  18.5 | 35\n")


def test_equal_biases_are_all_shown(cli: Cli) -> None:
    out = cli("apply", "Linear(2, 2)", "--values", "1 2", "--weight", "3 4; 5 6", "--bias", "7 7").out
    assert (
        "Input   Weight   Bias   Output\n1  2    3  4     7      18  24\n        5  6     7\n" in out
    )  # 3 + 8 + 7, 5 + 12 + 7


def test_padding_is_drawn(cli: Cli) -> None:
    """Zeros beside a convolution, nothing beside a maximum."""
    out = cli("apply", "Conv2d(1, 1, 2, padding=1)", "--values", "5", "--weight", "1 2; 3 4").out
    assert "[0, 0] rows -1 to 0, columns -1 to 0\n[0][0] ·\n[0][5] ·\n ·  ·  ·\n0·1 + 0·2 + 0·3 + 5·4 + 0 = 20\n" in out
    out = cli("apply", "MaxPool2d(2, 1, padding=1)", "--values", "5").out
    assert "[·][·] ·\n[·][5] ·\n ·  ·  ·\nmax(5) = 5\n" in out


def test_elements_before_and_after(cli: Cli) -> None:
    """1, 3: the mean is 2 and the variance 1."""
    out = cli("apply", "InstanceNorm2d(1, eps=0); LeakyReLU(0.5)", "--values", "1 3").out
    assert "(1 - 2)/√(1 + 0)" in out
    assert "mean and variance: 2 and 1" in out
    assert "max(0, -1) + 0.5·min(0, -1)" in out
    assert out.endswith("Result  -0.5 1\n")


def test_many_windows_are_cut_unless_all_are_wanted(cli: Cli) -> None:
    few, every = (cli("apply", "MaxPool2d(2, 1)", "--values", "1:25", *more).out for more in ([], ["--all"]))
    assert few.count("max(") == 9
    assert "… and 7 more: --all shows them" in few
    assert every.count("max(") == 16


@pytest.mark.parametrize(
    "more", [["--all"], ["-o", "a.txt"], *(["-f", each] for each in ("markdown", "html", "svg", "latex"))]
)
def test_all_and_files_leave_no_term_out(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    """Two channels of 1 … 50 in a window of 5×5: the sum of all 50 and the bias, 1275, has 51 terms."""
    monkeypatch.chdir(tmp_path)
    out = cli("apply", "Conv2d(2, 1, 5)", "--values", "1:50:2x5x5", "--weight", " ".join("1" * 50), *more).out
    text = out or Path("a.txt").read_text()
    assert "…" not in re.sub(r"<style.*?</style>|<script.*?</script>", "", text, flags=re.DOTALL)
    assert len(re.findall(r"\d(?:·| \\cdot )1\b", text)) == 50
    assert "1275" in text


def test_all_of_a_result_is_as_values_takes_it(cli: Cli) -> None:
    """2·7·7 numbers, more than stand in one line."""
    out = cli("apply", "Identity()", "--values", "1:98:2x7x7", "--all").out
    assert parse_maps(out.partition("\nResult\n")[2]) == parse_maps("1:98:2x7x7")


def test_all_of_a_wide_matrix_fits_the_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """46 numbers in a row, in three parts of at most 80 characters; each window's 2·23 operands in as many lines."""
    monkeypatch.setenv("COLUMNS", "80")
    out = cli("apply", "MaxPool2d((2, 23))", "--values", "101:192:2x46", "--all").out
    assert max(map(len, out.splitlines())) <= 80
    assert "…" not in out
    for number in range(101, 193):
        assert len(re.findall(rf"\b{number}\b", out)) >= 2  # in the input, and in a window


@pytest.mark.parametrize("width", [40, 80])
def test_a_big_matrix_fits_the_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = cli("apply", "Conv2d(3, 4, 5)", "--values", "1:1200:3x20x20").out
    assert max(map(len, out.splitlines())) <= max(width, 70)
    assert "… and 1,015 more" in out  # 4·16·16 windows, nine of them shown
    assert "Result  4 channels of 16×16: --all shows them" in out or width < 60


def test_json(cli: Cli) -> None:
    """Every window's coordinates, operands and result; what is read back is what was written."""
    result = cli(*POOLING, "-f", "json")
    said = json.loads(result.out)
    assert said["schema_version"] == 1
    step = said["steps"][0]
    assert step["layer"] == "MaxPool2d(2, 2)"
    assert step["input"] == [[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]]
    assert step["output"] == [[[6, 8], [14, 16]]]
    assert [(each["at"], each["rows"], each["columns"], each["result"]) for each in step["windows"]] == [
        ([0, 0, 0], [0, 1], [0, 1], 6), ([0, 0, 1], [0, 1], [2, 3], 8),
        ([0, 1, 0], [2, 3], [0, 1], 14), ([0, 1, 1], [2, 3], [2, 3], 16),
    ]  # fmt: skip
    assert step["windows"][2]["operands"][3] == {"channel": 0, "row": 3, "column": 1, "value": 14, "weight": None}
    assert msgspec.json.decode(result.out, type=Applied).steps[0].output == (((6, 8), (14, 16)),)


def test_json_has_full_precision(cli: Cli) -> None:
    said = json.loads(cli("apply", "AvgPool2d(1, 3)", "--values", "1/3", "-f", "json").out)
    assert said["steps"][0]["windows"][0]["result"] == 1 / 3


def test_json_has_every_window(cli: Cli) -> None:
    assert len(json.loads(cli("apply", "ReLU()", "--values", "1:400", "-f", "json").out)["steps"][0]["windows"]) == 400


def test_schema(cli: Cli) -> None:
    schema = json.loads(cli("schema", "apply").out)
    assert set(schema["$defs"]["Window"]["required"]) >= {"at", "rows", "columns", "operands", "result"}


def test_csv(cli: Cli) -> None:
    rows = list(csv.DictReader(io.StringIO(cli(*POOLING, "-f", "csv").out)))
    assert len(rows) == 4
    assert [(row["row"], row["column"], row["result"]) for row in rows] == [
        ("0", "0", "6.0"), ("0", "1", "8.0"), ("1", "0", "14.0"), ("1", "1", "16.0"),
    ]  # fmt: skip
    assert json.loads(rows[3]["columns"]) == [2, 3]
    assert [each["value"] for each in json.loads(rows[3]["operands"])] == [11, 12, 15, 16]


def test_latex(cli: Cli) -> None:
    out = cli(*POOLING, "-f", "latex").out
    assert r"\begin{bmatrix} 1 & 2 & 3 & 4 \\ 5 & 6 & 7 & 8 \\" in out
    assert r"\xrightarrow{\texttt{MaxPool2d(2, 2)}} \begin{bmatrix} 6 & 8 \\ 14 & 16 \end{bmatrix}" in out
    assert r"y_{0, 0} &= \max(1, 2, 5, 6) = 6" in out
    assert r"\usepackage{amsmath}" in out


@pytest.mark.parametrize("form", ["markdown", "html", "svg"])
def test_every_format_says_what_the_table_says(cli: Cli, form: str) -> None:
    result = cli(*POOLING, "-f", form)
    assert result.code == 0
    assert "14 16" in result.out.replace("\N{NO-BREAK SPACE}", " ").replace("&#160;", " ")
    assert ("[ 5][ 6]" in result.out) == (form == "markdown")


def test_color_marks_the_window_too(cli: Cli) -> None:
    assert "\x1b[32m[ 1]" in cli(*POOLING, "--color").out
    assert "\x1b" not in cli(*POOLING).out


def test_values_from_files(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("1,2\n3,4\n")
    Image.new("L", (2, 2), 9).save("a.png")
    for values, result in [("@a.csv", "4"), ("a.csv", "4"), ("a.png", "9"), ("@a.png:4x4", "9 9; 9 9"), ("1:4", "4")]:
        assert cli("apply", "MaxPool2d(2)", "--values", values).out.endswith(f"Result  {result}\n")


def test_written_to_a_file(cli: Cli, tmp_path: Path) -> None:
    assert cli(*POOLING, "-o", str(tmp_path / "a.tex")) == (0, "", "")
    assert "bmatrix" in (tmp_path / "a.tex").read_text()


def test_seed(cli: Cli) -> None:
    line = ["apply", "Conv2d(1, 1, 2)", "--values", "1:9"]
    assert cli(*line) == cli(*line, "--seed", "0") != cli(*line, "--seed", "1")


BAD = [
    Case(["apply"], 2, ["LAYERS"]),
    Case(["apply", "MaxPool2d(2)"], 2, ["--values"]),
    Case(["apply", "MaxPool2D(2)", "--values", "1:16"], 2, ["unknown torch.nn layer 'MaxPool2D'", "MaxPool2d"]),
    Case(["apply", "alexnet", "--values", "1:16"], 2, ["unknown torch.nn layer 'alexnet'"]),
    Case(["apply", "MaxPool2d(2", "--values", "1:16"], 2, ["'MaxPool2d(2' is not a sequence of layers"]),
    Case(["apply", "", "--values", "1:16"], 2, ["names no layer"]),
    Case(["apply", "x.json", "--values", "1:16"], 2, ["'x.json'"]),
    Case(["apply", "MaxPool3d(2)", "--values", "1:16"], 2, ["MaxPool3d is not a layer for a matrix"]),
    Case(["apply", "LSTM(2, 2)", "--values", "1:16"], 2, ["LSTM is not a layer for a matrix"]),
    Case(["apply", "MSELoss()", "--values", "1:16"], 2, ["MSELoss is not a layer for a matrix"]),
    Case(["apply", "Sequential()", "--values", "1:16"], 2, ["Sequential is not a layer for a matrix"]),
    Case(["apply", "MaxPool2d(2, return_indices=True)", "--values", "1:16"], 2, ["two results"]),
    Case(["apply", "MaxPool2d(2)", "--values", ""], 2, ["--values ''", "a row without numbers"]),
    Case(["apply", "MaxPool2d(2)", "--values", "1 2; 3"], 2, ["'1 2; 3'", "row 2 has 1 number, the first has 2"]),
    Case(["apply", "MaxPool2d(2)", "--values", "1 a"], 2, ["'a' is not a number"]),
    Case(["apply", "MaxPool2d(2)", "--values", "nan"], 2, ["'nan' is not a finite number"]),
    Case(["apply", "MaxPool2d(2)", "--values", "1:12"], 2, ["no square", "1:12:3x4"]),
    Case(["apply", "MaxPool2d(2)", "--values", "@none.csv"], 2, ["can't read 'none.csv': No such file"]),
    Case(["apply", "MaxPool2d(2)", "--values", "@."], 2, ["can't read '.'"]),
    Case(["apply", "ReLU()", "--values", "1", "--weight", "x"], 2, ["--weight 'x'", "not a number"]),
    Case(["apply", "ReLU()", "--values", "1", "--weight", "7=1"], 2, ["there is no layer 7"]),
    Case(["apply", "ReLU()", "--values", "1", "--bias", "Relu=1"], 2, ["unknown layer 'Relu'", "did you mean ReLU?"]),
    Case(["apply", "ReLU()", "--values", "1", "--dtype", "int8"], 2, ["unknown dtype 'int8'"]),
    Case(["apply", "ReLU()", "--values", "1", "--dtype", "complex64"], 2, ["complex64"]),
    Case(["apply", "ReLU()", "--values", "1", "--seed", "-1"], 2, ["--seed"]),
    Case(["apply", "ReLU()", "--values", "1", "-f", "yaml"], 2, ["unknown format 'yaml'"]),
    Case(["apply", "ReLU()", "--values", "1", "--step"], 2, ["--step needs a terminal"]),
    Case(["apply", "ReLU()", "--values", "1", "--step", "-f", "json"], 2, ["--step is for the terminal"]),
    Case(["apply", "ReLU()", "--values", "1", "--step", "-o", "a.txt"], 2, ["--step is for the terminal"]),
]
BAD_WITH_TORCH = [
    Case(["apply", "Conv2d(3, 1, 2)", "--values", "1:16"], 3, ["wants 3 channels and gets 1", "'|'"]),
    Case(["apply", "MaxPool2d(5)", "--values", "1:16"], 3, ["MaxPool2d(5)", "a 5×5 window does not fit in 4×4"]),
    Case(["apply", "Conv2d(1, 1, 5)", "--values", "1:16"], 3, ["Conv2d(1, 1, 5) can't be applied to 1×1×4×4"]),
    Case(["apply", "Conv2d(1)", "--values", "1:16"], 2, ["out_channels"]),
    Case(["apply", "Conv2d(1, 1, 0)", "--values", "1:16"], 3, ["Conv2d"]),
    Case(["apply", "Conv1d(1, 1, 2)", "--values", "1:16"], 2, ["works on one row, and gets 4", "Conv2d"]),
    Case(["apply", "Conv2d(1, 1, 2)", "--values", "1:16", "--weight", "1 2"], 2, ["'1 2' is 1×2", "wants 2×2"]),
    Case(["apply", "ReLU()", "--values", "1:16", "--weight", "1 2"], 2, ["no convolution or linear layer"]),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: " ".join(case.line))
def test_bad_request_is_answered_before_anything_is_built(
    cli: Cli, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cnninspect.loading.inline.build", lambda *_: pytest.fail("a layer was built"))
    _check(cli, case)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("case", BAD_WITH_TORCH, ids=lambda case: " ".join(case.line))
def test_bad_request_that_torch_has_to_see(cli: Cli, case: Case) -> None:
    _check(cli, case)


def _check(cli: Cli, case: Case) -> None:
    result = cli(*case.line)
    assert result.code == case.code, result.err
    assert result.out == ""
    for words in case.says:
        assert words in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("more", [[], ["--dtype", "float16"]])
def test_json_has_no_infinity(cli: Cli, more: list[str]) -> None:
    """1e308·10 is beyond the largest number of float64, 1.8e308; other formats say inf."""
    line = ["apply", "Linear(2,1); ReLU()", "--values", "1e308 1e308", "--weight", "10 10", *more]
    result = cli(*line, "-f", "json")
    assert (result.code, result.out) == (2, "")
    assert "Linear(2, 1) gives numbers that are not finite" in result.err
    assert cli(*line).out.endswith("Result  ∞\n")
