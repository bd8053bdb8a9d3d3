"""What is said of a row of a graph, the same in every format."""

from cnninspect.draw.measures import MEASURES
from cnninspect.draw.rows import GraphRow
from cnninspect.formats import words
from cnninspect.units import binary, si


def name_of(row: GraphRow) -> str:
    """Its name: of a block of copies that of the first and the last, with their number; of the network its class."""
    if row.copies > 1:
        return f"{words.from_to(row.name, row.last_name)}: {row.copies} ×"
    return words.safe(row.name or row.type)


def type_of(row: GraphRow) -> str:
    """Its class; nothing for what has none, or no other name."""
    return "" if row.layer is None or row.type == "operator" or not row.name else words.safe(row.type)


def shape_of(row: GraphRow) -> str:
    """What it gives, without the batch: a frame gives nothing itself."""
    return "" if row.is_frame else words.sides(row.shape[1:] if len(row.shape) > 1 else row.shape)


def figure_of(row: GraphRow, measure: str | None) -> str:
    """The figure that is asked for, else its parameters; nothing where there are none."""
    if row.layer is None or row.is_frame:
        return ""
    value = MEASURES[measure or "params"](row)
    if not value:
        return ""
    return binary(value) if measure == "memory" else f"{value}" if value < 1000 else si(value)


def about(row: GraphRow) -> str:
    """All of it in a line, for a title."""
    parts = [row.path or row.name, row.type if row.layer else ""]
    if row.layer is not None:
        parts += [f"{row.layer.params:,} parameters" if row.layer.params else ""]
        parts += [f"{row.layer.macs:,} MACs" if row.layer.macs else ""]
    return words.safe(", ".join(filter(None, parts)))
