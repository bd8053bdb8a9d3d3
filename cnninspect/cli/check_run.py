"""Carrying gates out: one forward pass a network, then verdicts; what fails to run does not keep the others from it."""

import functools
import logging
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from cnninspect.budgets import baseline, baseline_file, costs, limits
from cnninspect.budgets.costs import CostFigure, Figures
from cnninspect.budgets.verdicts import BaselineComparison, BudgetVerdict, Outcome, RunFailure
from cnninspect.cache import Cache
from cnninspect.cli import output, reports
from cnninspect.cli.check_gates import Gate
from cnninspect.errors import CnnInspectError, named
from cnninspect.report import ForwardError, Report
from cnninspect.spec import Request, SavedReport, WeightsFile

_LOG: Final = logging.getLogger(__name__)


class Manner(msgspec.Struct, frozen=True):
    """How gates are to be carried out: without notes, rewriting baselines, cached."""

    is_quiet: bool = False
    is_updating: bool = False
    cache: Cache | None = None


def outcomes(gates: Sequence[Gate], manner: Manner) -> Iterator[Outcome]:
    """What each gate finds; errors are reported as they come, so that the rest is still checked."""
    cache = reports.beside([gate.request for gate in gates], manner.cache)
    obtained: list[tuple[Request | SavedReport | WeightsFile, Report]] = []  # two gates may be on one network
    for gate in gates:
        try:
            report = next((report for request, report in obtained if request == gate.request), None)
            if report is None:
                report = reports.obtain(gate.request, is_quiet=manner.is_quiet, cache=cache)
                obtained.append((gate.request, report))
            outcome = _held_against(gate, report, manner)
            found = tuple(_costs(gate, outcome.model, manner))
            yield msgspec.structs.replace(outcome, verdicts=(*outcome.verdicts, *found))
        except CnnInspectError as error:
            _LOG.debug("%s could not be checked", gate.model, exc_info=True)
            if isinstance(error, ForwardError) and error.report is not None and not manner.is_quiet:
                output.report_partial(error.report)
            output.report_error(named(error, gate.model if len(gates) > 1 else "").message, error.hint)
            yield Outcome(gate.model, failure=RunFailure(error.message, error.hint, error.exit_code))


def _held_against(gate: Gate, report: Report, manner: Manner) -> Outcome:
    typed = report.model.spec if gate.model == "-" else gate.model
    name = typed.encode("utf-8", "backslashreplace").decode()  # a file's name need not be text
    named = _named(report, name)
    verdicts = [limits.judge(budget, named) for budget in gate.budgets]
    if gate.baseline_file is None:
        return Outcome(name, tuple(verdicts))
    if manner.is_updating:
        _update(gate, report, is_quiet=manner.is_quiet)
        return Outcome(name, tuple(verdicts))
    assert gate.baseline is not None, "a missing one is an error unless it is made"  # noqa: S101
    before = _named(gate.baseline, str(gate.baseline_file))
    compared, alignment = baseline.compare(named, before, gate.tolerances)
    against = BaselineComparison(before.model.spec, before, named, alignment)
    return Outcome(name, (*verdicts, *compared), against, tuple(baseline.remarks(report, before)))


def _costs(gate: Gate, model: str, manner: Manner) -> Iterator[BudgetVerdict]:
    """The verdicts on what it costs to run and to train; it is measured once, if at all."""
    figures = functools.cache(lambda: _measured(gate, manner))
    for budget in gate.on_costs:
        yield costs.judge(budget, model, figures)


def _measured(gate: Gate, manner: Manner) -> Figures:
    if not isinstance(gate.request, Request) or gate.asked is None:
        return dict.fromkeys(costs.COSTS, CostFigure(None, costs.NOTHING_RAN))
    from cnninspect.profile.profiling import profile_of

    is_timed = any(budget.name == costs.LATENCY for budget in gate.on_costs)
    wanted = msgspec.structs.replace(gate.asked, batches=(), is_timed=is_timed)
    with reports.running(gate.request, is_quiet=manner.is_quiet) as tell:
        found = profile_of(gate.request, wanted, say=tell)
    memory, time, said = found.batches[-1].memory, found.batches[-1].time, "; ".join(found.notes)
    return {
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
