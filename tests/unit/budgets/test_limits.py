"""Budgets on a report built by hand: 125 parameters, 13,824 MACs as a lower bound, 536 bytes."""

import msgspec
import pytest

from cnninspect.budgets import limits
from cnninspect.budgets.verdicts import Check
from cnninspect.errors import RequestError
from cnninspect.report import NO_DEVICE, ReceptiveField, Report, Totals
from tests.canned import REPORT

EXACT = msgspec.structs.replace(REPORT, uncounted_ops=())
UNKNOWN = msgspec.structs.replace(
    EXACT, totals=Totals(*[None] * len(Totals.__struct_fields__)), notes=("a lazy layer",)
)
WEIGHTS = msgspec.structs.replace(
    EXACT,
    run=msgspec.structs.replace(REPORT.run, device=NO_DEVICE, outputs=()),
    totals=msgspec.structs.replace(REPORT.totals, buffer_bytes=None, macs=None),
    layers=tuple(msgspec.structs.replace(layer, receptive_field=None) for layer in REPORT.layers),
)
FIGURES = {
    "params": 125, "trainable-params": 112, "size": 536, "macs": 13_824, "flops": 27_648, "activations": 512,
}  # fmt: skip


def held(budget: limits.AnyBudget, report: Report) -> bool:
    return limits.judge(budget, report).check.passed


@pytest.mark.parametrize("total", FIGURES)
def test_equal_passes_and_one_beyond_fails(total: str) -> None:
    figure = FIGURES[total]
    for name, beyond in ((f"max-{total}", figure - 1), (f"min-{total}", figure + 1)):
        equal = limits.judge(limits.on_total(name, str(figure)), EXACT).check
        assert equal == Check("net.py:Net", name, figure, figure, 0, passed=True)
        failed = limits.judge(limits.on_total(name, str(beyond)), EXACT).check
        assert failed == Check("net.py:Net", name, beyond, figure, -1, passed=False)


@pytest.mark.parametrize(
    ("name", "text", "limit", "passed"),
    [
        ("max-params", "124.999", 124, False),
        ("max-params", "125.001", 125, True),
        ("min-params", "125.001", 126, False),
        ("min-params", "124.999", 125, True),
        ("max-params", "0.125k", 125, True),
        ("min-params", "0", 0, True),
    ],
)
def test_fraction_is_rounded_so_that_no_verdict_changes(name: str, text: str, limit: int, passed: bool) -> None:
    check = limits.judge(limits.on_total(name, text), EXACT).check
    assert (check.limit, check.passed) == (limit, passed)


@pytest.mark.parametrize("total", ["macs", "flops", "activations"])
def test_lower_bound_proves_that_enough_is_there_and_nothing_else(total: str) -> None:
    figure = FIGURES[total]
    assert not held(limits.on_total(f"max-{total}", str(figure - 1)), REPORT)
    within = limits.judge(limits.on_total(f"max-{total}", str(10 * figure)), REPORT)
    assert not within.check.passed
    assert within.bound == "≥"
    assert "aten::_sparse_mm (3×)" in within.doubt
    assert held(limits.on_total(f"min-{total}", str(figure)), REPORT)
    assert not held(limits.on_total(f"min-{total}", str(figure + 1)), REPORT)


def test_parameters_are_no_bound_where_macs_are() -> None:
    assert held(limits.on_total("max-params", "125"), REPORT)


@pytest.mark.parametrize("total", FIGURES)
def test_unknown_never_passes(total: str) -> None:
    for name, text in ((f"max-{total}", "1e15"), (f"min-{total}", "0")):
        verdict = limits.judge(limits.on_total(name, text), UNKNOWN)
        assert (verdict.check.actual, verdict.check.margin, verdict.check.passed) == (None, None, False)
        assert verdict.doubt == "a lazy layer"


def test_file_of_weights_has_at_most_that_many_parameters() -> None:
    assert held(limits.on_total("max-params", "125"), WEIGHTS)
    assert not held(limits.on_total("max-params", "124"), WEIGHTS)
    assert not held(limits.on_total("min-params", "1"), WEIGHTS)  # all may be buffers
    assert held(limits.on_total("max-size", "500"), WEIGHTS)  # the bytes of all its tensors
    budgets: list[limits.AnyBudget] = [
        limits.on_total("max-macs", "1e15"), limits.forbidding("Dropout"), limits.on_total("max-layers", "99"),
        limits.on_total("max-receptive-field", "99"), *limits.on_outputs(["1x4x8x8"]),
    ]  # fmt: skip
    for budget in budgets:
        verdict = limits.judge(budget, WEIGHTS)
        assert not verdict.check.passed
        assert verdict.doubt


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Conv2d", 1),  # called twice, one module
        ("Identity", 2),
        ("LazyLinear", 1),  # never called, in the network all the same
        ("Conv*", 1),
        ("*", 7),  # Net, ModuleList, Conv2d, ReLU, two Identity, LazyLinear
        ("Dropout", 0),
        (None, 5),  # those with none below them
    ],
)
def test_layers_are_modules(text: str | None, number: int) -> None:
    spelled = f"{text}=" if text else ""
    assert held(limits.on_total("max-layers", f"{spelled}{number}"), EXACT)
    assert held(limits.on_total("min-layers", f"{spelled}{number}"), EXACT)
    assert not held(limits.on_total("min-layers", f"{spelled}{number + 1}"), EXACT)
    if number:
        assert not held(limits.on_total("max-layers", f"{spelled}{number - 1}"), EXACT)


def test_forbidden_and_required() -> None:
    assert held(limits.forbidding("Dropout"), EXACT)
    assert not held(limits.forbidding("ReLU"), EXACT)
    assert held(limits.requiring("ReLU"), EXACT)
    assert not held(limits.requiring("BatchNorm*"), EXACT)


def test_type_that_may_be_misspelt_is_told() -> None:
    assert limits.judge(limits.requiring("Conv2D"), EXACT).doubt == "no layer is a Conv2D; did you mean Conv2d?"
    assert limits.judge(limits.requiring("Dropout"), EXACT).doubt == ""


@pytest.mark.parametrize(
    ("budget", "message", "hint"),
    [
        (limits.forbidding("Conv2D"), "forbid: unknown type of layer 'Conv2D'", "Conv2d"),
        (limits.forbidding("BatchNrom*"), "forbid: unknown type of layer 'BatchNrom*'", "BatchNorm"),
        (limits.forbidding("zzz"), "forbid: unknown type of layer 'zzz'", "as in the table"),
        (limits.on_total("max-layers", "Droput=0"), "max-layers: unknown type of layer 'Droput'", "Dropout"),
    ],
)
def test_nobody_knows_what_may_not_be_there(budget: limits.AnyBudget, message: str, hint: str) -> None:
    with pytest.raises(RequestError) as caught:
        limits.judge(budget, EXACT)
    assert caught.value.message == message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("kind", ["BatchNorm3d", "*Norm?d", "LSTM"])
def test_what_torch_knows_may_be_absent(kind: str) -> None:
    assert held(limits.forbidding(kind), EXACT)


def test_without_torch_no_type_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnninspect.loading.inline.layer_names", tuple)
    assert held(limits.forbidding("Conv2D"), EXACT)


def field(*sizes: tuple[int, ...] | None) -> Report:
    """A report whose layers see that many pixels."""
    layers = tuple(
        msgspec.structs.replace(
            REPORT.layers[2],
            path=str(index),
            receptive_field=None if size is None else ReceptiveField(size, (1,) * len(size), (0,) * len(size)),
        )
        for index, size in enumerate(sizes)
    )
    return msgspec.structs.replace(EXACT, layers=layers)


def test_receptive_field_is_that_of_the_layer_that_sees_most() -> None:
    report = field((3, 3), (11, 7), (5, 5), None)  # it ends where it isn't defined
    assert held(limits.on_total("min-receptive-field", "7"), report)
    failed = limits.judge(limits.on_total("min-receptive-field", "8"), report)
    assert (failed.check.actual, failed.check.margin, failed.check.passed) == (7, -1, False)
    assert failed.context == "of '1', the layer that sees most"
    assert held(limits.on_total("max-receptive-field", "11"), report)
    assert not held(limits.on_total("max-receptive-field", "10"), report)


def test_receptive_field_that_is_nowhere_defined() -> None:
    for name, text in (("min-receptive-field", "0"), ("max-receptive-field", "1e9")):
        assert not held(limits.on_total(name, text), field(None, None))


@pytest.mark.parametrize(
    ("texts", "passed"),
    [
        (["1x4x8x8", "1X4×8x8"], [True]),
        (["1x4x8x8"], [False]),  # there are two
        (["1x4x8x8", "1x4x8x9"], [False]),
        (["out=1x4x8x8"], [True]),
        (["aux=1x4x8x9", "out=1x4x8x8"], [False, True]),
        (["auxiliary=1x4x8x8"], [False]),
    ],
)
def test_outputs(texts: list[str], passed: list[bool]) -> None:
    assert [held(budget, EXACT) for budget in limits.on_outputs(texts)] == passed


def test_output_without_dimensions() -> None:
    scalar = msgspec.structs.replace(REPORT.run.outputs[0], shape=())
    report = msgspec.structs.replace(EXACT, run=msgspec.structs.replace(EXACT.run, outputs=(scalar,)))
    assert [held(budget, report) for budget in limits.on_outputs(["scalar"])] == [True]
    assert [held(budget, report) for budget in limits.on_outputs(["1"])] == [False]
