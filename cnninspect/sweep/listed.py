"""The networks of a file of lines as a catalogue: what ``models`` lists of it."""

from pathlib import Path

from cnninspect.errors import RequestError
from cnninspect.loading.catalogue import Catalogue, NamedModel
from cnninspect.report import SCHEMA_VERSION
from cnninspect.spec.sources import Source
from cnninspect.sweep.kept_lines import named_lines
from cnninspect.sweep.line import SweepLine


def catalogue(file: Path, source: Source | None) -> Catalogue:
    """Those of its networks that have figures.

    Args:
        file: That ``sweep`` has written.
        source: Of the networks; ``None``: all.

    Raises:
        RequestError: It can't be read, or there are none.
    """
    found = [_model(name, line) for name, line in named_lines(file) if line.error is None]
    wanted = tuple(each for each in found if source is None or each.source == source)
    if not wanted:
        raise RequestError(f"no network of {str(file)!r} has figures{f' and is of {source}' if source else ''}")
    return Catalogue(SCHEMA_VERSION, wanted)


def _model(name: str, line: SweepLine) -> NamedModel:
    report = line.report()
    source = report.model.source
    return NamedModel(
        name=name.removeprefix(f"{source}:"), source=source, task=None, params=report.totals.params,
        macs=report.totals.macs, accuracy=line.accuracy, weights=None,
    )  # fmt: skip
