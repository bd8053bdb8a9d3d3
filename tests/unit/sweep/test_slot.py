"""A process that has gone away in the meantime is started anew; what no network of ours says is a crash."""

import os
import signal
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from cnninspect.spec.run_options import RunOptions
from cnninspect.sweep.slot import Limits, ProcessSlot, wait_for
from cnninspect.sweep.task import Answer, Reason, SweepFailure, SweepTask

TASK = SweepTask(spec="nn:Linear(3, 2)", run=RunOptions(inputs="1x3", device="meta"), with_layers=True)


def answer(slot: ProcessSlot) -> Answer:
    end = time.monotonic() + 60
    while (found := slot.advance()) is None:
        assert time.monotonic() < end
        wait_for([slot])
    return found


def test_a_process_that_is_gone_is_started_anew() -> None:
    slot = ProcessSlot(Limits(), 1)
    try:
        for _ in range(2):
            slot.begin(TASK)
            found = answer(slot)
            assert found.failure is None
            assert found.report is not None
            assert found.report.totals.macs == 6  # 2·3
            assert slot._process is not None
            os.kill(slot._process.pid, signal.SIGKILL)
            slot._process.wait()
    finally:
        slot.stop()


def test_one_that_never_begins_is_tried_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    code = f"open({str(tries)!r}, 'a').write('.'); raise SystemExit(9)"
    monkeypatch.setattr("cnninspect.sweep.slot._CODE", code)
    slot = ProcessSlot(Limits(), 1)
    slot.begin(TASK)
    found = answer(slot)
    assert found.failure is not None
    assert (found.failure.reason, found.failure.message) == (Reason.crash, "its process ended with exit code 9")
    assert tries.read_text() == ".."


def test_an_answer_that_is_none_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import socket\nfrom cnninspect.sweep.messages import send\nchannel = socket.socket(fileno={1})\n"
    monkeypatch.setattr("cnninspect.sweep.slot._CODE", f"{code}send(channel)\nsend(channel, b'no JSON')\n")
    slot = ProcessSlot(Limits(), 1)
    slot.begin(TASK)
    found = answer(slot)
    assert found.failure == SweepFailure(Reason.crash, "its process answered with something else")


@pytest.mark.parametrize(("limits", "reason"), [(Limits(), Reason.output), (Limits(max_printed=None), None)])
def test_who_prints_much_has_failed_if_there_is_a_limit(limits: Limits, reason: Reason | None, tmp_path: Path) -> None:
    """A million lines, all without anything in them; and what is behind them is not the next network's."""
    file = tmp_path / "net.py"
    file.write_text("from torch import nn\nfor _ in range(1_000_000):\n    print()\nNet = nn.ReLU\n", encoding="utf-8")
    slot = ProcessSlot(limits, 1)
    try:
        slot.begin(replace(TASK, spec=f"{file}:Net"))
        found = answer(slot)
        assert (found.failure and found.failure.reason) == reason
        slot.begin(TASK)
        assert answer(slot).failure is None
    finally:
        slot.stop()
