"""Which sides of the input a layer that fails would need, by arithmetic back to the input.

What an element of the map that reached it sees tells how many pixels so many elements need (``geometry.py``). Where
that doesn't give what was traced, nothing is said.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cnninspect.capture.calls import Call
from cnninspect.capture.failure.complaint import Complaint
from cnninspect.capture.receptive_field import FeatureMap


class Mend(NamedTuple):
    """Why the map doesn't fit, with the sides that would, if it isn't the input itself; and an input to try."""

    text: str = ""
    hint: str | None = None


def mend(complaint: Complaint, call: Call, calls: Sequence[Call]) -> Mend | None:
    """What the input would have to be, if its sides are what is wrong and that can be told."""
    reached, root = call.origin, calls[0]
    if complaint.fits and [tensor.shape for tensor in root.inputs] == [tensor.shape for tensor in call.inputs]:
        return Mend(hint=f"try --input {_typed(complaint.fits)}")
    if reached is None or len(root.inputs) != 1 or not (complaint.features or complaint.least):
        return None
    count = len(reached.places)
    before = root.inputs[0].shape[-count:]
    if list(reached.shape[-count:]) != [e.elements(n) for e, n in zip(reached.places, before, strict=True)]:
        return None
    gives = f"the input {_typed(root.inputs[0].shape)} gives {_shown(reached)}{_after(reached, calls)}"
    wanted = complaint.least or _wanted_map(reached, complaint.features or 0)
    if wanted is None:
        return Mend(gives)
    if len(wanted) != count:  # a map without a batch is taken for one of fewer dimensions
        return None
    ranges = [e.pixels(m) for e, m in zip(reached.places, wanted, strict=True)]
    is_least = complaint.least is not None
    hint = _example(root.inputs[0].shape, ranges, is_least=is_least)
    if all(extent[:3] == (1, 1, 0) for extent in reached.places):  # it is the input itself
        return Mend(hint=hint)
    return Mend(f"{gives}; {'×'.join(map(str, wanted))} needs {_words(ranges, is_least=is_least)}", hint)


def _wanted_map(reached: FeatureMap, features: int) -> tuple[int, ...] | None:
    """The sides, all alike, of a map with as many channels and ``features`` elements in all."""
    count = len(reached.places)
    channels = reached.shape[-count - 1] if len(reached.shape) > count else 1
    side = round((features / channels) ** (1 / count))
    return (side,) * count if side and side**count * channels == features else None


def _shown(reached: FeatureMap) -> str:
    return "×".join(map(str, reached.shape[-len(reached.places) - 1 :]))


def _after(reached: FeatureMap, calls: Sequence[Call]) -> str:
    """The last layer that gave it; one that holds others only if it alone did."""
    gave = [each for each in calls if each.is_done and each.outputs and each.outputs[0].shape == reached.shape]
    holding = {id(each.parent) for each in calls}
    inner = [each for each in gave if id(each) not in holding] or gave
    return f" after `{inner[-1].path}`" if inner and inner[-1].path else ""


def _words(ranges: list[tuple[int, int]], *, is_least: bool) -> str:
    texts = [
        f"at least {first}" if is_least else f"{first} to {last}" if first < last else f"{first}"
        for first, last in ranges
    ]
    if len(set(texts)) == 1:
        return f"{'a length' if len(ranges) == 1 else 'sides'} of {texts[0]}"
    names = ("depths", "heights", "widths")[-len(ranges) :]
    return " and ".join(f"{name} of {text}" for name, text in zip(names, texts, strict=True))


def _example(shape: tuple[int, ...], ranges: list[tuple[int, int]], *, is_least: bool) -> str:
    """An input to try: of the sides that fit, those that can be halved most often."""
    sides = [first if is_least else max(range(first, last + 1), key=_halvings) for first, last in ranges]
    tried = f"try --input {_typed((*shape[: -len(sides)], *sides))}"
    return f"{tried}, or larger: layers behind may want more" if is_least else tried


def _halvings(side: int) -> int:
    return side & -side


def _typed(shape: Sequence[int]) -> str:
    """A shape as it is typed."""
    return "x".join(map(str, shape))
