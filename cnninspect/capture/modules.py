"""The calls of modules: which was called from which, how often, with what, and what it gave.

A call is recorded when it is entered, so the calls stand in execution order, parents first. A module
that only holds others (``nn.ModuleList``) is never called; it stands before the first call of what it holds.

What can't be said of a tensor (some class of somebody's own) is unknown, with a note: that never stops the pass.
"""

import inspect
import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.utils.hooks import RemovableHandle

from cnninspect.capture import receptive_field
from cnninspect.capture.calls import Call
from cnninspect.capture.graph_recorder import GraphRecorder
from cnninspect.capture.operators import OperatorMode
from cnninspect.capture.product_rules import Work
from cnninspect.capture.tensors import Glance
from cnninspect.capture.whole_layers import whole
from cnninspect.process import uncollected
from cnninspect.tensor_tree import arrays, named_modules_in, named_tensors
from cnninspect.torch_internals import CALLED_INSTEAD, call_of

_ABSENT: Final = object()
_LOG: Final = logging.getLogger("cnninspect.capture")


class ModuleRecorder:
    """Records the calls of every module of ``root`` while it is active as a context manager.

    It stands before the hooks of a module on the way in, and behind them on the way out.

    Args:
        root: Is about to be called.
        on_call: Called with the path of each call before it runs.

    Attributes:
        root: As given.
        calls: In execution order, a parent before its children.
        calls_elsewhere: How many calls came from other threads, whose operators no dispatch mode sees.
        without_tensors: Of each module that gave something in which none was found, by path: its class and that of it.
        raised: The innermost call from which the last exception came, with the exception.
        notes: What couldn't be said of tensors that are taken or given, each once.
        operators: The mode that sees the operators of the pass, if there is one.
        graph: Notes who takes what from whom, if that is asked for.
    """

    operators: OperatorMode | None = None
    graph: GraphRecorder | None = None

    def __init__(self, root: nn.Module, on_call: Callable[[str], None] | None = None) -> None:
        self.calls: list[Call] = []
        self.raised: tuple[BaseException, Call] | None = None
        self.without_tensors: dict[str, tuple[str, str]] = {}
        self._paths: dict[int, list[str]] = {}
        self.root = root
        self._on_call = on_call
        self._modules = dict(named_modules_in(root))
        for path, module in self._modules.items():
            self._paths.setdefault(id(module), []).append(path)
        self._running: list[Call] = []
        self._thread = threading.get_ident()
        self.calls_elsewhere = 0
        self.notes: dict[str, None] = {}
        self._numbers: Counter[str] = Counter()
        self._replaced: list[tuple[dict[str, Any], Any]] = []
        self._names: dict[type, tuple[str, ...]] = {}
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> Self:
        """Let each module's calls come here."""
        with uncollected():
            for paths in self._paths.values():
                module = self._modules[paths[0]]
                attributes = module.__dict__  # of a scripted module, too, whose own methods say that it can't be
                self._replaced.append((attributes, attributes.get(CALLED_INSTEAD, _ABSENT)))
                attributes[CALLED_INSTEAD] = self._recorded(module, paths)
                if isinstance(module, nn.TransformerEncoderLayer):  # it calls none of its layers, unless one is hooked
                    self._handles.append(module.register_forward_hook(lambda *_: None))
        return self

    def __exit__(self, *_raised: object) -> None:
        """Let them go where they went."""
        self.operators = None  # which has this recorder: a circle would keep the module
        for handle in self._handles:
            handle.remove()
        for attributes, before in self._replaced:
            if before is _ABSENT:
                attributes.pop(CALLED_INSTEAD, None)
            else:
                attributes[CALLED_INSTEAD] = before

    @property
    def running(self) -> Call | None:
        """The innermost call at hand."""
        return self._running[-1] if self._running else None

    @property
    def place(self) -> tuple[str, int] | None:
        """The path of the module that is running, and which call of it that is."""
        return (self._running[-1].path, self._running[-1].number) if self._running else None

    def add(self, work: Work) -> None:
        """Count work for the module that is running; what a hook of somebody else's does before the first isn't."""
        if self._running:
            self._running[-1].macs += work.macs
            self._running[-1].activations += work.activations

    def never_called(self, parts: Sequence[nn.Module]) -> list[tuple[str, nn.Module]]:
        """The modules that no call reached, with their first paths, in the order of registration.

        Those that the forward pass itself has made are among them: nothing could be hooked to them.

        Args:
            parts: The network and all that is in it now.
        """
        if any([id(module) not in self._paths for module in parts]):
            for path, module in self.root.named_modules():
                if id(module) not in self._paths:
                    self._paths[id(module)] = [path]
                    self._modules[path] = module
        called = {id(call.module) for call in self.calls}
        return [(paths[0], self._modules[paths[0]]) for key, paths in self._paths.items() if key not in called]

    def _recorded(self, module: nn.Module, paths: Sequence[str]) -> Callable[..., Any]:
        kind: Any = type(module)
        names = self._names.get(kind)
        if names is None:
            names = self._names[kind] = _argument_names(kind)
        call_it = call_of(module)
        first = names[0] if names else "0"
        operators, graph = self.operators, self.graph
        # elsewhere autograd takes operators apart before the mode sees them
        layer = whole(module) if operators and torch.is_inference_mode_enabled() else None

        def run(*args: Any, **kwargs: Any) -> Any:
            call = self._enter(module, paths)
            try:
                self._take_down_inputs(call, names, first, args, kwargs)
                if graph:
                    graph.enter(call, self._running[-2] if len(self._running) > 1 else None, args, kwargs)
                given = layer.arguments(args, kwargs) if layer else None
                if layer and given and operators and operators.is_innermost:
                    result = operators.beside(layer.operator, given, lambda: call_it(*args))
                else:
                    result = call_it(*args, **kwargs)
            except (Exception, SystemExit) as error:
                self._leave(call)
                if self.raised is None or self.raised[0] is not error:
                    self.raised = (error, call)
                raise
            self._leave(call)
            self._take_down_outputs(call, result)
            return graph.leave(call, result) if graph else result

        return run

    def _enter(self, module: nn.Module, paths: Sequence[str]) -> Call:
        if threading.get_ident() != self._thread:
            self.calls_elsewhere += 1
        caller = self._running[-1] if self._running else None
        path = paths[0] if len(paths) == 1 or caller is None else _below(caller.path, paths)
        call = self._record(module, path, self._holder(caller, path))
        self._running.append(call)
        return call

    def _leave(self, call: Call) -> None:
        while self._running and self._running.pop() is not call:
            pass  # one that was not left: there was no stack to do so

    def _take_down_inputs(
        self, call: Call, names: Sequence[str], first: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        try:
            if len(args) == 1 and not kwargs and type(args[0]) is Tensor:
                call.first_kind, call.taken = "Tensor", (Glance.at(args[0], first),)
                call.seen_before = receptive_field.seen(args[0])
            else:
                self._take_down_all(call, names, args, kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it is, the model runs without us
            self._note(call, "takes", error)
        if self._on_call:
            self._on_call(call.path)

    def _take_down_all(self, call: Call, names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        given = _named(names, args, kwargs)
        call.first_kind = _kind(given[0][1]) if given else ""
        tensors = [named for argument, value in given for named in named_tensors(value, argument)]
        others = [each for each in given if type(each[1]) is not Tensor]
        tensors += [named for argument, value in others for named in arrays(value, argument)]
        call.taken = [Glance.at(tensor, name) for name, tensor in tensors]
        call.seen_before = receptive_field.seen(tensors[0][1]) if tensors else None

    def _take_down_outputs(self, call: Call, result: Any) -> None:
        call.is_done = True
        try:
            if type(result) is Tensor:
                call.given, call.seen_after = (Glance.at(result, ""),), receptive_field.seen(result)
                return
            tensors = named_tensors(result) + arrays(result)
            if not tensors and result is not None:
                self.without_tensors.setdefault(call.path, (class_name(call.module), type(result).__name__))
            call.given = None
            call.given = [Glance.at(tensor, name) for name, tensor in tensors]
            call.seen_after = receptive_field.seen(tensors[0][1]) if tensors else None
        except Exception as error:  # noqa: BLE001 - likewise
            self._note(call, "gives", error)

    def _note(self, call: Call, does: str, error: Exception) -> None:
        whose = f"`{call.path}`" if call.path else "the model itself"
        text = f"what {whose} {does} is unknown: looking at it raises {type(error).__name__}"
        _LOG.debug("%s", text, exc_info=True)
        self.notes[f"{text} (--debug shows where)"] = None

    def _record(self, module: nn.Module, path: str, parent: Call | None) -> Call:
        self._numbers[path] += 1
        call = Call(module, path, self._numbers[path], parent)
        self.calls.append(call)
        return call

    def _holder(self, caller: Call | None, path: str) -> Call | None:
        """The innermost module between the caller and ``path``, recorded if it is its first appearance."""
        if caller is None or path.rpartition(".")[0] == caller.path:
            return caller
        start = f"{caller.path}." if caller.path else ""
        if not path.startswith(start):
            return caller
        holder, between = caller, path[len(start) :].split(".")[:-1]
        for count in range(1, len(between) + 1):
            held_by = start + ".".join(between[:count])
            if held_by not in caller.holders:
                caller.holders[held_by] = self._record(self._modules[held_by], held_by, holder)
            holder = caller.holders[held_by]
        return holder


def class_name(module: nn.Module) -> str:
    """Its class's; of what torch.jit made or what is parametrized, that of the class it was made from."""
    if isinstance(module, torch.jit.ScriptModule):
        return module.original_name
    if "parametrizations" in module._modules:
        return parametrize.type_before_parametrizations(module).__name__
    return type(module).__name__


def _below(caller: str, paths: Sequence[str]) -> str:
    """The path of a module below its caller; one that is called from elsewhere keeps its first."""
    start = f"{caller}." if caller else ""
    return next((path for path in paths if path.startswith(start)), paths[0])


def named_arguments(module: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What a module is given, by the names of its arguments; those that have none are numbered."""
    return _named(_argument_names(type(module)), args, kwargs)


def _named(names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    given = [*zip(names, args, strict=False), *((str(i), args[i]) for i in range(len(names), len(args)))]
    return [*given, *kwargs.items()]


def _kind(value: Any) -> str:
    return "Tensor" if isinstance(value, Tensor) else type(value).__name__


def _argument_names(module_class: Any) -> tuple[str, ...]:
    """The positional arguments of ``forward``; those behind a ``*args`` have no names, nor has what torch.jit made.

    They are kept nowhere: what keeps a class keeps all that its file has open.
    """
    code = getattr(inspect.unwrap(getattr(module_class, "forward", None)), "__code__", None)  # type: ignore[arg-type]
    return () if code is None else code.co_varnames[1 : code.co_argcount]
