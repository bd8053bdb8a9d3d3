"""How many parameters a layer holds, from its settings: one rule a kind of layer, as its torch class says.

A figure is held against what is at or below the layer; a setting that a layer doesn't keep has no formula.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from cnninspect.explain.expression import Expression, Number, product, total
from cnninspect.explain.formula import Formula, Rule
from cnninspect.geometry import per_dimension
from cnninspect.report import Layer

_MOST_LAYERS: Final = 1000  # of a recurrent network: the formula has a term for each
_Count = Callable[[dict[str, Any]], Expression | None]


def held(count: _Count) -> Rule:
    """The rule that compares what ``count`` makes of the settings with what the layer holds."""

    def rule(layer: Layer) -> Iterator[Formula]:
        expression = count(layer.settings)
        if expression is not None and layer.params is not None:
            yield Formula("parameters", expression, layer.params)

    return rule


def per_group(settings: dict[str, Any], name: str) -> Expression:
    """The channels that one group has of ``in_channels`` or ``out_channels``."""
    channels = Number(settings[name])
    return channels if settings["groups"] == 1 else channels / settings["groups"]


def convolution(dimensions: int) -> _Count:
    """A kernel over one group's input channels for each output channel, and a bias for each.

    >>> alexnet = {"in_channels": 3, "out_channels": 64, "kernel_size": [11, 11], "groups": 1, "bias": True}
    >>> convolution(2)(alexnet).text, convolution(2)(alexnet).value
    ('64·3·11·11 + 64', 23296)
    """

    def count(settings: dict[str, Any]) -> Expression | None:
        kernel = per_dimension(settings["kernel_size"], dimensions)
        weights = product([settings["out_channels"], per_group(settings, "in_channels"), *kernel])
        return weights + settings["out_channels"] if settings["bias"] else weights

    return count


def transposed_convolution(dimensions: int) -> _Count:
    """A kernel over one group's output channels for each input channel, and a bias for each output channel."""

    def count(settings: dict[str, Any]) -> Expression | None:
        kernel = per_dimension(settings["kernel_size"], dimensions)
        weights = product([settings["in_channels"], per_group(settings, "out_channels"), *kernel])
        return weights + settings["out_channels"] if settings["bias"] else weights

    return count


def linear(settings: dict[str, Any]) -> Expression | None:
    """Each output feature has a weight for each input feature, and a bias."""
    weights = product([settings["out_features"], settings["in_features"]])
    return weights + settings["out_features"] if settings["bias"] else weights


def bilinear(settings: dict[str, Any]) -> Expression | None:
    """Each output feature has a matrix between the two inputs, and a bias."""
    weights = product([settings["out_features"], settings["in1_features"], settings["in2_features"]])
    return weights + settings["out_features"] if settings["bias"] else weights


def embedding(settings: dict[str, Any]) -> Expression | None:
    """A vector for each entry."""
    return product([settings["num_embeddings"], settings["embedding_dim"]])


def per_channel(setting: str) -> _Count:
    """A scale and a shift for each channel, where there are any (``affine``)."""

    def count(settings: dict[str, Any]) -> Expression | None:
        return product([2, settings[setting]]) if settings["affine"] else None

    return count


def per_element(settings: dict[str, Any]) -> Expression | None:
    """``nn.LayerNorm`` and ``nn.RMSNorm``: a scale for each element, and a shift where there is a ``bias``."""
    if not settings["elementwise_affine"]:
        return None
    elements = per_dimension(settings["normalized_shape"], 1)
    return product([2, *elements]) if settings.get("bias") else product(elements)


def slopes(settings: dict[str, Any]) -> Expression | None:
    """``nn.PReLU``: one for all channels, or one for each."""
    return Number(settings["num_parameters"])


def attention(settings: dict[str, Any]) -> Expression | None:
    """``nn.MultiheadAttention``: matrices for queries, keys, values and the output; a bias for each."""
    embed = settings["embed_dim"]
    widths = (embed, settings["kdim"], settings["vdim"], embed)
    alike = len(set(widths)) == 1
    parts = [product([4, embed, embed])] if alike else [product([embed, width]) for width in widths]
    if settings["bias"]:
        parts.append(product([4, embed]))
    if settings.get("add_bias_kv"):
        parts.append(product([2, embed]))
    return total(parts)


def recurrent(gates: int) -> _Count:
    """A matrix for the input and one for the state, for each gate, with a bias each, in every layer.

    >>> lstm = {"input_size": 28, "hidden_size": 64, "num_layers": 1, "bidirectional": False, "bias": True}
    >>> recurrent(4)(lstm).text
    '4·64·(28 + 64) + 2·4·64'
    """

    def count(settings: dict[str, Any]) -> Expression | None:
        directions = 1 + bool(settings["bidirectional"])
        layers = [
            matrices + product([2, gates, settings["hidden_size"]]) if settings["bias"] else matrices
            for matrices in layer_matrices(settings, gates)
        ]
        return total(product([directions, layer]) if directions > 1 else layer for layer in layers)

    return count


def layer_matrices(settings: dict[str, Any], gates: int) -> list[Expression]:
    """The elements of the matrices of each layer of a recurrent network, in one direction."""
    hidden, projected = settings["hidden_size"], settings.get("proj_size") or 0
    carried = projected or hidden
    found: list[Expression] = []
    if settings["num_layers"] > _MOST_LAYERS:
        raise ValueError("nobody would read such a formula")
    for index in range(settings["num_layers"]):
        above = product([2, carried]) if settings["bidirectional"] else Number(carried)
        entering = above if index else Number(settings["input_size"])
        matrices = product([gates, hidden, entering + carried])
        found.append(matrices + product([projected, hidden]) if projected else matrices)
    return found


def recurrent_cell(gates: int) -> _Count:
    """One step of one layer."""

    def count(settings: dict[str, Any]) -> Expression | None:
        return recurrent(gates)(settings | {"num_layers": 1, "bidirectional": False})

    return count


#: How many times a state the gates of each recurrent kind are.
GATES: Final = {"RNN": 1, "GRU": 3, "LSTM": 4}
