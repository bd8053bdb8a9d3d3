"""What a window gives by its rule, worked out number by number, and held against torch's own result."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from cnninspect.apply.applied import Operand, Rule, Statistics, Step, Window
from cnninspect.errors import CnnInspectError

#: Where an arithmetic needs more than the operands: the formula of the step as a function of x, and of the a in it.
Function = Callable[..., float]
_SLACK: Final = 16  # roundings of one operation that may add up in another order, or in another exponential


def worked_out(step: Step, window: Window, function: Function | None = None) -> float | None:
    """The result of a window from its operands alone; ``None`` where the layer has no formula.

    Args:
        step: Has the rule, the divisor and the statistics.
        window: One of its windows, or one like it.
        function: ``step.formula``, of a pointwise layer.
    """
    values = [each.value for each in window.operands if each.value is not None]
    match step.rule:
        case Rule.maximum:
            return max(values, default=-math.inf)
        case Rule.mean:
            return math.fsum(values) / (step.divisor or len(values))
        case Rule.products:
            return math.fsum([*map(_product, window.operands), window.bias or 0.0])
        case Rule.normalised:
            known = statistics_of(step, window)
            centred = (values[0] - known.mean) / math.sqrt(known.variance + known.epsilon)
            weight = window.operands[0].weight
            return centred * (1.0 if weight is None else weight) + (window.bias or 0.0)
        case Rule.pointwise:
            weights = [each.weight for each in window.operands if each.weight is not None]
            return function(values[0], *weights) if function else None
        case Rule.response:
            own = next(each.value or 0.0 for each in window.operands if each.channel == window.at[0])
            return own / function(math.fsum(value * value for value in values)) if function else None
        case Rule.whole:
            return None


def statistics_of(step: Step, window: Window) -> Statistics:
    """Those that a window of a normalisation is normalised with."""
    assert window.statistics is not None  # noqa: S101 - every such window has some
    return step.statistics[window.statistics]


def check(step: Step, function: Function | None, epsilon: float) -> None:
    """Hold the arithmetic of every window against torch's result.

    Args:
        step: With torch's results.
        function: ``step.formula``.
        epsilon: Of the dtype that torch worked in: the distance from 1 to the next number.

    Raises:
        CnnInspectError: They differ by more than rounding: a fault of ours, and no figure is shown.
    """
    for window in step.windows:
        if not math.isfinite(window.result) and step.rule is not Rule.maximum:
            continue  # an overflow, or a division by nothing
        expected = worked_out(step, window, function)
        if expected is not None and not _agree(expected, window, epsilon):
            raise CnnInspectError(
                f"{step.layer} at {window.at}: the arithmetic gives {expected!r}, torch {window.result!r}",
                hint="this is a fault of cnninspect: please report it with the command",
            )


def _agree(expected: float, window: Window, epsilon: float) -> bool:
    if expected == window.result or (math.isnan(expected) and math.isnan(window.result)):
        return True
    terms = [abs(_product(each)) for each in window.operands]
    scale = max(sum(terms) + abs(window.bias or 0.0), abs(expected), 1.0)
    return abs(expected - window.result) <= _SLACK * epsilon * scale * max(len(terms), 1)


def _product(operand: Operand) -> float:
    return (operand.value or 0.0) * (1.0 if operand.weight is None else operand.weight)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _gelu(x: float) -> float:
    return x * math.erfc(-x / math.sqrt(2)) / 2


def _gelu_by_tanh(x: float) -> float:
    return x * (1 + math.tanh(_ROOT * (x + 0.044715 * x**3))) / 2


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


_ROOT: Final = math.sqrt(2 / math.pi)
_SCALE, _ALPHA = 1.0507009873554804934, 1.6732632423543772848  # of SELU, as in its paper and torch's documentation

#: Activations by their ``torch.nn`` class: the formula, and the same as a function of x and the layer's settings.
ACTIVATIONS: Final[Mapping[str, tuple[str, Callable[[float, Mapping[str, float]], float]]]] = {
    "Identity": ("x", lambda x, _: x),
    "ReLU": ("max(0, x)", lambda x, _: max(0.0, x)),
    "ReLU6": ("min(max(0, x), 6)", lambda x, _: min(max(0.0, x), 6.0)),
    "LeakyReLU": (
        "max(0, x) + {negative_slope}·min(0, x)", lambda x, c: max(0.0, x) + c["negative_slope"] * min(0.0, x),
    ),
    "Hardtanh": ("min(max({min_val}, x), {max_val})", lambda x, c: min(max(c["min_val"], x), c["max_val"])),
    "Sigmoid": ("1/(1 + e^-x)", lambda x, _: _sigmoid(x)),
    "Tanh": ("tanh(x)", lambda x, _: math.tanh(x)),
    "SiLU": ("x/(1 + e^-x)", lambda x, _: x * _sigmoid(x)),
    "Softsign": ("x/(1 + |x|)", lambda x, _: x / (1 + abs(x))),
    "Hardsigmoid": ("min(max(0, x + 3), 6)/6", lambda x, _: min(max(0.0, x + 3), 6.0) / 6),
    "Hardswish": ("x·min(max(0, x + 3), 6)/6", lambda x, _: x * min(max(0.0, x + 3), 6.0) / 6),
    "Mish": ("x·tanh(ln(1 + e^x))", lambda x, _: x * math.tanh(_softplus(x))),
    "ELU": (
        "max(0, x) + {alpha}·min(0, e^x - 1)", lambda x, c: max(0.0, x) + c["alpha"] * math.expm1(min(0.0, x)),
    ),
    "SELU": (
        "1.0507·(max(0, x) + 1.6733·min(0, e^x - 1))",
        lambda x, _: _SCALE * (max(0.0, x) + _ALPHA * math.expm1(min(0.0, x))),
    ),
    "CELU": (
        "max(0, x) + min(0, {alpha}·(e^(x/{alpha}) - 1))",
        lambda x, c: x if x > 0 else c["alpha"] * math.expm1(x / c["alpha"]),
    ),
    "GELU": ("x·Φ(x)", lambda x, _: _gelu(x)),
    "GELU tanh": ("x·(1 + tanh(0.79788·(x + 0.044715·x^3)))/2", lambda x, _: _gelu_by_tanh(x)),
    "Softplus": (
        "x if {beta}·x > {threshold}, else ln(1 + e^({beta}·x))/{beta}",
        lambda x, c: x if c["beta"] * x > c["threshold"] else _softplus(c["beta"] * x) / c["beta"],
    ),
    "LogSigmoid": ("-ln(1 + e^-x)", lambda x, _: -_softplus(-x)),
    "Hardshrink": ("x if |x| > {lambd}, else 0", lambda x, c: x if abs(x) > c["lambd"] else 0.0),
    "Softshrink": (
        "max(0, x - {lambd}) + min(0, x + {lambd})",
        lambda x, c: max(0.0, x - c["lambd"]) + min(0.0, x + c["lambd"]),
    ),
    "Threshold": ("x if x > {threshold}, else {value}", lambda x, c: x if x > c["threshold"] else c["value"]),
    "Tanhshrink": ("x - tanh(x)", lambda x, _: x - math.tanh(x)),
}  # fmt: skip
