"""The dispatch mode: arguments however they are given, and rules of ours that raise."""

import itertools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn
from torch.utils.flop_counter import flop_registry, register_flop_formula

from cnninspect import inspect_model
from cnninspect.capture import mac_rules, operators, receptive_field, receptive_field_rules
from cnninspect.capture.operators import OperatorMode
from cnninspect.report import ReceptiveField, UncountedOp
from tests.reference.small_networks.exactness import Calls


def macs(function: Callable[..., Tensor], *shapes: str) -> int | None:
    report = inspect_model(Calls(lambda _, *inputs: function(*inputs)), inputs=shapes, device="meta")
    assert not report.uncounted_ops
    return report.totals.macs


@pytest.mark.parametrize(
    ("by_position", "by_name", "shapes", "figure"),
    [
        (  # 5 sums of 3 products
            lambda x, y: torch.linalg.vecdot(x, y, dim=0),
            lambda x, y: torch.linalg.vecdot(x=x, y=y, dim=0),
            ("3x5", "3x5"), 5 * 3,
        ),
        (  # 6·4·4 outputs of 3·3·3 products
            lambda x, w: F.conv2d(x, w, None, 2, 1),
            lambda x, w: F.conv2d(padding=1, stride=2, weight=w, input=x),
            ("1x3x8x8", "6x3x3x3"), 6 * 4 * 4 * 27,
        ),
        (  # 3·8·8 inputs into 6·3·3 outputs each
            lambda x, w: F.conv_transpose2d(x, w, None, 2),
            lambda x, w: F.conv_transpose2d(stride=2, weight=w, input=x),
            ("1x3x8x8", "3x6x3x3"), 3 * 8 * 8 * 54,
        ),
        (  # 2 heads of 5·7 scores, each of 4 products and each into 6 sums
            F.scaled_dot_product_attention,
            lambda q, k, v: F.scaled_dot_product_attention(value=v, key=k, query=q),
            ("1x2x5x4", "1x2x7x4", "1x2x7x6"), 2 * 5 * 7 * (4 + 6),
        ),
        (  # 2·5 outputs over 3·4 pairs
            F.bilinear,
            lambda a, b, w: F.bilinear(weight=w, input2=b, input1=a),
            ("2x3", "2x4", "5x3x4"), 2 * 5 * 3 * 4,
        ),
        (  # 30·40 distances, each a product of 3 + 2
            torch.cdist,
            lambda a, b: torch.cdist(x2=b, x1=a),
            ("30x3", "40x3"), 30 * 40 * (3 + 2),
        ),
    ],
    ids=["vecdot", "conv2d", "conv_transpose2d", "attention", "bilinear", "cdist"],
)  # fmt: skip
def test_by_position_and_by_name(
    by_position: Callable[..., Tensor], by_name: Callable[..., Tensor], shapes: tuple[str, ...], figure: int
) -> None:
    assert macs(by_position, *shapes) == macs(by_name, *shapes) == figure


SCALED = "cnninspect_operators::scaled"
torch.library.define(SCALED, "(Tensor weight, *, Tensor x, int times) -> Tensor")


@torch.library.impl(SCALED, "CompositeExplicitAutograd")
def scaled(weight: Tensor, *, x: Tensor, times: int) -> Tensor:
    return x * weight * times


def network() -> Calls:
    """One operator without a rule, whose input is only given by its name, beside the input itself."""
    return Calls(
        lambda m, x: x + torch.ops.cnninspect_operators.scaled(m.weight, x=x, times=3),
        weight=nn.Parameter(torch.ones(())),
    )


def test_what_is_only_given_by_name_reaches_a_registered_formula() -> None:
    packet = torch.ops.cnninspect_operators.scaled

    @register_flop_formula(packet)
    def flops(weight: list[int], *, x: list[int], times: int, out_shape: list[int], **_: object) -> int:  # noqa: ARG001
        return 2 * times * x[-1]

    try:
        report = inspect_model(network(), inputs=["1x4x5x7"])
    finally:
        del flop_registry[packet]
    assert (report.totals.macs, report.uncounted_ops, report.notes) == (3 * 7, (), ())


def test_what_is_only_given_by_name_is_followed() -> None:
    """What the operator sees of it isn't known, so neither is it where the two meet."""
    report = inspect_model(network(), inputs=["1x4x5x7"])
    assert report.layers[0].receptive_field is None


@pytest.fixture
def forgetful() -> Iterator[None]:
    """What is known of operators is looked up anew, with the rules that a test has put in the place of ours."""
    operators._known_handling.cache_clear()
    yield
    operators._known_handling.cache_clear()


def raising(kind: type[BaseException]) -> Callable[..., NoReturn]:
    def rule(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise kind

    return rule


LAYERS = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, 1), nn.ReLU(), nn.Flatten(), nn.Linear(384, 2))
CONVOLUTIONS = 64 * 6 * (27 + 6)
FIRST = ReceptiveField((3, 3), (1, 1), (1, 1))


@pytest.mark.usefixtures("forgetful")
def test_a_mac_rule_that_raises_leaves_its_operator_uncounted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(mac_rules.RULES, "aten::conv2d", raising(ZeroDivisionError))
    with caplog.at_level(logging.DEBUG, "cnninspect.capture"):
        report = inspect_model(LAYERS, inputs=["1x3x8x8"])
    assert report.uncounted_ops == (UncountedOp("aten::conv2d", 2),)
    assert report.totals.macs == 384 * 2  # the linear layer's
    assert report.layers[1].receptive_field == FIRST
    assert report.notes == ("aten::conv2d is uncounted: its rule raises ZeroDivisionError (--debug shows where)",)
    kinds = [record.exc_info[0] for record in caplog.records if record.exc_info]
    assert kinds == [ZeroDivisionError] * 2


@pytest.mark.usefixtures("forgetful")
def test_a_field_rule_that_raises_ends_the_field(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(receptive_field_rules._RULES, "relu", raising(IndexError))
    with caplog.at_level(logging.DEBUG, "cnninspect.capture"):
        report = inspect_model(LAYERS, inputs=["1x3x8x8"])
    assert [layer.receptive_field for layer in report.layers[1:]] == [FIRST, FIRST, None, None, None]
    assert report.totals.macs == CONVOLUTIONS + 384 * 2
    assert report.notes == ("the receptive field ends at aten::relu: its rule raises IndexError (--debug shows where)",)
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [IndexError]


def test_a_registered_formula_that_raises_leaves_its_operator_uncounted() -> None:
    packet = torch.ops.cnninspect_operators.scaled
    register_flop_formula(packet)(raising(KeyError))
    try:
        report = inspect_model(network(), inputs=["1x4x5x7"])
    finally:
        del flop_registry[packet]
    assert report.uncounted_ops == (UncountedOp(SCALED, 1),)
    assert report.notes == (f"{SCALED} is uncounted: its rule raises KeyError (--debug shows where)",)


@pytest.mark.usefixtures("forgetful")
def test_an_interrupt_is_no_fault_of_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mac_rules.RULES, "aten::conv2d", raising(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        inspect_model(LAYERS, inputs=["1x3x8x8"])


def schemas() -> Iterator[Any]:
    """Of torch's operators that give views or change tensors in place, and of those that have a field rule."""
    rules = {name.partition(".")[0] for name in receptive_field_rules._RULES}
    for schema in torch._C._jit_get_all_schemas():
        namespace, _, name = schema.name.partition("::")
        is_of_script = schema.overload_name.startswith("prim") or str(schema.arguments[:1]) == "[]"
        if namespace != "aten" or is_of_script or any(each.kwarg_only and each.alias_info for each in schema.arguments):
            continue  # the last are those with ``out=``
        first = schema.arguments[0]
        if name in rules or (first.alias_info and str(first.type) == "Tensor" and not name.startswith("_")):
            yield schema


def made_up(argument: Any, image: Tensor, number: int) -> Any:
    """What an operator may be given for an argument of its schema; ``None`` for what nothing is known of."""
    values: dict[str, Any] = {
        "ScalarType": torch.float64, "Layout": torch.strided, "MemoryFormat": torch.contiguous_format, "Tensor": image,
        "List[Tensor]": [image, image], "int": number, "number": number, "List[int]": [number],
        "float": float(number), "bool": bool(number), "List[bool]": [True], "str": "sum",
    }  # fmt: skip
    return values.get(str(argument.real_type))


def is_of_a_tracker(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return (
        trace is not None and Path(receptive_field.__file__).parent in Path(trace.tb_frame.f_code.co_filename).parents
    )


@pytest.mark.filterwarnings("ignore")
def test_no_operator_makes_a_tracker_raise() -> None:
    """Each on numbers, vectors and images, as far as torch takes it; every result has as many extents as dimensions."""
    ran: set[str] = set()
    for schema, shape, number in itertools.product(schemas(), ((), (4,), (1, 3, 4, 4)), (0, -1)):
        if (schema.name, number) == ("aten::native_channel_shuffle", 0):
            continue  # torch 2.9 and 2.11 divide by its groups, which ends the process
        image = torch.empty(shape, device="meta")
        receptive_field.mark_input(image)
        given = {each.name: made_up(each, image, number) for each in schema.arguments}
        mode = OperatorMode(lambda _: None)
        try:
            operator = getattr(getattr(torch.ops.aten, schema.name[6:]), schema.overload_name or "default")
            with torch.inference_mode(), mode:
                out = operator(**given)
        except Exception as error:
            if is_of_a_tracker(error):
                raise
            continue  # torch doesn't take these arguments
        ran.add(schema.name)
        assert not mode.notes, schema
        for result in out if isinstance(out, list | tuple) else [out]:
            assert not isinstance(result, Tensor) or len(receptive_field.of(result) or result.shape) == result.dim()
    assert {"aten::unsqueeze_", "aten::t_", "aten::resize_", "aten::mean", "aten::softmax", "aten::slice"} <= ran
    assert len(ran) > 200


def test_the_mean_of_a_mean() -> None:
    """And whatever else a single number lets be done along its dimension 0."""

    def forward(m: nn.Module, x: Tensor) -> Any:
        mean = m.get_submodule("conv")(x).mean()
        return mean.mean(0), mean.softmax(-1), mean.cumsum(0), mean.transpose(0, -1), mean.sum(0, keepdim=True)

    report = inspect_model(Calls(forward, conv=nn.Conv2d(3, 4, 1)), inputs=["1x3x8x8"])
    assert (report.totals.macs, report.notes, report.layers[0].receptive_field) == (64 * 12, (), None)


def test_what_a_view_is_cut_from_may_be_given_by_name() -> None:
    """What is written into it counts, as it does by position."""

    def forward(m: nn.Module, x: Tensor) -> Tensor:
        y: Tensor = m.get_submodule("small")(x)
        torch.ops.aten.slice(self=y, dim=1, end=2).add_(m.get_submodule("large")(x))
        return y

    module = Calls(forward, small=nn.Conv2d(3, 4, 1), large=nn.Conv2d(3, 2, 7, padding=3))
    assert inspect_model(module, inputs=["1x3x8x8"]).layers[0].receptive_field is None


def test_a_tracker_that_raises_ends_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receptive_field, "note_views", raising(TypeError))
    report = inspect_model(LAYERS, inputs=["1x3x8x8"])
    assert report.notes == (
        "the receptive field ends at aten::flatten: its rule raises TypeError (--debug shows where)",
    )
    assert report.totals.macs == CONVOLUTIONS + 384 * 2
