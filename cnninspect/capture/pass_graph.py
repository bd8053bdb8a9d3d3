"""From what was noted during a pass to its graph: what has run inside a leaf becomes one node with it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from cnninspect.capture.calls import Call
from cnninspect.capture.tensors import Glance
from cnninspect.report import Graph, GraphNode, NodeKind


class Event(NamedTuple):
    """A call, an operator, an input or an output; they stand in the order in which they began.

    Attributes:
        op: Of an operator its name, ``aten::cat``.
        call: Itself, or within which the operator ran.
        taken: The events that made what it takes.
        given: What it gave; of a call that is in it.
        macs: Of an operator.
    """

    kind: NodeKind
    taken: Sequence[int] = ()
    given: Sequence[Glance] = ()
    call: Call | None = None
    op: str = ""
    macs: int = 0


def graph_of(events: Sequence[Event], callers: AbstractSet[int]) -> Graph:
    """The nodes that events come to, and what each takes.

    Args:
        events: All of a pass.
        callers: The identities of the calls that are no leaves.
    """
    calls = {id(event.call): place for place, event in enumerate(events) if event.kind is NodeKind.layer}
    homes = [_home(place, event, calls, callers) for place, event in enumerate(events)]
    numbers = {place: number for number, place in enumerate(sorted({home for home in homes if home is not None}))}
    taken: dict[int, list[int]] = {place: [] for place in numbers}
    for place, (event, home) in enumerate(zip(events, homes, strict=True)):
        if home is None:
            continue
        sources = [source for each in event.taken if (source := homes[each]) is not None and source != home]
        # inside a leaf, what it is given is known already
        taken[home] += sources if place == home else [each for each in sources if each not in taken[home]]
    return Graph(tuple(_node(events[place], number, [numbers[each] for each in taken[place]])
                       for place, number in numbers.items()))  # fmt: skip


def _home(place: int, event: Event, calls: dict[int, int], callers: AbstractSet[int]) -> int | None:
    """The event as whose node one stands: for what runs in a leaf, the leaf; nobody for a call of others."""
    if event.call is None or (event.kind is NodeKind.op and id(event.call) in callers):
        return place
    return None if id(event.call) in callers else calls.get(id(event.call))


def _node(event: Event, number: int, taken: Sequence[int]) -> GraphNode:
    call = event.call
    path, times = (call.path, call.number) if call else ("", 0)
    if call and event.kind is NodeKind.layer:
        name, outputs, macs = path.rpartition(".")[2], call.outputs, call.macs
    else:
        outputs, macs = tuple(each.spec() for each in event.given), event.macs
        name = event.op.rpartition("::")[2].strip("_") or outputs[0].name
    return GraphNode(number, event.kind, name, path, times, event.op, tuple(taken), outputs, macs)
