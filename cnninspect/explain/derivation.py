"""What can be derived of each layer of a report, held against what the pass showed.

A formula that gives another figure than the pass is never shown: the layer's remarks say so instead.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from cnninspect.explain import containers, fields
from cnninspect.explain.formula import FOREIGN, Formula, Rule, entering, leaving
from cnninspect.explain.rules import rules_of
from cnninspect.report import Layer, Report


class Derivation(msgspec.Struct, frozen=True):
    """All that can be derived of one layer, over all of its calls.

    Attributes:
        formulas: Each holds. Where calls differ, the quantity of the later ones says which call it is.
        remarks: What has no formula, and why; how often it ran.
    """

    path: str
    type: str
    formulas: tuple[Formula, ...]
    remarks: tuple[str, ...]


def derive(report: Report, paths: Iterable[str]) -> tuple[Derivation, ...]:
    """The derivations of the layers at ``paths``, in this order."""
    steps = fields.steps(report.layers)
    calls: dict[str, list[int]] = {}
    for index, layer in enumerate(report.layers):
        calls.setdefault(layer.path, []).append(index)
    known: _Known = {}
    return tuple(_derivation(report.layers, calls[path], steps, known) for path in paths)


def _derivation(
    layers: tuple[Layer, ...], calls: list[int], steps: dict[int, fields.FieldGrowth], known: "_Known"
) -> Derivation:
    first = layers[calls[0]]
    shown: list[Formula] = []
    remarks: list[str] = []
    said: dict[str, list[Formula]] = {}  # by the quantity
    for index in calls:
        layer = layers[index]
        suffix = f" (call {layer.call})" if layer.call > 1 else ""
        formulas = [*_formulas(layers, index, known), *(steps[index].formulas if index in steps else ())]
        if index not in steps and fields.has_window(layer):
            remarks.append(f"no formula for its receptive field: a function of the model changes it before{suffix}")
        remarks += [f"{remark}{suffix}" for remark in _silences(layer, formulas) if remark not in remarks]
        for formula in formulas:
            before = said.setdefault(formula.quantity, [])
            if formula.holds and not any(each.expression.text == formula.expression.text for each in before):
                before.append(formula)
                named = msgspec.structs.replace(formula, quantity=formula.quantity + suffix) if suffix else formula
                shown.append(named)
    if len(calls) > 1:
        differ = any(" (call " in formula.quantity for formula in shown)
        which = "; a figure that differs says of which call it is" if differ else "; each figure is that of one call"
        remarks.insert(0, f"called {len(calls)} times{which}")
    return Derivation(first.path, first.type, tuple(shown), tuple(remarks))


#: The formulas of layers by all that rules look at: what a layer is and did, not where it stands.
_Known = dict[bytes, list[Formula]]


def _formulas(layers: tuple[Layer, ...], index: int, known: _Known) -> list[Formula]:
    layer, rules = layers[index], rules_of(layers[index])
    if not rules:
        return list(containers.sums(layers, index)) if containers.is_container(layers, index) else []
    alike = msgspec.json.encode(  # which has numbers of any size
        msgspec.structs.replace(layer, path="", name="", depth=0, call=1, receptive_field=None)
    )  # fmt: skip
    if alike not in known:
        known[alike] = [formula for rule in rules for formula in _given(rule, layer)]
    return known[alike]


def _given(rule: Rule, layer: Layer) -> list[Formula]:
    with suppress(*FOREIGN):
        formulas = list(rule(layer))
        if all(formula.holds or formula.value is not None for formula in formulas):  # every one can be computed
            return formulas
    return []


def _silences(layer: Layer, formulas: list[Formula]) -> Iterator[str]:
    """What has no formula, in words."""
    for formula in formulas:
        if not formula.holds:
            figure = formula.expression.value
            yield f"no formula for its {formula.quantity}: its settings give {figure}, the pass showed {formula.traced}"
    if layer.call == 0:
        yield "never called: the forward pass did not reach it"
    elif not any(formula.quantity.startswith("output ") for formula in formulas):
        same = entering(layer) == leaving(layer)
        yield "gives the shape that it is given" if same else "no formula for the shape that it gives"
    if len(layer.outputs) > 1:
        yield f"gives {len(layer.outputs)} tensors: the formulas are for the first"
    if not layer.inputs and not layer.outputs and layer.call:
        yield "takes and gives no tensors"
    told = {formula.quantity for formula in formulas}
    if layer.params and "parameters" not in told:
        yield f"no formula for its {layer.params:,} parameters"
    if layer.macs and "MACs" not in told:
        yield f"no formula for its {layer.macs:,} MACs"
