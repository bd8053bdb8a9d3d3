"""Graphs of small networks, each edge drawn by hand from its ``forward``."""

from collections import Counter
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cnninspect.capture.forward import capture
from cnninspect.report import Graph, NodeKind

Edges = dict[str, list[str]]


def graph_of(module: nn.Module, *inputs: Tensor, device: str = "cpu", mode: str = "eval") -> Graph:
    there = torch.device(device)
    found = capture(module.to(there), [each.to(there) for each in inputs], {}, device=there, mode=mode, with_graph=True)
    assert found.notes == ()
    assert found.graph is not None
    return found.graph


def edges(graph: Graph) -> Edges:
    """What each node takes: layers by path (the second call as ``path:2``), operators by name (``add:2``)."""
    names: list[str] = []
    times: Counter[str] = Counter()
    for node in graph.nodes:
        name = node.path if node.kind is NodeKind.layer else node.name or node.kind
        times[name] += 1
        names.append(f"{name}:{times[name]}" if times[name] > 1 else name)
    return {names[node.id]: [names[each] for each in node.inputs] for node in graph.nodes}


class Residual(nn.Module):
    def __init__(self, *, is_in_place: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=is_in_place)
        self.is_in_place = is_in_place

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        if self.is_in_place:
            y += x
        else:
            y = y + x
        return self.relu(y)  # type: ignore[no-any-return]


class Dense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(2, 3, 1), nn.Conv2d(5, 4, 1), nn.Conv2d(9, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        first = self.a(x)
        second = self.b(torch.cat([x, first], 1))
        return self.c(torch.cat([x, first, second], 1))  # type: ignore[no-any-return]


class Inception(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.three = nn.Conv2d(3, 2, 1), nn.Sequential(nn.Conv2d(3, 2, 1), nn.Conv2d(2, 2, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        pooled = functional.max_pool2d(x, 3, stride=1, padding=1)
        return torch.cat([self.one(x), self.three(x), pooled], 1)


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.middle, self.up = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 1), nn.Conv2d(8, 1, 1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        skip = functional.relu(self.down(x))
        below = functional.interpolate(self.middle(self.pool(skip)), scale_factor=2)
        return self.up(torch.cat((below, skip), 1))  # type: ignore[no-any-return]


class CellSteps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell, self.head = nn.LSTMCell(3, 5), nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        state = None
        for step in x.unbind(1):
            state = self.cell(step, state)
        assert state is not None
        return self.head(state[0])  # type: ignore[no-any-return]


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(torch.sigmoid(self.layer(x)))  # type: ignore[no-any-return]


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(3, 4), nn.Linear(5, 4)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return self.left(x) * self.right(z)  # type: ignore[no-any-return]


class TwoOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.trunk, self.head = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.trunk(x)
        return {"scores": self.head(features), "features": features}


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(4, 12), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        scores = (q @ k.transpose(-2, -1)).softmax(-1)
        return self.out(scores @ v) + x  # type: ignore[no-any-return]


MAPS, ROWS = torch.rand(1, 3, 8, 8), torch.rand(2, 3)
DRAWN: list[tuple[nn.Module, tuple[Tensor, ...], Edges]] = [
    (
        Residual(is_in_place=False),
        (torch.rand(1, 4, 8, 8),),
        {"x": [], "conv": ["x"], "add": ["conv", "x"], "relu": ["add"], "output": ["relu"]},
    ),
    (
        Residual(is_in_place=True),
        (torch.rand(1, 4, 8, 8),),
        {"x": [], "conv": ["x"], "add": ["conv", "x"], "relu": ["add"], "output": ["relu"]},
    ),
    (
        Dense(),
        (torch.rand(1, 2, 8, 8),),
        {
            "x": [],
            "a": ["x"],
            "cat": ["x", "a"],
            "b": ["cat"],
            "cat:2": ["x", "a", "b"],
            "c": ["cat:2"],
            "output": ["c"],
        },
    ),
    (
        Inception(),
        (MAPS,),
        {
            "x": [],
            "max_pool2d": ["x"],
            "one": ["x"],
            "three.0": ["x"],
            "three.1": ["three.0"],
            "cat": ["one", "three.1", "max_pool2d"],
            "output": ["cat"],
        },
    ),
    (
        UNet(),
        (MAPS,),
        {
            "x": [],
            "down": ["x"],
            "relu": ["down"],
            "pool": ["relu"],
            "middle": ["pool"],
            "upsample_nearest2d": ["middle"],
            "cat": ["upsample_nearest2d", "relu"],
            "up": ["cat"],
            "output": ["up"],
        },
    ),
    (
        CellSteps(),
        (torch.rand(2, 2, 3),),
        {"x": [], "cell": ["x"], "cell:2": ["x", "cell", "cell"], "head": ["cell:2"], "output": ["head"]},
    ),
    (
        Shared(),
        (ROWS,),
        {"x": [], "layer": ["x"], "sigmoid": ["layer"], "layer:2": ["sigmoid"], "output": ["layer:2"]},
    ),
    (
        TwoInputs(),
        (ROWS, torch.rand(2, 5)),
        {"x": [], "z": [], "left": ["x"], "right": ["z"], "mul": ["left", "right"], "output": ["mul"]},
    ),
    (
        TwoOutputs(),
        (ROWS,),
        {"x": [], "trunk": ["x"], "head": ["trunk"], "scores": ["head"], "features": ["trunk"]},
    ),
    (
        Attention(),
        (torch.rand(1, 5, 4),),
        {
            "x": [],
            "qkv": ["x"],
            "matmul": ["qkv", "qkv"],
            "softmax": ["matmul"],
            "matmul:2": ["softmax", "qkv"],
            "out": ["matmul:2"],
            "add": ["out", "x"],
            "output": ["add"],
        },
    ),
]


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize(("module", "inputs", "drawn"), DRAWN, ids=[type(each[0]).__name__ for each in DRAWN])
def test_drawn_by_hand(module: nn.Module, inputs: tuple[Tensor, ...], drawn: Edges, device: str) -> None:
    assert edges(graph_of(module, *inputs, device=device)) == drawn


class Kept(nn.Module):
    """Layers that give what they are given, beside what goes round them."""

    def __init__(self) -> None:
        super().__init__()
        self.same, self.drop = nn.Identity(), nn.Dropout()

    def forward(self, x: Tensor) -> Any:
        return self.drop(self.same(x)) + functional.dropout(x, training=False)


def test_what_goes_through_a_layer_is_told_from_what_goes_round_it() -> None:
    drawn = {"x": [], "same": ["x"], "drop": ["same"], "add": ["drop", "x"], "output": ["add"]}
    assert edges(graph_of(Kept(), ROWS)) == drawn


class Assembled(nn.Module):
    """A result that is filled in parts, and a part of it that is changed."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, 2), nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        whole = torch.zeros(2, 6)
        whole[:, :2] = self.a(x)
        part = whole[:, 2:]
        part.copy_(self.b(x))
        whole[:, 0].mul_(2)
        return torch.cat([part.exp(), whole], 1)


def test_who_writes_into_a_part_has_written_into_all_that_has_some_of_it() -> None:
    drawn = {
        "x": [],
        "a": ["x"],
        "copy": ["a"],
        "b": ["x"],
        "copy:2": ["b"],
        "mul": ["copy"],
        "exp": ["copy:2"],
        "cat": ["exp", "copy:2", "mul"],
        "output": ["cat"],
    }
    assert edges(graph_of(Assembled(), ROWS)) == drawn


def test_shapes_and_macs_of_operators() -> None:
    """Scores of 5 tokens of width 4: 5·5 products over 4; their sums 5·4 over 5."""
    graph = graph_of(Attention(), torch.rand(1, 5, 4))
    found = {(node.name, node.op): (node.outputs[0].shape, node.macs) for node in graph.nodes}
    assert found["qkv", ""] == ((1, 5, 12), 5 * 4 * 12)
    assert found["softmax", "aten::softmax"] == ((1, 5, 5), 0)
    assert [node.macs for node in graph.nodes if node.name == "matmul"] == [5 * 5 * 4, 5 * 4 * 5]


class Flattened(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)[:, :2].flatten(1).reshape(1, -1)


def test_a_view_is_passed_through_and_another_shape_is_a_node() -> None:
    assert edges(graph_of(Flattened(), MAPS)) == {"x": [], "flatten": ["x"], "output": ["flatten"]}


@pytest.mark.parametrize("module", [Kept(), Residual(is_in_place=True), Assembled()])
def test_a_module_keeps_nothing_of_it(module: nn.Module) -> None:
    module.register_buffer("buffer", torch.ones(3))
    graph_of(module, torch.rand(1, 4, 8, 8) if isinstance(module, Residual) else ROWS)
    assert all(vars(each) == {} for each in [*module.parameters(), *module.buffers()])


class Keeping(nn.Module):
    """A list that it keeps, and what it is given in it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Tensor] = []

    def forward(self, x: Tensor) -> list[Tensor]:
        self.kept.append(x)
        return self.kept


class Appends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.keeping = Keeping()

    def forward(self, x: Tensor) -> Tensor:
        self.keeping(x).append(x)
        return torch.cat(self.keeping.kept)


@pytest.mark.parametrize("with_graph", [False, True])
def test_a_list_that_is_kept_is_no_other(with_graph: bool) -> None:
    found = capture(Appends(), [ROWS], {}, device=torch.device("cpu"), with_graph=with_graph)
    assert found.outputs[0].shape == (4, 3)


class Named(Tensor):
    """Somebody's own class of tensors."""


class Wrapped(nn.Module):
    def forward(self, x: Tensor) -> Any:
        return x.as_subclass(Named).sin()


def test_edges_that_are_not_seen_are_said_to_be_lacking() -> None:
    found = capture(Wrapped(), [ROWS], {}, device=torch.device("cpu"), with_graph=True)
    assert found.notes == ("the graph may lack edges: no input of the network was seen to lead to an output",)


class Odd(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.exp(x)


def test_a_rule_that_raises_loses_the_graph_and_not_the_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr("cnninspect.capture.graph_recorder._makers", raises)
    found = capture(Odd(), [ROWS], {}, device=torch.device("cpu"), with_graph=True)
    assert found.graph is None
    assert found.notes == ("the graph is unknown: noting it raises ValueError (--debug shows where)",)
    assert found.outputs[0].shape == (2, 3)
