"""What ``models`` shows: what can be named, a table for each source and task."""

from collections.abc import Callable
from itertools import groupby
from typing import Final

from cnninspect.formats import document as doc
from cnninspect.formats import records, words
from cnninspect.formats.document import Column, Document, Row, Table
from cnninspect.formats.presentation import Presentation
from cnninspect.loading.catalogue import Catalogue, NamedModel
from cnninspect.spec.sources import Source, spelled
from cnninspect.units import binary, si


def presentation(catalogue: Catalogue) -> Presentation:
    """The catalogue, to be written in any format."""
    return Presentation(
        data=lambda: catalogue,
        records=lambda: records.of_structs(NamedModel, catalogue.models),
        document=lambda: lay_out(catalogue),
    )


def lay_out(catalogue: Catalogue) -> Document:
    """The models by source and task."""
    groups = groupby(catalogue.models, key=lambda model: (model.source, model.task))
    return Document("", tuple(_group(list(models)) for _, models in groups), "cnninspect models")


def _group(models: list[NamedModel]) -> Table:
    """The models of one source and task, with where accuracy was measured; no column of which nothing is known."""
    first = models[0]
    datasets = list(dict.fromkeys(dataset for model in models for dataset in list(model.accuracy or {})[:1]))
    measured = f" ({' or '.join(datasets)})" if datasets else ""
    shown = {header: cell for header, cell in _COLUMNS.items() if any(map(cell, models))}
    return Table(
        (Column("Model"), *(Column(header, is_number=True) for header in shown)),
        tuple(Row((doc.words(_name(model)), *(doc.words(cell(model)) for cell in shown.values()))) for model in models),
        ", ".join(word for word in (first.source, first.task) if word) + measured,
    )


def _name(model: NamedModel) -> str:
    """As it is typed; a network of somebody's own in a file of lines has its source in its name."""
    return words.safe(spelled(model.source, model.name) if model.source in tuple(Source) else model.name)


def _accuracy(model: NamedModel) -> str:
    """The first metric on the first dataset: ``56.522 acc@1``."""
    for metrics in (model.accuracy or {}).values():
        for metric, value in metrics.items():
            return f"{value} {metric}"
    return ""


def _size(model: NamedModel) -> str:
    sizes = [each.size_mb for each in model.weights or () if each.is_default]
    return binary(round(sizes[0] * 2**20)) if sizes and sizes[0] is not None else ""


_COLUMNS: Final[dict[str, Callable[[NamedModel], str]]] = {
    "Params": lambda model: "" if model.params is None else si(model.params),
    "MACs": lambda model: "" if model.macs is None else si(model.macs),
    "Accuracy": _accuracy,
    "Weights": _size,
}
