"""Which node made each tensor of the pass: calls of leaf modules, operators that run outside them, inputs and outputs.

A leaf calls no other module; the network itself is one only if it is a layer of torch.

Every tensor that depends on one carries its maker (``tensor_origins.py``). Views pass it on, and so does what changes
no value (``clone``, ``contiguous``, a cast); a reshape that changes the shape is a node.

What is noted while the pass goes on is an event a call and an operator. Which calls are leaves is known when all have
run: then the graph is made of them (``pass_graph.py``).
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, TypeVar, cast

import torch
from torch import Tensor

from cnninspect.capture import receptive_field, tensor_origins
from cnninspect.capture.calls import Call
from cnninspect.capture.operator_arguments import Arguments, tensors_in
from cnninspect.capture.pass_graph import Event, graph_of
from cnninspect.capture.tensors import Glance
from cnninspect.report import Graph, NodeKind
from cnninspect.tensor_tree import named_tensors
from cnninspect.torch_internals import HigherOrderOperator, undispatched

_LOG: Final = logging.getLogger("cnninspect.capture")
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
        self._events: list[Event] = []
        self._places: dict[int, int] = {}  # of a call's event, by its identity; calls live as long as the recorder
        self._callers: set[int] = set()
        self._inside = 0
        self._macs = 0

    @_harmless
    def begin(self, values: Sequence[tuple[str, Any]]) -> None:
        """The inputs of the network, with the names of their arguments."""
        for name, value in values:
            for place, tensor in named_tensors(value, name):
                tensor_origins.mark(tensor, self._add(Event(NodeKind.input, given=[Glance.at(tensor, place)])))

    @_harmless
    def enter(self, call: Call, caller: Call | None, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """A call begins, with what it is given."""
        if caller is not None:
            self._callers.add(id(caller))
        elif not type(call.module).__module__.startswith("torch."):  # a network of operators alone is no single box
            self._callers.add(id(call))
        tensors = [tensor for _, tensor in named_tensors([*args, *kwargs.values()])]
        self._places[id(call)] = self._add(Event(NodeKind.layer, _makers(tensors), call=call))

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
        if tensors and not written and _passes(name, tensors[0], outs, is_view=is_view):
            for each in outs:
                if each is not tensors[0] and (is_view or _makers(tensors[:1])):
                    tensor_origins.mark_view(tensors[0], each)
            return
        taken = _makers(tensors)
        if not outs or not (taken or macs):
            return
        given_out = [Glance.at(each, "") for each in outs]
        place = self._add(Event(NodeKind.op, taken, given_out, self._running(), name, macs))
        for each in written:
            tensor_origins.mark_written(each, place)
        for each in outs:
            if any(each is other for other in written):
                continue
            if is_view and tensors:
                tensor_origins.mark_view(tensors[0], each, place)
            else:
                tensor_origins.mark(each, place)

    @_harmless
    def end(self, values: Sequence[tuple[str, Any]]) -> None:
        """The outputs of the network, by name."""
        for name, value in values:
            for place, tensor in named_tensors(value, name):
                self._add(Event(NodeKind.output, _makers([tensor]), [Glance.at(tensor, place)]))

    def notes(self) -> Iterator[str]:
        """Why the graph is unknown, or where it may lack edges: of subclasses of tensors, of ``torch.vmap``."""
        if self.failure:
            yield self.failure
            return
        kinds = {event.kind for event in self._events}
        lost = [event for event in self._events if event.kind is NodeKind.output and not event.taken]
        if lost and NodeKind.input in kinds:
            yield "the graph may lack edges: no input of the network was seen to lead to an output"

    def graph(self) -> Graph | None:
        """What has been noted; ``None`` if it is unknown."""
        return None if self.failure else graph_of(self._events, self._callers)

    def _add(self, event: Event) -> int:
        self._events.append(event)
        return len(self._events) - 1

    def _left(self, result: Any, place: int) -> Any:
        kind = type(result)
        if kind is Tensor:
            return result if _is_of(result, place) else _another(result, place)
        if kind is tuple:
            parts = [self._left(each, place) for each in result]
            return tuple(parts) if any(a is not b for a, b in zip(parts, result, strict=True)) else result
        if kind is list or kind is dict:  # it may be kept by who gives it: what is in it stays
            return result
        for _, tensor in named_tensors(result):
            if not _is_of(tensor, place):
                tensor_origins.mark(tensor, place)
        return result


def _makers(tensors: Sequence[Tensor]) -> list[int]:
    return [maker for tensor in tensors for maker in tensor_origins.makers_of(tensor)]


def _is_of(tensor: Tensor, place: int) -> bool:
    """Was it made in the call that is the event ``place``?"""
    return any(maker > place for maker in tensor_origins.makers_of(tensor))


def _another(tensor: Tensor, place: int) -> Tensor:
    """The same tensor as another object, made by a call."""
    unseen = undispatched()
    try:
        other: Tensor = torch.ops.aten.alias(tensor)
    finally:
        del unseen
    receptive_field.carry_over(tensor, other)
    tensor_origins.mark_view(tensor, other, place)
    return other


def _passes(name: str, base: Tensor, outs: Sequence[Tensor], *, is_view: bool) -> bool:
    """Is it no node: the same values, or a part of them, whose maker is that of ``base``?"""
    is_kept = all(each is base or each.shape == base.shape for each in outs)
    if name in _RESHAPING or name in _SAME or any(each is base for each in outs):
        return is_kept
    return is_view
