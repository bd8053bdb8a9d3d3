"""Arithmetic that shows itself: one small tree that is written as text and as LaTeX, and is what is computed.

>>> side = floor((Number(224) + Number(2) * 2 - Number(1) * (Number(11) - 1) - 1) / 4) + 1
>>> side.text
'⌊(224 + 2·2 − 1·(11 − 1) − 1)/4⌋ + 1'
>>> side.value
55
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from functools import reduce
from typing import Union

Exact = int | float | Fraction
Operand = Union["Expression", int]


class _Rank(IntEnum):
    """How tightly what an expression says holds together."""

    sum = 0
    quotient = 1
    product = 2
    atom = 3


class Expression(ABC):
    """Base of all: combined by ``+``, ``-``, ``*`` and ``/``, which takes nothing away from what is shown."""

    @property
    @abstractmethod
    def value(self) -> Exact:
        """What it comes to."""

    @property
    @abstractmethod
    def text(self) -> str:
        """With Unicode signs, on one line."""

    @property
    @abstractmethod
    def latex(self) -> str:
        """As LaTeX maths, without dollar signs."""

    @property
    def rank(self) -> _Rank:
        """What decides where it needs brackets."""
        return _Rank.atom

    def __add__(self, other: Operand) -> "Sum":
        return Sum(self, _expression(other))

    def __sub__(self, other: Operand) -> "Sum":
        return Sum(self, _expression(other), is_difference=True)

    def __mul__(self, other: Operand) -> "Product":
        return Product(self, _expression(other))

    def __truediv__(self, other: Operand) -> "Quotient":
        return Quotient(self, _expression(other))


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """One of the layer's own numbers."""

    number: int | float

    @property
    def value(self) -> Exact:
        """Itself."""
        return self.number

    @property
    def text(self) -> str:
        """Its digits; a negative one in brackets."""
        return _digits(self.number, "−")

    @property
    def latex(self) -> str:
        """Its digits; a negative one in brackets."""
        return _digits(self.number, "-")


@dataclass(frozen=True, slots=True)
class Sum(Expression):
    """``left + right``, or their difference."""

    left: Expression
    right: Expression
    is_difference: bool = False

    @property
    def value(self) -> Exact:
        """Added up."""
        return self.left.value - self.right.value if self.is_difference else self.left.value + self.right.value

    @property
    def text(self) -> str:
        """Brackets around a sum that is taken away."""
        right = _bracketed(self.right, _Rank.quotient) if self.is_difference else self.right.text
        return f"{self.left.text} {'−' if self.is_difference else '+'} {right}"

    @property
    def latex(self) -> str:
        """Brackets around a sum that is taken away."""
        right = _latex_bracketed(self.right, _Rank.quotient) if self.is_difference else self.right.latex
        return f"{self.left.latex} {'-' if self.is_difference else '+'} {right}"

    @property
    def rank(self) -> _Rank:
        """The loosest."""
        return _Rank.sum


@dataclass(frozen=True, slots=True)
class Product(Expression):
    """``left · right``."""

    left: Expression
    right: Expression

    @property
    def value(self) -> Exact:
        """Multiplied."""
        return self.left.value * self.right.value

    @property
    def text(self) -> str:
        """Brackets around sums and quotients."""
        return f"{_bracketed(self.left, _Rank.product)}·{_bracketed(self.right, _Rank.product)}"

    @property
    def latex(self) -> str:
        """Brackets around sums; a fraction needs none."""
        return rf"{_latex_bracketed(self.left, _Rank.quotient)} \cdot {_latex_bracketed(self.right, _Rank.quotient)}"

    @property
    def rank(self) -> _Rank:
        """Tighter than a sum."""
        return _Rank.product


@dataclass(frozen=True, slots=True)
class Quotient(Expression):
    """``numerator / denominator``, exact."""

    numerator: Expression
    denominator: Expression

    @property
    def value(self) -> Exact:
        """A whole number where it is one."""
        numerator, denominator = self.numerator.value, self.denominator.value
        if isinstance(numerator, float) or isinstance(denominator, float):
            return numerator / denominator
        exact = Fraction(numerator) / Fraction(denominator)
        return exact.numerator if exact.denominator == 1 else exact

    @property
    def text(self) -> str:
        """With a slash."""
        return f"{_bracketed(self.numerator, _Rank.product)}/{_bracketed(self.denominator, _Rank.atom)}"

    @property
    def latex(self) -> str:
        """As a fraction."""
        return rf"\frac{{{self.numerator.latex}}}{{{self.denominator.latex}}}"

    @property
    def rank(self) -> _Rank:
        """Tighter than a sum, but a product of it needs brackets."""
        return _Rank.quotient


@dataclass(frozen=True, slots=True)
class Rounded(Expression):
    """Down to a whole number, ``⌊ ⌋``, or up to one, ``⌈ ⌉``."""

    inside: Expression
    is_up: bool = False

    @property
    def value(self) -> Exact:
        """A whole number."""
        return math.ceil(self.inside.value) if self.is_up else math.floor(self.inside.value)

    @property
    def text(self) -> str:
        """Between its half brackets."""
        return f"⌈{self.inside.text}⌉" if self.is_up else f"⌊{self.inside.text}⌋"

    @property
    def latex(self) -> str:
        """Between its half brackets, which grow with what they hold."""
        kind = "ceil" if self.is_up else "floor"
        return rf"\left\l{kind} {self.inside.latex} \right\r{kind}"


@dataclass(frozen=True, slots=True)
class Extreme(Expression):
    """The smallest of several, ``min``, or the largest, ``max``."""

    operands: tuple[Expression, ...]
    is_largest: bool = False

    @property
    def value(self) -> Exact:
        """That of one of them."""
        values = [operand.value for operand in self.operands]
        return max(values) if self.is_largest else min(values)

    @property
    def text(self) -> str:
        """As a function."""
        return f"{self._name}({', '.join(operand.text for operand in self.operands)})"

    @property
    def latex(self) -> str:
        """As a function."""
        return rf"\{self._name}\left({', '.join(operand.latex for operand in self.operands)}\right)"

    @property
    def _name(self) -> str:
        return "max" if self.is_largest else "min"


def least(*operands: Expression) -> Extreme:
    """``min(…)``."""
    return Extreme(operands)


def largest(*operands: Expression) -> Extreme:
    """``max(…)``."""
    return Extreme(operands, is_largest=True)


def floor(inside: Expression) -> Rounded:
    """``⌊inside⌋``."""
    return Rounded(inside)


def ceil(inside: Expression) -> Rounded:
    """``⌈inside⌉``."""
    return Rounded(inside, is_up=True)


def product(factors: Iterable[Operand]) -> Expression:
    """All of them multiplied, at least one.

    >>> product([64, 3, 11, 11]).text
    '64·3·11·11'
    """
    return reduce(Expression.__mul__, map(_expression, factors))


def total(terms: Iterable[Operand]) -> Expression:
    """All of them added up, at least one."""
    return reduce(Expression.__add__, map(_expression, terms))


def _expression(operand: Operand) -> Expression:
    return operand if isinstance(operand, Expression) else Number(operand)


def _digits(number: float, minus: str) -> str:
    return f"({minus}{-number})" if number < 0 else str(number)


def _bracketed(expression: Expression, least: _Rank) -> str:
    return expression.text if expression.rank >= least else f"({expression.text})"


def _latex_bracketed(expression: Expression, least: _Rank) -> str:
    return expression.latex if expression.rank >= least else rf"\left({expression.latex}\right)"
