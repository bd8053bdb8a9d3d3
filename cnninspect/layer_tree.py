"""The layers of a report as a tree, and the same with equal neighbours folded into one node.

Neighbours are equal if they are in type, settings, shapes, dtypes, parameters, MACs, activations and inner structure;
what they are called and what they see of the input may differ. How much a layer drops is a setting of training alone:
in a pass in eval mode the blocks of a stochastic depth that grows are equal. Blocks that share parameters are not
equal: the parameters of the second are not parameters more.

Each node of a tree gets a number that stands for all that is at or below it, so folding compares numbers and takes
time in proportion to the layers; nothing here recurses, however deep modules are nested.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from cnninspect.report import Layer, Report, TensorSpec

#: How much a layer drops, which hands on what it gets while nothing is trained.
_DROPS: Final = frozenset({"p", "drop_prob"})


class Node(msgspec.Struct, eq=False):
    """Layers that are one row of a table, and the nodes below it.

    Attributes:
        layers: All that it stands for, in execution order: one layer, or its copies; inside a folded node those of
            every copy of that. Figures are those of the first.
        children: Nodes of what is called inside it.
        copies: How many neighbours, the first of ``layers``, are folded into it.
        is_rest: Its figures are those of what it holds and does outside the nodes below it, which stand elsewhere.
    """

    layers: tuple[Layer, ...]
    children: "list[Node]"
    copies: int = 1
    is_rest: bool = False

    @property
    def layer(self) -> Layer:
        """The first of those that it stands for."""
        return self.layers[0]

    @property
    def neighbours(self) -> tuple[Layer, ...]:
        """Those that are folded into it, of one parent."""
        return self.layers[: self.copies]


def tree(layers: Sequence[Layer]) -> list[Node]:
    """A node for each layer, below its parent's latest call, in execution order."""
    latest: dict[str, Node] = {}
    roots: list[Node] = []
    for layer in layers:
        node = Node((layer,), [])
        parent = latest.get(layer.path.rpartition(".")[0]) if layer.path else None
        (parent.children if parent else roots).append(node)
        latest[layer.path] = node
    return roots


def looks_of(report: Report) -> dict[int, int]:
    """A number for each layer by its ``id``: equal for those that are equal, with what is inside them."""
    roots = tree(report.layers)
    looks = _looks(roots, is_training=report.run.mode == "train")
    return {id(node.layer): looks[id(node)] for node in walked(roots)}


def folded(roots: Sequence[Node], *, is_training: bool = False, apart: Collection[int] = ()) -> list[Node]:
    """The same with equal neighbours as one node.

    Args:
        roots: As ``tree`` gives them.
        is_training: The pass was in train mode.
        apart: Layers, by their ``id``, that are not folded with what stands before them.
    """
    looks = _looks(roots, is_training=is_training, apart=apart)
    found: list[Node] = []
    # the nodes that become children of one folded node: a list for each of its copies, all alike
    waiting: list[tuple[list[Node], list[list[Node]]]] = [(found, [list(roots)])]
    while waiting:
        into, alike = waiting.pop()
        start = 0
        for copies in _runs(alike[0], looks, apart):
            stood_for = [node for each in alike for node in each[start : start + copies]]
            start += copies
            into.append(Node(tuple(node.layer for node in stood_for), [], copies))
            waiting.append((into[-1].children, [node.children for node in stood_for]))
    return found


def _runs(nodes: Sequence[Node], looks: Mapping[int, int], apart: Collection[int]) -> list[int]:
    """How many neighbours each folded node stands for."""
    found: list[int] = []
    for place, node in enumerate(nodes):
        if place and looks[id(node)] == looks[id(nodes[place - 1])] and id(node.layer) not in apart:
            found[-1] += 1
        else:
            found.append(1)
    return found


def walked(roots: Sequence[Node]) -> Iterator[Node]:
    """Every node, a parent before its children."""
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _looks(roots: Sequence[Node], *, is_training: bool, apart: Collection[int] = ()) -> dict[int, int]:
    """A number by the ``id`` of each node: equal for equal nodes, and of its own for one that shares parameters."""
    numbers: dict[tuple[bytes, tuple[tuple[int, bool], ...]], int] = {}
    looks: dict[int, int] = {}
    held: dict[int, int] = {}  # parameters first met at or below a node
    for place, node in enumerate(reversed(list(walked(roots)))):
        layer, inside = node.layer, node.children
        held[id(node)] = (layer.own_params or 0) + sum(held[id(child)] for child in inside)
        if held[id(node)] != layer.params:  # some are met before, or their number is unknown
            looks[id(node)] = -1 - place
        else:
            parts = tuple((looks[id(child)], id(child.layer) in apart) for child in inside)
            look = _look(layer, is_training=is_training), parts
            looks[id(node)] = numbers.setdefault(look, len(numbers))
    return looks


def _look(layer: Layer, *, is_training: bool) -> bytes:
    """Equal for layers that are equal, whatever is inside them."""
    shapes = _shapes(layer.inputs), _shapes(layer.outputs)
    settings = layer.settings
    if not is_training and not layer.params and shapes[0] == shapes[1]:
        settings = {name: value for name, value in settings.items() if name not in _DROPS}
    figures = (
        layer.params, layer.own_params, layer.trainable_params, layer.param_bytes,
        layer.macs, layer.own_macs, layer.activations, layer.output_bytes,
    )  # fmt: skip
    return msgspec.json.encode((layer.type, layer.call, settings, shapes, figures), order="deterministic")


def _shapes(specs: Sequence[TensorSpec]) -> list[tuple[tuple[int, ...], str]]:
    return [(spec.shape, spec.dtype) for spec in specs]
