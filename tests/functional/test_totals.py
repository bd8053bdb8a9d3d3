"""The table of totals, walked: each total is shown, compared and gated wherever its row says.

On a report built by hand, without torch: a figure that stands in a row and not in ``FIGURES`` fails.
"""

import csv
import io
from pathlib import Path
from typing import Final

import msgspec
import pytest

from cnninspect.budgets.entry import LIMITS, limits_on
from cnninspect.report import ReceptiveField, Report, Totals
from cnninspect.totals import TOTALS, Place, Total, read_in
from tests.canned import REPORT
from tests.conftest import Cli

#: 500 + 36 bytes; 2·13,824 FLOPs; one convolution of five layers without layers below them; a field of 7×5 pixels.
FIGURES: Final = {
    "params": 125, "trainable_params": 112, "size": 536, "macs": 13_824, "flops": 27_648, "activations": 512,
    "convolutions": 1, "linear": 0, "layers": 5, "receptive_field": 7,
}  # fmt: skip
_SMALLEST_SIDE: Final = 5
#: The field of the report's totals that a total is read from, where it has another name.
_FIELDS: Final = {"size": "param_bytes"}


def rows(place: Place) -> list[object]:
    return [pytest.param(total, id=key) for key, total in read_in(place).items()]


def canned() -> Report:
    """The canned report, all of its operators counted and the field of its convolution not square."""
    layers = list(REPORT.layers)
    layers[2] = msgspec.structs.replace(layers[2], receptive_field=ReceptiveField((7, 5), (1, 1), (1, 1)))
    return msgspec.structs.replace(REPORT, uncounted_ops=(), layers=tuple(layers))


def more(report: Report, field: str) -> Report:
    """With one more of a figure."""
    totals = msgspec.structs.replace(report.totals, **{field: getattr(report.totals, field) + 1})
    return msgspec.structs.replace(report, totals=totals)


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with the report."""
    (tmp_path / "a.json").write_text(canned().to_json(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_total_has_its_figure() -> None:
    assert {total.key: total.figure(canned()).value for total in TOTALS} == FIGURES


def test_a_total_is_read_everywhere_but_for_a_reason() -> None:
    left_out = {total.key: Place.EVERYWHERE & ~total.places for total in TOTALS}
    assert {key: places for key, places in left_out.items() if places} == {
        "trainable_params": Place.COMPARE,  # beside the parameters
        "flops": Place.BASELINE,  # always twice the MACs
        "convolutions": ~Place.COMPARE,  # the layers of a type have their budgets, a baseline aligns the layers
        "linear": ~Place.COMPARE,
        "layers": ~Place.CHECK,
        "receptive_field": Place.SUMMARY | Place.BASELINE,  # it is that of one layer, which follows from the layers
    }


@pytest.mark.parametrize("field", Totals.__struct_fields__)
def test_every_figure_of_a_report_is_in_a_row(field: str) -> None:
    changed = more(canned(), field)
    moved = [total.key for total in TOTALS if total.figure(changed).value != FIGURES[total.key]]
    assert bool(moved) == (field not in {"buffers", "output_bytes"})  # which are in the JSON alone


def test_a_budget_stands_in_the_help_beside_what_it_is_on(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = " ".join(cli("check", "--help").out.split())
    places = [text.find(f"--{limit.name} {limit.metavar} {limit.help}") for limit in LIMITS.values()]
    assert [name for name, place in zip(LIMITS, places, strict=True) if place < 0] == []
    assert places == sorted(places)
    assert len(LIMITS) == 2 * len(read_in(Place.CHECK))
    assert all(len(limit.about) > 3 for limit in LIMITS.values())


def test_examples_stand_with_the_usual_budget() -> None:
    shown = {name: limit.help for name, limit in LIMITS.items()}
    assert shown["max-params"] == "Parameters: 62M, 62_000_000, 6.2e7."
    assert shown["min-params"] == "Parameters."
    larger = msgspec.structs.replace(TOTALS[0], is_smaller_better=False)
    assert [limit.help for limit in limits_on(larger)] == ["Parameters.", "Parameters: 62M, 62_000_000, 6.2e7."]


@pytest.mark.parametrize("name", LIMITS)
def test_a_budget_holds_to_the_last_one_from_the_command_line_and_a_file(cli: Cli, saved: Path, name: str) -> None:
    side, _, total = name.partition("-")
    figure = _SMALLEST_SIDE if name == "min-receptive-field" else FIGURES[total.replace("-", "_")]
    inside, beyond = (figure + 1, figure - 1) if side == "max" else (figure - 1, figure + 1)
    for limit, code in ((inside, 0), (figure, 0), (beyond, 1)):
        typed = cli("check", "a.json", f"--{name}", str(limit), "-f", "csv")
        assert (typed.code, typed.err) == (code, "")
        margin = limit - figure if side == "max" else figure - limit
        assert typed.out.splitlines()[1].startswith(f"a.json,{name},{limit},{figure},{margin},{code == 0},")
        file = saved / "pyproject.toml"
        file.write_text(f"[[tool.cnninspect.check]]\nmodel = 'a.json'\n{name} = {limit}\n", encoding="utf-8")
        assert cli("check", "-f", "csv") == typed


@pytest.mark.parametrize("total", rows(Place.COMPARE))
def test_a_compared_total_is_a_column_and_a_record(cli: Cli, saved: Path, total: Total) -> None:
    assert (saved / "a.json").is_file()
    key, figure = total.key, f"{FIGURES[total.key]:,}"
    shown = [" ".join(line.split()) for line in cli("compare", "a.json", "a.json", "--columns", key).out.splitlines()]
    unit = " B" if key == "size" else ""
    ratio = "1.00× " if FIGURES[key] else ""  # of nothing there is none
    assert f"{total.header} {figure}{unit} {figure}{unit} {ratio}0" in shown
    records = list(csv.DictReader(io.StringIO(cli("compare", "a.json", "a.json", "-f", "csv").out)))
    values = [each["value"] for each in records if (each["about"], each["item"]) == ("total", key)]
    assert values == [str(FIGURES[key])] * 2
    assert key in cli("compare", "--help").out


@pytest.mark.parametrize("total", rows(Place.COMPARE | Place.SUMMARY))
def test_networks_are_sorted_by_a_total(cli: Cli, saved: Path, total: Total) -> None:
    larger = more(canned(), _FIELDS.get(total.key, total.key))
    (saved / "b.json").write_text(larger.to_json(), encoding="utf-8")
    for order, first in ((total.key, "a.json"), (f"-{total.key}", "b.json")):
        out = cli("compare", "a.json", "b.json", "--sort", order, "--columns", total.key).out
        assert out.splitlines()[0].startswith(first)


@pytest.mark.parametrize("total", rows(Place.SUMMARY))
def test_a_total_stands_below_the_table(cli: Cli, saved: Path, total: Total) -> None:
    assert (saved / "a.json").is_file()
    lines = [" ".join(line.split()) for line in cli("summary", "a.json").out.splitlines()]
    size = "536 bytes with buffers"
    figure = size if total.key == "size" else f"{FIGURES[total.key]:,}"
    assert any(f"{line} ".startswith(f"{total.header} {figure} ") for line in lines)


@pytest.mark.parametrize("total", rows(Place.BASELINE))
@pytest.mark.parametrize("is_grown", [True, False])
def test_a_total_is_held_against_a_baseline_within_its_tolerance(
    cli: Cli, saved: Path, total: Total, is_grown: bool
) -> None:
    changed = more(canned(), _FIELDS.get(total.key, total.key))
    (saved / "b.json").write_text(changed.to_json(), encoding="utf-8")
    line = ["b.json", "--baseline", "a.json"] if is_grown else ["a.json", "--baseline", "b.json"]
    result = cli("check", *line, "-f", "csv")
    assert result.code == 1
    failed = [each["budget"] for each in csv.DictReader(io.StringIO(result.out)) if each["passed"] == "False"]
    assert failed == [f"baseline {total.name}"]
    assert cli("check", *line, "--tolerance", f"{total.name}=1").code == 0
    assert cli("check", *line, "--tolerance", f"{total.name}=0").code == 1
    tolerance = " ".join(cli("check", "--help").out.split()).partition("--tolerance [NAME=]LIMIT")[2]
    assert total.name in tolerance.partition("With a tolerance")[0]


def test_a_total_follows_one_that_a_baseline_is_held_against() -> None:
    held = read_in(Place.BASELINE)
    assert {total.key: total.follows for total in TOTALS if total.follows} == {
        "trainable_params": "params",
        "size": "params",
    }
    assert {total.follows for total in TOTALS if total.follows} <= held.keys()


def test_what_a_file_of_weights_cannot_tell_is_not_shown(cli: Cli, saved: Path) -> None:
    run = msgspec.structs.replace(REPORT.run, device="none")
    told = Totals(125, None, None, 500, None, None, None, None, None)
    report = msgspec.structs.replace(REPORT, run=run, totals=told, uncounted_ops=())
    (saved / "weights.json").write_text(report.to_json(), encoding="utf-8")
    lines = [" ".join(line.split()) for line in cli("summary", "weights.json").out.splitlines()]
    assert lines[lines.index("Parameters 125") :][1:3] == ["Size 500 bytes", ""]
