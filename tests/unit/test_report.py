"""Reports as files: what is written is read back, what is something else is refused."""

import json

import pytest

from cnninspect import Report
from cnninspect.errors import RequestError
from tests.canned import REPORT


def test_round_trip() -> None:
    assert Report.from_json(REPORT.to_json()) == REPORT
    assert Report.from_json(REPORT.to_json().encode()) == REPORT


def test_json_has_the_fields_of_the_contract() -> None:
    report = json.loads(REPORT.to_json())
    assert list(report) == ["schema_version", "tool", "model", "run", "totals", "layers", "uncounted_ops", "notes"]
    assert list(report["model"]) == ["spec", "name", "source", "class_path", "weights", "arguments"]
    assert list(report["run"]) == [
        *("device", "dtype", "mode", "inputs", "outputs", "seconds", "cached", "versions"),
    ]
    assert list(report["totals"]) == [
        *("params", "trainable_params", "buffers", "param_bytes", "buffer_bytes"),
        *("macs", "flops", "activations", "output_bytes"),
    ]
    assert list(report["layers"][0]) == [
        *("path", "name", "type", "depth", "call", "inputs", "outputs", "params", "own_params", "trainable_params"),
        *("param_bytes", "macs", "own_macs", "activations", "output_bytes", "settings", "receptive_field"),
    ]


@pytest.mark.parametrize(
    "text", ["", "words", "[]", "{}", '{"schema_version": 1}', '{"schema_version": "1"}', b"\xff\xfe", "[" * 100_000]
)
def test_something_else_is_refused(text: str | bytes) -> None:
    with pytest.raises(RequestError, match="not a cnninspect report"):
        Report.from_json(text)


def test_another_version_is_refused() -> None:
    text = REPORT.to_json().replace('"schema_version": 1', '"schema_version": 2')
    with pytest.raises(RequestError, match="schema version 2"):
        Report.from_json(text)


def test_notebook() -> None:
    assert "<table>" in REPORT._repr_html_()
