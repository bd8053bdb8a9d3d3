"""What ``compare`` shows: totals side by side, where the weight sits, and two networks' layers as a diff."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from msgspec.structs import replace

from cnninspect import totals
from cnninspect.compare.comparison import Comparison, against
from cnninspect.compare.stages import stages
from cnninspect.formats import compare_verdict, layer_diff, side_by_side, stage_tables, words
from cnninspect.formats import document as doc
from cnninspect.formats.document import Block, Document
from cnninspect.formats.presentation import Format, Presentation
from cnninspect.formats.records import Records
from cnninspect.report import Report
from cnninspect.totals import SIGNS, Accuracy, Place

_Diff = TypeVar("_Diff")
_CSV_FIELDS: Final = (
    "about", "model", "item", "value", "bound", "ratio", "difference", "status", "first", "second", "changes",
)  # fmt: skip


def presentation(
    comparison: Comparison, columns: Sequence[str] | None = None, *, is_whole: bool = False, is_folded: bool = True
) -> Presentation:
    """A comparison, to be written in any format; JSON and CSV have everything, whatever is shown of it.

    Args:
        comparison: What to show.
        columns: Keys of ``side_by_side.COLUMNS``; ``None``: those that say most.
        is_whole: With every layer that is the same, instead of one row for a run of them.
        is_folded: Equal neighbours are one row.
    """
    return Presentation(
        data=lambda: comparison,
        records=lambda: Records(_CSV_FIELDS, _records(_named(comparison))),
        document=lambda: lay_out(_named(comparison), columns, is_whole=is_whole, is_folded=is_folded),
        own={Format.html: lambda: _page(_named(comparison), columns, is_whole=is_whole, is_folded=is_folded)},
    )


def _named(comparison: Comparison) -> Comparison:
    """With each report as that of what it is called here."""
    renamed = (
        replace(report, model=replace(report.model, spec=name))
        for report, name in zip(comparison.reports, comparison.names, strict=True)
    )
    return replace(comparison, reports=tuple(renamed))


def lay_out(
    comparison: Comparison, columns: Sequence[str] | None = None, *, is_whole: bool = False, is_folded: bool = True
) -> Document:
    """The totals, the stages of each network, and for two networks the diff; the arguments are those above."""
    before, after = _around(comparison, columns)
    diff = _diff(comparison, layer_diff.table, is_whole=is_whole, is_folded=is_folded)
    return Document(_title(comparison), (*before, *diff, *after), _command(comparison))


def _page(comparison: Comparison, columns: Sequence[str] | None, *, is_whole: bool, is_folded: bool) -> str:
    """The same with the layers to be opened and closed."""
    from cnninspect.formats import html
    from cnninspect.formats.outline import Page

    before, after = _around(comparison, columns)
    diff = _diff(comparison, layer_diff.outline, is_whole=is_whole, is_folded=is_folded)
    return html.render(Page(_title(comparison), (*before, *diff, *after), _command(comparison)))


def _names(comparison: Comparison) -> list[str]:
    return [words.safe(report.model.spec) for report in comparison.reports]


def _title(comparison: Comparison) -> str:
    names = _names(comparison)
    return " and ".join(names) if len(names) == 2 else f"{len(names)} models against {names[comparison.baseline]}"


def _command(comparison: Comparison) -> str:
    return f"cnninspect compare {' '.join(_names(comparison))}"


def _around(comparison: Comparison, columns: Sequence[str] | None) -> tuple[list[Block], list[Block]]:
    """What stands before the diff, and what behind it."""
    remarks = (*doc.remarks(list(_remarks(comparison))), *doc.remarks([compare_verdict.sentence(comparison)]))
    weighed = [stage_tables.table(each) for each in comparison.reports if each.counted is None]
    return [*side_by_side.tables(comparison, columns), *weighed], [*remarks]


def _diff(comparison: Comparison, shown: Callable[..., _Diff], *, is_whole: bool, is_folded: bool) -> tuple[_Diff, ...]:
    """The layers of two networks that are not identical."""
    if not comparison.alignment or comparison.identical:
        return ()
    return (shown(comparison.alignment, *comparison.reports, is_whole=is_whole, is_folded=is_folded),)


def _remarks(comparison: Comparison) -> Iterator[str]:
    reports = comparison.reports
    inputs = {words.tensors(report.run.inputs, dtype=True) for report in reports}
    if len(inputs) > 1:
        yield f"the inputs differ ({'; '.join(sorted(inputs))}): MACs and activations depend on them"
    metrics = dict.fromkeys(side_by_side.first_metric(each)[0] for each in comparison.accuracy if each)
    if metrics:
        yield f"accuracy as published: {', '.join(map(words.safe, metrics))}"
    if comparison.front:
        yield f"front: no other has a better {' and '.join(comparison.front.columns)} at once"
    for report in reports:
        name = words.safe(report.model.spec)
        if report.uncounted_ops:
            named = ", ".join(f"{words.safe(op.op)} ({op.calls}×)" for op in report.uncounted_ops)
            yield f"{name}: figures with ≥ are lower bounds: no rule counts {named}"
        yield from (f"{name}: {words.safe(note)}" for note in report.notes)


def _records(comparison: Comparison) -> Iterator[tuple[object, ...]]:
    """Totals, stages, layers and remarks, told apart by their first field."""
    held = comparison.reports[comparison.baseline]
    rows: list[dict[str, object]] = []
    for report, accuracy in zip(comparison.reports, comparison.accuracy, strict=True):
        rows += [{"model": report.model.spec, **row} for row in _of_one(report, accuracy, held)]
    if comparison.front:
        item = " and ".join(comparison.front.columns)
        names = (comparison.reports[index].model.spec for index in comparison.front.indices)
        rows += [{"about": "front", "model": name, "item": item} for name in names]
    for entry in comparison.alignment:
        aligned = {"first": entry.first, "second": entry.second, "changes": entry.changes or None}
        rows.append({"about": "layer", "status": entry.status.value, **aligned})
    rows += [
        {"about": "remark", "item": text} for text in (*_remarks(comparison), compare_verdict.sentence(comparison))
    ]
    return (tuple(row.get(field) for field in _CSV_FIELDS) for row in rows)


def _of_one(report: Report, accuracy: Accuracy | None, held: Report) -> Iterator[dict[str, object]]:
    for key, total in totals.read_in(Place.COMPARE).items():
        figure, beside = total.figure(report), against(total.figure(report), total.figure(held))
        bound = {"value": figure.value, "bound": SIGNS.get(figure.bound)}
        yield {"about": "total", "item": key, **bound, "ratio": beside.ratio, "difference": beside.difference}
    yield {"about": "total", "item": "output", "value": words.tensors(report.run.outputs)}
    for dataset, metrics in (accuracy or {}).items():
        for metric, value in metrics.items():
            yield {"about": "accuracy", "item": f"{metric} on {dataset}", "value": value}
    for stage in stages(report):
        for key, part, whole in (
            ("params", stage.params, report.totals.params),
            ("macs", stage.macs, report.totals.macs),
        ):
            share = totals.share(part, whole)
            yield {"about": f"stage {key}", "item": stage.path, "value": part, "ratio": share}
