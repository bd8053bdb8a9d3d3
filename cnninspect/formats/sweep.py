"""What is shown of a sweep: its networks with their figures, and which of them failed, by reason."""

from collections.abc import Sequence
from typing import Final

from cnninspect.formats import words
from cnninspect.formats.document import Column, Document, Fit, Row, Table, Tone
from cnninspect.formats.document import words as toned
from cnninspect.sweep.line import LineStatus, SweepLine
from cnninspect.sweep.sweeping import Sweep
from cnninspect.sweep.task import Reason

_MOST_NAMES: Final = 4
_MINUTE, _HOUR = 60, 3600
_WORDS: Final = {
    Reason.request: "can't be carried out as written",
    Reason.build: "can't be built",
    Reason.forward: "the forward pass fails",
    Reason.memory: "memory runs out",
    Reason.timeout: "takes too long",
    Reason.output: "prints too much",
    Reason.crash: "its process ends",
    Reason.fault: "a fault of cnninspect",
}


def lay_out(sweep: Sweep) -> Document:
    """The networks, and what failed."""
    done = [line for line in sweep.lines if line.status is LineStatus.done]
    columns = (
        Column("Model", fit=Fit.cut),
        Column("Input"),
        *(Column(each, is_number=True) for each in ("Params", "MACs")),
    )
    tables = (Table(columns, tuple(map(_row, done))),) if done else ()
    return Document(counted(sweep), (*tables, *_failures(sweep.failed)), "cnninspect sweep")


def failures(sweep: Sweep) -> Document:
    """Which networks failed, by reason."""
    return Document("", _failures(sweep.failed), "cnninspect sweep")


def counted(sweep: Sweep) -> str:
    """How many there are, in words: ``1,371 networks and inputs, 3 of them failed``."""
    number = len(sweep.lines)
    if number == 1:
        return f"1 network and input, {'failed' if sweep.failed else 'done'}"
    failed = f"{len(sweep.failed):,} of them failed" if sweep.failed else "none failed"
    return f"{number:,} networks and inputs, {failed}"


def spelled(seconds: float) -> str:
    """A time in words.

    >>> spelled(12.3), spelled(150), spelled(5400)
    ('12 s', '2.5 min', '1.5 h')
    """
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.3g} min" if seconds < _HOUR else f"{seconds / _HOUR:.3g} h"


def _row(line: SweepLine) -> Row:
    assert line.totals is not None, "it is done"  # noqa: S101
    bound = "≥ " if line.uncounted_ops else ""
    figures = (words.count(line.totals.params), bound + words.count(line.totals.macs))
    return Row((toned(words.safe(line.spec)), toned(words.tensors(line.inputs)), *map(toned, figures)))


def _failures(failed: Sequence[SweepLine]) -> tuple[Table, ...]:
    if not failed:
        return ()
    columns = (Column("Failed", fit=Fit.wrap), Column("Number", is_number=True), Column("Such as", fit=Fit.wrap))
    rows = []
    for reason, text in _WORDS.items():
        lines = [line for line in failed if line.error is not None and line.error.reason is reason]
        if lines and lines[0].error is not None:
            names = list(dict.fromkeys(words.safe(line.spec) for line in lines))
            which = ", ".join(names[:_MOST_NAMES]) + ", …" * (len(names) > _MOST_NAMES)
            message = words.safe(lines[0].error.message.partition("\n")[0])
            rows.append(Row((toned(text, Tone.bad), toned(f"{len(lines):,}"), toned(f"{which}: {message}"))))
    return (Table(columns, tuple(rows)),)
