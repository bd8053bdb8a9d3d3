"""How many multiply-accumulates one call of a layer does, from its settings and shapes: one rule a kind of layer.

The counting rules are those of the report: convolutions, linear layers, recurrent networks and attention; a bias
counts nothing.
"""

from collections.abc import Iterator

from cnninspect.explain.expression import Number, product, total
from cnninspect.explain.formula import Formula, Rule, entering, leaving
from cnninspect.explain.parameter_formulas import layer_matrices, per_group
from cnninspect.geometry import per_dimension
from cnninspect.report import Layer


def convolution(dimensions: int) -> Rule:
    """Each output element is a product over one group's input channels and the kernel."""

    def rule(layer: Layer) -> Iterator[Formula]:
        kernel = per_dimension(layer.settings["kernel_size"], dimensions)
        if leaving(layer):
            each = [per_group(layer.settings, "in_channels"), *kernel]
            yield Formula("MACs", product([*leaving(layer), *each]), layer.macs)

    return rule


def transposed_convolution(dimensions: int) -> Rule:
    """Each input element is multiplied into one group's output channels and the kernel."""

    def rule(layer: Layer) -> Iterator[Formula]:
        kernel = per_dimension(layer.settings["kernel_size"], dimensions)
        if entering(layer):
            each = [per_group(layer.settings, "out_channels"), *kernel]
            yield Formula("MACs", product([*entering(layer), *each]), layer.macs)

    return rule


def linear(layer: Layer) -> Iterator[Formula]:
    """Each output element sums over the input features."""
    if leaving(layer):
        yield Formula("MACs", product([*leaving(layer), layer.settings["in_features"]]), layer.macs)


def bilinear(layer: Layer) -> Iterator[Formula]:
    """Each output element sums over the pairs of input features."""
    if leaving(layer):
        pairs = (layer.settings["in1_features"], layer.settings["in2_features"])
        yield Formula("MACs", product([*leaving(layer), *pairs]), layer.macs)


def recurrent(gates: int) -> Rule:
    """Every matrix is applied at each step."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if entering(layer):
            directions = 1 + bool(layer.settings["bidirectional"])
            matrices = total(layer_matrices(layer.settings, gates))
            yield Formula("MACs", product([*entering(layer)[:-1], directions, matrices]), layer.macs)

    return rule


def recurrent_cell(gates: int) -> Rule:
    """One step of one layer."""

    def rule(layer: Layer) -> Iterator[Formula]:
        if entering(layer):
            (matrices,) = layer_matrices(layer.settings | {"num_layers": 1, "bidirectional": False}, gates)
            yield Formula("MACs", product([*entering(layer)[:-1], matrices]), layer.macs)

    return rule


def attention(layer: Layer) -> Iterator[Formula]:
    """``nn.MultiheadAttention``: four projections, a product for the scores and one for the weighted sum.

    Queries ``(…, L, E)``, keys and values ``(…, S, E)``; all heads together are as wide as one.
    """
    shapes = {spec.name: spec.shape for spec in layer.inputs}
    query, key = shapes.get("query"), shapes.get("key")
    if not query or not key:
        return
    found = layer.settings
    embed, batched = found["embed_dim"], len(query) == 3
    at = 1 if batched and found["batch_first"] else 0
    batch = (query[1 - at],) if batched else ()
    length, source = query[at], key[at]
    attended = source + bool(found.get("add_bias_kv")) + bool(found.get("add_zero_attn"))
    parts = [
        product([*batch, 2, length, embed, embed]),
        product([*batch, source, Number(found["kdim"]) + found["vdim"], embed]),
        product([*batch, 2, length, attended, embed]),
    ]
    yield Formula("MACs", total(parts), layer.macs)
