"""The dispatch mode: every operator of the pass, counted for the module that is running.

Under ``torch.inference_mode`` a composite operator reaches the mode whole. One that has a rule is
counted as it stands and runs as it would without the mode; one that has none is taken apart.
With ``torch.enable_grad`` (a forward that differentiates) autograd takes them apart before.

A rule that raises is no fault of the model: its figure is unknown, a note names the operator, and the log says where.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from typing import Any, Final, NamedTuple, Self

import torch
from torch import Tensor

from cnninspect.capture import mac_rules, receptive_field
from cnninspect.capture.graph_recorder import GraphRecorder
from cnninspect.capture.operator_arguments import Arguments, Signature, tensors_in
from cnninspect.capture.product_rules import Rule, Work
from cnninspect.capture.receptive_field_rules import rule_for
from cnninspect.capture.uncounted import is_uncounted
from cnninspect.torch_internals import (
    ONEDNN,
    DispatchMode,
    HigherOrderOperator,
    dispatch_modes,
    is_composite,
    name_of,
    schema_of,
    undispatched,
)

_LOG: Final = logging.getLogger("cnninspect.capture")
_Written = tuple[Tensor, receptive_field.Extents | None]


class _Handling(NamedTuple):
    """What to do with one operator."""

    name: str
    signature: Signature
    work: Rule | None
    field: receptive_field.Rule | None
    take_apart: bool
    uncounted: bool
    written: tuple[int | str, ...] = ()  # positions, or names of those that are only given by name
    is_view: bool = False
    asks: bool = False  # for a rule in torch's own registry


class OperatorMode(DispatchMode):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """Counts the operators that run while it is active.

    Args:
        add: Called with the work of each counted operator.
        before_write: Called with each tensor that an operator is about to change.
        graph: Notes what takes what from whom, if that is asked for.

    Attributes:
        uncounted: How often each operator ran whose MACs are not known.
        notes: Which rules have raised, each once.
    """

    def __init__(
        self,
        add: Callable[[Work], None],
        before_write: Callable[[Tensor], None] | None = None,
        graph: GraphRecorder | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.uncounted: Counter[str] = Counter()
        self.notes: dict[str, None] = {}
        self._add = add
        self._before_write = before_write
        self._graph = graph
        self._handlings: dict[Any, _Handling] = {}
        self._depth = 0

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run ``func`` and count it."""
        kwargs = kwargs or {}
        handling = self._handling(func)
        if handling.take_apart:
            with self, self._graph.inside(func) if self._graph else nullcontext():
                out = _take_apart(func, args, kwargs)
            if out is not NotImplemented:
                if self._graph and not isinstance(func, HigherOrderOperator):
                    self._note_in_graph(handling, Arguments(handling.signature, args, kwargs), out, ())
                return out
        written = self._before(handling, args, kwargs) if handling.written else ()
        out = func(*args, **kwargs)
        # what is only given by name to be written into is the result
        read = {name: value for name, value in kwargs.items() if name not in handling.written} if written else kwargs
        self._after(handling, Arguments(handling.signature, args, read), out, written)
        return out

    def beside(self, func: Any, args: Sequence[Any], run: Callable[[], Any]) -> Any:
        """What ``run`` gives, unseen and counted as if it were ``func(*args)``, all that it is.

        Args:
            func: The operator that it is.
            args: What that is given.
            run: Runs it.
        """
        handling = self._handling(func)
        written = self._before(handling, args, {}) if handling.written else ()
        unseen = undispatched()
        try:
            out = run()
        finally:
            del unseen
        self._after(handling, Arguments(handling.signature, args), out, written)
        return out

    @property
    def is_innermost(self) -> bool:
        """Has nobody turned on a mode of their own inside?"""
        return 0 < dispatch_modes() == self._depth

    def __enter__(self) -> Self:
        """Turn it on."""
        super().__enter__()  # type: ignore[no-untyped-call]
        self._depth = self._depth or dispatch_modes()
        return self

    def _handling(self, func: Any) -> _Handling:
        handling = self._handlings.get(func)
        if handling is None:
            handling = self._handlings[func] = _handling_of(func)
        return handling

    def _before(self, handling: _Handling, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Sequence[_Written]:
        written = _written(handling.written, args, kwargs)
        if self._before_write:
            for tensor, _ in written:
                self._before_write(tensor)
        return written

    def _after(self, handling: _Handling, given: Arguments, out: Any, written: Sequence[_Written]) -> None:
        if handling.work or handling.uncounted:
            self._count(handling, given, out)
        self._follow(handling, given, out, written)
        if self._graph:
            self._note_in_graph(handling, given, out, written)

    def _note_in_graph(self, handling: _Handling, given: Arguments, out: Any, written: Sequence[_Written]) -> None:
        assert self._graph is not None  # noqa: S101 - who calls has asked
        self._graph.operator(handling.name, given, out, [each for each, _ in written], is_view=handling.is_view)

    def _count(self, handling: _Handling, given: Arguments, out: Any) -> None:
        if handling.work and all([each.layout in _DENSE and not each.is_nested for each in given.tensors()]):
            try:
                work = handling.work(given, out)
            except Exception as error:  # noqa: BLE001 - whatever it is, it isn't the model's
                self._note(f"{handling.name} is uncounted: its rule raises {type(error).__name__}")
            else:
                self._add(work)
                if self._graph:
                    self._graph.work(work.macs)
                return
        self.uncounted[handling.name] += 1

    def _follow(self, handling: _Handling, given: Arguments, out: Any, written: Sequence[_Written]) -> None:
        try:
            receptive_field.follow(handling.field, given, out)
            for tensor, before in written:
                receptive_field.note_write(tensor, before)
            if handling.is_view:
                receptive_field.note_views(given, out)
        except Exception as error:  # noqa: BLE001 - likewise
            self._note(f"the receptive field ends at {handling.name}: its rule raises {type(error).__name__}")
            receptive_field.follow(None, given, out)

    def _note(self, text: str) -> None:
        _LOG.debug("%s", text, exc_info=True)
        self.notes[f"{text} (--debug shows where)"] = None


def _written(places: Sequence[int | str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[_Written]:
    """The tensors that an operator is about to change, with what they carry until then."""
    values = [
        kwargs.get(place) if isinstance(place, str) else args[place] if place < len(args) else None for place in places
    ]
    return [(tensor, receptive_field.of(tensor)) for tensor in tensors_in(values)]


def _handling_of(func: Any) -> _Handling:
    handling = _known_handling(func)
    if handling.asks:  # anew each time: somebody may have told torch in the meantime
        return handling._replace(work=mac_rules.registered_rule(func))
    return handling


@cache
def _known_handling(func: Any) -> _Handling:
    name, signature = name_of(func), Signature.of(func)
    work = mac_rules.rule_for(name)
    if isinstance(func, HigherOrderOperator):
        return _Handling(name, signature, work, None, take_apart=name == _BRANCH, uncounted=not work)
    field = rule_for(func)
    composite = is_composite(func) and _gives_tensors(func)
    uncounted = not (work or field) and is_uncounted(name)
    asks = uncounted and not composite
    arguments = enumerate(schema_of(func).arguments)
    written = tuple(each.name if each.kwarg_only else place for place, each in arguments if each.is_write)
    is_view = any(each.alias_info is not None and not each.alias_info.is_write for each in schema_of(func).returns)
    take_apart = composite and not work and not field
    return _Handling(name, signature, work, field, take_apart, uncounted, written, is_view, asks)


def _gives_tensors(func: Any) -> bool:
    """Or nothing at all; what gives numbers (``numel`` of a nested tensor) is a question about a tensor."""
    returns = schema_of(func).returns
    return not returns or any("Tensor" in str(each.type) for each in returns)


_BRANCH: Final = "higher_order::cond"


def _take_apart(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run what an operator is made of: the branch that is taken, or the operators that it is composed of."""
    if isinstance(func, HigherOrderOperator):
        condition, if_true, if_false, operands = args
        return (if_true if condition else if_false)(*operands)
    return func.decompose(*args, **kwargs)


#: A shape tells how much there is to multiply; a sparse tensor's, or that of a nested one, doesn't.
_DENSE: Final = (torch.strided, ONEDNN)
