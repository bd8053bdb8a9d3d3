"""A module that holds others: its figures are theirs added up, and its own."""

from collections.abc import Iterator

from cnninspect.explain.expression import Number, total
from cnninspect.explain.formula import Formula
from cnninspect.report import Layer


def is_container(layers: tuple[Layer, ...], index: int) -> bool:
    """Is there a layer below it?"""
    return index + 1 < len(layers) and _is_below(layers[index + 1], layers[index])


def _is_below(layer: Layer, above: Layer) -> bool:
    return layer.depth > above.depth and (not above.path or layer.path.startswith(f"{above.path}."))


def within(layers: tuple[Layer, ...], index: int) -> range:
    """The indices of those below it."""
    end = index + 1
    while end < len(layers) and _is_below(layers[end], layers[index]):
        end += 1
    return range(index + 1, end)


def sums(layers: tuple[Layer, ...], index: int) -> Iterator[Formula]:
    """Its parameters and MACs, each as the sum of its own and of those that it holds; zeros are left out."""
    above = layers[index]
    held = [layers[i] for i in within(layers, index) if layers[i].depth == above.depth + 1]
    first_calls = {layer.path: layer.params for layer in reversed(held)}
    for quantity, own, parts, traced in (
        ("parameters", above.own_params, list(first_calls.values())[::-1], above.params),
        ("MACs", above.own_macs, [layer.macs for layer in held], above.macs),
    ):
        terms = [Number(part) for part in (own, *parts) if part]
        if terms and traced is not None:
            yield Formula(quantity, total(terms), traced)
