"""What is said of layers that differ without consequence."""

from collections.abc import Iterator, Sequence

from cnninspect.compare.alignment import Status
from cnninspect.verify.traced_layer import TracedLayer, listed


def harmless(layers: Sequence[TracedLayer], names: tuple[str, str], at: str) -> Iterator[str]:
    """What is said of the entries that aren't the same, of two networks that give the same outputs.

    Args:
        layers: What was seen of each entry of their alignment.
        names: Of the two networks.
        at: The shapes of the inputs at which they give the same.
    """
    changed: dict[str, list[str]] = {}
    alone: dict[tuple[Status, str | None, bool | None], list[str]] = {}
    for layer in layers:
        entry, found = layer.entry, layer.seen
        if layer.is_pair:
            if entry.status != Status.same:
                does = "and still the outputs are the same" if found.outputs_agree is False else "which changes nothing"
                changed.setdefault(f"{layer.what_differs(names)}, {does} at {at}", []).append(layer.called)
        else:
            path = entry.first if entry.first is not None else entry.second
            key = entry.status, layer.types[entry.first is None], found.is_identity
            alone.setdefault(key, []).append(path or "the model itself")
    for what, layers_called in changed.items():
        yield f"{listed(layers_called)}: {what}"
    for (status, kind, is_identity), paths in alone.items():
        mine, other = names if status == Status.only_first else names[::-1]
        called = f"{kind} {listed(paths)}, only in {mine}"
        if is_identity is None:
            yield f"{called}, {'is' if len(paths) == 1 else 'are'} never called"
        elif is_identity:
            yield f"{called}, {'changes' if len(paths) == 1 else 'change'} nothing at {at}"
        else:
            yield f"{called}: {other} gives the same without"
