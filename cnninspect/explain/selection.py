"""Which layers are meant: by path, by type, or by the number of a leaf layer."""

import re

from cnninspect.errors import RequestError, unknown_name
from cnninspect.explain.containers import is_container
from cnninspect.explain.rules import rules_of
from cnninspect.report import Report


def paths(report: Report, word: str | None) -> tuple[str, ...]:
    """The paths of the layers that ``word`` names, each once, in execution order.

    A path wins over a type, and a type over a number. Without a word: every layer without others below it,
    and every other that has a formula, parameters or MACs of its own.

    Raises:
        RequestError: There is no such layer.
    """
    if word is None:
        return tuple(dict.fromkeys(path for path, index in _leaves(report, more=True)))
    if not report.layers:
        raise RequestError(f"unknown layer {word!r}", hint="the report has no layers")
    named = [layer.path for layer in report.layers if layer.path == word and word]
    typed = [layer.path for layer in report.layers if layer.type == word]
    found = tuple(dict.fromkeys(named or typed))
    if not found and re.fullmatch(r"\d{1,18}", word, re.ASCII):
        found = (_numbered(report, word),)
    if not found:
        leaf = _leaves(report)
        known = (*(layer.path for layer in report.layers if layer.path), *(layer.type for layer in report.layers))
        see = f"give a path such as {leaf[0][0]!r}, a type such as {report.layers[leaf[0][1]].type!r}, or a number"
        raise unknown_name("layer", word, known, see=see)
    return found


def _numbered(report: Report, word: str) -> str:
    known = tuple(dict.fromkeys(path for path, _ in _leaves(report)))
    if int(word) >= len(known):
        raise RequestError(f"unknown layer {word!r}", hint=f"counting from 0, the last is {len(known) - 1}")
    return known[int(word)]


def _leaves(report: Report, *, more: bool = False) -> list[tuple[str, int]]:
    """The layers without others below them, with their indices; with ``more`` also those that do work themselves."""
    return [
        (layer.path, index)
        for index, layer in enumerate(report.layers)
        if not is_container(report.layers, index) or (more and (rules_of(layer) or layer.own_params or layer.own_macs))
    ]
