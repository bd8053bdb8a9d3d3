"""The reports of many networks: those that are kept or saved are read, the others run, in a few processes if asked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from cnninspect.cli import progress, reports
from cnninspect.errors import naming
from cnninspect.report import Report
from cnninspect.spec import Request, SavedReport, WeightsFile
from cnninspect.spec.run_options import RunOptions
from cnninspect.sweep.line import SweepLine
from cnninspect.totals import Accuracy

if TYPE_CHECKING:
    from cnninspect.cache import Cache

Comparable = Request | SavedReport | WeightsFile | SweepLine
_WORTH_IT: Final = 4  # networks to run; starting a process takes as long as some of them
_EVERY: Final = 0.5  # seconds


def obtained(
    requests: Sequence[Comparable], run: RunOptions, *, jobs: int | None, is_quiet: bool, cache: "Cache | None"
) -> Iterator[tuple[Report, Accuracy | None]]:
    """Each report, with the accuracy that is published for it.

    Args:
        requests: What to run or read.
        run: How those that run are run, as typed.
        jobs: Processes; 1: this one.
        is_quiet: Without a sign of life.
        cache: Where reports may be of an earlier run, and are kept otherwise.

    Raises:
        RequestError: A file can't be read.
        ModelError: A network can't be built or run; it is named.
    """
    from cnninspect.loading.catalogue import accuracy_of

    cache = reports.beside(requests, cache)
    known = _pooled(requests, run, jobs=jobs, is_quiet=is_quiet, cache=cache) if jobs != 1 else {}
    for index, request in enumerate(requests):
        with naming(_name(request)):
            report = known.get(index)
            if report is None:
                beside = f" ({index + 1} of {len(requests)})"
                report = reports.obtain(request, is_quiet=is_quiet, beside=beside, cache=cache)
        yield report, request.accuracy if isinstance(request, SweepLine) else accuracy_of(report.model)


def _name(request: Comparable) -> str:
    if isinstance(request, SweepLine):
        return request.spec
    return request.text if isinstance(request, SavedReport | WeightsFile) else request.model.text


def _pooled(
    requests: Sequence[Comparable], run: RunOptions, *, jobs: int | None, is_quiet: bool, cache: "Cache | None"
) -> Mapping[int, Report]:
    """The reports of those that run, by their indices; none if so few do that it isn't worth the while."""
    running = {index: each for index, each in enumerate(requests) if isinstance(each, Request)}
    kept = {index: cache.kept(each) for index, each in running.items()} if cache is not None else {}
    found = {index: report for index, report in kept.items() if report is not None}
    missing = {index: each for index, each in running.items() if index not in found}
    if len(missing) < _WORTH_IT:
        return found
    for index, report in _run(missing, run, jobs, is_quiet=is_quiet):
        found[index] = report
        if cache is not None:
            cache.keep(missing[index], report)
    return found


def _run(
    missing: Mapping[int, Request], run: RunOptions, jobs: int | None, *, is_quiet: bool
) -> Iterator[tuple[int, Report]]:
    from contextlib import closing

    from cnninspect.sweep.local_pool import LocalPool
    from cnninspect.sweep.slot import Limits
    from cnninspect.sweep.task import SweepTask

    text = f"inspecting {len(missing)} networks …"
    pool = LocalPool(jobs, len(missing), Limits(timeout=float("inf"), max_printed=None))  # as in this process
    with closing(pool), progress.shown(text, is_quiet=is_quiet) as tell:
        for index, request in missing.items():
            pool.submit(index, SweepTask(spec=request.model.text, run=run, with_layers=True))
        for finished in pool.as_completed(_EVERY):
            tell(", ".join(pool.at_hand()))
            if finished is None:
                continue
            with naming(missing[finished.number].model.text):
                if finished.answer.failure is not None:
                    raise finished.answer.failure.as_error()
            assert finished.answer.report is not None, "it has not failed"  # noqa: S101
            yield finished.number, finished.answer.report
