"""The steps of ``compare``: which models, in which order, against which; their reports."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cnninspect import inspection, spec
from cnninspect.cache import Cache
from cnninspect.cli import reports, usage_errors
from cnninspect.cli.sorting import Sorting
from cnninspect.compare.comparison import Comparison, compare_reports
from cnninspect.errors import RequestError, naming
from cnninspect.formats import side_by_side
from cnninspect.report import Report
from cnninspect.spec import Request, SavedReport, WeightsFile, ZooModel
from cnninspect.spec.run_options import RunOptions
from cnninspect.totals import Accuracy

_FEWEST: Final = 2


class _NamedReport(NamedTuple):
    """A report with what it is called here, and the accuracy that is published for it."""

    name: str
    report: Report
    accuracy: Accuracy | None


def named(models: Sequence[str], source: str, baseline: str | None) -> tuple[list[str], int]:
    """Every model, with those that a glob names, once; and the index of the baseline, put first if it isn't among them.

    Raises:
        RequestError: There are fewer than two, or a glob matches none.
    """
    every = [each for text in models for each in _expanded(text, source)]
    found: dict[object, str] = {}
    for each in every:
        found.setdefault(_identity(each, source), each)
    names = list(found.values())
    if len(every) >= _FEWEST and len(names) == 1:
        names *= 2  # a model against itself
    held = next((index for index, each in enumerate(names) if baseline and _is_same(each, baseline, source)), None)
    if baseline is not None and held is None:
        names.insert(0, baseline)
    if len(names) < _FEWEST:
        raise RequestError(f"{names[0]!r} is one model", hint="name two or more, or a glob: 'torchvision:resnet*'")
    return names, held or 0


def _is_same(one: str, other: str, source: str) -> bool:
    return _identity(one, source) == _identity(other, source)


def _identity(text: str, source: str) -> object:
    """Equal for spellings of one model: ``vgg16`` is ``torchvision:vgg16``."""
    model = spec.parse_model(text, source)
    return (model.source, model.name, *map(str, model.arguments.items())) if isinstance(model, ZooModel) else text


def _expanded(text: str, source: str) -> list[str]:
    head, comma, arguments = text.partition(",")
    if "*" not in head or head.startswith("nn:") or Path(text).suffix == ".json":
        return [text]
    from cnninspect.loading.catalogue import find

    colon = head if ":" in head else f"{source}:{head}"
    catalogue = find(colon)
    return [f"{model.source}:{model.name}{comma}{arguments}" for model in catalogue.models]


def checked(models: Sequence[str], run: RunOptions) -> list[Request | SavedReport | WeightsFile]:
    """Each model as a checked request; how to run goes with those that run, if there are some.

    Raises:
        RequestError: One of them can't be carried out as written.
    """
    parsed = [spec.parse_model(each, run.source) for each in models]
    if [each.text for each in parsed].count("-") > 1:
        raise RequestError("'-' is named twice, and standard input holds one report", hint="save the others to files")
    runs = [not isinstance(each, SavedReport | WeightsFile) for each in parsed]
    nothing = RunOptions()
    with usage_errors.noting_files(models):
        return [
            inspection.requested(each, run if is_run or not any(runs) else nothing)
            for each, is_run in zip(parsed, runs, strict=True)
        ]


def compared(
    names: Sequence[str],
    requests: Sequence[Request | SavedReport | WeightsFile],
    baseline: int,
    order: Sorting | None,
    *,
    is_quiet: bool,
    cache: Cache | None,
) -> Comparison:
    """Every report, sorted, compared.

    Raises:
        RequestError: A file can't be read.
        ModelError: A network can't be built or run; it is named.
    """
    obtained = _obtained(requests, is_quiet=is_quiet, cache=reports.beside(requests, cache))
    found = [_NamedReport(name, *each) for name, each in zip(names, obtained, strict=True)]
    held = found[baseline]
    if order is not None:
        found = _sorted(found, order)
    first, second, *others = (each.report for each in found)
    return compare_reports(
        first, second, *others,
        baseline=next(index for index, each in enumerate(found) if each is held),
        accuracy=[each.accuracy for each in found],
        names=[each.name for each in found],
    )  # fmt: skip


def _obtained(
    requests: Sequence[Request | SavedReport | WeightsFile], *, is_quiet: bool, cache: Cache | None
) -> Iterator[tuple[Report, Accuracy | None]]:
    from cnninspect.loading.catalogue import accuracy_of

    for number, request in enumerate(requests, 1):
        beside = f" ({number} of {len(requests)})"
        with naming(request.text if isinstance(request, SavedReport | WeightsFile) else request.model.text):
            report = reports.obtain(request, is_quiet=is_quiet, beside=beside, cache=cache)
        yield report, accuracy_of(report.model)


def _sorted(found: list[_NamedReport], order: Sorting) -> list[_NamedReport]:
    """By a column; those of which it is unknown come last, whichever way."""
    value = side_by_side.sort_value(order.column)
    known = [each for each in found if value(each.report, each.accuracy) is not None]
    unknown = [each for each in found if value(each.report, each.accuracy) is None]
    known.sort(key=lambda each: value(each.report, each.accuracy) or 0, reverse=order.is_descending)
    return known + unknown
