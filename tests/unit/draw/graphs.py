"""Graphs made by hand: each node by its name, what it takes and what it gives."""

from collections.abc import Sequence

import msgspec

from cnninspect.report import Graph, GraphNode, Layer, NodeKind, Report, TensorSpec
from tests.canned import REPORT


def node(
    number: int, kind: NodeKind, name: str, inputs: Sequence[int], shape: Sequence[int], macs: int = 0
) -> GraphNode:
    path, call = (name if kind is NodeKind.layer else ""), int(kind in {NodeKind.layer, NodeKind.op})
    op = f"aten::{name}" if kind is NodeKind.op else ""
    given = (TensorSpec("", tuple(shape), "float32"),)
    return GraphNode(number, kind, name, path, call, op, tuple(inputs), given, macs)


def report(nodes: Sequence[GraphNode], types: dict[str, str], settings: dict[str, dict[str, object]]) -> Report:
    """With a layer for each node that is one, of a type and with settings by its name."""
    layers = [
        msgspec.structs.replace(
            REPORT.layers[1], path=each.path, name=each.name, type=types[each.name], call=1, depth=1,
            settings=settings.get(each.name, {}), outputs=each.outputs, macs=each.macs, own_macs=each.macs,
        )
        for each in nodes
        if each.kind is NodeKind.layer
    ]  # fmt: skip
    found: list[Layer] = [REPORT.layers[0], *layers]
    return msgspec.structs.replace(REPORT, layers=tuple(found), graph=Graph(tuple(nodes)))


#: A convolution, an activation, a sum with what went round them, pooling, a linear layer; beside it a short way.
RESIDUAL = report(
    [
        node(0, NodeKind.input, "x", [], (1, 3, 8, 8)),
        node(1, NodeKind.layer, "stem", [0], (1, 4, 8, 8), 6912),
        node(2, NodeKind.layer, "conv", [1], (1, 4, 8, 8), 9216),
        node(3, NodeKind.layer, "relu", [2], (1, 4, 8, 8)),
        node(4, NodeKind.op, "add", [3, 1], (1, 4, 8, 8)),
        node(5, NodeKind.layer, "pool", [4], (1, 4, 4, 4)),
        node(6, NodeKind.op, "flatten", [5], (1, 64)),
        node(7, NodeKind.layer, "head", [6], (1, 10), 640),
        node(8, NodeKind.output, "", [7], (1, 10)),
    ],
    {"stem": "Conv2d", "conv": "Conv2d", "relu": "ReLU", "pool": "MaxPool2d", "head": "Linear"},
    {
        "stem": {"kernel_size": [3, 3], "stride": [1, 1]},
        "conv": {"kernel_size": [3, 3], "stride": [1, 1]},
        "pool": {"kernel_size": 2, "stride": 2},
    },
)

#: A stem, three branches of two rows, one and one, where they meet, and a skip from the stem past all of them.
BRANCHES = report(
    [
        node(0, NodeKind.input, "x", [], (1, 3, 8, 8)),
        node(1, NodeKind.layer, "stem", [0], (1, 4, 8, 8)),
        node(2, NodeKind.layer, "left1", [1], (1, 4, 8, 8)),
        node(3, NodeKind.layer, "left2", [2], (1, 4, 8, 8)),
        node(4, NodeKind.layer, "middle", [1], (1, 4, 8, 8)),
        node(5, NodeKind.layer, "right", [1], (1, 4, 8, 8)),
        node(6, NodeKind.op, "cat", [3, 4, 5], (1, 12, 8, 8)),
        node(7, NodeKind.op, "add", [6, 1], (1, 12, 8, 8)),
        node(8, NodeKind.output, "", [7], (1, 12, 8, 8)),
    ],
    dict.fromkeys(("stem", "left1", "left2", "middle", "right"), "Conv2d"),
    {},
)


#: Two branches of a stem, the second of which branches itself and goes on with a row, and a third.
NESTED = report(
    [
        node(0, NodeKind.input, "x", [], (1, 3, 8, 8)),
        node(1, NodeKind.layer, "stem", [0], (1, 4, 8, 8)),
        node(2, NodeKind.layer, "first", [1], (1, 4, 8, 8)),
        node(3, NodeKind.layer, "second", [1], (1, 4, 8, 8)),
        node(4, NodeKind.layer, "left", [3], (1, 4, 8, 8)),
        node(5, NodeKind.layer, "right1", [3], (1, 4, 8, 8)),
        node(6, NodeKind.layer, "right2", [5], (1, 4, 8, 8)),
        node(7, NodeKind.op, "inner", [4, 6], (1, 8, 8, 8)),
        node(8, NodeKind.layer, "after", [7], (1, 4, 8, 8)),
        node(9, NodeKind.layer, "third", [1], (1, 4, 8, 8)),
        node(10, NodeKind.op, "outer", [2, 8, 9], (1, 12, 8, 8)),
        node(11, NodeKind.output, "", [10], (1, 12, 8, 8)),
    ],
    dict.fromkeys(("stem", "first", "second", "left", "right1", "right2", "after", "third"), "Conv2d"),
    {},
)


def _blocks() -> Report:
    """Two equal blocks of a convolution and an activation, one behind the other."""
    layers = [msgspec.structs.replace(REPORT.layers[0], path="", name="", params=0, own_params=0, macs=0)]
    nodes, shape = [node(0, NodeKind.input, "x", [], (1, 4, 8, 8))], (1, 4, 8, 8)
    for block in ("0", "1"):
        for path, kind in ((block, "Block"), (f"{block}.conv", "Conv2d"), (f"{block}.relu", "ReLU")):
            layers.append(
                msgspec.structs.replace(
                    REPORT.layers[2], path=path, name=path.rpartition(".")[2], type=kind, call=1, settings={},
                    depth=path.count(".") + 1, params=0, own_params=0, trainable_params=0, param_bytes=0,
                    outputs=(TensorSpec("", shape, "float32"),), receptive_field=None,
                )
            )  # fmt: skip
            if kind != "Block":
                made = node(len(nodes), NodeKind.layer, layers[-1].name, [len(nodes) - 1], shape)
                nodes.append(msgspec.structs.replace(made, path=path))
    nodes.append(node(len(nodes), NodeKind.output, "", [len(nodes) - 1], shape))
    return msgspec.structs.replace(REPORT, layers=tuple(layers), graph=Graph(tuple(nodes)))


BLOCKS = _blocks()


def _parallel() -> Report:
    """The same blocks beside each other, and a sum of what they give."""
    assert BLOCKS.graph is not None
    nodes = list(BLOCKS.graph.nodes[:-1])
    nodes[3] = msgspec.structs.replace(nodes[3], inputs=(0,))
    nodes.append(node(5, NodeKind.op, "add", [2, 4], (1, 4, 8, 8)))
    nodes.append(node(6, NodeKind.output, "", [5], (1, 4, 8, 8)))
    return msgspec.structs.replace(BLOCKS, graph=Graph(tuple(nodes)))


PARALLEL = _parallel()


def _there_and_back() -> Report:
    """A list of two convolutions, between which a pooling runs that is none of it."""
    shape, layers = (1, 4, 8, 8), [REPORT.layers[0]]
    nodes = [node(0, NodeKind.input, "x", [], shape)]
    for path, kind in (("list", ""), ("list.0", "Conv2d"), ("pool", "MaxPool2d"), ("list.1", "Conv2d")):
        given = (TensorSpec("", shape, "float32"),) if kind else ()
        layers.append(
            msgspec.structs.replace(
                REPORT.layers[1], path=path, name=path.rpartition(".")[2], type=kind or "ModuleList", call=1,
                depth=path.count(".") + 1, outputs=given,
            )
        )  # fmt: skip
        if kind:
            made = node(len(nodes), NodeKind.layer, path, [len(nodes) - 1], shape)
            nodes.append(msgspec.structs.replace(made, name=layers[-1].name))
    nodes.append(node(4, NodeKind.output, "", [3], shape))
    return msgspec.structs.replace(REPORT, layers=tuple(layers), graph=Graph(tuple(nodes)))


THERE_AND_BACK = _there_and_back()
