"""A sweep carried out in front of somebody: lines where they go, how far it is, and in the end what failed and why."""

import sys
import time
from collections.abc import Mapping

from cnninspect.cli import output, sweep_progress
from cnninspect.sweep.kept_lines import Content, torn_lines
from cnninspect.sweep.line import SweepLine
from cnninspect.sweep.manner import SweepManner
from cnninspect.sweep.sweeping import Sweep, swept
from cnninspect.sweep.task import SweepTask


def carried_out(tasks: Mapping[str, SweepTask], manner: SweepManner, device: str, *, is_quiet: bool) -> Sweep:
    """Run what is missing.

    Args:
        tasks: By their keys.
        manner: How.
        device: Where they run.
        is_quiet: Without progress and notes.

    Raises:
        KeyboardInterrupt: It was interrupted; how to go on has been said.
        RequestError: The file can't be used, or the cluster can't.
        ModelError: The cluster is gone.
    """
    is_in_the_way = manner.output is None and sys.stdout.isatty()
    started, on_line = time.monotonic(), _shown if manner.output is None else _kept
    try:
        with sweep_progress.shown(is_quiet=is_quiet or is_in_the_way) as watch:
            found = swept(
                tasks, manner, on_line=on_line, watch=watch,
                on_start=lambda before: None if is_quiet else _begun(before, device),
            )  # fmt: skip
    except KeyboardInterrupt:
        if manner.output is not None:
            said = f"what is done is in {str(manner.output)!r}: the same command with --resume goes on"
            output.note(f"interrupted; {said}")
        raise
    if not is_quiet:
        _summed_up(found, manner, time.monotonic() - started)
    return found


def _begun(before: Content, device: str) -> None:
    """Say what is to be known before the first network runs."""
    for text in torn_lines(before):
        output.note(text)
    if device == "meta":
        output.note("on meta, shapes alone: --device cpu runs them for real")


def _summed_up(found: Sweep, manner: SweepManner, seconds: float) -> None:
    from cnninspect.formats import sweep as layout

    if found.failed:
        output.show_beside(layout.failures(found))
    place = f", in {str(manner.output)!r}" if manner.output is not None else ""
    output.note(f"{layout.counted(found)} in {layout.spelled(seconds)}{place}")


def _shown(line: SweepLine) -> None:
    output.stream(line.to_json().decode())


def _kept(_line: SweepLine) -> None:
    """Nothing is left to be done with a line that is in a file."""
