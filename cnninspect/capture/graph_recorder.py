"""Which node made each tensor of the pass: calls of leaf modules, operators that run outside them, inputs and outputs.

A leaf calls no other module; the network itself is one only if it is a layer of torch.

Every tensor that depends on one carries its maker. Views pass it on, and so does what changes no value (``clone``,
``contiguous``, a cast); a reshape that changes the shape is a node. Views of one storage are a family: who is written
into last is what all of them, read later, depend on.

What is noted while the pass goes on is an event a call and an operator. Which calls are leaves is known when all have
run: then the operators inside them become one node with them.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, NamedTuple, TypeVar, cast

import torch
from torch import Tensor

from cnninspect.capture import receptive_field
from cnninspect.capture.calls import Call
from cnninspect.capture.operator_arguments import Arguments, tensors_in
from cnninspect.capture.tensors import Glance
from cnninspect.capture.view_parts import Part, apart, part_of, strides_of
from cnninspect.report import Graph, GraphNode, NodeKind
from cnninspect.tensor_tree import named_tensors
from cnninspect.torch_internals import HigherOrderOperator, storage_of, undispatched

_LOG: Final = logging.getLogger("cnninspect.capture")
_ATTRIBUTE: Final = "_cnninspect_origin"
#: Change no value and no shape.
_SAME: Final = frozenset(
    f"aten::{name}"
    for name in ("clone", "contiguous", "to", "_to_copy", "type_as", "detach", "alias", "lift_fresh", "lift")
)
#: Give the same elements in another shape.
_RESHAPING: Final = frozenset(
    f"aten::{name}"
    for name in (
        *("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "_unsafe_view", "view_as", "reshape_as"),
        "_reshape_alias",
    )
)

#: Take of a tensor its shape and dtype alone.
_NEW: Final = frozenset(
    f"aten::{name}"
    for kind in ("ones", "zeros", "full", "empty", "rand", "randn", "randint", "empty_strided")
    for name in (f"new_{kind}", f"{kind}_like")
)


class _Write(NamedTuple):
    """An event that has written into a part of what a family shares."""

    writer: int
    at: int
    part: Part | None


class _Family:
    """Tensors that share their elements, and who has written into them.

    ``strides`` are those of the first, the largest first: by them the parts of the others are told.
    """

    __slots__ = ("strides", "writes")

    def __init__(self) -> None:
        self.strides: tuple[int, ...] | None = None
        self.writes: list[_Write] = []


class _Origin(NamedTuple):
    """The events that made a tensor, as far as they are known, and when; with whom it shares its elements."""

    makers: tuple[int, ...]
    at: int
    family: _Family


class _Event:
    """A call, an operator, an input or an output, in the order in which they began; ``call``: within which it ran."""

    __slots__ = ("call", "given", "kind", "macs", "op", "taken")

    def __init__(self, kind: NodeKind, op: str, call: Call | None, taken: Sequence[int]) -> None:
        self.kind, self.op, self.call = kind, op, call
        self.taken, self.macs = list(taken), 0
        self.given: Sequence[Glance] = ()


_Noting = TypeVar("_Noting", bound=Callable[..., None])


def _harmless(method: _Noting) -> _Noting:
    """Whatever it raises, the pass goes on, and the graph is unknown."""

    @wraps(method)
    def noting(self: "GraphRecorder", *args: Any, **kwargs: Any) -> None:
        if not self.failure:
            try:
                method(self, *args, **kwargs)
            except Exception as error:  # noqa: BLE001 - whatever it is, it isn't the model's
                self.lose(error)

    return cast("_Noting", noting)


class GraphRecorder:
    """Notes who made what while a pass is recorded.

    Args:
        running: The innermost call at hand, if there is one.

    Attributes:
        failure: Why the graph is unknown; empty while it is not.
    """

    def __init__(self, running: Callable[[], Call | None]) -> None:
        self.failure = ""
        self._running = running
        self._events: list[_Event] = []
        self._places: dict[int, int] = {}  # of a call's event, by its identity; calls live as long as the recorder
        self._callers: set[int] = set()
        self._inside = 0
        self._macs = 0

    @_harmless
    def begin(self, values: Sequence[tuple[str, Any]]) -> None:
        """The inputs of the network, with the names of their arguments."""
        for name, value in values:
            for place, tensor in named_tensors(value, name):
                self._mark(tensor, self._add(_Event(NodeKind.input, "", None, ()), [Glance.at(tensor, place)]))

    @_harmless
    def enter(self, call: Call, caller: Call | None, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """A call begins, with what it is given."""
        if caller is not None:
            self._callers.add(id(caller))
        elif not type(call.module).__module__.startswith("torch."):  # a network of operators alone is no single box
            self._callers.add(id(call))
        tensors = [tensor for _, tensor in named_tensors([*args, *kwargs.values()])]
        self._places[id(call)] = self._add(_Event(NodeKind.layer, "", call, self._makers(tensors)))

    def leave(self, call: Call, result: Any) -> Any:
        """A call is over; what it gives, in which a tensor that it was given is another object now.

        A leaf that gives what it is given, as dropout does in evaluation, is told from that so. Of code that asks
        whether the two are one object, the graph may be another than that of a pass without it.
        """
        if self.failure or id(call) in self._callers:
            return result
        try:
            return self._left(result, self._places[id(call)])
        except Exception as error:  # noqa: BLE001 - likewise
            self.lose(error)
            return result

    def lose(self, error: Exception) -> None:
        """The graph can't be known."""
        _LOG.debug("the graph is lost", exc_info=True)
        self.failure = f"the graph is unknown: noting it raises {type(error).__name__} (--debug shows where)"

    def work(self, macs: int) -> None:
        """The operator at hand does so much."""
        self._macs += macs

    @contextmanager
    def inside(self, op: Any) -> Iterator[None]:
        """Context in which the operators that ``op`` is made of are no nodes; those of a branch are."""
        deeper = not isinstance(op, HigherOrderOperator)
        self._inside += deeper
        try:
            yield
        finally:
            self._inside -= deeper

    @_harmless
    def operator(self, name: str, given: Arguments, out: Any, written: Sequence[Tensor], *, is_view: bool) -> None:
        """One has run.

        Args:
            name: ``aten::cat``.
            given: What it took.
            out: What it gave.
            written: What it has changed.
            is_view: What it gives shares elements with what it took.
        """
        if self._inside or name in _NEW:
            return
        macs, self._macs = self._macs, 0
        outs = [out] if type(out) is Tensor else tensors_in([out])
        tensors = given.tensors()
        if tensors and not written and self._passes(name, tensors[0], outs, is_view=is_view):
            for each in outs:
                if each is not tensors[0]:
                    self._pass_on(tensors[0], each, is_view=is_view)
            return
        taken = self._makers(tensors)
        if not outs or not (taken or macs):
            return
        new = [each for each in outs if not any(each is other for other in written)]
        event = _Event(NodeKind.op, name, self._running(), taken)
        event.macs = macs
        place = self._add(event, [Glance.at(each, "") for each in outs])
        for each in written:
            self._write(each, place)
        for each in new:
            if is_view and tensors and storage_of(tensors[0]) == storage_of(each):
                self._share(tensors[0], each, place)
            else:
                self._mark(each, place)

    @_harmless
    def end(self, values: Sequence[tuple[str, Any]]) -> None:
        """The outputs of the network, by name."""
        for name, value in values:
            for place, tensor in named_tensors(value, name):
                self._add(_Event(NodeKind.output, "", None, self._makers([tensor])), [Glance.at(tensor, place)])

    def notes(self) -> Iterator[str]:
        """Why the graph is unknown, or where it may lack edges: of subclasses of tensors, of ``torch.vmap``."""
        if self.failure:
            yield self.failure
            return
        kinds = {event.kind for event in self._events}
        lost = [event for event in self._events if event.kind is NodeKind.output and not event.taken]
        if lost and NodeKind.input in kinds:
            yield "the graph may lack edges: no input of the network was seen to lead to an output"

    def graph(self) -> Graph:
        """What has been noted."""
        nodes = [self._node_of(place) for place in range(len(self._events))]
        numbers = {place: number for number, place in enumerate(sorted({each for each in nodes if each is not None}))}
        taken: dict[int, list[int]] = {place: [] for place in numbers}
        for place, event in enumerate(self._events):
            node = nodes[place]
            if node is None:
                continue
            found = [numbers[nodes[each]] for each in event.taken if nodes[each] is not None and nodes[each] != node]  # type: ignore[index]
            taken[node] += found if place == node else [each for each in found if each not in taken[node]]
        return Graph(tuple(self._node(place, number, taken[place]) for place, number in numbers.items()))

    def _node_of(self, place: int) -> int | None:
        """The event as whose node it stands: for what runs in a leaf, the leaf; nobody for a call of others."""
        event = self._events[place]
        if event.call is None:
            return place
        if id(event.call) in self._callers:
            return place if event.kind is NodeKind.op else None
        return self._places.get(id(event.call))

    def _node(self, place: int, number: int, taken: Sequence[int]) -> GraphNode:
        event = self._events[place]
        call, given = event.call, tuple(each.spec() for each in event.given)
        path, times = (call.path, call.number) if call else ("", 0)
        if event.kind is NodeKind.layer and call:
            return GraphNode(number, event.kind, path.rpartition(".")[2], path, times, "", tuple(taken), call.outputs,
                             call.macs)  # fmt: skip
        name = event.op.rpartition("::")[2].strip("_") if event.op else given[0].name
        return GraphNode(number, event.kind, name, path, times, event.op, tuple(taken), given, event.macs)

    def _add(self, event: _Event, given: Sequence[Glance] = ()) -> int:
        event.given = given
        self._events.append(event)
        return len(self._events) - 1

    def _makers(self, tensors: Sequence[Tensor]) -> list[int]:
        return [maker for tensor in tensors for maker in self._made_by(tensor)]

    def _made_by(self, tensor: Tensor) -> Sequence[int]:
        """Who has written into it since it was made, the last on each part of it; if nobody has, who made it."""
        origin: _Origin | None = tensor.__dict__.get(_ATTRIBUTE)
        if origin is None:
            return ()
        written: list[_Write] = []
        mine = part_of(tensor, origin.family.strides) if origin.family.writes else None
        for write in reversed(origin.family.writes):
            is_newer = write.at > origin.at and not apart(mine, write.part)
            if is_newer and all(apart(write.part, later.part) for later in written):  # else that one has taken it
                written.append(write)
        return [each.writer for each in reversed(written)] or origin.makers

    def _mark(self, tensor: Tensor, *makers: int) -> None:
        tensor.__dict__[_ATTRIBUTE] = _Origin(makers, len(self._events), _Family())

    def _write(self, tensor: Tensor, writer: int) -> None:
        family, at = self._shared(tensor).family, len(self._events) + 1
        family.writes.append(_Write(writer, at, part_of(tensor, family.strides)))
        tensor.__dict__[_ATTRIBUTE] = _Origin((writer,), at, family)

    def _share(self, base: Tensor, view: Tensor, *makers: int) -> None:
        view.__dict__[_ATTRIBUTE] = _Origin(makers, len(self._events), self._shared(base).family)

    def _shared(self, base: Tensor) -> _Origin:
        """Where it is from, its family ready for one more."""
        if _ATTRIBUTE not in base.__dict__:
            self._mark(base)
        origin: _Origin = base.__dict__[_ATTRIBUTE]
        origin.family.strides = origin.family.strides or strides_of(base)
        return origin

    def _passes(self, name: str, base: Tensor, outs: Sequence[Tensor], *, is_view: bool) -> bool:
        """Is it no node: the same values, or a part of them, whose maker is that of ``base``?"""
        if any(each is base for each in outs) or name in _SAME:
            return all(each is base or each.shape == base.shape for each in outs)
        if name in _RESHAPING:
            return all(each.shape == base.shape for each in outs)
        return is_view

    def _pass_on(self, base: Tensor, out: Tensor, *, is_view: bool) -> None:
        if is_view and storage_of(base) == storage_of(out):
            out.__dict__[_ATTRIBUTE] = self._shared(base)
        elif makers := self._made_by(base):
            self._mark(out, *makers)

    def _is_of(self, tensor: Tensor, place: int) -> bool:
        """Was it made in the call?"""
        return any(maker > place for maker in self._made_by(tensor))

    def _left(self, result: Any, place: int) -> Any:
        kind = type(result)
        if kind is Tensor:
            return result if self._is_of(result, place) else self._another(result, place)
        if kind is tuple:
            parts = [self._left(each, place) for each in result]
            return tuple(parts) if any(a is not b for a, b in zip(parts, result, strict=True)) else result
        if kind is list or kind is dict:  # it may be kept by who gives it: what is in it stays
            return result
        for _, tensor in named_tensors(result):
            if not self._is_of(tensor, place):
                self._mark(tensor, place)
        return result

    def _another(self, tensor: Tensor, place: int) -> Tensor:
        unseen = undispatched()
        try:
            other: Tensor = torch.ops.aten.alias(tensor)
        finally:
            del unseen
        receptive_field.carry_over(tensor, other)
        self._share(tensor, other, place)
        return other


def forget(tensors: Iterable[Tensor]) -> None:
    """Take what they carry off tensors that live longer than the pass."""
    for tensor in tensors:
        tensor.__dict__.pop(_ATTRIBUTE, None)
