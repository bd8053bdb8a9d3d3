"""Reports as files: what is written is read back, what is something else is refused."""

import json

import pytest
from msgspec.structs import replace

from cnninspect import Report
from cnninspect.errors import RequestError
from cnninspect.report import ReceptiveField, TensorSpec
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


def of_a_chain(levels: int) -> Report:
    """Modules each of which holds the next."""
    whole = REPORT.layers[0]
    paths = [".".join("m" * level) for level in range(levels)]
    layers = tuple(replace(whole, path=path, name="m", depth=level) for level, path in enumerate(paths))
    return replace(REPORT, layers=layers)


def with_setting(value: object) -> Report:
    return replace(REPORT, layers=(replace(REPORT.layers[0], settings={"padding": value}),))


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (replace(REPORT, totals=replace(REPORT.totals, params=10**40)), "a number has more than 40 digits"),
        (with_setting(-(10**40)), "a number has more than 40 digits"),
        (with_setting(nested(17)), "a setting of '' is nested more than 16 levels deep"),
        (of_a_chain(1002), "modules are nested more than 1000 levels deep"),
        (replace(REPORT, model=replace(REPORT.model, arguments={"a": {"b": nested(16)}})), "an argument of the model"),
        (replace(REPORT, layers=(replace(REPORT.layers[0], depth=-1),)), "`int` >= 0"),
        (replace(REPORT, layers=(replace(REPORT.layers[0], inputs=(TensorSpec("", (-1,), ""),)),)), "`int` >= 0"),
        (
            replace(REPORT, layers=(replace(REPORT.layers[0], receptive_field=ReceptiveField((), (), ())),)),
            "field of ''",
        ),
        (
            replace(REPORT, layers=(replace(REPORT.layers[0], receptive_field=ReceptiveField((1,), (), (1,))),)),
            "field of",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_network_has_is_refused(report: Report, says: str) -> None:
    """No size of torch has more than 19 digits, nor a product of two more than 38."""
    with pytest.raises(RequestError, match=f"not a cnninspect report: .*{says}"):
        Report.from_json(report.to_json())


@pytest.mark.parametrize(
    "report",
    [
        replace(REPORT, totals=replace(REPORT.totals, params=10**40 - 1)),
        replace(REPORT, notes=("9" * 5000, '"' + "9" * 50, "\\" + "9" * 50)),  # digits in text are no number
        with_setting(nested(16)),
        of_a_chain(1001),
    ],
    ids=["figures", "text", "settings", "modules"],
)
def test_what_is_large_is_read_all_the_same(report: Report) -> None:
    assert Report.from_json(report.to_json()) == report


def test_a_file_that_is_too_large_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnninspect.file_limits.MOST_BYTES", 2**20)
    with pytest.raises(RequestError, match="more than 1 MiB"):
        Report.from_json(REPORT.to_json() + " " * 2**20)


def test_characters_that_act_are_escapes() -> None:
    """Control characters (C1 and DEL too) and those that turn the order of others; letters are as they are."""
    text = replace(REPORT, notes=("\x7f\x9b\u2028\u202e\u2066\ufeff\U000e0001é𝄞",)).to_json()
    assert r'"\u007f\u009b\u2028\u202e\u2066\ufeff\udb40\udc01é𝄞"' in text


def test_a_name_that_is_no_text_is_spelled_out() -> None:
    """A file of the name ``a\\xff`` is ``a\\udcff`` to Python (PEP 383), which no JSON can have."""
    report = replace(REPORT, model=replace(REPORT.model, spec="a\udcff", arguments={"\udcff": ["\udcff"]}))
    model = json.loads(report.to_json())["model"]
    assert (model["spec"], model["arguments"]) == ("a\\udcff", {"\\udcff": ["\\udcff"]})


def test_another_version_is_refused() -> None:
    text = REPORT.to_json().replace('"schema_version": 1', '"schema_version": 2')
    with pytest.raises(RequestError, match="schema version 2"):
        Report.from_json(text)


def test_notebook() -> None:
    assert "<table>" in REPORT._repr_html_()
