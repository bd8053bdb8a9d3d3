"""Where the weight of a network sits: the share of each part in parameters and in MACs, as bars."""

from typing import Final

from cnninspect import totals
from cnninspect.compare.stages import Stage, stages
from cnninspect.formats import shares, words
from cnninspect.formats.document import Column, Fit, Line, Row, Table, Tone
from cnninspect.formats.document import words as toned
from cnninspect.report import Report

_MOST_TYPES: Final = 3


def table(report: Report) -> Table:
    """One row a part."""
    columns = (
        Column("Stage", fit=Fit.cut),
        Column("Params", is_number=True),
        Column("Share"),
        Column("MACs", is_number=True),
        Column("Share"),
    )
    rows = tuple(_row(stage, report) for stage in stages(report))
    return Table(columns, rows, f"Where the weight of {words.safe(report.model.spec)} sits")


def _row(stage: Stage, report: Report) -> Row:
    bound, whole = "≥ " if report.uncounted_ops else "", report.totals
    return Row(
        (
            _label(stage),
            toned(words.count(stage.params)),
            shares.line(totals.share(stage.params, whole.params)),
            toned(bound + words.count(stage.macs)),
            shares.line(totals.share(stage.macs, whole.macs)),
        )
    )


def _label(stage: Stage) -> Line:
    name = toned(words.safe(stage.path) or "(itself)", Tone.strong)
    kinds = sorted(stage.layers.items(), key=lambda item: -item[1])
    if list(stage.layers) == [stage.type]:  # a layer on its own
        return (*name, *toned(f" {words.safe(stage.type)}", Tone.dim))
    shown = [f"{count} {words.safe(kind)}" for kind, count in kinds[:_MOST_TYPES]] + ["…"] * (len(kinds) > _MOST_TYPES)
    return (*name, *toned(f" {', '.join(shown)}", Tone.dim))
