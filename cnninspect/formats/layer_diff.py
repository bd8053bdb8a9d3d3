"""Two networks' layers as a diff: one row a layer, with runs that are the same and equal neighbours folded."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from cnninspect.compare.alignment import Aligned, Status
from cnninspect.formats import diff_rows, words
from cnninspect.formats.diff_entries import AlignedLayers, entries
from cnninspect.formats.diff_folding import Item, Repeated, folded
from cnninspect.formats.document import Column, Fit, Row, Table
from cnninspect.formats.outline import Outline, OutlineRow, RowKind
from cnninspect.report import Layer, Report

#: What becomes a row: equal neighbours, or an entry, or a run of entries that are the same in both networks.
_Unit = Repeated | list[AlignedLayers]

_COLUMNS: Final = (Column("Layer"), Column("Path", fit=Fit.wrap), Column("What", fit=Fit.wrap))
_OF_BOTH: Final = {Status.same, Status.changed}


def table(
    alignment: Sequence[Aligned], first: Report, second: Report, *, is_whole: bool = False, is_folded: bool = True
) -> Table:
    """The diff.

    Args:
        alignment: Of the two reports.
        first: The first report.
        second: The second report.
        is_whole: With every layer that is the same, instead of one row for a run of them.
        is_folded: Equal neighbours are one row.
    """
    units, by_path = _of_both(alignment, first, second, is_whole=is_whole, is_folded=is_folded)
    return Table(_COLUMNS, tuple(_rows(units, by_path, is_whole=is_whole)), _caption(first, second))


def outline(
    alignment: Sequence[Aligned], first: Report, second: Report, *, is_whole: bool = False, is_folded: bool = True
) -> Outline:
    """The same to be opened and closed, with every layer of a run that is the same; the arguments are those above."""
    units, by_path = _of_both(alignment, first, second, is_whole=is_whole, is_folded=is_folded)
    rows = tuple(_outlined(units, by_path, is_whole=is_whole))
    return Outline(_COLUMNS, (False, False), rows, _caption(first, second))


def _of_both(
    alignment: Sequence[Aligned], first: Report, second: Report, *, is_whole: bool, is_folded: bool
) -> tuple[list[_Unit], tuple[dict[str, Layer], ...]]:
    """What becomes a row, and the layers of each network by their paths."""
    found = entries(alignment, first, second)
    items = folded(found, first, second, is_whole=is_whole) if is_folded else found
    by_path = tuple({layer.path: layer for layer in reversed(report.layers)} for report in (first, second))
    return _units(items, is_whole=is_whole), by_path


def _caption(first: Report, second: Report) -> str:
    return f"Layers: - {words.safe(first.model.spec)}, + {words.safe(second.model.spec)}"


def summary(alignment: Sequence[Aligned], first: Report, second: Report) -> str:
    """How many layers stand how to the other network, in a sentence."""
    parts = {
        Status.same: "the same",
        Status.changed: "changed",
        Status.only_first: f"only in {words.safe(first.model.spec)}",
        Status.only_second: f"only in {words.safe(second.model.spec)}",
    }
    counts = Counter(entry.status for entry in alignment)
    said = [f"{words.of_layers(counts[status])} {text}" for status, text in parts.items() if counts[status]]
    return ", ".join(said) or "no layers"


def _rows(units: Sequence[_Unit], by_path: Sequence[Mapping[str, Layer]], *, is_whole: bool) -> Iterator[Row]:
    """The rows of the items, and below equal blocks those of the first, unless all of a block is in one network."""
    waiting = [(unit, "", "") for unit in reversed(units)]
    while waiting:
        unit, guide, below = waiting.pop()
        if isinstance(unit, Repeated):
            yield replace(diff_rows.of_repeated(unit, by_path), guide=guide)
            inside = _units(unit.inside if unit.status in _OF_BOTH else (), is_whole=is_whole)
            guides = [("├─ ", "│  ")] * (len(inside) - 1) + [("└─ ", "   ")]
            steps = list(zip(inside, guides, strict=False))  # there is a guide also where nothing is inside
            waiting += [(each, below + to, below + on) for each, (to, on) in reversed(steps)]
        else:
            yield replace(diff_rows.of_entry(unit[0]) if len(unit) == 1 else diff_rows.of_run(unit), guide=guide)


def _outlined(
    units: Sequence[_Unit], by_path: Sequence[Mapping[str, Layer]], *, is_whole: bool
) -> Iterator[OutlineRow]:
    """The same rows; what is alike is closed from the start."""
    waiting = [(unit, 0) for unit in reversed(units)]
    while waiting:
        unit, level = waiting.pop()
        if isinstance(unit, Repeated):
            inside = _units(unit.inside, is_whole=is_whole)
            cells, is_alike = diff_rows.of_repeated(unit, by_path).cells, unit.status is not Status.changed
            yield OutlineRow(cells, level=level, kind=RowKind.group, is_open=not is_alike)
            waiting += [(each, level + 1) for each in reversed(inside)]
        elif len(unit) == 1:
            yield OutlineRow(diff_rows.of_entry(unit[0]).cells, level=level, kind=RowKind.leaf)
        else:
            yield OutlineRow(diff_rows.of_run(unit).cells, level=level, kind=RowKind.group)
            waiting += [([entry], level + 1) for entry in reversed(unit)]


def _units(items: Sequence[Item], *, is_whole: bool) -> list[_Unit]:
    units: list[_Unit] = []
    for item in items:
        if isinstance(item, Repeated):
            units.append(item)
            continue
        run = units[-1] if units and not is_whole and item.aligned.status is Status.same else None
        if isinstance(run, list) and run[0].aligned.status is Status.same:
            run.append(item)
        else:
            units.append([item])
    return units
