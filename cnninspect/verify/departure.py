"""The first place at which two networks part, and what is said of layers that differ without consequence."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from cnninspect.compare.alignment import Aligned, Status
from cnninspect.verify.evidence import Departure
from cnninspect.verify.trace import LayerAgreement

#: What follows from settings, or from what comes before.
_CONSEQUENCES: Final = frozenset(("inputs", "outputs", "params", "trainable_params"))

Types = tuple[str | None, str | None]


def first_departure(
    alignment: Sequence[Aligned],
    types: Sequence[Types],
    seen: Sequence[LayerAgreement],
    names: tuple[str, str],
    *,
    obstacle: str | None = None,
) -> Departure:
    """Where two networks that give different outputs part.

    The numbers say up to which pair of layers all is the same and which pair is the first to give something else;
    a layer of one network only, or of other settings, that stands between the two is the reason.

    Args:
        alignment: Of the leaf layers.
        types: The classes of each entry's layers.
        seen: What each entry got and gave.
        names: Of the two networks.
        obstacle: Why weights of one are not those of the other, which is the reason where no layer is.
    """
    at = next((i for i, each in enumerate(seen) if each.outputs_agree is False), len(alignment))
    agreed = max((i for i in range(at) if seen[i].outputs_agree), default=-1)
    unlike = [i for i in range(agreed + 1, at) if alignment[i].status != Status.same]
    between = [i for i in unlike if not seen[i].is_identity and not _is_idle(alignment[i], seen[i])]
    if at < len(alignment) and (seen[at].inputs_agree or seen[at].is_permuted):
        between = []
    if between:
        return _structural([alignment[i] for i in between], [types[i] for i in between], names)
    after = _called(alignment[agreed], types[agreed]) if agreed >= 0 else None
    overwrites = _overwrites(alignment[: agreed + 1], types, names)
    if at < len(alignment):
        found = _numerical(alignment[at], types[at], seen[at], names, after, obstacle)
        return found if seen[at].inputs_agree or seen[at].is_permuted else _with(found, overwrites)
    if obstacle:
        return Departure(None, None, obstacle)
    if after is None:
        return Departure(None, None, "no layer is in both")
    why = f"all aligned layers give the same, what follows {after} outside of layers does not"
    return _with(Departure(alignment[agreed].first, alignment[agreed].second, why), overwrites)


def _is_idle(entry: Aligned, seen: LayerAgreement) -> bool:
    """Is it a layer of one network only that is never called?"""
    return None in {entry.first, entry.second} and seen.is_identity is None


def _overwrites(alignment: Sequence[Aligned], types: Sequence[Types], names: tuple[str, str]) -> str:
    """The last layer that works in place in one network only: it overwrites what may be used again elsewhere."""
    unlike = [i for i, entry in enumerate(alignment) if "inplace" in entry.changes]
    if not unlike:
        return ""
    entry, kinds = alignment[unlike[-1]], types[unlike[-1]]
    return (
        f"; what an inplace layer has overwritten may be used again: {_called(entry, kinds)}: {changes(entry, names)}"
    )


def _with(departure: Departure, more: str) -> Departure:
    return Departure(departure.first, departure.second, departure.why + more)


def _numerical(
    entry: Aligned, types: Types, seen: LayerAgreement, names: tuple[str, str], after: str | None, obstacle: str | None
) -> Departure:
    """The departure at a pair of layers; ``after`` is the pair before it that gives the same."""
    called = _called(entry, types)
    if seen.inputs_agree:
        what = changes(entry, names) or obstacle or "with the same settings it gives something else"
        return Departure(entry.first, entry.second, f"{called}: {what}")
    if seen.is_permuted:
        why = f"the numbers that reach {called} are the same on both sides, but in another order"
        return Departure(entry.first, entry.second, f"{why}: look for a permute, a flatten or an order of channels")
    before = f"though {after} before it gives the same" if after else "though no layer stands before it"
    why = f"what reaches {called} is not the same, {before}: what lies between is outside of layers"
    also = f"; {called}: {changes(entry, names)}" if entry.changes.keys() - _CONSEQUENCES - {"inplace"} else ""
    why += " (a function, a reshape, another order or connection)"
    return Departure(entry.first, entry.second, why + also)


def _structural(entries: Sequence[Aligned], types: Sequence[Types], names: tuple[str, str]) -> Departure:
    """The departure at ``entries[0]``; those that stand in a row with it are named with it."""
    head = entries[0]
    if head.first is not None and head.second is not None:
        return Departure(head.first, head.second, f"{_called(head, types[0])}: {changes(head, names)}")
    row = list(
        itertools.takewhile(lambda each: None in {each[0].first, each[0].second}, zip(entries, types, strict=True))
    )
    mine = [_called(*each) for each in row if each[0].second is None]
    other = [_called(*each) for each in row if each[0].first is None]
    if mine and other:
        why = f"{_listed(mine)} in {names[0]} is {_listed(other)} in {names[1]}"
    else:
        are = "is" if len(row) == 1 else "are"
        why = f"{_listed(mine or other)} {are} only in {names[0] if mine else names[1]}"
    first = next((entry.first for entry, _ in row if entry.first is not None), None)
    second = next((entry.second for entry, _ in row if entry.second is not None), None)
    return Departure(first, second, why)


def structural_departure(
    alignment: Sequence[Aligned], types: Sequence[Types], names: tuple[str, str]
) -> Departure | None:
    """The first entry that isn't the same, where nothing could be run to tell whether it matters."""
    other = [i for i, entry in enumerate(alignment) if entry.status != Status.same]
    return _structural([alignment[i] for i in other], [types[i] for i in other], names) if other else None


def harmless(
    alignment: Sequence[Aligned],
    types: Sequence[Types],
    seen: Sequence[LayerAgreement],
    names: tuple[str, str],
    at: str,
) -> tuple[str, ...]:
    """What is said of the entries that aren't the same, of two networks that give the same outputs.

    ``at`` are the shapes of the inputs at which they do; the rest is as for ``first_departure``.
    """
    return tuple(_harmless(alignment, types, seen, names, at))


def _harmless(
    alignment: Sequence[Aligned],
    types: Sequence[Types],
    seen: Sequence[LayerAgreement],
    names: tuple[str, str],
    at: str,
) -> Iterator[str]:
    changed: dict[str, list[str]] = {}
    alone: dict[tuple[Status, str | None, bool | None], list[str]] = {}
    for entry, kinds, found in zip(alignment, types, seen, strict=True):
        if entry.first is not None and entry.second is not None:
            if entry.status != Status.same:
                does = "and still the outputs are the same" if found.outputs_agree is False else "which changes nothing"
                changed.setdefault(f"{changes(entry, names)}, {does} at {at}", []).append(_called(entry, kinds))
        else:
            path = entry.first if entry.first is not None else entry.second
            key = entry.status, kinds[entry.first is None], found.is_identity
            alone.setdefault(key, []).append(path or "the model itself")
    for what, layers in changed.items():
        yield f"{_listed(layers)}: {what}"
    for (status, kind, is_identity), paths in alone.items():
        mine, other = names if status == Status.only_first else names[::-1]
        called = f"{kind} {_listed(paths)}, only in {mine}"
        if is_identity is None:
            yield f"{called}, {'is' if len(paths) == 1 else 'are'} never called"
        elif is_identity:
            yield f"{called}, {'changes' if len(paths) == 1 else 'change'} nothing at {at}"
        else:
            yield f"{called}: {other} gives the same without"


def _listed(words: Sequence[str], most: int = 4) -> str:
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def _called(entry: Aligned, types: Types) -> str:
    """``features.0 (Conv2d)``, with both paths if they are not the same."""
    mine, other = (
        None if path is None else f"{path or 'the model itself'} ({kind})"
        for path, kind in zip((entry.first, entry.second), types, strict=True)
    )
    return " and ".join(dict.fromkeys(filter(None, (mine, other))))


def changes(entry: Aligned, names: tuple[str, str]) -> str:
    """``padding is 1×1 in net.py:Net and 2×2 in torchvision:alexnet``, for each setting, else for each shape."""
    settings = {name: pair for name, pair in entry.changes.items() if name not in _CONSEQUENCES}
    for side, name in enumerate(names):
        if settings and all(pair[side] is None for pair in settings.values()):  # as in a program of torch.export
            return f"its settings are not known in {name}"
    return ", ".join(
        f"{name} is {_value(mine)} in {names[0]} and {_value(other)} in {names[1]}"
        for name, (mine, other) in (settings or entry.changes).items()
    )


def _value(value: object) -> str:
    """A kernel of ``[3, 3]`` is 3×3, what isn't there none."""
    if isinstance(value, list | tuple):
        return ("×" if all(isinstance(item, int) for item in value) else ", ").join(map(str, value)) or "none"
    return "none" if value is None else str(value)
