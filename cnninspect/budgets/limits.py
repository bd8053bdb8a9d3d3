"""Budgets as they are typed, and the verdict on a report: exact integers are compared, equal passes.

A figure that isn't known exactly passes only where every value it may have would: a lower bound within ``max-macs``
proves nothing, one that reaches ``min-macs`` does.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial
from math import ceil, floor

import msgspec

from cnninspect import totals
from cnninspect.budgets.entry import LIMITS, Entry, Limit
from cnninspect.budgets.verdicts import BudgetVerdict, Check
from cnninspect.errors import RequestError, named, naming, unknown_name
from cnninspect.report import Report
from cnninspect.spec.run_options import several
from cnninspect.totals import SIGNS, Bound, Figure


class Budget(msgspec.Struct, frozen=True):
    """A limit on a figure.

    Attributes:
        name: As the option: ``max-params``, ``max-layers Conv2d``, ``forbid Dropout``.
        limit: The largest integer that is allowed, or the smallest. A fraction that was typed is rounded to it, which
            changes no verdict on an integer.
        is_upper: It is the largest.
        figure: What it is set on.
        kind: The type of the layers that it limits, or a pattern of types; empty: it limits something else.
    """

    name: str
    limit: int
    is_upper: bool
    figure: Callable[[Report], Figure]
    unit: str = ""
    kind: str = ""


class ExpectedOutput(msgspec.Struct, frozen=True):
    """Shapes that the outputs must have: all of them in order, or the one called ``name``."""

    shapes: tuple[str, ...]
    name: str | None = None


AnyBudget = Budget | ExpectedOutput


def of(entry: Entry) -> Iterator[AnyBudget]:
    """The budgets of ``entry``, in the order of its fields.

    Raises:
        RequestError: One is malformed.
    """
    for limit in LIMITS.values():
        for text in entry.typed_for(limit):
            yield on_total(limit.name, text)
    yield from on_outputs(several(entry.output_shape))
    yield from map(forbidding, several(entry.forbid))
    yield from map(requiring, several(entry.require))


def on_total(name: str, text: str) -> Budget:
    """A budget on a total.

    Args:
        name: One of ``LIMITS``, such as ``max-params`` or ``min-size``.
        text: What was typed: ``62M``; with the type of a layer where layers are counted: ``Conv2d=5``.

    Raises:
        RequestError: ``text`` is no count, or no size.
    """
    limit = LIMITS[name]
    if limit.total.by_type:
        return _of_type(limit, limit.total.by_type, text)
    return _budget(limit, name, text, limit.figure)


def _of_type(limit: Limit, by_type: Callable[[Report, str], Figure], text: str) -> Budget:
    kind, equals, number = text.rpartition("=")
    try:
        if not equals:
            return _budget(limit, limit.name, number, limit.figure)
        kind = _type_pattern(limit.name, kind)
        is_on = kind if limit.is_upper else ""
        return _budget(limit, f"{limit.name} {kind}", number, lambda report: by_type(report, kind), is_on)
    except RequestError as error:
        hint = "write TYPE=NUMBER, such as Conv2d=5, or a number for layers of all types"
        raise RequestError(f"{limit.name}: {text!r} is not a number of layers", hint=hint) from error


def forbidding(kind: str) -> Budget:
    """No layer may be of type ``kind``.

    Raises:
        RequestError: It can't be the name of a type.
    """
    kind = _type_pattern("forbid", kind)
    return Budget(f"forbid {kind}", 0, is_upper=True, figure=partial(totals.layers, pattern=kind), kind=kind)


def requiring(kind: str) -> Budget:
    """At least one layer must be of type ``kind``.

    Raises:
        RequestError: It can't be the name of a type.
    """
    kind = _type_pattern("require", kind)
    return Budget(f"require {kind}", 1, is_upper=False, figure=partial(totals.layers, pattern=kind))


def on_outputs(texts: Sequence[str]) -> Iterator[ExpectedOutput]:
    """``1x1000``, once for each output in order, or ``NAME=1x1000`` for one of them.

    Raises:
        RequestError: One is malformed.
    """
    unnamed: list[str] = []
    for text in texts:
        name, equals, shape = text.strip().rpartition("=")
        sides = re.split("[xX×]", shape)
        is_shape = all(re.fullmatch(r"\d{1,18}", side, re.ASCII) for side in sides) or shape == "scalar"
        if not is_shape or (equals and not name):
            raise RequestError(
                f"output-shape: malformed shape {text!r}", hint="write [NAME=]SHAPE, for example 1x1000 or out=1x21x8x8"
            )
        spelled = shape if shape == "scalar" else "x".join(str(int(side)) for side in sides)
        if equals:
            yield ExpectedOutput((spelled,), name)
        else:
            unnamed.append(spelled)
    if unnamed:
        yield ExpectedOutput(tuple(unnamed))


def judge(budget: AnyBudget, report: Report) -> BudgetVerdict:
    """Is ``report`` within ``budget``?

    Raises:
        RequestError: No layer is of a type that may not be there, and none could be: nobody knows the type.
    """
    if isinstance(budget, ExpectedOutput):
        return _judge_outputs(budget, report)
    figure = budget.figure(report)
    if budget.kind and figure.value == 0:
        _check_known(budget, report)
    sign = "≤" if budget.is_upper else "≥"
    if figure.value is None:
        check = Check(report.model.spec, budget.name, budget.limit, None, None, passed=False)
        return BudgetVerdict(check, sign, budget.unit, doubt=figure.why)
    margin = budget.limit - figure.value if budget.is_upper else figure.value - budget.limit
    is_proven = figure.bound in {Bound.EXACT, Bound.AT_MOST if budget.is_upper else Bound.AT_LEAST}
    is_held = margin >= 0 and is_proven
    check = Check(report.model.spec, budget.name, budget.limit, figure.value, margin, passed=is_held)
    where = figure.where if not is_held else ""
    return BudgetVerdict(check, sign, budget.unit, SIGNS.get(figure.bound, ""), where, doubt=figure.why)


def _check_known(budget: Budget, report: Report) -> None:
    from cnninspect.loading.inline import layer_names

    known = {*layer_names(), *(layer.type for layer in report.layers)}
    if layer_names() and not any(fnmatchcase(name, budget.kind) for name in known):
        see = "write it as in the table: Conv2d"
        raise named(unknown_name("type of layer", budget.kind, sorted(known), see=see), budget.name.split()[0])


def _judge_outputs(expected: ExpectedOutput, report: Report) -> BudgetVerdict:
    named = f"output-shape {expected.name}" if expected.name is not None else "output-shape"
    wanted = ", ".join(expected.shapes)
    found = [(each.name, "x".join(map(str, each.shape)) or "scalar") for each in report.run.outputs]
    shapes = dict(found)
    if not report.is_of_pass:
        actual, why = None, totals.NOTHING_RAN
    elif expected.name is None:
        actual, why = ", ".join(shape for _, shape in found), "" if found else "no output is a tensor"
    else:
        actual = shapes.get(expected.name)
        names = ", ".join(repr(name) for name in shapes) or "none"
        why = f"no output is called {expected.name!r}; there are {names}" if actual is None else ""
    return BudgetVerdict(Check(report.model.spec, named, wanted, actual, None, passed=actual == wanted), "=", doubt=why)


def _budget(limit: Limit, name: str, text: str, figure: Callable[[Report], Figure], kind: str = "") -> Budget:
    with naming(name):
        number = limit.total.unit.parse(text)
    rounded = floor(number) if limit.is_upper else ceil(number)
    return Budget(name, rounded, limit.is_upper, figure, limit.total.unit.name, kind)


def _type_pattern(name: str, kind: str) -> str:
    if not re.fullmatch(r"[\w*?]+", kind.strip()):
        raise RequestError(f"{name}: {kind!r} is not the type of a layer", hint="write it as in the table: Conv2d")
    return kind.strip()
