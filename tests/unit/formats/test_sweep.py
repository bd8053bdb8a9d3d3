"""What is shown of a sweep: how many there are, and failed why, in any width."""

import pytest
from msgspec.structs import replace

from cnninspect.formats import Terminal, console
from cnninspect.formats.sweep import counted, failures
from cnninspect.sweep.sweeping import Sweep
from cnninspect.sweep.task import Reason, SweepFailure
from tests.unit.sweep.made import done, failed

LONG = "timm:convnext_xxlarge_clip_laion2b"
MANY = Sweep((
    *[failed(f"{LONG}{number}", "1-x") for number in range(6)],
    replace(failed("net.py:Net", "2-x"), error=SweepFailure(Reason.output, "it printed more than 512 KiB")),
))  # fmt: skip


@pytest.mark.parametrize(
    ("sweep", "text"),
    [
        (Sweep((done("a", "1-x"),)), "1 network and input, done"),
        (Sweep((failed("a", "1-x"),)), "1 network and input, failed"),
        (Sweep((done("a", "1-x"), done("b", "2-x"))), "2 networks and inputs, none failed"),
        (MANY, "7 networks and inputs, 7 of them failed"),
        (Sweep(()), "0 networks and inputs, none failed"),
    ],
)
def test_counted(sweep: Sweep, text: str) -> None:
    assert counted(sweep) == text


@pytest.mark.parametrize("width", [None, 80, 60, 40])
def test_failures_say_which_and_why_in_any_width(width: int | None) -> None:
    shown = console.render(failures(MANY), Terminal(width))
    assert max(map(len, shown.splitlines())) <= (width or 1000)
    for text in ("Failed", "Number", "Such as", LONG[:15], "…", "longer", "net.py:Net", "512"):
        assert text in shown, text
    assert "left out" not in shown
