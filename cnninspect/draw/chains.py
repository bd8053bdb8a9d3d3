"""Which of neighbouring calls stand one behind the other, so that equal ones can be drawn as one with their number.

Of equal branches, which take from the same source, a number would say that each takes from the one before.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from cnninspect.layer_tree import Node, walked
from cnninspect.report import GraphNode


def unchained(roots: Sequence[Node], nodes: Sequence[GraphNode], numbers: Mapping[int, int]) -> set[int]:
    """The layers, by their ``id``, that take nothing from what stands before them in the same module.

    Args:
        roots: The tree of the modules, with rows for operators.
        nodes: Of the graph.
        numbers: The node that a layer is, by the ``id`` of the layer.
    """
    spans: dict[int, tuple[int, int]] = {}  # the first node that is at or below each, and the one behind the last
    found: set[int] = set()
    for node in reversed(list(walked(roots))):
        inside = [spans[id(child)] for child in node.children if id(child) in spans]
        if (own := numbers.get(id(node.layer))) is not None:
            inside.append((own, own + 1))
        if inside:
            spans[id(node)] = min(start for start, _ in inside), max(end for _, end in inside)
    for siblings in (roots, *(node.children for node in walked(roots))):
        for one, other in pairwise(each for each in siblings if id(each) in spans):
            start, end = spans[id(one)]
            if not any(start <= each < end for node in nodes[slice(*spans[id(other)])] for each in node.inputs):
                found.add(id(other.layer))
    return found
