"""The module hooks: which module was called from which, how often, with what, and what it gave.

A call is recorded when it is entered, so the calls stand in execution order, parents first. A module
that only holds others (``nn.ModuleList``) is never called; it stands before the first call of what it holds.

What can't be said of a tensor (some class of somebody's own) is unknown, with a note: a hook never stops the pass.
"""

import inspect
import logging
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, Self

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.utils.hooks import RemovableHandle

from cnninspect.capture import receptive_field
from cnninspect.capture.mac_rules import Work
from cnninspect.capture.tensors import describe
from cnninspect.process import uncollected
from cnninspect.report import ReceptiveField, TensorSpec
from cnninspect.tensor_tree import arrays, named_tensors

_LOG: Final = logging.getLogger("cnninspect.capture")


class Call:
    """One call of one module, while it is being recorded.

    ``macs`` and ``activations`` are those outside its children; the totals are added up after the pass. ``first_kind``
    is the class of its first argument, ``origin`` the map of the image that its first tensor is or was flattened from;
    ``is_done`` says that it has returned.
    """

    __slots__ = (
        "activations", "first_kind", "holders", "inputs", "is_done", "macs", "module", "number", "origin",
        "output_bytes", "outputs", "parent", "path", "receptive_field", "total_activations", "total_macs",
    )  # fmt: skip

    def __init__(self, module: nn.Module, path: str, number: int, parent: "Call | None") -> None:
        self.module = module
        self.path = path
        self.number = number
        self.parent = parent
        self.inputs: tuple[TensorSpec, ...] = ()
        self.outputs: tuple[TensorSpec, ...] = ()
        self.output_bytes: int | None = 0
        self.receptive_field: ReceptiveField | None = None
        self.macs = 0
        self.activations = 0
        self.total_macs = 0
        self.total_activations = 0
        self.holders: dict[str, Call] = {}
        self.first_kind = ""
        self.origin: receptive_field.FeatureMap | None = None
        self.is_done = False


class ModuleRecorder:
    """Hooks on every module of ``root`` while it is active as a context manager.

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
    """

    def __init__(self, root: nn.Module, on_call: Callable[[str], None] | None = None) -> None:
        self.calls: list[Call] = []
        self.raised: tuple[BaseException, Call] | None = None
        self.without_tensors: dict[str, tuple[str, str]] = {}
        self._paths: dict[int, list[str]] = {}
        self.root = root
        self._on_call = on_call
        self._modules = dict(root.named_modules(remove_duplicate=False))
        for path, module in self._modules.items():
            self._paths.setdefault(id(module), []).append(path)
        self._running: list[Call] = []
        self._thread = threading.get_ident()
        self.calls_elsewhere = 0
        self.notes: dict[str, None] = {}
        self._numbers: Counter[str] = Counter()
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> Self:
        """Register the hooks: outermost before the module's own, and after them."""
        # by the class: a scripted module can have hooks, but its own methods say that it can't
        register_before, register_after = nn.Module.register_forward_pre_hook, nn.Module.register_forward_hook
        with uncollected():
            for paths in self._paths.values():
                module = self._modules[paths[0]]
                self._handles.append(register_before(module, self._enter, prepend=True, with_kwargs=True))
                self._handles.append(register_after(module, self._leave, with_kwargs=True, always_call=True))
        return self

    def __exit__(self, *_raised: object) -> None:
        """Remove the hooks."""
        for handle in self._handles:
            handle.remove()

    def add(self, work: Work) -> None:
        """Count work for the module that is running; what a hook of somebody else's does before the first isn't."""
        if self._running:
            self._running[-1].macs += work.macs
            self._running[-1].activations += work.activations

    def never_called(self) -> list[tuple[str, nn.Module]]:
        """The modules that no call reached, with their first paths, in the order of registration.

        Those that the forward pass itself has made are among them: nothing could be hooked to them.
        """
        for path, module in self.root.named_modules():
            if id(module) not in self._paths:
                self._paths[id(module)] = [path]
                self._modules[path] = module
        called = {id(call.module) for call in self.calls}
        return [(paths[0], self._modules[paths[0]]) for key, paths in self._paths.items() if key not in called]

    def _enter(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.calls_elsewhere += threading.get_ident() != self._thread
        caller = self._running[-1] if self._running else None
        path = self._path_of(module, caller)
        call = self._record(module, path, self._holder(caller, path))
        self._running.append(call)
        with self._noted(call, "takes"):
            given = _named_arguments(type(module), args, kwargs)
            call.first_kind = _kind(given[0][1]) if given else ""
            tensors = [named for argument, value in given for named in named_tensors(value, argument)]
            others = [each for each in given if type(each[1]) is not Tensor]
            tensors += [named for argument, value in others for named in arrays(value, argument)]
            call.inputs = tuple(describe(tensor, name) for name, tensor in tensors)
            call.origin = receptive_field.map_of(tensors[0][1]) if tensors else None
        if self._on_call:
            self._on_call(path)

    def _leave(self, module: nn.Module, _args: tuple[Any, ...], _kwargs: dict[str, Any], result: Any) -> None:
        if not self._running or self._running[-1].module is not module:
            return  # entering it has failed: there was no stack left for it
        call = self._running.pop()
        exception = sys.exc_info()[1]
        if result is None and exception is not None and (self.raised is None or self.raised[0] is not exception):
            self.raised = (exception, call)
        call.is_done = self.raised is None or self.raised[0] is not exception
        call.output_bytes = None
        with self._noted(call, "gives"):
            tensors = named_tensors(result) + (arrays(result) if type(result) is not Tensor else [])
            if not tensors and result is not None:
                self.without_tensors.setdefault(call.path, (class_name(module), type(result).__name__))
            call.outputs = tuple(describe(tensor, name) for name, tensor in tensors)
            call.output_bytes = sum(tensor.numel() * tensor.element_size() for _, tensor in tensors)
            call.receptive_field = receptive_field.report(tensors[0][1]) if tensors else None

    @contextmanager
    def _noted(self, call: Call, does: str) -> Iterator[None]:
        """Make a note of what is raised while what a call takes or gives is looked at."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the model runs without us
            whose = f"`{call.path}`" if call.path else "the model itself"
            text = f"what {whose} {does} is unknown: looking at it raises {type(error).__name__}"
            _LOG.debug("%s", text, exc_info=True)
            self.notes[f"{text} (--debug shows where)"] = None

    def _record(self, module: nn.Module, path: str, parent: Call | None) -> Call:
        self._numbers[path] += 1
        call = Call(module, path, self._numbers[path], parent)
        self.calls.append(call)
        return call

    def _path_of(self, module: nn.Module, caller: Call | None) -> str:
        """Its path below its caller; a module that is called from elsewhere keeps its first path."""
        paths = self._paths[id(module)]
        if caller is not None and len(paths) > 1:
            start = f"{caller.path}." if caller.path else ""
            return next((path for path in paths if path.startswith(start)), paths[0])
        return paths[0]

    def _holder(self, caller: Call | None, path: str) -> Call | None:
        """The innermost module between the caller and ``path``, recorded if it is its first appearance."""
        if caller is None:
            return None
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


def _kind(value: Any) -> str:
    return "Tensor" if isinstance(value, Tensor) else type(value).__name__


def _named_arguments(module_class: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    names = _argument_names(module_class)
    positional = list(zip(names, args, strict=False))
    beyond = [(str(i), args[i]) for i in range(len(names), len(args))]
    return [*positional, *beyond, *kwargs.items()]


@lru_cache(maxsize=1024)
def _argument_names(module_class: Any) -> tuple[str, ...]:
    """The positional arguments of ``forward``; those behind a ``*args`` have no names."""
    try:
        parameters = list(inspect.signature(module_class.forward).parameters.values())[1:]
    except (TypeError, ValueError, AttributeError):  # what torch.jit made
        return ()
    return tuple(p.name for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD})
