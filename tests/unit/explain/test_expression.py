"""What is shown is what is computed: brackets where they are needed, and nowhere else."""

import re

import pytest

from cnninspect.explain.expression import Expression, Number, ceil, floor, largest, least, product, total

N = Number


@pytest.mark.parametrize(
    ("expression", "text", "latex", "value"),
    [
        (N(2) + 3, "2 + 3", "2 + 3", 5),
        (N(9) - (N(2) + 3), "9 − (2 + 3)", r"9 - \left(2 + 3\right)", 4),
        (N(9) - 2 - 3, "9 − 2 − 3", "9 - 2 - 3", 4),
        (N(9) + (N(2) - 3), "9 + 2 − 3", "9 + 2 - 3", 8),
        ((N(2) + 3) * 4, "(2 + 3)·4", r"\left(2 + 3\right) \cdot 4", 20),
        (N(64) * (N(192) / 2), "64·(192/2)", r"64 \cdot \frac{192}{2}", 6144),
        (N(8) / (N(2) * 2), "8/(2·2)", r"\frac{8}{2 \cdot 2}", 2),
        (N(2) + -3, "2 + (−3)", "2 + (-3)", -1),
        (floor((N(7) + 1) / 3), "⌊(7 + 1)/3⌋", r"\left\lfloor \frac{7 + 1}{3} \right\rfloor", 2),
        (ceil(N(2) * 5 / 3), "⌈2·5/3⌉", r"\left\lceil \frac{2 \cdot 5}{3} \right\rceil", 4),
        (floor(N(7) * N(1.5)), "⌊7·1.5⌋", r"\left\lfloor 7 \cdot 1.5 \right\rfloor", 10),
        (floor(N(-1) / 2), "⌊(−1)/2⌋", r"\left\lfloor \frac{(-1)}{2} \right\rfloor", -1),
        (least(N(3), N(2) + 2), "min(3, 2 + 2)", r"\min\left(3, 2 + 2\right)", 3),
        (
            largest(N(2), N(0)) + largest(N(3) - 2, N(3)),
            "max(2, 0) + max(3 − 2, 3)",
            r"\max\left(2, 0\right) + \max\left(3 - 2, 3\right)",
            5,
        ),
        (product([64, 3, 11, 11]) + 64, "64·3·11·11 + 64", r"64 \cdot 3 \cdot 11 \cdot 11 + 64", 23296),
        (total([N(1), N(2) * 3]), "1 + 2·3", r"1 + 2 \cdot 3", 7),
    ],
)
def test_text_latex_and_value(expression: Expression, text: str, latex: str, value: int) -> None:
    assert (expression.text, expression.latex, expression.value) == (text, latex, value)


def evaluated(text: str) -> float:
    """What a reader makes of the text, by Python's own grammar."""
    python = text.replace("−", "-").replace("·", "*")
    python = re.sub("⌊", "math.floor(", re.sub("⌈", "math.ceil(", python)).replace("⌋", ")").replace("⌉", ")")
    import math

    figure: float = eval(python, {"math": math, "min": min})  # noqa: S307 - a formula of our own
    return figure


def test_text_read_by_somebody_else_gives_the_value() -> None:
    """Every formula of three networks with all that there is: groups, ceil mode, dilation, attention, recurrence."""
    from cnninspect import inspect_model
    from cnninspect.explain.derivation import derive
    from cnninspect.explain.selection import paths

    count = 0
    for name in ("googlenet", "mobilenet_v2", "vit_b_16"):
        report = inspect_model(name, device="meta")
        for layer in derive(report, paths(report, None)):
            for formula in layer.formulas:
                assert evaluated(formula.expression.text) == formula.value, formula
                count += 1
    assert count > 1000
