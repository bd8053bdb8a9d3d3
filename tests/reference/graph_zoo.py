"""The graph of every torchvision network that ``torch.fx`` can trace: ``python -m tests.reference.graph_zoo``.

Which call of a leaf feeds which, through whatever operators lie between.
"""

import sys
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatch
from typing import Final

from torch import fx, nn
from torchvision.models import list_models
from torchvision.models import swin_transformer as swin
from torchvision.models.video import swin_transformer as swin3d

from cnninspect import inspection
from cnninspect.report import Graph, NodeKind
from cnninspect.spec import Request, ZooModel
from cnninspect.spec.sources import Source

Place = tuple[str, int]
#: By call of a leaf: the calls of leaves that feed it, and whether the input of the network does.
Feeds = dict[Place, set[Place | None]]
#: Ask something of a tensor, and give none.
_QUESTIONS: Final = {"size", "dim", "numel", "_assert"}
#: Torchvision's, of MViT: takes one tensor, and how many dimensions another one had.
_OF_ONE: Final = {"_squeeze"}
#: Have children whose weights they use without calling them.
_LEAVES: Final = (nn.MultiheadAttention, swin.ShiftedWindowAttention, swin3d.ShiftedWindowAttention3d)


class LeafTracer(fx.Tracer):
    """Calls of modules that call no other stay calls."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Has it nothing below that it calls?"""
        return not any(m.children()) or type(m) in _LEAVES


def by_fx(module: nn.Module) -> Feeds:
    """As ``torch.fx`` sees it.

    Raises:
        Exception: It can't be traced.
    """
    graph, calls = LeafTracer().trace(module), Counter[str]()
    found: Feeds = {}
    makers: dict[fx.Node, set[Place | None]] = {}
    for node in graph.nodes:
        given = node.all_input_nodes[:1] if _name(node) in _OF_ONE else node.all_input_nodes
        before = set().union(*(makers[each] for each in given))
        if node.op == "call_module":
            calls[str(node.target)] += 1
            place = str(node.target), calls[str(node.target)]
            found[place], makers[node] = before, {place}
        elif node.op == "placeholder":
            makers[node] = {None}
        else:
            makers[node] = set() if _is_question(node) else before
    return found


def _name(node: fx.Node) -> str:
    return str(getattr(node.target, "__name__", node.target))


def _is_question(node: fx.Node) -> bool:
    name = _name(node)
    return node.op == "get_attr" or name in _QUESTIONS or (name == "getattr" and node.args[1] in {"shape", "device"})


def recorded(graph: Graph) -> Feeds:
    """As it was recorded."""
    found: Feeds = {}
    makers: dict[int, set[Place | None]] = {}
    for node in graph.nodes:
        before = set().union(*(makers[each] for each in node.inputs))
        place = node.path, node.call
        if node.kind is NodeKind.layer:
            found[place], before = before, {place}
        makers[node.id] = {None} if node.kind is NodeKind.input else before
    return found


def graph_of(name: str) -> Graph | None:
    """Of a network of torchvision, on meta."""
    return inspection.report_of(request(name)).graph


def _network(name: str) -> nn.Module:
    """The network that the report is of, with no values."""
    with inspection.prepared(request(name)) as subject:
        return subject.placed.eval()


def request(name: str) -> Request:
    """For the graph, on meta."""
    model = ZooModel(f"torchvision:{name}", Source.torchvision, name)
    return Request(model, device="meta", with_graph=True)


def compared(name: str) -> list[str] | None:
    """What differs, in words; ``None`` if fx can't trace it."""
    try:
        theirs = by_fx(_network(name))
    except Exception as error:  # noqa: BLE001 - fx refuses in many ways
        print(name, "can't be traced:", type(error).__name__, flush=True)  # noqa: T201
        return None
    graph = graph_of(name)
    if graph is None:
        return ["there is no graph"]
    return list(_differences(theirs, recorded(graph)))


def _differences(theirs: Feeds, ours: Feeds) -> Iterable[str]:
    for place in [*theirs, *(each for each in ours if each not in theirs)]:
        if theirs.get(place) != ours.get(place):
            yield f"{place}: fx {theirs.get(place)}, recorded {ours.get(place)}"


def main() -> int:
    """All of a pattern; 1 if any differs."""
    pattern = sys.argv[1] if len(sys.argv) > 1 else "*"
    results = {name: compared(name) for name in list_models() if fnmatch(name, pattern)}
    for name, found in results.items():
        if found:
            print(name, len(found), *found[:3], sep="\n  ")  # noqa: T201
    traced = [found for found in results.values() if found is not None]
    print(f"{traced.count([])} of {len(traced)} the same, {len(results) - len(traced)} can't be traced")  # noqa: T201
    return int(traced.count([]) < len(traced))


if __name__ == "__main__":
    raise SystemExit(main())
