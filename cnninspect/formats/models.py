"""What can be named, as a table, JSON, CSV or Markdown."""

import csv
import io
from collections.abc import Callable
from itertools import groupby
from typing import Final

import msgspec
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cnninspect.formats.interface import View
from cnninspect.formats.terminal import printed
from cnninspect.loading.catalogue import Catalogue, NamedModel
from cnninspect.units import binary, si


def render(catalogue: Catalogue, format_name: str, view: View) -> str:
    """The catalogue in one of ``FORMATS``, with a newline at its end."""
    return FORMATS[format_name](catalogue, view)


def _table(catalogue: Catalogue, view: View) -> str:
    groups = groupby(catalogue.models, key=lambda model: (model.source, model.task))
    return printed(Group(*(part for _, models in groups for part in _group(list(models), view))), view)


def _group(models: list[NamedModel], view: View) -> list[Text | Table]:
    """The models of one source and task, with where accuracy was measured; no column of which nothing is known."""
    first = models[0]
    datasets = list(dict.fromkeys(dataset for model in models for dataset in list(model.accuracy or {})[:1]))
    title = ", ".join(word for word in (first.source, first.task) if word)
    measured = f" ({' or '.join(datasets)})" if datasets else ""
    table = Table(
        box=box.ASCII2 if view.ascii else box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False
    )
    shown = {header: cell for header, cell in _COLUMNS.items() if any(map(cell, models))}
    for header in ("Model", *shown):
        table.add_column(Text(header, "bold"), justify="left" if header == "Model" else "right", no_wrap=True)
    for model in models:
        table.add_row(Text(_spec(model)), *(Text(cell(model)) for cell in shown.values()))
    return [Text(), Text.assemble((title, "bold"), (measured, "dim")), Text(), table]


def _spec(model: NamedModel) -> str:
    """As it is typed."""
    return model.name if model.source == "torchvision" else f"{model.source}:{model.name}"


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


def _markdown(catalogue: Catalogue, _view: View) -> str:
    lines = ["| Model | Source | Task | " + " | ".join(_COLUMNS) + " |", "| :-- | :-- | :--" + " | --:" * 4 + " |"]
    for model in catalogue.models:
        cells = (f"`{model.name}`", model.source, model.task or "", *(cell(model) for cell in _COLUMNS.values()))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _csv(catalogue: Catalogue, _view: View) -> str:
    """One row a model, one column a field; what has fields of its own is JSON, unknown is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    fields = NamedModel.__struct_fields__
    writer.writerow(fields)
    writer.writerows([_cell(getattr(model, field)) for field in fields] for model in catalogue.models)
    return out.getvalue()


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, str | int) else msgspec.json.encode(value).decode()


#: Every format, with what makes it.
FORMATS: Final[dict[str, Callable[[Catalogue, View], str]]] = {
    "table": _table,
    "json": lambda catalogue, _: catalogue.to_json(),
    "csv": _csv,
    "markdown": _markdown,
}
