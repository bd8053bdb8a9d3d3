"""The tree of the modules as they ran: what stands below a module has run in one stretch with it.

A module that only holds others is no call; where the network goes back and forth between what it holds and others, as a
U-Net does between two lists, it is left out, and what it holds stands where it ran, with a longer name. So does a part
of a module that is called when that is over.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from cnninspect.layer_tree import Node
from cnninspect.report import Layer


class RunTree(NamedTuple):
    """The outermost nodes, and the names of layers, by their ``id``, that stand outside of what holds them."""

    roots: list[Node]
    names: Mapping[int, str]


class _Stand(NamedTuple):
    """A layer, what holds it, and the innermost around it that isn't over; -1: nothing."""

    place: int
    holder: int
    around: int


def run_tree(layers: Sequence[Layer]) -> RunTree:
    """The tree.

    Args:
        layers: In execution order, with rows for operators; those that never ran stand in what holds them.
    """
    astray = {each.holder for each in _standing(layers, ()) if each.around != each.holder}
    left_out = {place for place in astray if not layers[place].outputs}
    roots: list[Node] = []
    nodes: dict[int, Node] = {}
    names: dict[int, str] = {}
    for place, holder, around in _standing(layers, left_out):
        if place in left_out:
            continue
        layer = layers[place]
        nodes[place] = Node((layer,), [])
        (nodes[around].children if around >= 0 else roots).append(nodes[place])
        if holder != around:
            names[id(layer)] = layer.path.removeprefix(f"{layers[around].path}." if around >= 0 else "")
    return RunTree(roots, names)


def _standing(layers: Sequence[Layer], left_out: Collection[int]) -> Iterator[_Stand]:
    latest: dict[str, int] = {}
    holders, opened, is_open = list[int](), list[int](), set[int]()
    for place, layer in enumerate(layers):
        holder = around = latest.get(layer.path.rpartition(".")[0], -1) if layer.path else -1
        while around >= 0 and (around not in is_open if layer.call else around in left_out):
            around = holders[around]
        while layer.call and opened and opened[-1] != around:
            is_open.discard(opened.pop())
        yield _Stand(place, holder, around)
        latest[layer.path] = place
        holders.append(holder)
        if layer.call and place not in left_out:
            opened.append(place)
            is_open.add(place)
