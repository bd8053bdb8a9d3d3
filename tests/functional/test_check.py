"""Invocations of ``check``, with their exit codes and what they must say."""

import csv
import html
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from junitparser import JUnitXml

from cnninspect import inspect_model
from cnninspect.budgets.verdicts import Outcome, RunFailure
from cnninspect.formats import SHARED, Format, github
from tests.conftest import Cli, Result

SMALL = "nn:Conv2d(3, 7, 5); ReLU(); Conv2d(7, 2, 3); Dropout()"
IMAGE = "1x3x19x19"
#: By hand: 7·3·25 + 7 and 2·7·9 + 2 parameters of four bytes; 7·15² outputs of 75 products and 2·13² of 63;
#: 5 + 2 pixels; two of four layers are convolutions.
FIGURES = {
    "params": 660,
    "trainable-params": 660,
    "size": 2640,
    "macs": 139_419,
    "flops": 278_838,
    "activations": 1913,
    "receptive-field": 7,
    "layers": 4,
    "layers Conv2d": 2,
}
#: torchvision's metadata (num_params) and by hand in tests/reference.
ALEXNET_PARAMS, ALEXNET_MACS = 61_100_840, 714_188_480


class Case(NamedTuple):
    """A command line after ``check``, the code it ends with, and words of its output or message."""

    line: list[str]
    code: int
    says: list[str]


def boundary(name: str) -> list[Case]:
    """Equal passes, one beyond fails, on either side."""
    option, _, kind = name.partition(" ")
    typed = f"{kind}=" if kind else ""
    figure = FIGURES[name]
    cases = []
    for side, beyond in (("max", figure - 1), ("min", figure + 1)):
        for limit, code, margin in ((figure, 0, " 0 "), (beyond, 1, "−1")):
            line = ["small.json", f"--{side}-{option}", f"{typed}{limit}"]
            cases.append(Case(line, code, [f"{limit:,}", f"{figure:,}", margin, "FAILED" if code else "passed"]))
    return cases


BOUNDARIES = [case for name in FIGURES for case in boundary(name)]
SPELLINGS = [
    Case(["alexnet.json", "--max-params", "62M"], 0, ["≤ 62,000,000", "61,100,840", "+899,160"]),
    Case(["alexnet.json", "--max-params", "61M"], 1, ["≤ 61,000,000", "61,100,840", "−100,840"]),
    Case(["alexnet.json", "--max-params", "61.10084M"], 0, ["≤ 61,100,840"]),
    Case(["alexnet.json", "--max-params", "61.100839M"], 1, ["≤ 61,100,839", "−1"]),
    Case(["alexnet.json", "--max-params", "61.1008399M"], 1, ["≤ 61,100,839", "−1"]),
    Case(["alexnet.json", "--max-params", "61_100_840"], 0, []),
    Case(["alexnet.json", "--max-params", "61,100,840"], 0, []),
    Case(["alexnet.json", "--max-params", "0.0611B"], 1, ["≤ 61,100,000"]),
    Case(["alexnet.json", "--max-macs", "0.8G"], 0, ["≤ 800,000,000", "714,188,480"]),
    Case(["alexnet.json", "--max-macs", "7e8"], 1, ["≤ 700,000,000", "−14,188,480"]),
    Case(["alexnet.json", "--max-size", "250MiB"], 0, ["≤ 262,144,000", "244,403,360", "in bytes"]),
    Case(["alexnet.json", "--max-size", "244MB"], 1, ["≤ 244,000,000"]),
    Case(["alexnet.json", "--min-size", "0.2GiB"], 0, ["≥ 214,748,365"]),  # 214,748,364.8
    Case(["alexnet.json", "--min-receptive-field", "195"], 0, ["195"]),  # Araujo et al. (2019), table 1
    Case(["alexnet.json", "--min-receptive-field", "200"], 1, ["195", "−5", "the layer that sees most"]),
    Case(["small.json", "--max-params", "0.66k"], 0, []),
    Case(["small.json", "--min-params", "0"], 0, []),
]
STRUCTURE = [
    Case(["small.json", "--output-shape", "1x2x13x13"], 0, ["= 1x2x13x13"]),
    Case(["small.json", "--output-shape", "1×2×13×13"], 0, []),
    Case(["small.json", "--output-shape", "1x2x13x12"], 1, ["1x2x13x13", "FAILED"]),
    Case(["small.json", "--output-shape", "1x2x13x13", "--output-shape", "1"], 1, ["= 1x2x13x13, 1"]),
    Case(["small.json", "--output-shape", "logits=1x2"], 1, ["no output is called 'logits'"]),
    Case(["alexnet.json", "--output-shape", "1x1000"], 0, []),
    Case(["small.json", "--forbid", "Dropout"], 1, ["forbid Dropout", "−1", "FAILED"]),
    Case(["small.json", "--forbid", "BatchNorm2d"], 0, ["forbid BatchNorm2d", "passed"]),
    Case(["small.json", "--forbid", "Drop*"], 1, ["forbid Drop*"]),
    Case(["small.json", "--forbid", "dropout"], 2, ["unknown type of layer 'dropout'", "did you mean Dropout"]),
    Case(["small.json", "--require", "dropout"], 1, ["no layer is a dropout; did you mean Dropout?"]),
    Case(["small.json", "--require", "Dropout"], 0, ["require Dropout", "passed"]),
    Case(["small.json", "--require", "BatchNorm2d"], 1, ["require BatchNorm2d", "−1", "FAILED"]),
    Case(["small.json", "--require", "ReLU", "--forbid", "GELU", "--require", "Conv2d"], 0, ["3 checks passed"]),
    Case(["alexnet.json", "--max-layers", "Conv2d=5", "--max-layers", "Linear=3"], 0, ["2 checks passed"]),
    Case(["alexnet.json", "--max-layers", "Conv2d=4", "--max-layers", "Linear=2"], 1, ["2 of 2 checks failed"]),
    Case(["small.json", "--max-params", "1", "--max-macs", "1G", "--forbid", "ReLU"], 1, ["2 of 3 checks failed"]),
]
USAGE = [
    Case([], 2, ["no pyproject.toml in", "--config FILE"]),
    Case(["small.json"], 2, ["nothing to hold 'small.json' against", "--max-params"]),
    Case(["small.json", "--max-params", "62X"], 2, ["max-params: '62X' is not a count", "62M"]),
    Case(["small.json", "--max-params", "0,8G"], 2, ["'0,8G' is not a count"]),
    Case(["small.json", "--max-params=-1"], 2, ["'-1' is not a count"]),
    Case(["small.json", "--max-params"], 2, ["--max-params"]),
    Case(["small.json", "--max-size", "250M"], 2, ["max-size: '250M' is not a size", "250MiB"]),
    Case(["small.json", "--max-layers", "Conv2d"], 2, ["'Conv2d' is not a number of layers", "Conv2d=5"]),
    Case(["small.json", "--max-layers", "Conv 2d=5"], 2, ["'Conv 2d=5' is not a number of layers"]),
    Case(["small.json", "--min-receptive-field", "wide"], 2, ["min-receptive-field: 'wide'"]),
    Case(["small.json", "--output-shape", "1x"], 2, ["malformed shape '1x'", "1x1000"]),
    Case(["small.json", "--forbid", "a b"], 2, ["forbid: 'a b' is not the type of a layer"]),
    Case(["small.json", "--require", ""], 2, ["require: '' is not the type of a layer"]),
    Case(["small.json", "--max-parms", "1"], 2, ["--max-parms", "--max-params"]),
    Case(["small.json", "--max-params", "1", "-f", "junt"], 2, ["unknown format 'junt'", "did you mean junit?"]),
    Case(["small.json", "--max-params", "1", "-o", "x.log"], 2, ["'x.log' tells no format", ".xml"]),
    Case(["small.json", "--max-params", "1", "-o", "no/x.xml"], 2, ["there is no directory"]),
    Case(["small.json", "--max-params", "1", "-i", "1x3x8x8"], 2, ["a saved report", "--input"]),
    Case(["small.json", "--max-params", "1", "--config", "a.toml"], 2, ["--config 'a.toml' does not go with"]),
    Case(["small.json", "--tolerance", "1%", "--max-params", "1"], 2, ["tolerance '1%' needs a baseline"]),
    Case(["small.json", "--update", "--max-params", "1"], 2, ["--update needs a baseline"]),
    Case(["missing.json", "--max-params", "1"], 2, ["can't read 'missing.json'"]),
    Case(["text.json", "--max-params", "1"], 2, ["not a cnninspect report"]),
    Case(["alexnt", "--max-params", "1"], 2, ["unknown model 'alexnt'", "did you mean alexnet?"]),
    Case([SMALL, "--max-params", "1"], 2, ["no input of its own"]),
    Case(["--max-params", "1"], 2, ["--max-params 1 goes with a MODEL"]),
    Case(["--device", "meta"], 2, ["--device meta goes with a MODEL"]),
    Case(["alexnet", "--max-params", "1", "--weights", "no.pth"], 2, ["no.pth", "No such file"]),
]
BASELINES = [
    Case(["small.json", "--baseline", "small.json"], 0, ["baseline params", "baseline layers", "6 checks passed"]),
    Case(["wider.json", "--baseline", "small.json"], 1, ["6 of 6 checks failed", "out_channels 7 → 8"]),
    Case(["small.json", "--baseline", "wider.json"], 1, ["6 of 6 checks failed", "out_channels 8 → 7"]),
    Case(["gelu.json", "--baseline", "small.json"], 1, ["1 of 6 checks failed", "- ReLU", "+ GELU"]),
    Case(["gelu.json", "--baseline", "small.json", "--tolerance", "layers=2"], 0, ["1 only in the baseline, 1 new"]),
    Case(["gelu.json", "--baseline", "small.json", "--tolerance", "layers=1"], 1, ["1 of 6 checks failed"]),
    Case(["gelu.json", "--baseline", "small.json", "--tolerance", "params=1%"], 0, ["not judged"]),
    # one filter more: 8·75 + 8 + 2·72 + 2 = 754 parameters, 8·15²·75 + 2·13²·72 = 159,336 MACs, 8·15² + 2·13² = 2,138
    Case(["wider.json", "--baseline", "small.json", "--tolerance", "15%"], 0, ["was 660", "≤ 759", "754"]),
    Case(["wider.json", "--baseline", "small.json", "--tolerance", "14%"], 1, ["4 of 6", "≤ 752", "≤ 158,937", "−399"]),
    Case(["small.json", "--baseline", "wider.json", "--tolerance", "15%"], 0, ["≥ 641", "≥ 135,436"]),
    Case(
        ["wider.json", "--baseline", "small.json"]
        + [f"--tolerance={each}" for each in ("params=94", "macs=19_917", "activations=225")],
        0,
        ["≤ 3,016", "not judged"],
    ),
    Case(
        ["wider.json", "--baseline", "small.json"]
        + [f"--tolerance={each}" for each in ("params=93", "macs=19_916", "activations=224", "layers=3")],
        1,
        ["5 of 6 checks failed", "−1"],
    ),
    Case(["wider.json", "--baseline", "small.json", "--tolerance", "params=15%"], 1, ["2 of 6"]),  # MACs, activations
    Case(["wider.json", "--baseline", "small.json", "--max-params", "1k"], 1, ["6 of 7 checks failed"]),
    Case(["small.json", "--baseline", "missing.json"], 2, ["there is no baseline 'missing.json'", "--update"]),
    Case(["small.json", "--baseline", "text.json"], 2, ["baseline 'text.json': not a cnninspect report"]),
    Case(["small.json", "--baseline", "other.json"], 2, ["baseline 'other.json': not a cnninspect report"]),
    Case(["small.json", "--baseline", "future.json"], 2, ["'future.json': the report has schema version 99"]),
    Case(["small.json", "--baseline", "deep.json"], 2, ["baseline 'deep.json': not a cnninspect report"]),
    Case(["small.json", "--baseline", "typed.json"], 2, ["baseline 'typed.json': not a cnninspect report: Expected"]),
    Case(
        ["small.json", "--baseline", "negative.json"],
        2,
        ["baseline 'negative.json': not a cnninspect report", "$.totals.macs"],
    ),
    Case(["small.json", "--baseline", "net.pth"], 2, ["baseline 'net.pth': not a cnninspect report"]),
    Case(["small.json", "--baseline", "folder"], 2, ["can't read the baseline 'folder'"]),
    Case(["small.json", "--baseline", "weights.json"], 2, ["the baseline is of a file of weights", "--update"]),
    Case(["small.json", "--baseline", "small.json", "--tolerance", "parms=1%"], 2, ["'parms'", "did you mean params?"]),
    Case(["small.json", "--baseline", "small.json", "--tolerance", "flops=1%"], 2, ["FLOPs are twice the MACs"]),
    Case(["small.json", "--baseline", "small.json", "--tolerance", "5"], 2, ["'5' is neither NAME=NUMBER nor"]),
    Case(["small.json", "--baseline", "text.json", "--update"], 2, ["not a cnninspect report"]),
    Case(["small.json", "--baseline", "no/new.json", "--update"], 2, ["there is no directory 'no'"]),
]
BOUNDS = [
    Case(["sparse.json", "--max-macs", "1M"], 1, ["≥ 3,888", "FAILED", "a lower bound: no rule counts"]),
    Case(["sparse.json", "--max-macs", "3_887"], 1, ["≥ 3,888", "−1"]),
    Case(["sparse.json", "--min-macs", "3_888"], 0, ["≥ 3,888", "passed", "a lower bound"]),
    Case(["sparse.json", "--min-macs", "3_889"], 1, ["FAILED"]),
    Case(["sparse.json", "--max-flops", "1G"], 1, ["≥ 7,776"]),
    Case(["sparse.json", "--max-activations", "1M"], 1, ["≥ 144"]),
    Case(["sparse.json", "--max-params", "128"], 0, ["128"]),
    Case(["sparse.json", "--baseline", "sparse.json"], 0, ["a lower bound"]),
    Case(["weights.json", "--max-macs", "1G"], 1, ["unknown", "nothing to run"]),
    Case(["weights.json", "--max-params", "249"], 0, ["≤ 249"]),
    Case(["weights.json", "--min-params", "1"], 1, ["does not tell parameters from buffers"]),
    Case(["weights.json", "--max-size", "1000"], 0, ["1,000"]),
    Case(["weights.json", "--forbid", "Dropout"], 1, ["does not tell the types"]),
    Case(["weights.json", "--output-shape", "1"], 1, ["unknown"]),
    Case(["net.pth", "--max-params", "248"], 1, ["−1"]),
]
RUNS = [
    Case([SMALL, "-i", IMAGE, "--max-params", "660"], 0, ["660"]),
    Case([SMALL, "-i", IMAGE, "--max-params", "659"], 1, ["−1"]),
    Case([SMALL, "-i", IMAGE, "--baseline", "small.json"], 0, ["6 checks passed"]),
    Case(
        [SMALL, "-i", "2x3x19x19", "--baseline", "small.json"], 1, ["taken with input 1x3x19x19:float32, this with 2x"]
    ),
    Case([SMALL, "-i", IMAGE, "--device", "meta", "--dtype", "float64", "--max-size", "5280"], 0, ["5,280"]),
    Case([SMALL, "-i", IMAGE, "--mode", "train", "--seed", "3", "--max-params", "660"], 0, ["660"]),
    Case([SMALL, "-i", IMAGE, "--mode", "test", "--max-params", "660"], 2, ["'test'"]),
    Case(["scratch:alexnet", "--device", "meta", "--max-params", "61_100_839"], 1, ["61,100,840", "−1"]),
    Case(["alexnet", "--source", "scratch", "--device", "meta", "--max-macs", "714188480"], 0, [" 0 "]),
    Case([SMALL, "-i", IMAGE, "--arg", "flag=true", "--max-params", "1"], 3, ["no argument 'flag'"]),
    Case([SMALL, "-i", "1x4x19x19", "--max-params", "1"], 3, ["`0` Conv2d wants 3 channels and got 4"]),
    Case(["nn:Conv2d(3, 4, 5, groups=2)", "-i", "1x3x8x8", "--max-params", "1"], 3, ["can't be built"]),
    Case(["broken.py:Net", "-i", "1x3", "--max-params", "1"], 3, ["can't be imported"]),
    Case([SMALL, "-i", IMAGE, "--device", "cuda:7", "--max-params", "1"], 3, ["no device 'cuda:7'"]),
    Case(["alexnet,foo=1", "--max-params", "1"], 2, ["foo"]),
    Case([SMALL, "-i", IMAGE, "--batch", "2", "--max-inference-memory", "1MiB"], 0, ["1,048,576"]),
    Case([SMALL, "-i", IMAGE, "--optimizer", "sgd", "--max-training-memory", "1KiB"], 1, ["with sgd"]),
    Case([SMALL, "-i", IMAGE, "--runs", "1", "--max-latency", "1ns"], 1, ["median of 1 passes on"]),
    Case([SMALL, "-i", IMAGE, "--batch", "1,2", "--max-params", "1"], 2, ["a check is of one batch"]),
    Case([SMALL, "-i", IMAGE, "--batch", "none", "--max-params", "1"], 2, ["'none' is not a batch"]),
    Case([SMALL, "-i", IMAGE, "--max-latency", "20", "--max-params", "1"], 2, ["'20' is not a time"]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that the invocations name."""
    import torch
    from torch import nn

    path = tmp_path_factory.mktemp("check")
    models = {
        "small": (SMALL, IMAGE),
        "wider": ("nn:Conv2d(3, 8, 5); ReLU(); Conv2d(8, 2, 3); Dropout()", IMAGE),
        "gelu": ("nn:Conv2d(3, 7, 5); GELU(); Conv2d(7, 2, 3); Dropout()", IMAGE),
        "alexnet": ("scratch:alexnet", "1x3x224x224"),
    }
    for name, (model, image) in models.items():
        report = inspect_model(model, inputs=[image], device="meta" if name == "alexnet" else "cpu")
        (path / f"{name}.json").write_text(report.to_json(), encoding="utf-8")
    torch.save(nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8)).state_dict(), path / "net.pth")
    weights = inspect_model(str(path / "net.pth"))
    (path / "weights.json").write_text(weights.to_json(), encoding="utf-8")
    (path / "sparse.json").write_text(inspect_model(sparse(), inputs=["1x3x8x8"]).to_json(), encoding="utf-8")
    small = (path / "small.json").read_text(encoding="utf-8")
    (path / "deep.json").write_text(small.replace('"settings": {', f'"settings": {{"a": {"[" * 9999}{"]" * 9999},', 1))
    (path / "typed.json").write_text(small.replace('"macs": 139419', '"macs": "139419"', 1))
    (path / "negative.json").write_text(small.replace('"macs": 139419', '"macs": -1', 1))
    (path / "text.json").write_text("just words\n")
    (path / "other.json").write_text('{"totals": 1}')
    (path / "future.json").write_text('{"schema_version": 99, "tool": {"name": "cnninspect"}}')
    (path / "broken.py").write_text("import nothing_of_that_name\n\n\nclass Net: ...\n")
    (path / "folder").mkdir()
    return path


def sparse() -> Any:
    """A convolution of 112 parameters, 4·6²·27 = 3,888 MACs and 4·6² outputs; 16 for a product that no rule counts."""
    import torch
    from torch import nn

    class Sparse(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = nn.Conv2d(3, 4, 3)
            self.weight = nn.Parameter(torch.rand(4, 4))

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            features = self.convolution(image).mean((2, 3))
            product: torch.Tensor = torch.sparse.mm(features.to_sparse(), self.weight)
            return product

    return Sparse()


@pytest.fixture
def check(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run ``check`` where the files are."""
    monkeypatch.chdir(folder)
    return lambda *line: cli("check", *line)


@pytest.mark.parametrize(
    "case",
    [*BOUNDARIES, *SPELLINGS, *STRUCTURE, *USAGE, *BASELINES, *BOUNDS, *RUNS],
    ids=lambda case: " ".join(case.line) or "nothing",
)
def test_invocation(check: Callable[..., Result], case: Case) -> None:
    result = check(*case.line)
    assert result.code == case.code, result.err
    for words in case.says:
        assert words in (result.out if case.code < 2 else result.err)
    assert "Traceback" not in result.err
    assert (result.out == "") == (case.code > 1)
    if case.code < 2:
        assert result.err == ""


def test_every_option_is_in_the_table() -> None:
    from cnninspect.budgets.entry import Entry

    lines = " ".join(word for case in [*BOUNDARIES, *STRUCTURE, *USAGE, *BASELINES, *RUNS] for word in case.line)
    fields = {field.encode_name for field in msgspec.structs.fields(Entry)} - {"model", "input"}
    assert [name for name in fields if f"--{name}" not in lines] == []


@pytest.mark.parametrize("form", [*SHARED, Format.junit, Format.github])
def test_no_format_rounds_a_figure_into_its_budget(check: Callable[..., Result], form: str) -> None:
    """One parameter too many is one too many, however many digits would be shown in short."""
    result = check("alexnet.json", "--max-params", str(ALEXNET_PARAMS - 1), "-f", form)
    assert result.code == 1
    shown = html.unescape(result.out).replace(",", "").replace("\u00a0", " ")
    assert str(ALEXNET_PARAMS) in shown
    assert str(ALEXNET_PARAMS - 1) in shown


def found(budget: str, limit: object, actual: object, margin: int | None, *, passed: bool) -> dict[str, object]:
    """One element of the JSON's checks."""
    return {
        "model": "alexnet.json", "budget": budget, "limit": limit, "actual": actual, "margin": margin, "passed": passed,
        "reason": None,
    }  # fmt: skip


def test_json(check: Callable[..., Result]) -> None:
    result = check(
        "alexnet.json", "--max-params", "62M", "--max-macs", "714188479", "--output-shape", "1x1000", "-f", "json"
    )
    assert (result.code, result.err) == (1, "")
    assert json.loads(result.out) == {
        "schema_version": 1,
        "passed": False,
        "checks": [
            found("max-params", 62_000_000, ALEXNET_PARAMS, 899_160, passed=True),
            found("max-macs", ALEXNET_MACS - 1, ALEXNET_MACS, -1, passed=False),
            found("output-shape", "1x1000", "1x1000", None, passed=True),
        ],
    }


def test_schema_is_that_of_the_json(cli: Cli) -> None:
    schema = json.loads(cli("schema", "check").out)
    fields = schema["$defs"]["Check"]["properties"]
    assert list(fields) == ["model", "budget", "limit", "actual", "margin", "passed", "reason"]
    assert list(schema["$defs"]["CheckResult"]["properties"]) == ["schema_version", "passed", "checks"]


def test_figures_that_prove_nothing_are_told_beside_the_json(check: Callable[..., Result]) -> None:
    result = check("sparse.json", "--max-macs", "1M", "-f", "json")
    assert result.code == 1
    assert not json.loads(result.out)["passed"]
    assert "note: sparse.json: max-macs: ≥ 3,888" in result.err
    assert check("sparse.json", "--max-macs", "1M", "-f", "json", "-q").err == ""


def test_csv(check: Callable[..., Result]) -> None:
    rows = list(csv.DictReader(io.StringIO(check("weights.json", "--max-macs", "1", "-f", "csv").out)))
    assert rows == [
        {
            "model": "weights.json",
            "budget": "max-macs",
            "limit": "1",
            "actual": "",
            "margin": "",
            "passed": "False",
            "reason": "a file of weights has nothing to run",
        }
    ]


def test_junit(check: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "checks.xml"
    result = check("small.json", "--max-params", "659", "--max-macs", "1G", "--forbid", "Dropout", "-o", str(file))
    assert (result.code, result.out, result.err) == (1, "", "note: 2 of 3 checks failed\n")
    assert check("small.json", "--max-params", "659", "-o", str(tmp_path / "quiet.xml"), "-q").err == ""
    (suite,) = JUnitXml.fromfile(str(file))
    assert (suite.name, suite.tests, suite.failures, suite.errors) == ("small.json", 3, 2, 0)
    assert [case.name for case in suite if case.result] == ["max-params", "forbid Dropout"]
    (failure,) = next(iter(suite)).result
    assert failure.message == "max-params: 660, wanted ≤ 659 (margin −1)"


def test_junit_names_the_layers_that_changed(check: Callable[..., Result]) -> None:
    result = check("wider.json", "--baseline", "small.json", "-f", "junit")
    (suite,) = JUnitXml.fromstring(result.out.encode())
    (failure,) = next(case for case in suite if case.name == "baseline layers").result
    assert "~ Conv2d 0 out_channels 7 → 8" in failure.text


def test_github(check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = check("small.json", "--max-params", "659", "--max-macs", "1G", "--forbid", "Dropout", "-f", "github")
    assert (result.code, result.err) == (1, "")
    assert result.out.splitlines() == [
        "::error title=cnninspect check small.json::max-params: 660, wanted ≤ 659 (margin −1)",
        "::error title=cnninspect check small.json::forbid Dropout: 1, wanted ≤ 0 (margin −1)",
    ]
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n**2 of 3 checks failed**")
    assert "| max-params | ≤ 659 | 660 | −1 | **FAILED** |" in text
    passed = "::notice title=cnninspect check small.json::1 check passed\n"
    assert check("small.json", "--max-params", "660", "-f", "github").out == passed
    assert summary.read_text(encoding="utf-8").count("| max-params |") == 2


def test_github_is_told_of_what_cannot_be_carried_out(check: Callable[..., Result]) -> None:
    for arguments, why in ((("alexnt", "--max-params", "1"), "unknown model 'alexnt'"),
                           (("small.json", "--max-params", "1X"), "max-params: '1X' is not a count"),
                           (("small.json", "--max-parms", "1"), "unknown option '--max-parms'")):  # fmt: skip
        result = check(*arguments, "-f", "github")
        assert result.code == 2
        assert result.out == f"::error title=cnninspect check {arguments[0]}::could not be checked: {why}\n"
        assert result.err.startswith(f"error: {why}")


def test_github_escapes(check: Callable[..., Result]) -> None:
    """As ``@actions/core`` does: %, CR and LF everywhere, ``:`` and ``,`` in properties."""
    result = check(SMALL.replace("7", "8"), "-i", "1x4x19x19", "--max-params", "1", "-f", "github")
    assert result.code == 3
    (line,) = result.out.splitlines()
    assert line.startswith("::error title=cnninspect check nn%3AConv2d(3%2C 8%2C 5); ReLU()")
    assert "::could not be checked: `0` Conv2d wants 3 channels and got 4" in line
    assert "%0A  torch says: " in line
    assert github.render([Outcome("100%: a,b\r\n")]) == ""
    failed = Outcome("100%", failure=RunFailure("50% of it", None, 3))
    assert github.render([failed]) == "::error title=cnninspect check 100%25::could not be checked: 50%25 of it\n"


def test_github_summary_that_cannot_be_written(check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/such/summary.md")
    result = check("small.json", "--max-params", "660", "-f", "github")
    assert (result.code, result.out) == (0, "::notice title=cnninspect check small.json::1 check passed\n")
    assert "can't write 'no/such/summary.md'" in result.err


def test_quiet_shows_violations_alone(check: Callable[..., Result]) -> None:
    assert check("small.json", "--max-params", "660", "-q") == Result(0, "", "")
    result = check("small.json", "--max-params", "659", "--max-macs", "1G", "-q")
    assert (result.code, result.err) == (1, "")
    assert "max-params" in result.out
    assert "max-macs" not in result.out


def test_80_columns(check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = check("alexnet.json", "--baseline", "wider.json", "--min-trainable-params", "62M", "--max-size", "250MiB")
    assert result.code == 1
    assert max(map(len, result.out.splitlines())) <= 80


def test_standard_input(check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("small.json").open(encoding="utf-8") as file:
        monkeypatch.setattr("sys.stdin", file)
        result = check("-", "--max-params", "660", "-f", "json")
    assert json.loads(result.out)["checks"][0]["model"] == SMALL


def test_update_makes_and_renews_a_baseline(check: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    made = check("small.json", "--baseline", str(file), "--update")
    assert (made.code, made.out) == (0, "")
    assert f"baseline {str(file)!r} written" in made.err
    assert file.read_text(encoding="utf-8") == Path("small.json").read_text(encoding="utf-8")
    assert check("wider.json", "--baseline", str(file)).code == 1
    assert check("wider.json", "--baseline", str(file), "--update", "-q") == Result(0, "", "")
    assert check("wider.json", "--baseline", str(file)).code == 0
    assert [each.name for each in tmp_path.iterdir()] == ["baseline.json"]


def test_update_leaves_alone_what_is_the_same(check: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    assert check(SMALL, "-i", IMAGE, "--baseline", str(file), "--update").code == 0
    before = file.read_bytes()
    again = check(SMALL, "-i", IMAGE, "--baseline", str(file), "--update")
    assert "is up to date" in again.err
    assert file.read_bytes() == before


def test_update_renews_a_baseline_of_another_version(check: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(Path("future.json").read_text(encoding="utf-8"))
    assert check("small.json", "--baseline", str(file)).code == 2
    assert check("small.json", "--baseline", str(file), "--update").code == 0
    assert check("small.json", "--baseline", str(file)).code == 0


def test_update_still_judges_budgets(check: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    result = check("small.json", "--baseline", str(file), "--update", "--max-params", "659", "-f", "json")
    assert result.code == 1
    assert [each["budget"] for each in json.loads(result.out)["checks"]] == ["max-params"]
    assert file.exists()


def test_update_of_a_model_that_fails_leaves_the_baseline(check: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    assert check(SMALL, "-i", "1x4x19x19", "--baseline", str(file), "--update").code == 3
    assert not file.exists()
