"""The costs in every format, from figures that are put together by hand. No torch."""

import csv
import io
import json
from typing import Any

import msgspec
import pytest

from cnninspect.formats import Format, Terminal, words
from cnninspect.formats.cost_columns import COLUMNS
from cnninspect.formats.presentation import written
from cnninspect.formats.profile import DEFAULT_TOP, Ranking, presentation
from cnninspect.formats.profile_plot import stacked
from cnninspect.profile.profiled import (
    Batch,
    Costs,
    Course,
    FitMode,
    Fits,
    LayerCost,
    Memory,
    Peak,
    Phase,
    Profile,
    Roofline,
    Time,
    TrainingTime,
)
from tests.canned import REPORT

UNKNOWN: dict[str, Any] = dict.fromkeys(Memory.__struct_fields__)
MEMORY = Memory(
    params=4096, buffers=0, inputs=1024, inference_peak=2048, inference_peak_at=Peak("aten::convolution", "blocks.0"),
    saved=512, gradients=4096, optimizer_state=8192, training_peak=16384, training_peak_at=Peak("aten::add", ""),
    step_peak=20480, needed_inference=7168, needed_training=25600, workspace=None,
)  # fmt: skip
TIME = Time(
    median=0.0125, p25=0.012, p75=0.013, min=0.0119, runs=20, warmup=3, per_second=80.0, macs_per_second=1_100_000.0
)


def call(path: str, **known: Any) -> LayerCost:
    return LayerCost(
        **{**dict.fromkeys(LayerCost.__struct_fields__), "path": path, "type": "Conv2d", "call": 1, **known}
    )


def costs(*layers: LayerCost, **fields: Any) -> Costs:
    known: dict[str, Any] = {
        "model": REPORT.model, "run": REPORT.run, "device_name": "a processor, 2 threads",
        "batches": (Batch(1, REPORT.run.inputs, MEMORY, None),), "fits": None, "layers": layers, "roofline": None,
        "optimizer": "adam",
    }  # fmt: skip
    return Costs(**(known | fields))


def table(found: Costs, ranking: Ranking = Ranking(), width: int = 200) -> str:  # noqa: B008 - frozen
    return written(presentation(found, ranking), Format.table, Terminal(width=width))


def test_memory_and_where_its_peaks_are() -> None:
    lines = table(costs()).splitlines()
    assert lines[0] == "Net (python), input 1×3×8×8 float32"
    assert [line.split()[-4:] for line in lines if line.startswith("inference: the most")] == [
        ["KiB", "convolution", "in", "blocks.0"]
    ]
    assert next(line for line in lines if line.startswith("training needs")).split()[-2:] == ["25.0", "KiB"]
    assert ["a", "step", "with", "adam:", "the", "most", "20.0", "KiB"] in [line.split() for line in lines]
    assert not any("workspace" in line for line in lines)  # where it wasn't measured


def test_what_is_sorted_by_what_is_unknown_says_so() -> None:
    said = "sorted by seconds, which is known of no call"
    untimed = (call("a", macs=1), call("b", macs=2))
    assert said in table(costs(*untimed), Ranking("seconds", is_descending=True))
    assert said not in table(costs(*untimed, call("c", macs=1, seconds=0.5)), Ranking("seconds", is_descending=True))


def test_a_column_a_batch_and_what_is_unknown_says_so() -> None:
    none = Memory(**UNKNOWN)
    found = table(costs(batches=(Batch(1, (), MEMORY, None), Batch(8, (), none, None)), notes=("it can't be told",)))
    assert "Batch 1  Batch 8" in found
    assert [line.split() for line in found.splitlines() if line.startswith("parameters")] == [
        ["parameters", "4.00", "KiB", "unknown"]
    ]
    assert found.rstrip().endswith("it can't be told")


def test_time_of_a_pass_and_of_the_parts_of_a_step() -> None:
    batch = Batch(1, (), MEMORY, TIME, TrainingTime(TIME, TIME, TIME))
    lines = table(costs(batches=(batch,))).splitlines()
    timed = [line.split("  ")[0] for line in lines if "12.0 ms – 13.0 ms" in line]
    assert timed == ["inference", "training, forward", "training, backward", "training, step"]
    assert any("12.5 ms" in line and "80" in line and "1.10 M" in line and "20 + 3" in line for line in lines)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (0.9999, "1.00 s"),
        (0.0009994, "999 µs"),
        (2.5e-5, "25.0 µs"),
        (3e-9, "3 ns"),
        (75.0, "75.0 s"),
    ],
)
def test_times_are_read(value: float | None, text: str) -> None:
    assert words.seconds(value) == text


def test_the_costliest_calls_in_the_order_of_execution() -> None:
    calls = [call(f"layer{number}", live=number % 17) for number in range(40)]
    shown = [line.split(":")[0] for line in table(costs(*calls)).splitlines() if line.startswith("layer")]
    assert len(shown) == DEFAULT_TOP
    assert shown == sorted(shown, key=lambda name: int(name.removeprefix("layer")))
    # of 40 calls three have no bytes at all: those whose number is 0 modulo 17
    assert f"the {DEFAULT_TOP} costliest of 37 calls" in table(costs(*calls))


def test_sorted_by_a_column_all_are_shown() -> None:
    calls = [call("a", macs=3, live=1), call("b", macs=1, live=1), call("c", macs=2, live=1)]

    def order(*ranking: Any) -> list[str]:
        lines = table(costs(*calls), Ranking(*ranking)).splitlines()
        return [line[0] for line in lines if line[1:2] == ":"]

    assert order("macs", True, None) == ["a", "c", "b"]
    assert order("macs", False, None) == ["b", "c", "a"]
    assert order("macs", True, 2) == ["a", "c"]


def test_columns_of_which_nothing_is_known_are_not_there() -> None:
    assert "MACs" not in table(costs(call("a", live=4)))
    everything = call(
        "a", seconds=0.002, self_seconds=0.001, share=0.5, saved=4, live=8, macs=1000, backward_macs=2000,
        bytes_moved=64, intensity=15.6, bound="memory",
    )  # fmt: skip
    (header,) = [line for line in table(costs(everything)).splitlines() if line.startswith("Call")]
    assert all(column.header in header for column in COLUMNS.values())
    narrow = table(costs(everything), width=80)
    assert max(map(len, narrow.splitlines())) <= 80


def test_what_fits_and_the_machines_corners() -> None:
    found = table(
        costs(fits=Fits(24 * 2**30, FitMode.training, 293, True), roofline=Roofline(50_000_000_000.0, 10_000_000_000.0))
    )
    assert "Largest batch in 24.0 GiB  293" in found
    assert "for a training step, which ran, and the next did not" in found
    assert "bound by arithmetic from 5 MACs/byte on" in found  # 50/10


def test_json_is_the_profile_alone_and_csv_a_row_a_call() -> None:
    found = costs(call("a", live=4), call("b"), course=Course((), {}, {}, 0))
    data = json.loads(written(presentation(found), Format.json, Terminal()))
    assert list(data) == list(Profile.__struct_fields__)
    assert msgspec.convert(data, Profile, strict=False).batches[0].memory == MEMORY
    header, *rows = csv.reader(io.StringIO(written(presentation(found), Format.csv, Terminal())))
    assert header == list(LayerCost.__struct_fields__)
    assert [row[0] for row in rows] == ["a", "b"]


def test_a_stack_has_what_stays_at_the_bottom() -> None:
    course = Course(
        (Phase("forward", 0),), {"weights": 8, "buffers": 0, "inputs": 2},
        {"activations": (1, 2), "gradients": (0, 0), "optimizer state": (4, 4)}, 1,
    )  # fmt: skip
    assert stacked(course) == {"weights": [8, 8], "inputs": [2, 2], "optimizer state": [4, 4], "activations": [1, 2]}


def test_print_is_the_table() -> None:
    assert str(costs()).startswith("Net (python), input 1×3×8×8 float32\n")
    assert "<table" in costs()._repr_html_()
