"""A line keeps what the report says, but for the layers, and comes back as it was."""

import pytest

from cnninspect import totals
from cnninspect.errors import ModelError
from cnninspect.report import TensorSpec
from cnninspect.sweep.line import SweepLine
from cnninspect.totals import TOTALS
from tests.canned import REPORT
from tests.unit.sweep.made import FAILURE, done, failed


@pytest.mark.parametrize("line", [done("net.py:Net", "a-b"), failed("net.py:Net", "a-b")])
def test_comes_back_as_it_was(line: SweepLine) -> None:
    text = line.to_json()
    assert text.endswith(b"}\n")
    assert text.count(b"\n") == 1
    assert SweepLine.from_json(text) == line


def test_totals_are_those_of_the_report() -> None:
    """All that compare and check read, from counts as from the layers themselves."""
    ours = done("net.py:Net", "a-b").report()
    named = {total.key: total.figure(ours).value for total in TOTALS}
    assert named == {total.key: total.figure(REPORT).value for total in TOTALS}
    for pattern in ("Conv2d", "*Linear", "Identity", "Dropout"):
        assert totals.layers(ours, pattern).value == totals.layers(REPORT, pattern).value
    assert totals.smallest_side(ours).value == totals.smallest_side(REPORT).value


def test_a_failed_one_raises_what_it_failed_with() -> None:
    line = failed("net.py:Net", "a-b")
    assert line.inputs == (TensorSpec("", (1, 3, 8, 8), ""),)
    with pytest.raises(ModelError) as raised:
        line.report()
    assert (raised.value.message, raised.value.hint) == (FAILURE.message, FAILURE.hint)


@pytest.mark.parametrize(
    "text",
    [
        b"{}", b"[]", b"nonsense", b"\xff",
        done("a", "a-b").to_json().replace(b'"done"', b'"failed"'),
        failed("a", "a-b").to_json().replace(b'"failed"', b'"done"'),
        done("a", "a-b").to_json().replace(b'"schema_version":1', b'"schema_version":2', 1),
        done("a", "a-b").to_json().replace(b'"leaves":', b'"leaves":' + b"9" * 50),
    ],
)  # fmt: skip
def test_what_is_no_line(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        SweepLine.from_json(text)
