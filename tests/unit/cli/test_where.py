"""Comparisons of columns: how they are written, and of what they hold for certain."""

from fractions import Fraction

import pytest
from msgspec.structs import replace

from cnninspect.cli.where import COLUMNS, conditions
from cnninspect.errors import RequestError
from cnninspect.report import UncountedOp
from tests.canned import REPORT

EXACT = replace(REPORT, uncounted_ops=())  # 125 parameters, 13,824 multiply-accumulates


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("params<126", True), ("params<125", False), ("params<=125", True), ("params = 125", True),
        ("params!=125", False), ("macs>13.8k", True), ("macs>13.9k", False), ("size<=536B", True), ("size<536B", False),
        ("bytes<1KiB", True),
        ("accuracy>=75.5", True), ("accuracy>76", False), ("receptive-field>=3", True),
    ],
)  # fmt: skip
def test_exact_figures(text: str, holds: bool) -> None:
    """The canned report's: its parameters and buffers take 500 + 36 bytes."""
    (condition,) = conditions([text])
    assert condition.holds(EXACT, {"ImageNet-1K": {"acc@1": 75.5}}) is holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("batch=1", True), ("batch>1", False), ("side = 8", True), ("side!=8", False), ("seconds<0.5", True),
        ("status=done", True), ("status=failed", False), ("dtype==float32", True), ("dtype!=float32", False),
        ("device=cpu", True), ("mode=train", False), ("source=python", True), ("spec=net.py:Net", True),
    ],
)  # fmt: skip
def test_what_is_known_of_the_run(text: str, holds: bool) -> None:
    """The canned report's: one image of 8×8."""
    (condition,) = conditions([text])
    assert condition.holds(EXACT, None) is holds


def test_of_a_bound_only_what_it_proves() -> None:
    """At least 13,824."""
    least = replace(REPORT, uncounted_ops=(UncountedOp("aten::x", 1),))
    held = {text: conditions([text])[0].holds(least, None) for text in ("macs>1", "macs>=1e6", "macs<1e6", "macs!=1")}
    assert held == {"macs>1": True, "macs>=1e6": False, "macs<1e6": False, "macs!=1": False}


def test_the_unknown_is_left_out() -> None:
    unknown = replace(EXACT, totals=replace(EXACT.totals, params=None))
    assert not any(each.holds(unknown, None) for each in conditions(["params<1e9", "params>0", "accuracy>0"]))


def test_several() -> None:
    found = conditions(["params<30M, accuracy>=75", "macs>1,000"])
    assert [(each.column, each.sign, each.value) for each in found] == [
        ("params", "<", Fraction(30_000_000)), ("accuracy", ">=", Fraction(75)), ("macs", ">", Fraction(1000)),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["params", "params<", "params<<3", "output=1", "params<3X", "", "batch=x"])
def test_refused(text: str) -> None:
    with pytest.raises(RequestError):
        conditions([text])


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("Batch=1", "unknown column 'Batch'", "did you mean batch?"),
        ("colour=1", "unknown column 'colour'", f"--where takes {', '.join(COLUMNS)}"),
        ("dtype<float32", "--where 'dtype<float32': dtype is a word", "compare it by = or !=: 'dtype!=float32'"),
    ],
)
def test_what_to_do_instead(text: str, message: str, hint: str) -> None:
    with pytest.raises(RequestError) as raised:
        conditions([text])
    assert (raised.value.message, raised.value.hint) == (message, hint)
