"""The whole explanation of a network, as it is shown, and as it is written to JSON."""

import msgspec

from cnninspect.errors import RequestError
from cnninspect.explain import fields, neurons, selection
from cnninspect.explain.derivation import Derivation, derive
from cnninspect.explain.smallest import Smallest
from cnninspect.report import SCHEMA_VERSION, Model, Report, Run
from cnninspect.shown import Shown

SAVED = Smallest(None, ("the smallest input is unknown: a saved report has no network to try",))


class Explanation(Shown, frozen=True):
    """Where the numbers of the chosen layers come from.

    Attributes:
        growth: The layers through whose windows the receptive field of the one chosen layer has grown, in order;
            empty if several are chosen, or it has none.
        smallest: The smallest input.
        seen: What one unit of each of them sees, if that was asked.
    """

    model: Model
    run: Run
    layers: tuple[Derivation, ...]
    growth: tuple[Derivation, ...]
    smallest: Smallest
    seen: tuple[neurons.InputRegion, ...]
    notes: tuple[str, ...]

    @property
    def remarks(self) -> tuple[str, ...]:
        """All that is to be said beside the figures, each once."""
        of_units = dict.fromkeys(remark for each in self.seen for remark in each.remarks)
        return (*of_units, *self.smallest.words, *self.notes)


def explain(
    report: Report, smallest: Smallest = SAVED, *, layer: str | None = None, unit: tuple[int, int] | None = None
) -> Explanation:
    """Explain a report.

    Args:
        report: Of a forward pass.
        smallest: What is known of the smallest input.
        layer: A path, a type or a number; ``None``: every layer.
        unit: Row and column in the output of the chosen layers.

    Raises:
        RequestError: There was no forward pass, or there is no such layer or unit.
    """
    if not report.is_of_pass:
        raise RequestError(
            f"{report.model.spec!r} is a file of weights: there is nothing to explain without a forward pass",
            hint="name the model that they are for, and add --weights FILE",
        )
    paths = selection.paths(report, layer)
    return Explanation(
        model=report.model,
        run=report.run,
        layers=derive(report, paths),
        growth=_growth(report, paths[0]) if layer is not None and len(paths) == 1 else (),
        smallest=smallest,
        seen=tuple(neurons.seen(report, path, unit) for path in paths) if unit else (),
        notes=report.notes,
    )


def _growth(report: Report, path: str) -> tuple[Derivation, ...]:
    found = fields.steps(report.layers)
    index = next(i for i, layer in enumerate(report.layers) if layer.path == path)
    if report.layers[index].receptive_field is None:
        return ()
    order = fields.chain(found, report.layers, index)
    return tuple(Derivation(report.layers[i].path, report.layers[i].type, found[i].formulas, ()) for i in order)


class FormulaRecord(msgspec.Struct, frozen=True):
    """One derived figure.

    Attributes:
        quantity: What it is: ``output height``, ``parameters``, ``MACs`` …
        expression: The formula with the layer's own numbers in it.
        value: What it comes to.
    """

    quantity: str
    expression: str
    value: int


class LayerRecord(msgspec.Struct, frozen=True):
    """One layer, with no formulas if there are none for it.

    Attributes:
        path: As in ``named_modules()``.
        type: Its class.
        formulas: One for each figure.
    """

    path: str
    type: str
    formulas: tuple[FormulaRecord, ...]


class UnitRecord(msgspec.Struct, frozen=True):
    """The input that one unit sees: first and last row and column, ``null`` if it is padding alone.

    Attributes:
        path: Of the layer.
        at: Row and column of the unit in the layer's output, from 0.
        rows: The first and the last that it sees.
        columns: Likewise.
    """

    path: str
    at: tuple[int, int]
    rows: tuple[int, int] | None
    columns: tuple[int, int] | None


class ExplanationRecord(msgspec.Struct, frozen=True):
    """What ``explain --format json`` gives; ``min_input`` is null where it isn't known, and the notes say why.

    Attributes:
        model: Which network it is.
        run: How it was run.
        min_input: Height and width of the smallest square input.
        layers: Those that were asked for.
        units: What one unit sees, if that was asked.
        notes: What sets the smallest input, and what is unknown.
    """

    schema_version: int
    model: Model
    run: Run
    min_input: tuple[int, int] | None
    layers: tuple[LayerRecord, ...]
    units: tuple[UnitRecord, ...]
    notes: tuple[str, ...]


def record(explanation: Explanation) -> ExplanationRecord:
    """The explanation as plain data."""
    side = explanation.smallest.side
    layers = tuple(
        LayerRecord(
            layer.path,
            layer.type,
            tuple(FormulaRecord(each.quantity, each.expression.text, each.value) for each in layer.formulas),
        )
        for layer in explanation.layers
    )
    return ExplanationRecord(
        schema_version=SCHEMA_VERSION,
        model=explanation.model,
        run=explanation.run,
        min_input=None if side is None else (side, side),
        layers=layers,
        units=tuple(UnitRecord(each.path, each.at, each.rows, each.columns) for each in explanation.seen),
        notes=explanation.remarks,
    )
