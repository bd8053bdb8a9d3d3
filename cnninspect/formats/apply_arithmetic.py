"""The arithmetic of a window in words and in LaTeX: ``max(1, 2, 5, 6)``, ``1·0.5 + 2·(-1) + 3``."""

import re
from typing import NamedTuple

from cnninspect.apply.applied import Operand, Rule, Step, Window
from cnninspect.apply.arithmetic import statistics_of
from cnninspect.formats.matrices import MORE
from cnninspect.units import figure

_LEAST = 2  # operands that are always shown


class Said(NamedTuple):
    """What gives the result of a window."""

    text: str
    latex: str


def said(step: Step, window: Window, room: int) -> Said:
    """The arithmetic of one window, with operands left out where it would be longer than ``room`` characters."""
    shown = len(window.operands)
    while len((whole := _said(step, window, shown)).text) > room and shown > _LEAST:
        shown = min(shown - 1, shown * room // len(whole.text))
        shown = max(shown, _LEAST)
    return whole


def lines(step: Step, window: Window, room: int) -> list[Said]:
    """The whole arithmetic of one window, every operand, in lines of ``room`` characters as far as it can be broken."""
    listed = _listed(step, window)
    if listed is None or len((whole := _said(step, window, len(window.operands))).text) <= room:
        return [_said(step, window, len(window.operands))] if listed is None else [whole]
    between = f"{listed.between.rstrip()}"
    broken: list[list[str]] = [[]]
    for term in listed.terms:
        if broken[-1] and len(listed.between.join([*broken[-1], term])) > room - len(listed.opening) - len(between):
            broken.append([])
        broken[-1].append(term)
    texts = [listed.between.join(terms) for terms in broken]
    texts = [text + between for text in texts[:-1]] + [texts[-1] + listed.closing]
    return [Said(text, _latex(text)) for text in (listed.opening + texts[0], *texts[1:])]


class _Listed(NamedTuple):
    """Terms that are all of one kind, what stands between them, and around them."""

    terms: list[str]
    between: str = " + "
    opening: str = ""
    closing: str = ""


def _listed(step: Step, window: Window) -> _Listed | None:
    """The arithmetic of a window as a list of terms; ``None`` if it is something else."""
    known = [each for each in window.operands if each.value is not None]
    match step.rule:
        case Rule.maximum:
            return _Listed([figure(_value(each)) for each in known] or ["nothing"], ", ", "max(", ")")
        case Rule.mean:
            terms = [_bracketed(figure(_value(each))) for each in known]
            return _Listed(terms, opening="(", closing=f")/{step.divisor or len(known)}")
        case Rule.products:
            bias = [_bracketed(figure(window.bias))] if window.bias is not None else []
            return _Listed([*map(_product, known), *bias] or ["0"])
        case _:
            return None


def _said(step: Step, window: Window, shown: int) -> Said:
    listed = _listed(step, window)
    if listed is None:
        return _normalised(step, window) if step.rule is Rule.normalised else _formula(step, window)
    bias = 1 if step.rule is Rule.products and window.bias is not None else 0
    terms = [*_cut(listed.terms[: len(listed.terms) - bias], shown), *listed.terms[len(listed.terms) - bias :]]
    inside = listed.between.join(terms)
    if step.rule is Rule.mean:
        return Said(f"({inside}{listed.closing}", rf"\frac{{{_latex(inside)}}}{{{listed.closing.removeprefix(')/')}}}")
    text = f"{listed.opening}{inside}{listed.closing}"
    return Said(text, _latex(text))


def _cut(terms: list[str], shown: int) -> list[str]:
    return terms if shown >= len(terms) else [*terms[: shown - 1], MORE, terms[-1]]


def _value(operand: Operand) -> float:
    return operand.value if operand.value is not None else 0.0


def _product(operand: Operand) -> str:
    value = _bracketed(figure(_value(operand)))
    return value if operand.weight is None else f"{value}·{_bracketed(figure(operand.weight))}"


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def _normalised(step: Step, window: Window) -> Said:
    known = statistics_of(step, window)
    x, mean, variance, epsilon = map(figure, (_value(window.operands[0]), known.mean, known.variance, known.epsilon))
    mean = _bracketed(mean)
    weight = window.operands[0].weight
    after = "" if weight is None else f"·{_bracketed(figure(weight))}"
    after += "" if window.bias is None else f" + {_bracketed(figure(window.bias))}"
    return Said(
        f"({x} - {mean})/√({variance} + {epsilon}){after}",
        rf"\frac{{{x} - {mean}}}{{\sqrt{{{variance} + {epsilon}}}}}{_latex(after)}",
    )


def _formula(step: Step, window: Window) -> Said:
    """The formula of the step with the operand put in for x and its weight for a."""
    own = next((each for each in window.operands if each.channel == window.at[0]), window.operands[0])
    x = figure(_value(own))
    if step.formula is None:
        return Said("no formula", r"\text{no formula}")
    formula = step.formula
    if step.rule is Rule.response:
        squares = " + ".join(f"{_bracketed(figure(_value(each)))}²" for each in window.operands)
        formula = formula.replace("Σx²", f"({squares})")
    text = re.sub(r"\bx\b", lambda match: _put_in(match, x), formula)
    if own.weight is not None:
        slope = figure(own.weight)
        text = re.sub(r"\ba\b", lambda match: _put_in(match, slope), text)
    return Said(text, _latex(text))


def _put_in(match: re.Match[str], x: str) -> str:
    """A negative number is put in brackets where it meets an operator."""
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return _bracketed(x) if before in set("-·^") or after in set("/·^") else x


def _latex(text: str) -> str:
    """Arithmetic in words as mathematics."""
    named = re.sub(r"\b(max|min|tanh|ln)\b", r"\\\1", text)
    raised = re.sub(r"\^(-?\((?:[^()]|\([^()]*\))*\)|-?[\w.]+)", r"^{\1}", named)
    raised = re.sub(r" (if|else) ", r"\\text{ \1 }", raised)
    for word, command in {"·": r" \cdot ", MORE: r"\cdots", "²": "^2", "∞": r"\infty", "Φ": r"\Phi"}.items():
        raised = raised.replace(word, command)
    return raised
