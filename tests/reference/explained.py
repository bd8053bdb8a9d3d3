"""Every printed figure of an explanation against the traced one.

A formula that doesn't give the traced figure is left out with a remark, which is a fault here.
"""

from cnninspect.explain.derivation import derive
from cnninspect.explain.selection import paths
from cnninspect.report import Layer, Report

#: Kinds of layer whose sizes, parameters or MACs come from their settings: each must have its formulas.
EXPECTED = {
    "Conv2d": {"output channels", "output height", "output width", "parameters", "MACs"},
    "MaxPool2d": {"output height", "output width"},
    "AvgPool2d": {"output height", "output width"},
    "AdaptiveAvgPool2d": {"output height", "output width"},
    "Flatten": {"output features"},
    "Linear": {"output features", "parameters", "MACs"},
    "BatchNorm2d": {"parameters"},
    "LayerNorm": {"parameters"},
    "MultiheadAttention": {"output features", "parameters", "MACs"},
}
#: Whose branches begin with ``avg_pool2d``, a function: what it adds to the field no layer's numbers tell.
POOLS_BY_A_FUNCTION = {"inception_v3"}


def traced(layer: Layer, quantity: str) -> int | None:
    """The figure of the report, found without the rules."""
    shape = layer.outputs[0].shape if layer.outputs else ()
    field = layer.receptive_field
    places = {"output channels": -3, "output height": -2, "output width": -1}
    if quantity in places:
        return shape[places[quantity]]
    if quantity == "output features":
        return shape[-1]
    if quantity.startswith(("receptive field", "effective")):
        assert field is not None
        sides = {"receptive field": field.size, "effective stride": field.stride, "effective padding": field.padding}
        name = next(each for each in sides if quantity.startswith(each))
        return sides[name][1 if quantity.endswith("width") else 0]
    return {"parameters": layer.params, "MACs": layer.macs}.get(quantity)


def check(name: str, report: Report) -> None:
    """Hold every figure that is derived of a network's layers against its report."""
    layers = {(layer.path, layer.call or 1): layer for layer in report.layers}
    for found in derive(report, paths(report, None)):
        assert not [remark for remark in found.remarks if "its settings give" in remark], found
        layer = layers[found.path, 1]
        told = {formula.quantity for formula in found.formulas}
        if layer.call:
            assert EXPECTED.get(found.type, set()) <= told, found
            if layer.receptive_field and found.type in {"Conv2d", "MaxPool2d", "AvgPool2d"}:
                grows = [quantity for quantity in told if quantity.startswith("receptive field")]
                assert grows or (name in POOLS_BY_A_FUNCTION and "a function of the model" in found.remarks[0]), found
        for formula in found.formulas:
            quantity, _, call = formula.quantity.partition(" (call ")
            if quantity.startswith("window"):
                continue  # which the pass does not show
            assert formula.value == traced(layers[found.path, int(call.rstrip(")") or 1)], quantity), (found, formula)
