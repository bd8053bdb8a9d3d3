"""The steps of ``compare``: which models, in which order, against which; their reports."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cnninspect import inspection, spec
from cnninspect.cli import output, pareto, usage_errors
from cnninspect.cli.obtaining import Comparable
from cnninspect.cli.sorting import Sorting
from cnninspect.cli.where import Condition
from cnninspect.compare.comparison import Comparison, compare_reports
from cnninspect.errors import RequestError
from cnninspect.formats import side_by_side
from cnninspect.loading.catalogue import expanded, identity, is_glob
from cnninspect.report import Report
from cnninspect.spec import SavedReport, WeightsFile
from cnninspect.spec.run_options import RunOptions
from cnninspect.spec.sources import DEFAULT_SOURCE
from cnninspect.sweep import kept_lines
from cnninspect.sweep.line import SweepLine
from cnninspect.totals import Accuracy

_FEWEST: Final = 2


class Entrant(NamedTuple):
    """A network that takes part: what it is called here, and its line if it is in a file of these."""

    name: str
    line: SweepLine | None = None


class Contest(NamedTuple):
    """Those that take part.

    Attributes:
        baseline: The index of the one that the others are held against.
        is_chosen: That one was named; whatever is left out, it stays.
        has_glob: A glob has named some.
    """

    entrants: list[Entrant]
    baseline: int
    is_chosen: bool
    has_glob: bool


class _NamedReport(NamedTuple):
    """A report with what it is called here, and the accuracy that is published for it."""

    name: str
    report: Report
    accuracy: Accuracy | None


def named(models: Sequence[str], source: str, baseline: str | None, *, is_quiet: bool = False) -> Contest:
    """Every model, with those that a glob names or a file holds, once; the baseline first if it isn't among them.

    Args:
        models: As typed.
        source: Of a bare name.
        baseline: As typed.
        is_quiet: Without a note of those in a file that have no figures.

    Raises:
        RequestError: There are fewer than two, a glob matches none, or a file of lines can't be read.
    """
    every = [each for text in models for each in _entrants(text, source, is_quiet=is_quiet)]
    found: dict[object, Entrant] = {}
    for each in every:
        found.setdefault(_identity(each, source), each)
    those = list(found.values())
    if len(every) >= _FEWEST and len(those) == 1:
        those *= 2  # a model against itself
    wanted = None if baseline is None else identity(baseline, source)
    held = next((index for index, each in enumerate(those) if baseline and _identity(each, source) == wanted), None)
    if baseline is not None and held is None:
        those.insert(0, Entrant(baseline))
    if len(those) < _FEWEST:
        what = f"{those[0].name!r} is one model" if those else f"no network of {models[0]!r} has figures"
        raise RequestError(what, hint="name two or more, or a glob: 'torchvision:resnet*'")
    return Contest(those, held or 0, baseline is not None, any(map(is_glob, models)))


def _entrants(text: str, source: str, *, is_quiet: bool) -> list[Entrant]:
    if not kept_lines.is_name(text):
        return [Entrant(each) for each in expanded(text, source)]
    lines = kept_lines.named_lines(Path(text))
    done = [Entrant(name, line) for name, line in lines if line.error is None]
    if len(done) < len(lines) and not is_quiet:
        failed = len(lines) - len(done)
        output.note(f"{failed:,} of {len(lines):,} in {text!r} failed, and {'is' if failed == 1 else 'are'} left out")
    return done


def _identity(each: Entrant, source: str) -> object:
    if each.line is None:
        return identity(each.name, source)
    return identity(each.name, DEFAULT_SOURCE) if each.name == each.line.spec else each.name


def checked(entrants: Sequence[Entrant], run: RunOptions) -> list[Comparable]:
    """Each model as a checked request; how to run goes with those that run, if there are some.

    Raises:
        RequestError: One of them can't be carried out as written.
    """
    parsed = [each.line or spec.parse_model(each.name, run.source) for each in entrants]
    names = [each.name for each in entrants]
    if names.count("-") > 1:
        raise RequestError("'-' is named twice, and standard input holds one report", hint="save the others to files")
    runs = [not isinstance(each, SavedReport | WeightsFile | SweepLine) for each in parsed]
    nothing = RunOptions()
    if not any(runs) and run != nothing and all(isinstance(each, SweepLine) for each in parsed):
        inspection.requested(SavedReport(names[0]), run)  # says that nothing runs
    with usage_errors.noting_files(names):
        return [
            each if isinstance(each, SweepLine)
            else inspection.requested(each, run if is_run or not any(runs) else nothing)
            for each, is_run in zip(parsed, runs, strict=True)
        ]  # fmt: skip


class Wanted(NamedTuple):
    """What of the networks is shown: in which order, of which the conditions hold, marked by which columns."""

    order: Sorting | None = None
    conditions: tuple[Condition, ...] = ()
    front: tuple[str, str] | None = None


def compared(contest: Contest, found: Iterable[tuple[Report, Accuracy | None]], wanted: Wanted) -> Comparison:
    """Every report, sorted, compared.

    Args:
        contest: Those that take part.
        found: Their reports.
        wanted: What is shown.

    Raises:
        RequestError: A file can't be read, or hardly any is left.
        ModelError: A network can't be built or run; it is named.
    """
    reports = [_NamedReport(each.name, *those) for each, those in zip(contest.entrants, found, strict=True)]
    held = reports[contest.baseline]
    kept = [
        each
        for each in reports
        if (contest.is_chosen and each is held)
        or all(one.holds(each.report, each.accuracy) for one in wanted.conditions)
    ]
    if len(kept) < _FEWEST:
        raise RequestError(
            f"--where leaves {len(kept)} of {len(reports)} networks", hint="two are compared: ask for less"
        )
    if wanted.order is not None:
        kept = _sorted(kept, wanted.order)
    first, second, *others = (each.report for each in kept)
    comparison = compare_reports(
        first, second, *others,
        baseline=next((index for index, each in enumerate(kept) if each is held), 0),
        accuracy=[each.accuracy for each in kept],
        names=[each.name for each in kept],
    )  # fmt: skip
    return pareto.marked(comparison, wanted.front)


def _sorted(found: list[_NamedReport], order: Sorting) -> list[_NamedReport]:
    """By a column; those of which it is unknown come last, whichever way."""
    value = side_by_side.sort_value(order.column)
    known = [each for each in found if value(each.report, each.accuracy) is not None]
    unknown = [each for each in found if value(each.report, each.accuracy) is None]
    known.sort(key=lambda each: value(each.report, each.accuracy) or 0, reverse=order.is_descending)
    return known + unknown
