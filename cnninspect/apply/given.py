"""Weights and biases as the user gives them, ``[LAYER=]MATRIX``, before anybody knows which layer they are for."""

import re
from collections.abc import Sequence

import msgspec

from cnninspect.apply.values import Maps, parse_filters, parse_row
from cnninspect.errors import RequestError, unknown_name


class Given(msgspec.Struct, frozen=True):
    """Numbers for the weight or the bias of one layer.

    Attributes:
        option: ``--weight`` or ``--bias``.
        text: As it was typed.
        layer: Its index in the chain; ``None``: the next convolution or linear layer in order.
        filters: ``(filters, channels, rows, columns)``; those of a bias are one row.
    """

    option: str
    text: str
    layer: int | None
    filters: tuple[Maps, ...]


def parse_given(texts: Sequence[str], option: str, types: Sequence[str]) -> tuple[Given, ...]:
    """Read what was given with ``--weight`` or ``--bias``, repeated.

    Args:
        texts: ``MATRIX`` or ``LAYER=MATRIX``, with an index (from 0) or a type for ``LAYER``.
        option: ``--weight`` or ``--bias``.
        types: Of the layers in the chain.

    Raises:
        RequestError: It is malformed, or names no layer of the chain, or one layer twice.
    """
    found: list[Given] = []
    for text in texts:
        match = re.fullmatch(r"\s*(\w+)\s*=(.*)", text, re.DOTALL)
        layer = _index(match[1], types, f"{option} {text!r}") if match else None
        numbers = match[2] if match else text
        filters = ((((parse_row(numbers, option),),),)) if option == "--bias" else parse_filters(numbers, option)
        if layer is not None and any(each.layer == layer for each in found):
            raise RequestError(f"{option} {text!r}: layer {layer} has been given one already")
        found.append(Given(option, text, layer, filters))
    return tuple(found)


def _index(word: str, types: Sequence[str], what: str) -> int:
    if re.fullmatch(r"\d{1,9}", word, re.ASCII):
        if int(word) < len(types):
            return int(word)
        raise RequestError(f"{what}: there is no layer {word}", hint=f"the layers are 0 to {len(types) - 1}")
    places = [index for index, name in enumerate(types) if name == word]
    if not places:
        raise unknown_name("layer", word, types, see=f"the layers are {', '.join(types)}")
    if len(places) > 1:
        raise RequestError(f"{what}: {len(places)} layers are of type {word}", hint=f"say which: {places[0]}=…")
    return places[0]
