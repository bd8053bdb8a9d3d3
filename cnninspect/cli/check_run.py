"""Carrying gates out: one forward pass a network, then verdicts; what fails to run does not keep the others from it."""

import logging
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from cnninspect.budgets import baseline_file, costs
from cnninspect.budgets.checking import held
from cnninspect.budgets.costs import CostFigure, Figures
from cnninspect.budgets.verdicts import Outcome, RunFailure
from cnninspect.cache import Cache
from cnninspect.cli import output, reports
from cnninspect.cli.check_gates import Gate
from cnninspect.errors import CnnInspectError, named
from cnninspect.forward_error import ForwardError
from cnninspect.report import Report
from cnninspect.spec import Request

_LOG: Final = logging.getLogger(__name__)
_NOTHING: Final = dict.fromkeys(costs.COSTS, CostFigure(None, costs.NOTHING_RAN))


class Manner(msgspec.Struct, frozen=True):
    """How gates are to be carried out: without notes, rewriting baselines, cached."""

    is_quiet: bool = False
    is_updating: bool = False
    cache: Cache | None = None


def outcomes(gates: Sequence[Gate], manner: Manner) -> Iterator[Outcome]:
    """What each gate finds; errors are reported as they come, so that the rest is still checked."""
    cache = reports.beside([gate.request for gate in gates], manner.cache)
    obtained: list[tuple[object, Report]] = []  # two gates may be on one network
    for gate in gates:
        try:
            report, figures = _measured(gate, manner) if gate.on_costs else (None, _NOTHING)
            if report is None:
                report = next((report for request, report in obtained if request == gate.request), None)
            if report is None:
                report = reports.obtain(gate.request, is_quiet=manner.is_quiet, cache=cache)
            obtained.append((gate.request, report))
            outcome = _held_against(gate, report, manner)
            on_costs = (costs.judge(budget, outcome.model, figures) for budget in gate.on_costs)
            yield msgspec.structs.replace(outcome, verdicts=(*outcome.verdicts, *on_costs))
        except CnnInspectError as error:
            _LOG.debug("%s could not be checked", gate.model, exc_info=True)
            if isinstance(error, ForwardError) and error.report is not None and not manner.is_quiet:
                output.report_partial(error.report)
            output.report_error(named(error, gate.model if len(gates) > 1 else "").message, error.hint)
            yield Outcome(gate.model, failure=RunFailure(error.message, error.hint, error.exit_code))


def _held_against(gate: Gate, report: Report, manner: Manner) -> Outcome:
    typed = report.model.spec if gate.model == "-" else gate.model
    name = typed.encode("utf-8", "backslashreplace").decode()  # a file's name need not be text
    before = gate.baseline
    if manner.is_updating and gate.baseline_file is not None:
        _update(gate, report, is_quiet=manner.is_quiet)
        before = None
    was = None if before is None else _named(before, str(gate.baseline_file))
    return held(_named(report, name), gate.budgets, was, gate.tolerances)


def _measured(gate: Gate, manner: Manner) -> tuple[Report | None, Figures]:
    """What it costs to run and to train, and the report of the same pass; of what can't run neither is known."""
    if not isinstance(gate.request, Request) or gate.asked is None:
        return None, _NOTHING
    from cnninspect.profile.profiling import profile_of

    is_timed = any(budget.name == costs.LATENCY for budget in gate.on_costs)
    wanted = msgspec.structs.replace(gate.asked, batches=(), is_timed=is_timed)
    with reports.running(gate.request, is_quiet=manner.is_quiet) as tell:
        report, found = profile_of(gate.request, wanted, say=tell)
    memory, time, said = found.batches[-1].memory, found.batches[-1].time, "; ".join(found.notes)
    return report, {
        "max-inference-memory": CostFigure(memory.needed_inference, "" if memory.needed_inference else said),
        "max-training-memory": CostFigure(
            memory.needed_training, f"with {found.optimizer}" if memory.needed_training else said
        ),
        costs.LATENCY: CostFigure(
            None if time is None else round(time.median * 1e9),
            f"median of {time.runs} passes on {found.device_name}" if time else f"{found.device_name}",
        ),
    }


def _named(report: Report, spec: str) -> Report:
    """The report as that of what was typed here, whatever it was made from."""
    return msgspec.structs.replace(report, model=msgspec.structs.replace(report.model, spec=spec))


def _update(gate: Gate, report: Report, *, is_quiet: bool) -> None:
    """Write the report where the baseline is, unless it says the same already."""
    assert gate.baseline_file is not None, "there is one to update"  # noqa: S101
    is_same = gate.baseline is not None and baseline_file.says_the_same(gate.baseline, report)
    if not is_same:
        output.write(report.to_json(), gate.baseline_file)
    if not is_quiet:
        done = "is up to date" if is_same else "written"
        output.note(f"baseline {str(gate.baseline_file)!r} {done}")
