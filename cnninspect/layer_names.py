"""Which layers a word means: one by its path, all of a type, or a leaf by its number."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from cnninspect.errors import RequestError, unknown_name


class NamedLayer(NamedTuple):
    """A layer by its path and its type, which is empty where it is not known."""

    path: str
    type: str


def named(word: str, layers: Sequence[NamedLayer], leaves: Sequence[str]) -> tuple[str, ...]:
    """The paths that ``word`` means, each once, in the order of the layers.

    A path wins over a type, and a type over a number.

    >>> conv, pool = NamedLayer("features.0", "Conv2d"), NamedLayer("features.2", "MaxPool2d")
    >>> [named(word, [conv, pool], ["features.0", "features.2"]) for word in ("features.2", "Conv2d", "1")]
    [('features.2',), ('features.0',), ('features.2',)]

    Args:
        word: As typed.
        layers: All of them.
        leaves: The paths of those that have none below them, each once, which are counted from 0.

    Raises:
        RequestError: There is no such layer.
    """
    by_path = [layer.path for layer in layers if layer.path == word and word]
    found = tuple(dict.fromkeys(by_path or [layer.path for layer in layers if layer.type == word and word]))
    if found:
        return found
    if not re.fullmatch(r"\d{1,18}", word, re.ASCII):
        raise _unknown(word, layers, leaves)
    if int(word) >= len(leaves):
        raise RequestError(f"unknown layer {word!r}", hint=f"counting from 0, the last is {len(leaves) - 1}")
    return (leaves[int(word)],)


def _unknown(word: str, layers: Sequence[NamedLayer], leaves: Sequence[str]) -> RequestError:
    types = {layer.path: layer.type for layer in layers}
    see = "there is none below the model itself"
    if some := [path for path in leaves if path]:
        kind = f"a type such as {types[some[0]]!r}, " if types.get(some[0]) else ""
        see = f"give a path such as {some[0]!r}, {kind}or a number"
    known = (*filter(None, types), *filter(None, types.values()))
    return unknown_name("layer", word, known, see=see)
