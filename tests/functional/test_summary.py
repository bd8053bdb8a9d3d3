"""``summary`` as a user runs it: what it shows, in which format, where it goes."""

import csv
import io
import json
import stat
from pathlib import Path

import pytest

from cnninspect import Report
from cnninspect.formats.columns import COLUMNS
from cnninspect.report import Layer
from tests.conftest import Cli

TWO = ["nn:Conv2d(3, 7, 5, bias=False); Conv2d(7, 2, 3, bias=False)", "-i", "1x3x19x19"]


def test_table(cli: Cli) -> None:
    result = cli("summary", "scratch:alexnet", "--input", "1x3x224x224")
    assert result.code == 0
    assert result.err == ""
    lines = result.out.splitlines()
    assert lines[0] == "alexnet (scratch), input 1×3×224×224 float32, on cpu"
    assert lines[2].split() == ["Layer", "Output", "Params", "MACs"]
    assert lines[6].split() == ["│", "├─", "0:", "Conv2d", "1×64×55×55", "23,296", "70,276,800"]
    assert "Parameters   61,100,840      61.1 M" in lines
    assert "Size         233 MiB         244,403,360 bytes" in lines  # 4 bytes each, 2**20 bytes a MiB
    assert "MACs         714,188,480     714 M" in lines
    assert "FLOPs        1,428,376,960   1.43 G" in lines
    assert "Output       1×1000 float32" in lines
    assert max(map(len, lines)) <= 80


def test_depth(cli: Cli) -> None:
    assert "0: Conv2d" not in cli("summary", "scratch:alexnet", "--depth", "1").out
    assert "features" not in cli("summary", "scratch:alexnet", "--depth", "0").out


def test_every_column(cli: Cli) -> None:
    result = cli("summary", *TWO, "--columns", ",".join(COLUMNS))
    assert result.code == 0
    row = next(line for line in result.out.splitlines() if "1: Conv2d" in line)
    # 7·2·9 parameters of 7·3·25 + 7·2·9 = 651; 126·13² MACs of those and 525·15²; twice that; 2·13² activations;
    # 4 bytes a parameter; 5 + 2 pixels
    assert [word for word in row.split()[3:] if not set(word) <= set("█▉▊▋▌▍▎▏")] == [
        *("1×7×15×15", "1×2×13×13", "3×3", "1×1", "0×0", "126", "19.4", "%", "126", "21,294", "15.3", "%"),
        *("42,588", "338", "504", "B", "7×7", "float32", "1"),
    ]


@pytest.mark.parametrize(
    ("before", "now"), [("bytes", "size"), ("trainable", "trainable_params"), ("receptive-field", "receptive_field")]
)
def test_columns_by_their_old_names(cli: Cli, before: str, now: str) -> None:
    assert cli("summary", *TWO, "--columns", before) == cli("summary", *TWO, "--columns", now)
    assert cli("summary", *TWO, "--sort", before) == cli("summary", *TWO, "--sort", now)


RESNET = ["summary", "resnet101", "--device", "meta", "--columns", "params,share,receptive_field"]


def test_repeated_blocks_are_one_row(cli: Cli) -> None:
    lines = cli(*RESNET).out.splitlines()
    (row,) = (line for line in lines if "22 × Bottleneck" in line)
    cells = row.replace("│", " ").split()
    # He et al. (2015), table 1: 1×1 to 256, 3×3, 1×1 to 1024, each with 2 parameters a channel of normalisation:
    # 262,144 + 589,824 + 262,144 + 2·256 + 2·256 + 2·1024 = 1,117,184, of 44,549,160 parameters 22 times
    assert cells[1:8] == ["1", "…", "22:", "22", "×", "Bottleneck", "1,117,184"]
    assert cells[8:10] == ["55.2", "%"]
    whole = cli(*RESNET, "--no-fold", "--depth", "2").out.splitlines()
    (last,) = (line for line in whole if " 22: Bottleneck" in line)
    assert last.split()[-1] == row.split()[-1]  # what the last one sees
    assert sum("Bottleneck" in line for line in whole) == 33  # 3 + 4 + 23 + 3
    assert sum("Bottleneck" in line for line in lines) == 8


@pytest.mark.parametrize("form", ["markdown", "latex", "svg"])
def test_what_else_folds(cli: Cli, form: str) -> None:
    assert "Bottleneck" in (out := cli(*RESNET, "-f", form).out)
    assert len(cli(*RESNET, "--no-fold", "-f", form).out) > 2 * len(out)


def test_data_never_folds(cli: Cli) -> None:
    run = ["summary", "resnet50", "--device", "meta", "-f"]
    assert cli(*run, "csv").out == cli(*run, "csv", "--no-fold").out
    assert len(cli(*run, "csv").out.splitlines()) == 1 + len(json.loads(cli(*run, "json").out)["layers"])


def test_every_level(cli: Cli) -> None:
    run = ["summary", "efficientnet_b7", "--device", "meta", "--depth"]
    deep = cli(*run, "all").out.splitlines()
    assert len(deep) < 400
    assert len(cli(*run, "all", "--no-fold").out.splitlines()) > 1100
    assert cli(*run, "20").out.splitlines() == deep


def rows_of(out: str) -> list[str]:
    """The first word of each row of a list."""
    lines = out.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("──")) + 1
    return [line.split()[0].rstrip(":") for line in lines[start : lines.index("", start)]]


@pytest.mark.parametrize(
    ("typed", "paths"),
    [
        (["--only", "classifier.*", "--columns", "params"], [f"classifier.{place}" for place in range(7)]),
        (["--only", "Conv2d"], [f"features.{place}" for place in (0, 3, 6, 8, 10)]),
        # 61 % and 27 % of the parameters, and 7 %
        (["--top", "3"], ["classifier.1", "classifier.4", "classifier.6"]),
        # Conv2d(64, 192, 5) at 27×27, Conv2d(384, 256, 3) and Conv2d(192, 384, 3) at 13×13: 224 M, 150 M, 112 M MACs
        (["--sort=-macs", "--top", "3"], ["features.3", "features.8", "features.6"]),
        (["--sort", "flops", "--top", "3"], ["features.6", "features.8", "features.3"]),
        (["--only", "Conv2d", "--only", "Linear", "--sort", "params", "--top", "2"], ["classifier.4", "classifier.1"]),
    ],
    ids=" ".join,
)
def test_a_flat_list_of_leaf_calls(cli: Cli, typed: list[str], paths: list[str]) -> None:
    result = cli("summary", "alexnet", "--device", "meta", *typed)
    assert (result.code, result.err) == (0, "")
    assert rows_of(result.out) == paths
    assert "Parameters   61,100,840" in result.out  # of the whole network, as ever


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["--only", "conv2d"], ["'conv2d'", "did you mean Conv2d?"]),
        (["--only", "feature.*"], ["'feature.*'", "did you mean features"]),
        (["--sort", "mac"], ["unknown column 'mac'", "did you mean macs"]),
        (["--sort", "output"], ["unknown column 'output'", "--sort takes params"]),
        (["--top", "0"], ["--top: '0'", "from 1 up"]),
        (["--depth", "deep"], ["'deep'", "all"]),
        (["--depth", "-1"], ["'-1'", "all"]),
        (["--only", "Conv2d", "-f", "json"], ["--only", "json"]),
        (["--top", "3", "-f", "torchinfo"], ["--top", "torchinfo"]),
    ],
    ids=" ".join,
)
def test_what_can_not_be_listed(cli: Cli, typed: list[str], says: list[str]) -> None:
    result = cli("summary", "alexnet", "--device", "meta", *typed)
    assert (result.code, result.out) == (2, "")
    assert all(words in result.err for words in says), result.err


def test_json_is_the_report(cli: Cli) -> None:
    result = cli("summary", "scratch:vgg11", "--device", "meta", "-f", "json")
    report = Report.from_json(result.out)
    assert report.to_json() == result.out
    assert report.model.spec == "scratch:vgg11"
    assert report.run.device == "meta"
    assert report.run.cached is False
    assert set(report.run.versions) == {"python", "torch"}


def test_csv_has_the_fields_of_a_layer(cli: Cli) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("summary", *TWO, "-f", "csv").out)))
    assert list(rows[0]) == list(Layer.__struct_fields__)
    assert rows[1]["path"] == "0"
    assert rows[1]["outputs"] == "1x7x15x15:float32"
    assert json.loads(rows[1]["settings"])["kernel_size"] == [5, 5]
    assert json.loads(rows[2]["receptive_field"])["size"] == [7, 7]


@pytest.mark.parametrize("ending", ["txt", "json", "csv", "md", "html", "svg", "tex"])
def test_output_file_tells_the_format(cli: Cli, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"out.{ending}"
    result = cli("summary", *TWO, "-o", str(file))
    assert (result.code, result.out, result.err) == (0, "", "")
    beginnings = {"json": "{", "csv": "path,", "md": "**", "html": "<!doctype html>", "svg": "<svg", "tex": "%"}
    assert file.read_text().startswith(beginnings.get(ending, "Conv2d"))


def test_a_page_has_the_drawing_of_what_has_a_graph(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a table has left a report without one in the cache; a saved report has one only with ``--ops``."""
    monkeypatch.setenv("CNNINSPECT_CACHE", str(tmp_path / "cache"))
    boxes = "<figure", "<rect"
    alexnet = ("summary", "scratch:alexnet", "--device", "meta")
    cli(*alexnet)
    first, second = cli(*alexnet, "-f", "html"), cli(*alexnet, "-f", "html")
    assert [first.out.count(each) > 0 for each in boxes] == [True, True]
    assert (second.out, "earlier run" in first.err, "earlier run" in second.err) == (first.out, False, True)
    assert cli(*alexnet, "--cross-check", "-f", "html").out == first.out
    for options, is_drawn in (((), False), (("--ops",), True)):
        cli(*alexnet, *options, "-o", str(tmp_path / "saved.json"))
        assert ("<figure" in cli("summary", str(tmp_path / "saved.json"), "-f", "html").out) is is_drawn
    assert '"graph"' not in cli(*alexnet, "-f", "json").out


def test_output_file_is_whole_or_as_it_was(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out.json"
    file.write_text("before")
    file.chmod(0o640)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", full)
        result = cli("summary", *TWO, "-o", str(file))
    assert result.code == 2
    assert "No space left on device" in result.err
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]
    assert cli("summary", *TWO, "-o", str(file)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert json.loads(file.read_text())["schema_version"] == 1


def test_output_through_a_link(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "target.json")
    assert cli("summary", *TWO, "-o", str(tmp_path / "link.json")).code == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "target.json").read_text())


def test_saved_report_instead_of_a_model(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "two.json"
    assert cli("summary", *TWO, "-o", str(file)).code == 0
    fresh = cli("summary", *TWO)
    assert cli("summary", str(file)).out == fresh.out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    assert cli("summary", "-").out == fresh.out


def test_torchinfo_table(cli: Cli) -> None:
    result = cli("summary", "scratch:alexnet", "-f", "torchinfo")
    assert result.code == 0
    assert "Layer (type:depth-idx)" in result.out
    assert "Total params: 61,100,840" in result.out


@pytest.mark.parametrize("model", ["alexnet", "scratch:vgg11", "scratch:alexnet_2012"])
def test_cross_check_agrees(cli: Cli, model: str) -> None:
    result = cli("summary", model, "--cross-check", "--depth", "0")
    assert result.code == 0
    assert "torchinfo agrees" in result.err
    assert cli("summary", model, "--cross-check", "--quiet").err == ""


def test_cross_check_names_what_differs(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchinfo.layer_info import LayerInfo

    original = LayerInfo.calculate_num_params

    def off_by_one(info: LayerInfo) -> None:
        original(info)
        info.num_params += info.var_name == "0"

    monkeypatch.setattr(LayerInfo, "calculate_num_params", off_by_one)
    result = cli("summary", *TWO, "--cross-check", "-f", "json")
    assert result.code == 1
    assert "0 (Conv2d): 525 parameters, torchinfo says 526" in result.err  # 7·3·5·5
    assert json.loads(result.out)["totals"]["params"] == 651


def test_train_mode_and_seed(cli: Cli) -> None:
    result = cli("summary", "nn:Dropout(0.5); BatchNorm1d(4)", "-i", "8x4", "--mode", "train", "--seed", "3")
    assert result.code == 0
    assert "train mode" in result.out


@pytest.mark.parametrize(("dtype", "size"), [("float16", 2), ("bfloat16", 2), ("float64", 8), ("double", 8)])
def test_dtype(cli: Cli, dtype: str, size: int) -> None:
    report = json.loads(cli("summary", *TWO, "--dtype", dtype, "-f", "json").out)
    assert report["totals"]["param_bytes"] == 651 * size
    assert report["run"]["inputs"][0]["dtype"] == report["run"]["outputs"][0]["dtype"] == report["run"]["dtype"]


def test_auto_device(cli: Cli) -> None:
    import torch

    report = json.loads(cli("summary", *TWO, "--device", "auto", "-f", "json").out)
    expected = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    assert report["run"]["device"].startswith(expected.type)


def test_schema_describes_a_report(cli: Cli) -> None:
    schema = json.loads(cli("schema").out)
    assert schema == json.loads(cli("schema", "summary").out)
    report = schema["$defs"]["Report"]
    assert set(report["required"]) == set(json.loads(cli("summary", *TWO, "-f", "json").out))


def test_help_and_version(cli: Cli) -> None:
    assert cli("--version").out == f"cnninspect {__import__('cnninspect').__version__}\n"
    assert cli().out == cli("--help").out
    assert "cnninspect summary alexnet --input 1x3x224x224" in cli("summary", "--help").out


@pytest.mark.parametrize(("variable", "colored"), [("NO_COLOR", False), ("FORCE_COLOR", True), (None, False)])
def test_color(cli: Cli, monkeypatch: pytest.MonkeyPatch, variable: str | None, colored: bool) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
    assert ("\x1b[" in cli("summary", *TWO).out) is colored
    assert "\x1b[" in cli("summary", *TWO, "--color").out
    assert "\x1b[" not in cli("summary", *TWO, "--no-color").out


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_width(cli: Cli, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = cli("summary", "scratch:alexnet", "--device", "meta").out
    assert "714,188,480" in out  # no figure is cut, however narrow
    assert max(map(len, out.splitlines())) <= max(columns, 60)


FUNCTIONAL = """
from torch import nn
from torch.nn import functional
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(36, 5)
    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv(x)), 2)
        return self.head(x.flatten(1)) @ x.new_ones(5, 2)
"""


def test_operators_as_rows(cli: Cli, tmp_path: Path) -> None:
    """8×8 less 2 is 6×6, of which pooling leaves 3×3: 36 features. The product is 1·2 sums over 5."""
    (tmp_path / "net.py").write_text(FUNCTIONAL, encoding="utf-8")
    line = ("summary", f"{tmp_path}/net.py:Net", "-i", "1x3x8x8")
    rows = [row.split() for row in cli(*line, "--ops").out.splitlines()]
    found = [(row[1], row[3], row[-1]) for row in rows if "operator" in row]
    assert found == [
        ("relu:", "1×4×6×6", "0"),
        *[("max_pool2d:", "1×4×3×3", "0"), ("flatten:", "1×36", "0"), ("matmul:", "1×2", "10")],
    ]
    plain, data = cli(*line, "-f", "json").out, cli(*line, "-f", "json", "--ops").out
    assert "graph" not in json.loads(plain)
    assert json.loads(data)["layers"] == json.loads(plain)["layers"]
    assert [node["kind"] for node in json.loads(data)["graph"]["nodes"]][:2] == ["input", "layer"]
    assert cli(*line, "-f", "csv", "--ops").out == cli(*line, "-f", "csv").out


def test_operators_of_a_saved_report(cli: Cli, tmp_path: Path) -> None:
    plain, whole = f"{tmp_path}/plain.json", f"{tmp_path}/whole.json"
    for line in (["-o", plain], ["-o", whole, "--ops"]):
        assert cli("summary", "torchvision:resnet18", "--device", "meta", *line).code == 0
    assert "add: operator" in cli("summary", whole, "--ops").out
    assert "add: operator" not in cli("summary", whole).out
    refused = cli("summary", plain, "--ops")
    assert refused.code == 2
    assert "does not say which operators ran" in refused.err
    assert "'--ops' does not go with --format torchinfo" in cli("summary", "alexnet", "--ops", "-f", "torchinfo").err
