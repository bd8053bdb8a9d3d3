"""The verdict in every format, from evidence that is put together by hand. No torch."""

import csv
import io
import json

import msgspec
import pytest

from cnninspect.compare.alignment import Aligned, Status
from cnninspect.formats import SHARED, Format, Terminal
from cnninspect.formats.presentation import written
from cnninspect.formats.verify import presentation
from cnninspect.report import Layer, Report, TensorSpec
from cnninspect.verify.evidence import (
    Departure,
    Difference,
    Evidence,
    Mismatch,
    Pass,
    StateDictFit,
    Verdict,
    Verification,
)
from tests.canned import REPORT

IMAGE = TensorSpec("x", (1, 3, 224, 224), "float32")


def _report(spec: str, mode: str, *layers: tuple[str, str]) -> Report:
    """A report of one pass with layers of these paths and types."""
    rows: list[Layer] = [
        msgspec.structs.replace(REPORT.layers[2], path=path, name=path.rpartition(".")[2], type=kind, call=1)
        for path, kind in layers
    ]
    return msgspec.structs.replace(
        REPORT,
        model=msgspec.structs.replace(REPORT.model, spec=spec),
        run=msgspec.structs.replace(REPORT.run, inputs=(IMAGE,), mode=mode),
        layers=tuple(rows),
    )


NOTHING = Difference(0.0, 0.0)
SAME = Aligned(Status.same, "features.0", "features.0", {})
EQUIVALENT = Evidence(
    verification=Verification(
        schema_version=1,
        verdict=Verdict.equivalent,
        layers=(SAME, Aligned(Status.only_second, None, "avgpool", {})),
        state_dict=StateDictFit(),
        outputs=NOTHING,
        gradients=NOTHING,
    ),
    first="scratch:alexnet",
    second="torchvision:alexnet",
    reports=(
        _report("scratch:alexnet", "eval", ("features.0", "Conv2d")),
        _report("torchvision:alexnet", "eval", ("features.0", "Conv2d"), ("avgpool", "AdaptiveAvgPool2d")),
    ),
    draws=3,
    copied="by key",
    passes=(Pass("float32", 1e-3, NOTHING, NOTHING), Pass("float64", 1e-9, NOTHING, NOTHING)),
    departure=None,
    harmless=("AdaptiveAvgPool2d avgpool, only in torchvision:alexnet, changes nothing at 1×3×224×224 in eval mode",),
    notes=(),
)
APART = Difference(1.5, 0.12)
DIFFERENT = msgspec.structs.replace(
    EQUIVALENT,
    verification=Verification(
        schema_version=1,
        verdict=Verdict.different,
        layers=(Aligned(Status.changed, "c[bold]", "features.0", {"padding": ([1, 1], [2, 2]), "params": (9, 10)}),),
        state_dict=StateDictFit(("features.0.weight",), ("c.weight",), (Mismatch("fc.bias", (10,), (1000,)),)),
        outputs=APART,
        gradients=Difference(None, None),
    ),
    reports=(
        _report("scratch:alexnet", "train", ("c[bold]", "Conv2d")),
        _report("torchvision:alexnet", "train", ("features.0", "Conv2d")),
    ),
    passes=(
        Pass("float32", 1e-3, APART, Difference(None, None), "c.weight"),
        Pass("float64", 1e-9, Difference(1.5, 0.125), None),
    ),
    departure=Departure("c", "features.0", "c and features.0 (Conv2d): padding is 1×1 in mine and 2×2 in theirs"),
    harmless=(),
    notes=("the published inputs differ: that of mine was taken",),
)
UNFIT = msgspec.structs.replace(
    DIFFERENT,
    verification=msgspec.structs.replace(DIFFERENT.verification, outputs=None, gradients=None),
    copied=None,
    passes=(),
)


def render(evidence: Evidence, form: Format, terminal: Terminal | None = None) -> str:
    return written(presentation(evidence), form, terminal or Terminal())


def test_json_is_what_was_promised() -> None:
    shown = json.loads(render(EQUIVALENT, Format.json))
    assert shown == {
        "schema_version": 1,
        "verdict": "equivalent",
        "layers": [
            {"status": "same", "first": "features.0", "second": "features.0", "changes": {}},
            {"status": "only_second", "first": None, "second": "avgpool", "changes": {}},
        ],
        "state_dict": {"missing": [], "unexpected": [], "mismatched": []},
        "outputs": {"max_abs": 0.0, "max_rel": 0.0},
        "gradients": {"max_abs": 0.0, "max_rel": 0.0},
    }
    shown = json.loads(render(UNFIT, Format.json))
    assert shown["state_dict"]["mismatched"] == [{"key": "fc.bias", "first": [10], "second": [1000]}]
    assert (shown["outputs"], shown["gradients"]) == (None, None)


def test_table_of_two_that_are_equivalent() -> None:
    lines = render(EQUIVALENT, Format.table).splitlines()
    assert lines[0] == ("equivalent: scratch:alexnet and torchvision:alexnet compute the same from the same weights")
    findings = [" ".join(line.split()) for line in lines[4:8]]
    assert findings == [
        "layers align ✗ 1 layer the same, 1 layer only in torchvision:alexnet",
        "state dicts fit ✓ the same keys, in the same shapes",
        "outputs agree ✓ difference 0 in float32 and float64; 3 random inputs 1×3×224×224, weights by key",
        "gradients agree ✓ difference 0 in float32 and float64; of the output by every parameter and the input",
    ]
    assert lines[-1] == EQUIVALENT.harmless[0]


def test_table_of_two_that_are_different() -> None:
    text = render(DIFFERENT, Format.table)
    for words in (
        "different: scratch:alexnet and torchvision:alexnet are not the same network",
        "1 only in the second: features.0.weight; 1 only in the first: c.weight; 1 in another shape",
        "another shape: fc.bias (10 and 1000)",
        "largest difference 1.5 (relative 0.12) in float32, 1.5 (relative 0.12) in float64",
        "largest difference not a number in float32, unknown in float64",
        "the most at c.weight",
        "c[bold] → features.0",
        "padding 1×1 → 2×2; params 9 → 10",
        "First departure  c and features.0 (Conv2d): padding is 1×1 in mine and 2×2 in theirs",
        "in train mode both draw from the same seed",
        "the published inputs differ",
    ):
        assert words in text


def test_what_could_not_be_compared_is_neither_yes_nor_no() -> None:
    lines = [" ".join(line.split()) for line in render(UNFIT, Format.table).splitlines()]
    assert "outputs agree ? the weights of one don't fit the other" in lines
    assert "gradients agree ? the weights of one don't fit the other" in lines


def test_what_is_taken_for_rounding_is_said() -> None:
    rounded = Pass("float32", 1e-3, Difference(3e-6, 1e-7), NOTHING)
    text = render(msgspec.structs.replace(EQUIVALENT, passes=(rounded,)), Format.table)
    assert "what differs by at most 0.001 of the largest magnitude in float32" in text


def test_csv_has_a_row_a_finding() -> None:
    rows = list(csv.reader(io.StringIO(render(DIFFERENT, Format.csv))))
    assert rows[0] == ["finding", "holds", "dtype", "max_abs", "max_rel", "evidence"]
    assert ["outputs", "false", "float32", "1.5", "0.12", ""] in rows
    assert ["gradients", "", "float64", "", "", ""] in rows
    assert ["verdict", "false", "", "", "", "different"] in rows
    assert rows[-1][0] == "first_departure"
    unfit = list(csv.reader(io.StringIO(render(UNFIT, Format.csv))))
    assert ["outputs", "", "", "", "", "the weights of one don't fit the other"] in unfit


@pytest.mark.parametrize("form", SHARED)
@pytest.mark.parametrize("evidence", [EQUIVALENT, DIFFERENT, UNFIT], ids=lambda each: each.verification.verdict)
def test_every_format_says_the_verdict(evidence: Evidence, form: Format) -> None:
    text = render(evidence, form)
    assert str(evidence.verification.verdict) in text.replace("&#160;", " ")
    assert text.endswith("\n")


def test_without_unicode() -> None:
    assert render(EQUIVALENT, Format.table, Terminal(ascii=True)).isascii()


@pytest.mark.parametrize("width", [80, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    from rich.cells import cell_len

    assert max(map(cell_len, render(EQUIVALENT, Format.table, Terminal(width=width)).splitlines())) <= width
