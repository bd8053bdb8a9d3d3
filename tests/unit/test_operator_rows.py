"""Operators among the layers: each below the call that runs it, behind what ran before."""

from msgspec.structs import replace

from cnninspect.operator_rows import OPERATOR, with_operators
from cnninspect.report import Graph, GraphNode, Layer, NodeKind, Report, TensorSpec
from tests.canned import REPORT

MAP = (TensorSpec("", (1, 4), "float32"),)


def layer(path: str, call: int = 1, macs: int = 0) -> Layer:
    return replace(
        REPORT.layers[-1], path=path, name=path.rpartition(".")[2], type="Layer", call=call, macs=macs, own_macs=macs,
        depth=path.count(".") + 1 if path else 0,
    )  # fmt: skip


def node(number: int, kind: NodeKind, path: str, name: str = "", macs: int = 0, call: int = 1) -> GraphNode:
    op = f"aten::{name}" if kind is NodeKind.op else ""
    return GraphNode(number, kind, name or path, path, call, op, (), MAP, macs)


LAYERS = (layer("", macs=70), layer("a"), layer("b"), layer("b.relu"), layer("a", call=2), layer("c", call=0))
NODES = (
    node(0, NodeKind.input, "", "x", call=0),
    node(1, NodeKind.op, "", "exp"),
    node(2, NodeKind.layer, "a"),
    node(3, NodeKind.op, "", "matmul", macs=60),
    node(4, NodeKind.op, "b", "relu"),
    node(5, NodeKind.layer, "b.relu"),
    node(6, NodeKind.op, "b", "add"),
    node(7, NodeKind.layer, "a", call=2),
    node(8, NodeKind.output, "", "output", call=0),
)
SHOWN: Report = with_operators(replace(REPORT, layers=LAYERS, graph=Graph(NODES)))


def test_in_the_order_in_which_they_ran() -> None:
    assert [(each.path, each.call) for each in SHOWN.layers] == [
        *[("", 1), ("exp", 1), ("a", 1), ("matmul", 1), ("b", 1), ("b.aten::relu", 1), ("b.relu", 1), ("b.add", 1)],
        *[("a", 2), ("c", 0)],
    ]


def test_macs_of_operators_are_no_longer_what_the_call_does_itself() -> None:
    assert (SHOWN.layers[0].macs, SHOWN.layers[0].own_macs) == (70, 10)
    (product,) = (each for each in SHOWN.layers if each.name == "matmul")
    assert (product.type, product.macs, product.outputs, product.depth) == (OPERATOR, 60, MAP, 1)


def test_a_report_without_a_graph_stays() -> None:
    assert with_operators(REPORT) is REPORT
