"""Operators without a rule are named, with their calls, and the totals are shown as lower bounds."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import flop_registry, register_flop_formula

from cnninspect import inspect_model
from cnninspect.formats import Terminal, console
from cnninspect.formats.summary import lay_out
from cnninspect.report import UncountedOp
from tests.reference.small_networks.exactness import Calls, assert_exact, assert_sums


@torch.library.custom_op("cnninspect_tests::twice", mutates_args=())
def twice(x: Tensor) -> Tensor:
    return x * 2


@twice.register_fake
def _(x: Tensor) -> Tensor:
    return torch.empty_like(x)


@torch.library.custom_op("cnninspect_tests::known", mutates_args=())
def known(x: Tensor, weight: Tensor) -> Tensor:
    return x @ weight


@known.register_fake
def _(x: Tensor, weight: Tensor) -> Tensor:
    return x.new_empty(x.shape[0], weight.shape[1])


def sparse(m: Any, x: Tensor) -> Any:
    indices = torch.tensor([[0, 1], [1, 0]], device=x.device)
    matrix = torch.sparse_coo_tensor(indices, torch.ones(2, device=x.device), (2, 2))
    return torch.sparse.mm(matrix, m.layer(x))


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_custom_operator_is_named_with_its_calls(device: str) -> None:
    module = Calls(lambda m, x: twice(twice(twice(m.layer(x)))), layer=nn.Linear(4, 6))
    report = inspect_model(module, inputs=["2x4"], device=device)
    assert report.uncounted_ops == (UncountedOp("cnninspect_tests::twice", 3),)
    assert report.totals.macs == 2 * 24  # what is known is counted
    assert_sums(report)
    table = console.render(lay_out(report), Terminal())
    assert "≥ 48 MACs" in table or "≥ 48" in table
    assert "cnninspect_tests::twice" in table


@pytest.mark.filterwarnings("ignore:Sparse invariant checks are implicitly disabled")
def test_sparse_product_is_named() -> None:
    # its work depends on how many elements are not zero, which no shape tells
    module = Calls(sparse, layer=nn.Linear(4, 6))
    report = inspect_model(module, inputs=["2x4"])
    assert report.totals.macs == 2 * 24
    (uncounted,) = report.uncounted_ops
    assert (uncounted.op, uncounted.calls) == ("aten::_sparse_addmm", 1)


@pytest.mark.parametrize("layout", [torch.sparse_csr, torch.sparse_coo])
@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta state")
def test_sparse_weight_in_a_linear_layer(layout: torch.layout) -> None:
    module = Calls(lambda _, x: torch.eye(4).to_sparse(layout=layout) @ x)
    report = inspect_model(module, inputs=["4x6"])
    assert report.totals.macs == 0
    assert [(op.op, op.calls) for op in report.uncounted_ops] == [("aten::matmul", 1)]


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors is in prototype stage")
@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
def test_nested_tensors_are_named(layout: torch.layout) -> None:
    module = Calls(lambda m, a, b: m.layer(torch.nested.as_nested_tensor([a, b], layout=layout)), layer=nn.Linear(4, 6))
    report = inspect_model(module, inputs=["2x4", "3x4"])
    assert [op.op for op in report.uncounted_ops] == ["aten::linear"]
    # a table of two sequences, each as long as the longer
    assert report.layers[1].inputs[0].shape == (2, 3, 4)
    assert report.run.outputs[0].shape == (2, 3, 6)


@torch.library.custom_op("cnninspect_tests::repeated", mutates_args=())
def repeated(x: Tensor, weight: Tensor, terms: int = 2, *, times: int = 3) -> Tensor:
    return (x @ weight) * terms * times


@repeated.register_fake
def _(x: Tensor, weight: Tensor, terms: int = 2, *, times: int = 3) -> Tensor:  # noqa: ARG001
    return x.new_empty(x.shape[0], weight.shape[1])


@pytest.mark.parametrize(
    ("given", "factor"),
    [({"times": 5}, 2 * 5), ({"terms": 4, "times": 5}, 4 * 5), ({}, 2 * 3), ({"terms": 2, "times": 3}, 2 * 3)],
)
def test_formula_that_asks_for_arguments_by_name(given: dict[str, int], factor: int) -> None:
    """Also for those that torch leaves out, as they are the defaults."""
    packet = torch.ops.cnninspect_tests.repeated

    @register_flop_formula(packet)
    def flops(x: list[int], weight: list[int], terms: int, *, times: int, **_: object) -> int:
        return 2 * x[0] * x[1] * weight[1] * terms * times

    try:
        module = Calls(lambda m, x: repeated(x, m.weight, **given), weight=nn.Parameter(torch.zeros(4, 6)))
        assert_exact(module, "2x4", params=24, macs=2 * 24 * factor, activations=12)
    finally:
        del flop_registry[packet]


def test_formula_in_torchs_registry_is_used() -> None:
    packet = torch.ops.cnninspect_tests.known

    @register_flop_formula(packet)
    def flops(x: list[int], weight: list[int], out_shape: list[int] | None = None, **_: object) -> int:  # noqa: ARG001
        return 2 * x[0] * x[1] * weight[1]

    try:
        module = Calls(lambda m, x: known(x, m.weight), weight=nn.Parameter(torch.zeros(4, 6)))
        assert_exact(module, "2x4", params=24, macs=2 * 24, activations=12)
    finally:
        del flop_registry[packet]
