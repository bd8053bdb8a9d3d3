"""Where the weight of a network sits: the share of each part in parameters and in MACs, as bars."""

from typing import Final

from cnninspect.compare.stages import Stage, stages
from cnninspect.formats import words
from cnninspect.formats.document import Column, Fit, Line, Row, Table, Tone
from cnninspect.formats.document import words as toned
from cnninspect.report import Report

_WIDTH: Final = 6  # cells of a whole bar
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_MOST_TYPES: Final = 3


def table(report: Report) -> Table:
    """One row a part."""
    columns = (
        Column("Stage", fit=Fit.cut),
        Column("Params", is_number=True),
        Column("Share", is_number=True),
        Column(""),
        Column("MACs", is_number=True),
        Column("Share", is_number=True),
        Column(""),
    )
    rows = tuple(_row(stage, report) for stage in stages(report))
    return Table(columns, rows, f"Where the weight of {words.safe(report.model.spec)} sits")


def share(part: int | None, whole: int | None) -> float | None:
    """A part of a whole, from 0 to 1; ``None`` if one is unknown, or the whole is less, which a file may say."""
    return None if part is None or not whole or part > whole else part / whole


def _row(stage: Stage, report: Report) -> Row:
    bound = "≥ " if report.uncounted_ops else ""
    return Row(
        (
            _label(stage),
            *_measure(stage.params, report.totals.params, "", Tone.good),
            *_measure(stage.macs, report.totals.macs, bound, Tone.good),
        )
    )


def _label(stage: Stage) -> Line:
    name = toned(words.safe(stage.path) or "(itself)", Tone.strong)
    kinds = sorted(stage.layers.items(), key=lambda item: -item[1])
    if list(stage.layers) == [stage.type]:  # a layer on its own
        return (*name, *toned(f" {words.safe(stage.type)}", Tone.dim))
    shown = [f"{count} {words.safe(kind)}" for kind, count in kinds[:_MOST_TYPES]] + ["…"] * (len(kinds) > _MOST_TYPES)
    return (*name, *toned(f" {', '.join(shown)}", Tone.dim))


def _measure(part: int | None, whole: int | None, bound: str, tone: Tone) -> tuple[Line, Line, Line]:
    of_whole = share(part, whole)
    if of_whole is None:
        return toned(bound + words.count(part)), (), ()
    return toned(bound + words.count(part)), toned(f"{100 * of_whole:.1f} %"), toned(bar(of_whole), tone)


def bar(of_whole: float) -> str:
    """A share as a bar of up to six cells, to an eighth of a cell.

    >>> bar(0.5), bar(0.0)
    ('███', '')
    """
    eighths = round(of_whole * _WIDTH * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()
