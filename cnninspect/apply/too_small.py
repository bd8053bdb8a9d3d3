"""Why windows and paddings don't go with a map: sizes that are impossible, or too large for it.

Each of these is asked once torch has refused, and says nothing where it sees no reason. Shapes are ``(1, C, H, W)``,
``(1, C, L)`` or ``(1, N)``, with the batch of one.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from cnninspect.geometry import KernelWindow, per_dimension, windows

_LEAST: Final = {"kernel_size": 1, "stride": 1, "dilation": 1, "padding": 0, "output_padding": 0, "output_size": 0}


#: What to do about channels, and about a map that isn't one any more.
CHANNELS: Final = "'|' goes between the channels of --values"
NOT_FLAT: Final = "put it before the layer that flattens"

Shape = Sequence[int]


class Refusal(NamedTuple):
    """Why a layer can't take a matrix, to stand behind its name, and what to do about it."""

    reason: str
    hint: str | None = None


#: Of a layer and the shape that reached it.
Rule = Callable[[Any, Shape], Refusal | None]


def many(count: int, noun: str) -> str:
    """``1 channel``, ``2 channels``."""
    return f"{count} {noun}{'s' * (count != 1)}"


def crosses(sides: Sequence[object]) -> str:
    """Sides as they are read: ``4×4``."""
    return "×".join(map(str, sides)) or "a single number"


def spatial(shape: Sequence[int]) -> tuple[int, ...]:
    """The sides of a map: rows and columns, or the length of a row."""
    return tuple(shape[2:])


def impossible(layer: Any, count: int) -> Refusal | None:
    """A setting that no map goes with: a stride of 0, a padding of −1, three numbers for two sides.

    Args:
        layer: A convolution or a pooling.
        count: How many sides a map has.
    """
    for name, least in _LEAST.items():
        value = getattr(layer, name, None)
        numbers = [each for each in per_dimension(value, count) if isinstance(each, int)]
        if isinstance(value, Sequence) and not isinstance(value, str) and len(value) not in {1, count}:
            return Refusal(f"{name} has {len(value)} numbers for {count} side{'s' * (count > 1)}", f"give {count}")
        if numbers and min(numbers) < least:
            return Refusal(f"{name} is {_spelled(value)}, and at least {least} is wanted")
    return None


def _spelled(value: Any) -> str:
    numbers = list(dict.fromkeys(value)) if isinstance(value, Sequence) else [value]
    return str(numbers[0]) if len(numbers) == 1 else crosses(numbers)


def window(layer: Any, shape: Sequence[int]) -> Refusal | None:
    """A window of a convolution or a pooling that is larger than the map with its padding."""
    sides = spatial(shape)
    padding, dilation = getattr(layer, "padding", 0), getattr(layer, "dilation", 1)
    found = windows(len(sides), layer.kernel_size, layer.stride, padding, dilation)
    return misfit(found, sides, is_over=getattr(layer, "ceil_mode", False))


def misfit(found: Sequence[KernelWindow], sides: Sequence[int], *, is_over: bool = False) -> Refusal | None:
    """Windows, one a side, that don't fit on these.

    Args:
        found: What slides along each side.
        sides: Of the map.
        is_over: The last window may hang over by less than its stride.
    """
    reach = [each.dilation * (each.kernel - 1) + 1 for each in found]
    padded = [side + each.padding + (each.behind or 0) for side, each in zip(sides, found, strict=True)]
    room = [have + (each.stride - 1) * is_over for have, each in zip(padded, found, strict=True)]
    if all(need <= have for need, have in zip(reach, room, strict=True)):
        return None
    kernel, dilations = crosses(_two(each.kernel for each in found)), {each.dilation for each in found}
    spread = (
        f" with dilation {_spelled([each.dilation for each in found])}, which reaches over {crosses(_two(reach))},"
        if dilations != {1}
        else ""
    )
    around = f", {crosses(_two(padded))} with its padding" if padded != list(sides) else ""
    least = [max(need - (have - side), 1) for need, have, side in zip(reach, room, sides, strict=True)]
    return Refusal(
        f"a {kernel} window{spread} does not fit in {crosses(_two(sides))}{around}",
        f"give at least {crosses(_two(least))}, or take a smaller window",
    )


def _two(sides: Any) -> tuple[int, ...]:
    """Rows and columns, also of one row."""
    return (1,) * (2 - len(found := tuple(sides))) + found


def half_padding(layer: Any, count: int) -> Refusal | None:
    """The padding of a pooling, of which a window must not be able to see nothing else."""
    dilation = per_dimension(getattr(layer, "dilation", 1), count)
    for side, kernel, step in zip(
        per_dimension(getattr(layer, "padding", 0), count), per_dimension(layer.kernel_size, count), dilation,
        strict=True,
    ):  # fmt: skip
        reach = step * (kernel - 1) + 1
        if side > reach // 2:
            return Refusal(f"its padding of {side} is more than half of its window of {reach}", f"at most {reach // 2}")
    return None


def around(padding: Sequence[KernelWindow], sides: Sequence[int], mode: str) -> Refusal | None:
    """Padding with elements of the map itself, or one that crops it away.

    Args:
        padding: One a side.
        sides: Of the map.
        mode: Of torch: ``zeros``, ``reflect``, ``replicate`` or ``circular``.
    """
    for each, side in zip(padding, sides, strict=True):
        widest = max(each.padding, each.behind or 0)
        most = {"reflect": side - 1, "circular": side}.get(mode, widest)
        if widest > most:
            what = "mirrored" if mode == "reflect" else "repeated"
            return Refusal(f"a side of {side} can be {what} by {most} at most, not by {widest}", "take less padding")
        if side + each.padding + (each.behind or 0) < 1:
            return Refusal(f"it crops away all of a side of {side}", "take less away")
    return None
