"""``cnninspect compare`` as a user runs it."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from cnninspect import Report
from cnninspect.compare.comparison import Comparison
from cnninspect.formats import SHARED
from tests.conftest import Cli

SMALL = "nn:Conv2d(1, 4, 3); ReLU(); MaxPool2d(2)"
WIDER = "nn:Conv2d(1, 8, 3); BatchNorm2d(8); ReLU(); MaxPool2d(2)"
IMAGE = ("--input", "1x1x8x8")


@pytest.fixture
def saved(cli: Cli, tmp_path: Path) -> tuple[str, str]:
    """Reports of ``SMALL`` and ``WIDER``."""
    files = str(tmp_path / "small.json"), str(tmp_path / "wider.json")
    for spec, file in zip((SMALL, WIDER), files, strict=True):
        assert cli("summary", spec, *IMAGE, "-o", file).code == 0
    return files


def test_two_networks(cli: Cli) -> None:
    result = cli("compare", SMALL, WIDER, *IMAGE)
    assert (result.code, result.err) == (0, "")
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    # by hand: 4·9 + 4 and 8·9 + 8 + 2·8 parameters; 4·36·9 and 8·36·9 MACs (8 − 3 + 1 = 6)
    assert "Parameters 40 96 2.40× +56" in lines
    assert "MACs 1,296 2,592 2.00× +1,296" in lines
    assert "Convolutions 1 1 1.00× 0" in lines
    assert "Receptive field 4 4 1.00× 0" in lines  # 3 + (2 − 1)
    changed = "~ Conv2d 0 out_channels 4 → 8; output 1×4×6×6 → 1×8×6×6; params 40 → 80"
    assert any(line.startswith(changed) for line in lines)
    assert "+ BatchNorm2d 1 1×8×6×6, 16 parameters" in lines
    assert lines[-1] == (
        f"{WIDER} has 2.40 × the parameters and 2.00 × the MACs of {SMALL}; 3 layers changed, 1 only in {WIDER}"
    )


def test_identical(cli: Cli) -> None:
    result = cli("compare", SMALL, SMALL.replace("; ", ";"), *IMAGE, "--exit-code")
    assert result.code == 0
    assert "identical: 3 layers, same shapes, same parameters" in result.out
    assert "Layers:" not in result.out


def test_exit_code(cli: Cli, saved: tuple[str, str]) -> None:
    assert cli("compare", *saved).code == 0
    assert cli("compare", *saved, "--exit-code").code == 1
    assert cli("compare", saved[0], saved[0], "--exit-code").code == 0
    assert cli("compare", saved[0], saved[0], saved[1], "--exit-code").code == 1


def test_folded_or_all(cli: Cli) -> None:
    deeper = SMALL + "; Conv2d(4, 2, 3)"
    folded, whole = (cli("compare", SMALL, deeper, *IMAGE, *more).out for more in ((), ("--all",)))
    assert "  3 layers" in folded
    assert "  ReLU " not in folded
    assert "  ReLU " in whole
    assert "+ Conv2d" in folded
    assert "+ Conv2d" in whole


def test_repeated_blocks_are_one_row(cli: Cli) -> None:
    """He et al. (2015): ResNet-101 has 17 Bottlenecks more than ResNet-50, of 1,117,184 parameters each."""
    line = ["compare", "resnet50", "resnet101", "--device", "meta"]
    found = [" ".join(row.split()) for row in cli(*line).out.splitlines() if row.startswith("+ ")]
    assert found == ["+ 17 × Bottleneck layer3.6 … 22 1×1024×14×14, 1,117,184 parameters each"]
    whole = cli(*line, "--no-fold").out.splitlines()
    assert sum(row.startswith("+ ") for row in whole) == 153  # 17·9
    assert "5 × Bottleneck" in cli(*line, "--all").out  # of the third stage of both
    assert "Bottleneck" not in cli(*line, "--all", "--no-fold").out
    # 44,549,160 / 25,557,032 and 7,801,405,440 / 4,089,184,256
    assert cli(*line).out.splitlines()[-1] == (
        "resnet101 has 1.74 × the parameters and 1.91 × the MACs of resnet50; 158 layers alike, 153 only in resnet101"
    )


def test_an_accuracy_is_no_ratio(cli: Cli) -> None:
    rows = cli("compare", "alexnet", "vgg16", "--device", "meta", "--columns", "accuracy,bytes").out.splitlines()
    lines = [" ".join(row.split()) for row in rows]
    # AlexNet_Weights.IMAGENET1K_V1 and VGG16_Weights.IMAGENET1K_V1; 4 bytes for each of 61,100,840 and 138,357,544
    assert "Accuracy 56.522 acc@1 71.592 acc@1 +15.070 points" in lines
    assert "Size 233 MiB 528 MiB 2.26× +295 MiB" in lines


def test_moved_block(cli: Cli) -> None:
    # 4×4 stays 4×4, so that the pair of normalisation and convolution can change places with the two activations
    before = "nn:ReLU(); Tanh(); GELU(); BatchNorm2d(2); Conv2d(2, 2, 3, padding=1)"
    after = "nn:BatchNorm2d(2); Conv2d(2, 2, 3, padding=1); ReLU(); Tanh(); GELU()"
    out = " ".join(cli("compare", before, after, "--input", "1x2x4x4").out.split())
    assert "+ BatchNorm2d 0 moved from 3, 1×2×4×4, 4 parameters" in out
    assert "- Conv2d 4 moved to 1, 1×2×4×4, 38 parameters" in out  # 2·2·9 + 2


def test_json_is_what_the_schema_says(cli: Cli, saved: tuple[str, str]) -> None:
    out = cli("compare", *saved, "-f", "json").out
    document = json.loads(out)
    assert list(document) == [
        *("schema_version", "reports", "identical", "alignment", "accuracy", "names", "baseline"),
    ]
    assert document["schema_version"] == 1
    assert document["identical"] is False
    assert document["reports"] == [json.loads(Path(file).read_text(encoding="utf-8")) for file in saved]
    assert document["alignment"][1] == {"status": "only_second", "first": None, "second": "1", "changes": {}}
    assert document["alignment"][0]["changes"]["out_channels"] == [4, 8]
    assert msgspec.json.decode(out, type=Comparison).reports[0] == Report.from_json(Path(saved[0]).read_bytes())
    assert "Aligned" in json.loads(cli("schema", "compare").out)["$defs"]


def test_csv_holds_the_same(cli: Cli, saved: tuple[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("compare", *saved, "-f", "csv").out)))
    params = [row for row in rows if (row["about"], row["item"]) == ("total", "params")]
    assert [(row["value"], row["ratio"], row["difference"]) for row in params] == [
        ("40", "1.0", "0"),
        ("96", "2.4", "56"),
    ]
    layers = [row for row in rows if row["about"] == "layer"]
    assert [row["status"] for row in layers] == ["changed", "only_second", "changed", "changed"]
    assert json.loads(layers[0]["changes"])["out_channels"] == [4, 8]
    stages = [row for row in rows if row["about"] == "stage params"]
    assert [(row["item"], row["value"]) for row in stages] == [("0", "40"), ("0", "80"), ("1", "16")]


@pytest.mark.parametrize("format_name", SHARED)
def test_every_format(cli: Cli, saved: tuple[str, str], tmp_path: Path, format_name: str) -> None:
    result = cli("compare", *saved, "-f", format_name, "-o", str(tmp_path / "out"))
    assert (result.code, result.out, result.err) == (0, "", "")
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert "BatchNorm2d" in text or format_name == "csv"  # which has the path alone
    assert "only" in text
    gate = cli("compare", *saved, "--exit-code", "-f", format_name, "-o", str(tmp_path / "gate"))
    assert (gate.code, gate.out) == (1, "")
    assert "× the parameters" in gate.err


def test_more_than_two_sorted_and_against_another(cli: Cli) -> None:
    three = ["nn:Linear(2, 3)", "nn:Linear(2, 1)", "nn:Linear(2, 2)"]
    run = ["compare", *three, "--input", "1x2", "--columns", "params"]
    out = cli(*run, "--sort", "params", "--baseline", three[2]).out
    rows = [" ".join(line.split()) for line in out.splitlines() if line.startswith("nn:")][:5]
    # n·2 + n parameters: 9, 3 and 6
    assert rows[:3] == ["nn:Linear(2, 1) 3", "nn:Linear(2, 2) 6", "nn:Linear(2, 3) 9"]
    assert rows[3:] == ["nn:Linear(2, 1) 0.500× −3", "nn:Linear(2, 3) 1.50× +3"]
    down = json.loads(cli(*run, "--sort", "-params", "-f", "json").out)
    assert [report["totals"]["params"] for report in down["reports"]] == [9, 6, 3]
    assert down["baseline"] == 0
    assert json.loads(cli(*run, "-f", "json").out)["alignment"] == []


def test_baseline_that_is_not_among_them_comes_first(cli: Cli) -> None:
    out = cli("compare", "nn:Linear(2, 3)", "--baseline", "nn:Linear(2, 1)", "--input", "1x2", "-f", "json").out
    assert [report["model"]["spec"] for report in json.loads(out)["reports"]] == ["nn:Linear(2, 1)", "nn:Linear(2, 3)"]


def test_glob_with_published_accuracy(cli: Cli) -> None:
    out = json.loads(cli("compare", "scratch:alexnet*", "alexnet", "--device", "meta", "-f", "json").out)
    assert [report["model"]["spec"] for report in out["reports"]] == [
        "scratch:alexnet",
        "scratch:alexnet_2012",
        "alexnet",
    ]
    published = {"ImageNet-1K": {"acc@1": 56.522, "acc@5": 79.066}}  # AlexNet_Weights.IMAGENET1K_V1
    assert out["accuracy"] == [published, None, published]


def test_arguments_go_with_a_glob_and_take_the_accuracy_away(cli: Cli) -> None:
    out = json.loads(cli("compare", "scratch:alexnet*,num_classes=7", "--device", "meta", "-f", "json").out)
    assert [report["run"]["outputs"][0]["shape"] for report in out["reports"]] == [[1, 7], [1, 7]]
    assert out["accuracy"] == [None, None]


def test_plot(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    line = ["compare", "scratch:alexnet*", "vgg11", "--device", "meta", "--plot"]
    for name in ("a.svg", "b.svg", "a.png"):
        result = cli(*line, str(tmp_path / name))
        assert result.code == 0
        assert "for want of a published accuracy: scratch:alexnet_2012" in result.err
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "scratch:alexnet<" in drawn
    assert "vgg11<" in drawn
    assert drawn == (tmp_path / "b.svg").read_text(encoding="utf-8")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ([], 2, ["MODEL is missing", "cnninspect compare alexnet vgg16"]),
        (["alexnet"], 2, ["'alexnet' is one model", "'torchvision:resnet*'"]),
        (["alexnet", "vgg61"], 2, ["unknown model 'vgg61'", "vgg16"]),
        (["torchvision:alexnt*", "vgg16"], 2, ["no model matches 'torchvision:alexnt*'", "alexnet"]),
        (["alexnet", "vgg16", "--columns", "speed"], 2, ["unknown column 'speed'", "macs"]),
        (["alexnet", "vgg16", "--sort", "sped"], 2, ["unknown column 'sped'"]),
        (["alexnet", "vgg16", "--sort", "params,macs"], 2, ["unknown column 'params,macs'", "did you mean params?"]),
        (["alexnet", "vgg16", "--sort", "output"], 2, ["unknown column 'output'"]),
        (["alexnet", "vgg16", "--plot", "a.svg", "-o", "a.svg"], 2, ["both write 'a.svg'"]),
        (["alexnet", "vgg16", "--baseline", "vgg61"], 2, ["unknown model 'vgg61'"]),
        (["alexnet", "vgg16", "--plot", "a.pdf"], 2, ["'a.pdf'", ".svg or .png"]),
        (["alexnet", "vgg16", "--plot", "no/such/a.svg"], 2, ["there is no directory"]),
        (["alexnet", "vgg16", "-f", "torchinfo"], 2, ["unknown format 'torchinfo'"]),
        (["-", "-"], 2, ["standard input holds one report"]),
        (["missing.json", "alexnet"], 2, ["can't read 'missing.json'"]),
        (["scratch:alexnet", "net.py:Net"], 2, ["net.py"]),
        (["nn:ReLU()", "nn:Linear(2, 2)", "-i", "1x3", "-q"], 3, ["nn:Linear(2, 2): ", "3"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_errors(cli: Cli, line: list[str], code: int, says: list[str]) -> None:
    result = cli("compare", *line)
    assert (result.code, result.out) == (code, "")
    assert all(words in result.err for words in says), result.err


def test_reports_take_no_input(cli: Cli, saved: tuple[str, str]) -> None:
    result = cli("compare", *saved, *IMAGE)
    assert (result.code, result.out) == (2, "")
    assert "there is nothing to run" in result.err
    assert cli("compare", saved[0], WIDER, *IMAGE).code == 0


def test_saved_reports_need_no_torch(saved: tuple[str, str]) -> None:
    code = f"import sys; from cnninspect.cli.app import run; run(['compare', *{saved!r}]); print(' '.join(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "torchvision", "matplotlib", "timm"} & set(out.splitlines()[-1].split())


def test_weights_files_compare(cli: Cli, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    for name, out in (("a.pth", 3), ("b.pth", 4)):
        torch.save(torch.nn.Linear(2, out).state_dict(), tmp_path / name)
    result = cli("compare", str(tmp_path / "a.pth"), str(tmp_path / "b.pth"))
    assert result.code == 0
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    assert "~ Tensor weight shape 3×2 → 4×2; params 6 → 8" in lines
    assert "MACs unknown unknown" in lines


def test_reports_of_one_model_are_told_apart(cli: Cli, saved: tuple[str, str], tmp_path: Path) -> None:
    files = tmp_path / "before.json", tmp_path / "after.json"
    for file, source in zip(files, saved, strict=True):
        report = json.loads(Path(source).read_text(encoding="utf-8"))
        report["model"]["spec"] = "net.py:Net"
        file.write_text(json.dumps(report), encoding="utf-8")
    out = cli("compare", *map(str, files)).out
    assert "net.py:Net" not in out
    assert f"1 only in {files[1]}" in out
    document = json.loads(cli("compare", *map(str, files), "-f", "json").out)
    assert document["names"] == list(map(str, files))
    assert {report["model"]["spec"] for report in document["reports"]} == {"net.py:Net"}


def test_lower_bounds_are_told_in_csv(cli: Cli, saved: tuple[str, str], tmp_path: Path) -> None:
    report = json.loads(Path(saved[0]).read_text(encoding="utf-8"))
    report["uncounted_ops"] = [{"op": "aten::_sparse_mm", "calls": 3}]
    bound = tmp_path / "bound.json"
    bound.write_text(json.dumps(report), encoding="utf-8")
    out = cli("compare", str(bound), saved[0], "-f", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["value"], row["bound"], row["ratio"]) for row in rows if row["item"] == "macs"] == [
        ("1296", "≥", ""), ("1296", "", ""),
    ]  # fmt: skip
    remarks = [row["item"] for row in rows if row["about"] == "remark"]
    assert (
        remarks[-1]
        == f"{saved[0]} has exactly the parameters of {bound}; 3 layers alike, but the uncounted operators differ"
    )
    assert any("no rule counts aten::_sparse_mm (3×)" in remark for remark in remarks)


def test_one_model_spelled_twice_is_one(cli: Cli) -> None:
    line = ["compare", "scratch:alexnet*", "--source", "scratch", "alexnet", "--device", "meta", "-f", "json"]
    names = json.loads(cli(*line).out)["names"]
    assert names == ["scratch:alexnet", "scratch:alexnet_2012"]
    assert json.loads(cli(*line, "--baseline", "alexnet_2012").out)["baseline"] == 1


@pytest.mark.parametrize("specs", [["alexnet", "vgg16"], ["resnet18", "resnet50", "vgg16"]])
def test_80_columns(cli: Cli, specs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = cli("compare", *specs, "--device", "meta").out.splitlines()
    assert max(map(len, lines)) <= 80


def test_latex_has_no_blocks(cli: Cli, saved: tuple[str, str]) -> None:
    out = cli("compare", *saved, "-f", "latex").out
    assert r"\rule{1.0em}{1ex}" in out
    assert not any("\u2580" <= char <= "\u259f" for char in out)
