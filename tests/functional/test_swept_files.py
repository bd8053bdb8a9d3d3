"""A file that ``sweep`` has written, read by ``compare``, ``models`` and ``check``; what ``compare`` asks of many."""

import csv
import io
import json
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from cnninspect.sweep.line import SweepLine
from tests.conftest import Cli
from tests.functional.sweeps import lines
from tests.unit.sweep.made import done, failed

ACC: Final = "ImageNet-1K"


def line(spec: str, number: int, params: int, macs: int, accuracy: float | None) -> SweepLine:
    made = done(spec, f"{number}-x", params=params, macs=macs)
    return replace(made, accuracy=None if accuracy is None else {ACC: {"acc@1": accuracy}})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four networks, of which ``worse`` is behind ``small`` in both, and one that failed."""
    monkeypatch.chdir(tmp_path)
    made = [
        line("a.py:small", 1, 10_000_000, 10**9, 70.0), line("a.py:large", 2, 40_000_000, 10**10, 80.0),
        line("a.py:worse", 3, 20_000_000, 2 * 10**9, 69.0), line("a.py:other", 4, 5_000_000, 10**8, None),
        failed("a.py:slow", "5-x"),
    ]  # fmt: skip
    (tmp_path / "zoo.jsonl").write_bytes(b"".join(each.to_json() for each in made))
    return tmp_path


def compared(cli: Cli, *options: str) -> list[str]:
    """The networks that are compared."""
    result = cli("compare", "zoo.jsonl", *options, "-f", "json", "-q")
    assert result.code == 0, result.err
    names: list[str] = [name.removeprefix("a.py:") for name in json.loads(result.out)["names"]]
    return names


def test_compare(cli: Cli) -> None:
    assert compared(cli) == ["small", "large", "worse", "other"]
    assert compared(cli, "--sort=-params") == ["large", "worse", "small", "other"]
    shown = cli("compare", "zoo.jsonl")
    assert "1 of 5 in 'zoo.jsonl' failed, and is left out" in shown.err
    rows = [" ".join(row.split()) for row in shown.out.splitlines()]
    assert "a.py:large 40,000,000 10,000,000,000 80.0 acc@1" in rows
    assert "a.py:large 4.00× +30.0 M 10.0× +9.00 G" in rows
    assert "identical" not in shown.out


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        (["params<30M", "macs>1e8"], ["small", "worse"]),
        (["accuracy>=70"], ["small", "large"]),
        (["batch=1,status=done,params<30M"], ["small", "worse", "other"]),
        (["params<30M,accuracy>69"], None),
    ],
)
def test_where(cli: Cli, condition: list[str], left: list[str] | None) -> None:
    options = [word for each in condition for word in ("--where", each)]
    if left is not None:
        assert compared(cli, *options) == left
        return
    refused = cli("compare", "zoo.jsonl", *options)
    assert (refused.code, refused.err.splitlines()[1]) == (2, "error: --where leaves 1 of 4 networks")


def test_a_baseline_that_is_named_stays(cli: Cli) -> None:
    options = ("--where", "params<15M", "--baseline", "a.py:large")
    assert compared(cli, *options) == ["small", "large", "other"]


def test_front(cli: Cli) -> None:
    """Of accuracy and MACs worse is behind small, and other has no accuracy."""
    result = cli("compare", "zoo.jsonl", "--pareto", "accuracy,macs", "-f", "json")
    assert json.loads(result.out)["front"] == {"columns": ["accuracy", "macs"], "indices": [0, 1]}
    assert "front" not in json.loads(cli("compare", "zoo.jsonl", "-f", "json").out)
    table = cli("compare", "zoo.jsonl", "--pareto", "accuracy,macs").out
    assert [row.split()[0] for row in table.splitlines() if row.rstrip().endswith(" yes")] == [
        "a.py:small",
        "a.py:large",
    ]
    rows = csv.DictReader(io.StringIO(cli("compare", "zoo.jsonl", "--pareto", "accuracy,macs", "-f", "csv").out))
    assert [row["model"] for row in rows if row["about"] == "front"] == ["a.py:small", "a.py:large"]
    assert cli("compare", "zoo.jsonl", "--pareto", "accuracy,macs", "--plot", "front.svg", "-q").code == 0
    drawn = [each for each in Path("front.svg").read_text(encoding="utf-8").splitlines() if "<use" in each]
    assert sum("stroke: #ff0000" in each for each in drawn) == 2
    assert cli("compare", "zoo.jsonl", "--pareto", "accuracy").code == 2


def test_two_are_not_said_to_be_identical(cli: Cli, folder: Path) -> None:
    """Their totals are, and their layers are not known."""
    two = [line(spec, number, 1, 1, None) for number, spec in enumerate(("a.py:one", "a.py:two"))]
    (folder / "two.jsonl").write_bytes(b"".join(each.to_json() for each in two))
    shown = cli("compare", "two.jsonl", "--exit-code")
    assert shown.code == 1
    assert "a.py:two has exactly the parameters and exactly the MACs of a.py:one" in shown.out


def test_parquet(cli: Cli, folder: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert cli("compare", "zoo.jsonl", "--pareto", "accuracy,macs", "-o", "zoo.parquet").code == 0
    table = parquet.read_table(folder / "zoo.parquet").to_pydict()
    assert table["model"] == ["a.py:small", "a.py:large", "a.py:worse", "a.py:other"]
    assert table["macs"] == [10**9, 10**10, 2 * 10**9, 10**8]
    assert table["accuracy"] == [70.0, 80.0, 69.0, None]
    assert table["front"] == [True, True, False, False]
    refused = cli("compare", "zoo.jsonl", "-f", "parquet")
    assert (refused.code, refused.out) == (2, "")
    assert "--format parquet needs a file" in refused.err


def test_models(cli: Cli) -> None:
    shown = cli("models", "zoo.jsonl", "-f", "json")
    found = {each["name"]: (each["params"], each["macs"]) for each in json.loads(shown.out)["models"]}
    assert found == {
        "a.py:small": (10_000_000, 10**9), "a.py:large": (40_000_000, 10**10), "a.py:worse": (20_000_000, 2 * 10**9),
        "a.py:other": (5_000_000, 10**8),
    }  # fmt: skip
    assert "a.py:large" in cli("models", "zoo.jsonl").out


def test_check(cli: Cli) -> None:
    """Each line is a gate; one that failed is an error with the code that its run would have had."""
    shown = cli("check", "zoo.jsonl", "--max-params", "30M", "--max-layers", "Conv2d=1", "-f", "json")
    assert shown.code == 3
    checks = json.loads(shown.out)["checks"]
    assert [(each["model"], each["passed"]) for each in checks if each["budget"] == "max-params"] == [
        ("a.py:small", True), ("a.py:large", False), ("a.py:worse", True), ("a.py:other", True),
    ]  # fmt: skip
    assert all(each["passed"] for each in checks if each["budget"] == "max-layers Conv2d")  # one, called twice
    assert "error: a.py:slow: it took longer than 1 s" in shown.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["summary", "zoo.jsonl"], "'zoo.jsonl' is a file of many networks, and one is wanted"),
        (["check", "zoo.jsonl", "--max-params", "1", "--device", "meta"], "there is nothing to run"),
        (["check", "zoo.jsonl", "--baseline", "a.json"], "'zoo.jsonl' has many"),
        (["compare", "zoo.jsonl", "--device", "meta"], "there is nothing to run"),
        (["compare", "none.jsonl"], "can't read 'none.jsonl'"),
        (["compare", "zoo.jsonl", "--where", "prams<1"], "unknown column 'prams'"),
        (["models", "none.jsonl"], "can't read 'none.jsonl'"),
        (["models", "zoo.jsonl", "--source", "timm"], "no network of 'zoo.jsonl'"),
    ],
)
def test_refused(cli: Cli, words: list[str], says: str) -> None:
    shown = cli(*words)
    assert (shown.code, shown.out) == (2, "")
    assert says in shown.err


def test_a_glob_in_two_processes_gives_what_it_gives_in_one(cli: Cli) -> None:
    found = []
    for jobs in ("1", "2"):
        shown = cli("compare", "scratch:vgg1*", "-i", "1x3x64x64", "--jobs", jobs, "-q", "-f", "json")
        assert shown.code == 0, shown.err
        result = json.loads(shown.out)
        for report in result["reports"]:
            report["run"]["seconds"] = 0
        found.append(result)
    assert found[0] == found[1]
    assert len(found[0]["names"]) == 8  # vgg11 to vgg19, each also _bn
    failing = cli("compare", "scratch:*", "-i", "1x3x64x64", "--jobs", "2", "-q", "-f", "json")
    assert failing.code == 3
    assert "error: scratch:alexnet" in failing.err


def test_a_file_of_a_sweep_is_read_back(cli: Cli, folder: Path) -> None:
    """The figures of ``summary``, by way of a line."""
    assert cli("sweep", "scratch:vgg11", "scratch:vgg13", "--jobs", "1", "-q", "-o", "own.jsonl").code == 0
    assert len(lines(folder / "own.jsonl")) == 2
    rows = csv.DictReader(io.StringIO(cli("compare", "own.jsonl", "-f", "csv").out))
    totals = {(row["model"], row["item"]): row["value"] for row in rows if row["about"] == "total"}
    # torchvision's metadata: num_params, and by hand 8 and 10 convolutions, 3 linear layers
    assert [totals[f"scratch:vgg{n}", "params"] for n in (11, 13)] == ["132863336", "133047848"]
    assert [totals[f"scratch:vgg{n}", "convolutions"] for n in (11, 13)] == ["8", "10"]
    assert totals["scratch:vgg11", "linear"] == "3"
