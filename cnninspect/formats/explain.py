"""What ``explain`` shows: each figure with the arithmetic that it comes from, the smallest input, what a unit sees."""

from collections.abc import Iterator
from typing import Final

from cnninspect.explain.derivation import Derivation
from cnninspect.explain.explanation import Explanation, record
from cnninspect.explain.expression import Number
from cnninspect.explain.formula import Formula
from cnninspect.explain.neurons import InputRegion
from cnninspect.formats import document as doc
from cnninspect.formats import words
from cnninspect.formats.document import Block, Column, Document, Fact, Facts, Fit, Line, Row, Span, Table, Tone
from cnninspect.formats.picture import drawn
from cnninspect.formats.presentation import Presentation
from cnninspect.formats.records import Records

_FIELDS: Final = ("path", "type", "quantity", "expression", "value")


def presentation(explanation: Explanation) -> Presentation:
    """The explanation, to be written in any format."""
    return Presentation(
        data=lambda: record(explanation),
        records=lambda: Records(_FIELDS, _rows_of_csv(explanation)),
        document=lambda: lay_out(explanation),
    )


def _rows_of_csv(explanation: Explanation) -> Iterator[tuple[object, ...]]:
    """One row a formula; a layer without one has a row of its own; then what units see, empty if it is padding."""
    for layer in explanation.layers:
        for each in layer.formulas:
            yield layer.path, layer.type, each.quantity, each.expression.text, each.value
        if not layer.formulas:
            yield layer.path, layer.type, None, None, None
    for seen in explanation.seen:
        for name, span in (("row", seen.rows), ("column", seen.columns)):
            for which, place in zip(("first", "last"), span or (None, None), strict=True):
                yield seen.path, seen.type, f"unit {seen.at[0]},{seen.at[1]} {which} {name}", None, place


def lay_out(explanation: Explanation) -> Document:
    """The formulas, the growth of the receptive field, what a unit sees, the smallest input."""
    run, model = explanation.run, explanation.model
    title = f"{words.safe(model.name)} ({words.safe(model.source)}), input {words.tensors(run.inputs, dtype=True)}"
    blocks: list[Block] = [_table(explanation.layers)]
    if len(explanation.growth) > 1:
        blocks.append(_growth(explanation.growth))
    for seen in explanation.seen:
        blocks += [Facts(_sight(seen)), drawn(seen)]
    smallest = explanation.smallest
    if smallest.side is not None:
        set_by = f"set by {words.safe(smallest.set_by)}" if smallest.set_by else ""
        blocks.append(Facts((Fact("Smallest input", f"{smallest.side}×{smallest.side}", set_by),)))
    blocks += doc.remarks([words.safe(text) for text in explanation.remarks])
    return Document(title, tuple(blocks), f"cnninspect explain {words.safe(model.spec)}")


def _table(layers: tuple[Derivation, ...]) -> Table:
    columns = (Column("Layer", fit=Fit.cut), Column("Figure"), Column("Formula", fit=Fit.wrap))
    return Table(columns, tuple(row for layer in layers for row in _rows(layer)))


def equations(layer: Derivation) -> list[tuple[Line, Line]]:
    """What each figure is, and the arithmetic that gives it."""
    return [(doc.words(each.quantity), _equation(each)) for each in layer.formulas]


def _rows(layer: Derivation) -> list[Row]:
    """A row a formula, then what has none; the layer is named on the first."""
    lines = equations(layer)
    lines += [((), doc.words(words.safe(remark), Tone.dim)) for remark in layer.remarks]
    return [Row((_name(layer) if not index else (), *cells)) for index, cells in enumerate(lines)]


def _name(layer: Derivation) -> Line:
    name, kind = words.safe(layer.path), words.safe(layer.type)
    return (Span(name, Tone.strong), Span(f": {kind}", Tone.dim)) if name else (Span(kind, Tone.strong),)


def _equation(formula: Formula) -> Line:
    """``64·3·11·11 + 64 = 23,296``; a number that needs no arithmetic stands alone.

    The short form stands between the whole one and the figure: ``… = ⌊(19 − 5)/1⌋ + 1 = 15``.
    """
    value = f"{formula.value:,}"
    in_latex = value.replace(",", "{,}")
    if isinstance(formula.expression, Number):
        return (Span(value, latex=in_latex),)
    forms = [each for each in (formula.expression, formula.short) if each is not None]
    text, latex = " = ".join(each.text for each in forms), " = ".join(each.latex for each in forms)
    return (Span(f"{text} = {value}", latex=f"{latex} = {in_latex}"),)


def _growth(layers: tuple[Derivation, ...]) -> Table:
    columns = (Column("Layer", fit=Fit.cut), Column("Figure"), Column("Formula", fit=Fit.wrap))
    rows = tuple(row for layer in layers for row in _rows(layer))
    return Table(columns, rows, "The receptive field, step by step from the input")


def _sight(seen: InputRegion) -> tuple[Fact, ...]:
    """What a unit sees, with the part that is padding."""
    whose = f"{words.safe(seen.path)}: {words.safe(seen.type)}" if seen.path else words.safe(seen.type)
    which = " (call 1)" if seen.calls > 1 else ""
    facts = [Fact("Unit", f"{seen.at[0]},{seen.at[1]}", f"of {whose}{which}")]
    for name, span, reach in zip(("Rows", "Columns"), (seen.rows, seen.columns), seen.reach, strict=True):
        exact = f"{span[0]} to {span[1]}" if span else "none"
        padding = "" if seen.repeats else _padding(span, reach)
        facts.append(Fact(name, exact, f"{span[1] - span[0] + 1 if span else 0}{padding}"))
    return tuple(facts)


def _padding(span: tuple[int, int] | None, reach: tuple[int, int]) -> str:
    """What of the reach is not seen."""
    size = reach[1] - reach[0] + 1
    if span is None:
        return f" of {size}, all padding"
    beyond = ((span[0] - reach[0], "before"), (reach[1] - span[1], "behind"))
    said = [f"{count} {where}" for count, where in beyond if count]
    return f" of {size}, the others padding: {' and '.join(said)}" if said else ""
