"""A report held against budgets and a baseline, in one call: what ``check`` does, for Python."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

import msgspec

from cnninspect.budgets import baseline as baselines
from cnninspect.budgets import baseline_file, limits, tolerances
from cnninspect.budgets.costs import COSTS
from cnninspect.budgets.entry import LIMITS, Entry
from cnninspect.budgets.limits import AnyBudget
from cnninspect.budgets.tolerances import Tolerances
from cnninspect.budgets.verdicts import BaselineComparison, Outcome
from cnninspect.compare.comparison import check_is_report
from cnninspect.errors import RequestError, unknown_name
from cnninspect.report import Report
from cnninspect.spec.run_options import several

if TYPE_CHECKING:
    from typing import Unpack

#: A number, or one with a suffix: ``62_000_000``, ``"62M"``, ``"250MiB"``.
Number = int | str
#: One for layers of all types, or one a type: ``5``, ``"Conv2d=5"``, ``{"Conv2d": 5}``.
ByType = Number | Sequence[Number] | Mapping[str, Number]


class Budgets(TypedDict, total=False):
    """What a report can be held against; each is the option of ``check`` of its name."""

    max_params: Number
    min_params: Number
    max_trainable_params: Number
    min_trainable_params: Number
    max_size: Number
    min_size: Number
    max_macs: Number
    min_macs: Number
    max_flops: Number
    min_flops: Number
    max_activations: Number
    min_activations: Number
    max_layers: ByType
    min_layers: ByType
    max_receptive_field: Number
    min_receptive_field: Number
    output_shape: str | Sequence[str] | Sequence[int]
    forbid: str | Sequence[str]
    require: str | Sequence[str]


_COSTS: Final = frozenset(name.replace("-", "_") for name in COSTS)


def check_report(
    report: Report,
    *,
    baseline: Report | str | Path | None = None,
    tolerance: ByType | None = None,
    **budgets: "Unpack[Budgets]",
) -> Outcome:
    """Hold a report against budgets and a baseline. Exact integers are compared, and equal passes.

    >>> from cnninspect import inspect_model
    >>> report = inspect_model("scratch:alexnet", device="meta")
    >>> outcome = check_report(report, max_params="62M", output_shape="1x1000", max_layers={"Conv2d": 4})
    >>> outcome.passed, [(each.budget, each.margin) for each in outcome.checks]
    (False, [('max-params', 899160), ('max-layers Conv2d', -1), ('output-shape', None)])

    Args:
        report: Of a forward pass, or of a file of weights.
        baseline: An earlier report, or the file of one: without a tolerance every total and every layer has to be as
            in it.
        tolerance: How far totals may be from the baseline: ``"1%"`` for all, ``{"params": "1%", "macs": "0.5M"}``.
        budgets: ``max_`` and ``min_`` of ``params``, ``trainable_params``, ``size`` (bytes of parameters and buffers),
            ``macs``, ``flops``, ``activations`` (elements), ``layers`` (modules, of all types or by type) and
            ``receptive_field`` (pixels, of the layer that sees most): integers, or text such as ``"62M"`` or
            ``"250MiB"``; ``output_shape``: ``"1x1000"``, ``(1, 1000)``, or one text an output; ``forbid``,
            ``require``: types of layers. What it costs to run is not in a report: ``profile_model`` measures it.

    Returns:
        Whether all ``passed``, and the ``checks``, each with limit, figure and margin. A figure that is unknown, or a
        bound that proves nothing, fails. ``print`` shows them.

    Raises:
        RequestError: A budget is malformed or unknown, or the baseline can't be read.
    """
    check_is_report(report)
    entry = _entry(budgets, tolerance)
    parsed, allowances = tuple(limits.of(entry)), tolerances.parse(several(entry.tolerance))
    if allowances and baseline is None:
        raise RequestError("a tolerance needs a baseline", hint="add one: baseline=report")
    if not parsed and baseline is None:
        raise RequestError("nothing to hold the report against", hint='add a budget, max_params="62M", or a baseline')
    return held(report, parsed, None if baseline is None else _read(baseline), allowances)


def held(report: Report, budgets: Sequence[AnyBudget], before: Report | None, allowances: Tolerances) -> Outcome:
    """A report held against parsed budgets, and against an earlier report if there is one.

    Args:
        report: Is called by its spec.
        budgets: In the order of the verdicts.
        before: Likewise.
        allowances: How far from it totals may be.
    """
    verdicts = tuple(limits.judge(budget, report) for budget in budgets)
    if before is None:
        return Outcome(report.model.spec, verdicts)
    compared, alignment = baselines.compare(report, before, allowances)
    against = BaselineComparison(before.model.spec, before, report, alignment)
    said = tuple(baselines.remarks(report, before))
    return Outcome(report.model.spec, (*verdicts, *compared), against, said)


def _entry(budgets: Mapping[str, Any], tolerance: ByType | None) -> Entry:
    """What would have been typed.

    Raises:
        RequestError: There is no such budget, or it is of a kind that it does not take.
    """
    for name in budgets:
        if name in _COSTS:
            raise RequestError(f"{name} is no figure of a report", hint="profile_model measures what it costs to run")
        if name not in Budgets.__annotations__:
            raise unknown_name("budget", name, Budgets.__annotations__, see=f"they are {', '.join(LIMITS)}")
    given = dict(budgets) | {"tolerance": tolerance}
    shape = given.get("output_shape")
    if isinstance(shape, list | tuple) and shape and all(type(side) is int for side in shape):
        given["output_shape"] = "x".join(map(str, shape))
    names = {field.name: field.encode_name for field in msgspec.structs.fields(Entry)}
    values = {names[name]: value for name, value in given.items() if value is not None}
    try:
        return msgspec.convert({"model": "", **values}, Entry)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        name = path.rstrip("`").partition("[")[0].replace("-", "_")
        raise RequestError(f"{name}={given.get(name)!r}: {message[0].lower()}{message[1:]}") from error


def _read(baseline: Report | str | Path) -> Report:
    if isinstance(baseline, Report):
        return baseline
    found = baseline_file.read(Path(baseline), is_updating=False)
    assert found is not None, "a missing one is an error unless it is made"  # noqa: S101
    return found
