"""What a rule gives: a figure of one layer, the arithmetic that it comes from, and what the pass showed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from cnninspect.explain.expression import Expression
from cnninspect.geometry import KernelWindow, windows
from cnninspect.report import Layer


class Formula(msgspec.Struct, frozen=True):
    """One derived figure.

    Attributes:
        quantity: What it is, in words: ``output height``, ``parameters``.
        expression: The arithmetic, with the layer's own numbers in it.
        traced: What the forward pass showed; ``None`` where it doesn't show this figure by itself.
        short: The same arithmetic as courses write it, where there is less to say.
    """

    quantity: str
    expression: Expression
    traced: int | None = None
    short: Expression | None = None

    @property
    def value(self) -> int:
        """What the arithmetic comes to; always whole, or it isn't ``holds``."""
        return int(self.expression.value)

    @property
    def holds(self) -> bool:
        """Does the arithmetic give a whole number, the one that the pass showed?"""
        value = self.expression.value
        return value == int(value) and (self.traced is None or value == self.traced)


#: From a layer that ran to some of its figures; none where its settings don't tell enough.
Rule = Callable[[Layer], Iterable[Formula]]

#: What a rule may stumble over in a layer that has the name, but not the settings, of one of torch's.
FOREIGN: Final = (KeyError, TypeError, ValueError, IndexError, ArithmeticError, AttributeError, RecursionError)

_DIMENSIONS: Final = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def dimensions(count: int) -> tuple[str, ...]:
    """What the last ``count`` dimensions of a feature map are called."""
    return _DIMENSIONS.get(count) or tuple(f"dimension {index}" for index in range(count))


def entering(layer: Layer) -> tuple[int, ...]:
    """The shape of its first input; empty if it has none."""
    return layer.inputs[0].shape if layer.inputs else ()


def leaving(layer: Layer) -> tuple[int, ...]:
    """The shape of its first output; empty if it has none."""
    return layer.outputs[0].shape if layer.outputs else ()


def kernel_windows(layer: Layer, count: int) -> tuple[KernelWindow, ...]:
    """The windows of a layer with a kernel along ``count`` dimensions, from its settings."""
    kernel, *others = (layer.settings.get(name) for name in ("kernel_size", "stride", "padding", "dilation"))
    stride, padding, dilation = others
    return windows(count, kernel, stride, padding or 0, dilation or 1, ceil_mode=bool(layer.settings.get("ceil_mode")))


def outputs(
    layer: Layer,
    sides: Sequence[Expression],
    names: Sequence[str] | None = None,
    short: Sequence[Expression | None] | None = None,
) -> Iterator[Formula]:
    """The last dimensions of the output, one formula each.

    Args:
        layer: Whose output it is.
        sides: The arithmetic, for the last ``len(sides)`` dimensions.
        names: Of these dimensions; by default those of a feature map.
        short: The same as courses write them, where there is less to say.
    """
    shown = leaving(layer)[-len(sides) :]
    each = zip(names or dimensions(len(sides)), sides, shown, short or [None] * len(sides), strict=True)
    for name, side, traced, brief in each:
        yield Formula(f"output {name}", side, traced, brief)


def has_map(layer: Layer, count: int) -> bool:
    """Do a map of ``count`` dimensions, its channels and perhaps a batch go in, and the same come out?"""
    return len(entering(layer)) in {count + 1, count + 2} and len(leaving(layer)) == len(entering(layer))
