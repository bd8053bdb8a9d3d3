"""A report against a baseline, on reports built by hand: 125 parameters of four bytes, 36 bytes of buffers."""

import msgspec
import pytest

from cnninspect.budgets import baseline, tolerances
from cnninspect.budgets.verdicts import BudgetVerdict
from cnninspect.compare.alignment import Status
from cnninspect.errors import RequestError
from cnninspect.report import NO_DEVICE, Report, UncountedOp
from tests.canned import REPORT

BASE = msgspec.structs.replace(REPORT, uncounted_ops=())


def with_totals(**figures: int | None) -> Report:
    return msgspec.structs.replace(BASE, totals=msgspec.structs.replace(BASE.totals, **figures))


def with_relu(**changes: object) -> Report:
    """Its only ReLU replaced."""
    layers = tuple(
        msgspec.structs.replace(layer, **changes) if layer.type == "ReLU" else layer for layer in BASE.layers
    )
    return msgspec.structs.replace(BASE, layers=layers)


def verdicts(report: Report, before: Report = BASE, texts: tuple[str, ...] = ()) -> dict[str, BudgetVerdict]:
    found, _ = baseline.compare(report, before, tolerances.parse(texts))
    return {verdict.check.budget.removeprefix("baseline "): verdict for verdict in found}


def failed(report: Report, before: Report = BASE, texts: tuple[str, ...] = ()) -> list[str]:
    return [name for name, verdict in verdicts(report, before, texts).items() if not verdict.check.passed]


def test_the_same_is_within_it() -> None:
    assert list(verdicts(BASE)) == ["params", "trainable-params", "size", "macs", "activations", "layers"]
    assert failed(BASE) == []


@pytest.mark.parametrize("moved", [-1, 1])
@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("params", "params"),
        ("trainable_params", "trainable-params"),
        ("param_bytes", "size"),
        ("buffer_bytes", "size"),
        ("macs", "macs"),
        ("activations", "activations"),
    ],
)
def test_one_more_or_less_is_beyond_it(field: str, name: str, moved: int) -> None:
    report = with_totals(**{field: getattr(BASE.totals, field) + moved})
    assert failed(report) == [name]
    assert verdicts(report)[name].check.margin == -1


@pytest.mark.parametrize(
    ("params", "texts", "limit", "margin"),
    [
        (135, ("params=8%",), 135, 0),  # 125 · 0.08 = 10
        (115, ("params=8%",), 115, 0),
        (136, ("params=8%",), 135, -1),
        (114, ("params=8%",), 115, -1),
        (126, ("params=1%",), 126, 0),  # 1.25, rounded down
        (127, ("params=1%",), 126, -1),
        (128, ("params=3",), 128, 0),
        (129, ("params=3",), 128, -1),
        (135, ("8%",), 135, 0),
        (126, ("8%", "params=0"), 125, -1),
        (225, ("params=0.1k",), 225, 0),
    ],
)
def test_tolerance_at_its_edge(params: int, texts: tuple[str, ...], limit: int, margin: int) -> None:
    check = verdicts(with_totals(params=params), texts=texts)["params"].check
    assert (check.limit, check.margin, check.passed) == (limit, margin, margin >= 0)


def test_size_and_trainable_parameters_follow_the_parameters() -> None:
    # 536 bytes for 125 parameters are 4.288 each: 10 parameters are 42.88 bytes
    assert failed(with_totals(params=135, trainable_params=122, param_bytes=540), texts=("params=10",)) == []
    assert failed(with_totals(params=135, trainable_params=123, param_bytes=543), texts=("params=10",)) == [
        "trainable-params",
        "size",
    ]
    assert failed(with_totals(param_bytes=540), texts=("params=10%",)) == []
    assert failed(with_totals(param_bytes=540), texts=("params=10%", "size=39")) == ["size"]
    assert failed(with_totals(macs=13_825), texts=("params=10%",)) == ["macs"]


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        ((), ["layers"]),
        (("layers=1",), ["layers"]),  # one is gone, one is new
        (("layers=2",), []),
        (("layers=0", "params=1%"), ["layers"]),
        (("params=1%",), []),
        (("1%",), []),
    ],
)
def test_layers_are_judged_unless_totals_alone_have_a_tolerance(texts: tuple[str, ...], names: list[str]) -> None:
    assert failed(with_relu(type="GELU"), texts=texts) == names


def test_what_became_of_the_layers_is_counted() -> None:
    found, alignment = baseline.compare(with_relu(settings={"inplace": False}), BASE, {})
    assert found[-1].context == "1 changed"
    (changed,) = [pair for pair in alignment if pair.status is Status.changed]
    assert (changed.first, changed.second, changed.changes) == ("[bold]", "[bold]", {"inplace": (True, False)})
    found, _ = baseline.compare(with_relu(type="GELU"), BASE, {})
    assert found[-1].context == "1 only in the baseline, 1 new"


def test_renamed_layer_is_the_same() -> None:
    assert failed(with_relu(path="renamed", name="renamed")) == []


def test_unknown_figures() -> None:
    unknown = with_totals(macs=None)
    assert failed(unknown) == ["macs"]
    assert failed(BASE, unknown) == ["macs"]
    assert failed(unknown, unknown) == []
    assert verdicts(unknown, unknown)["macs"].doubt.startswith("unknown in the baseline as well")


def test_lower_bounds_compare_only_if_they_leave_out_the_same() -> None:
    bound = msgspec.structs.replace(BASE, uncounted_ops=(UncountedOp("aten::a", 1),))
    other = msgspec.structs.replace(BASE, uncounted_ops=(UncountedOp("aten::a", 2),))
    assert failed(bound, bound) == []
    assert "no rule counts aten::a (1×)" in verdicts(bound, bound)["macs"].doubt
    assert failed(other, bound) == ["macs", "activations"]
    assert failed(bound) == ["macs", "activations"]
    assert failed(BASE, bound) == ["macs", "activations"]


def test_file_of_weights_and_network_have_nothing_to_compare() -> None:
    weights = msgspec.structs.replace(BASE, run=msgspec.structs.replace(BASE.run, device=NO_DEVICE))
    for report, before in ((weights, BASE), (BASE, weights)):
        with pytest.raises(RequestError, match="a file of weights"):
            baseline.compare(report, before, {})


def test_other_input_is_told() -> None:
    image = msgspec.structs.replace(BASE.run.inputs[0], shape=(2, 3, 8, 8))
    report = msgspec.structs.replace(BASE, run=msgspec.structs.replace(BASE.run, inputs=(image,), mode="train"))
    assert list(baseline.remarks(report, BASE)) == [
        "the baseline was taken with input 1x3x8x8:float32, this with 2x3x8x8:float32",
        "the baseline was taken with mode eval, this with train",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("parms=1%", "unknown total in the tolerance 'parms'"),
        ("flops=1%", "FLOPs are twice the MACs"),
        ("params=", "is not a count"),
        ("params=one", "is not a count"),
        ("params=-1%", "is not a count"),
        ("size=1M", "is not a size"),
        ("5", "neither NAME=NUMBER nor a percentage"),
        ("%", "is not a count"),
    ],
)
def test_no_tolerances(text: str, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        tolerances.parse([text])
