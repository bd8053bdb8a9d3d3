"""Storages followed over time: born at the operator that gives them, gone with their last reference.

Views and what is changed in place share one. Parameters, buffers and inputs are not among them, nor is anything else
that was there before.
"""

import weakref
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from cnninspect.capture.operator_arguments import tensors_in
from cnninspect.capture.stored import stored
from cnninspect.errors import ModelError
from cnninspect.profile.lives import Contents, Life, Operation, Place, Timeline
from cnninspect.profile.work import effort_of
from cnninspect.torch_internals import (
    DispatchMode,
    current_node,
    is_fake,
    name_of,
    packs_what_is_saved,
    sequence_number,
    storage_of,
)

#: What hands a new tensor over to autograd as it is.
_NEW: Final = frozenset(("aten::lift_fresh", "aten::lift"))
#: Whose hooks keep nothing at all: what autograd asks for is computed again.
_CHECKPOINTING: Final = "torch.utils.checkpoint"


class _Followed:
    """A storage that is alive, or was."""

    def __init__(self, size: int, owner: Place | None, born: int) -> None:
        self.size, self.owner, self.born = size, owner, born
        self.died: int | None = None
        self.kind = Contents.activation
        self.is_saved = False


class Following(DispatchMode):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """Follows what the operators that run while it is active give.

    Args:
        known: Tensors whose storages are not to be followed as long as they are there; what else was there before is
            added.
        running: Gives the call that is running in the forward pass, if one is.

    An operator of the backward pass belongs to the call whose forward pass made the node that autograd is at.
    """

    def __init__(self, known: Iterable[Tensor], running: Callable[[], Place | None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._running = running
        self._known: dict[int, weakref.ref[Any]] = {}
        for tensor in known:
            for part in _parts(tensor):
                self._know(part)
        self._others: dict[int, int] = {}
        self._operations: list[Operation] = []
        self._all: list[_Followed] = []
        self._alive: dict[int, tuple[_Followed, weakref.ref[Any]]] = {}
        self._makers: dict[int, Place] = {}
        self._marks: dict[str, int] = {}
        self._lost = ""
        self._is_keeping, self.is_kept_otherwise = False, False

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run ``func``, and follow what it gives."""
        kwargs, name = kwargs or {}, name_of(func)
        if name.startswith("prim::"):  # a question that a fake is asked
            return func(*args, **kwargs)
        if self._is_keeping and not self.is_kept_otherwise:
            pack = packs_what_is_saved()
            self.is_kept_otherwise = pack != self._keep and getattr(pack, "__module__", "") != _CHECKPOINTING
        owner, out = self._owner(), func(*args, **kwargs)
        try:
            before = {} if name in _NEW else addresses(tensors_in([*args, *kwargs.values()]))
            if len(self._marks) == 1:  # in the forward pass: what optimizers keep is counted elsewhere
                self._others |= {key: size for key, size in before.items() if not self._is_seen(key)}
            for part in (part for tensor in tensors_in([out]) for part in _parts(tensor)):
                self._follow(part, owner, before)
            self._operations.append(Operation(name, owner, *effort_of(func, args, kwargs, out)))
        except Exception as error:  # noqa: BLE001 - tensors of any kind; no reason for the pass to stop
            self.lose(f"{name} can't be followed: {in_a_line(error)}")
        return out

    def lose(self, why: str) -> None:
        """Something was not seen: there is no telling what has been alive."""
        self._lost = self._lost or why

    def mark(self, phase: str) -> None:
        """A phase begins."""
        self._marks[phase] = len(self._operations)

    def name(self, tensors: Iterable[Tensor], kind: Contents) -> None:
        """Say what those storages hold that are followed."""
        for followed in self._behind(tensors):
            followed.kind = kind

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Context in which note is taken of what autograd keeps.

        ``is_kept_otherwise``, afterwards: something was kept in a way of the network's own, and is not known.
        """
        with saved_tensors_hooks(self._keep, _unchanged):
            self._is_keeping = True
            try:
                yield
            finally:
                self._is_keeping = False

    def _keep(self, tensor: Tensor) -> tuple[Tensor, int]:
        """What autograd is to save in the place of ``tensor``: the same storage, of which a note is taken."""
        try:
            for followed in self._behind([tensor]):
                followed.is_saved = True
        except Exception as error:  # noqa: BLE001 - likewise
            self.lose(f"what autograd keeps can't be followed: {in_a_line(error)}")
        # itself, where an operator's result is saved, would hold what holds it
        return tensor.detach(), tensor._version

    def timeline(self) -> Timeline:
        """What has been seen.

        Raises:
            ModelError: Something has not been.
        """
        if self._lost:
            raise ModelError(self._lost)
        lives = [Life(each.size, each.owner, each.born, each.died, each.kind, each.is_saved) for each in self._all]
        others = sum(self._others.values())
        return Timeline(tuple(self._operations), tuple(lives), dict(self._marks), others)

    def _owner(self) -> Place | None:
        node = current_node()
        if node is not None:
            return self._makers.get(node)
        owner = self._running()
        if owner is not None:
            # that of the node which autograd has made for the operator, or for one before it that needed none
            self._makers.setdefault(sequence_number() - 1, owner)
        return owner

    def _behind(self, tensors: Iterable[Tensor]) -> list[_Followed]:
        keys = [storage_of(part) for tensor in tensors for part in _parts(tensor)]
        return [self._alive[key][0] for key in keys if key in self._alive]

    def _follow(self, tensor: Tensor, owner: Place | None, before: Container[int]) -> None:
        storage = tensor.untyped_storage()
        key, size = storage_of(tensor), storage.nbytes()
        if key not in self._alive and key in before:  # a tensor that a module holds as an attribute, say
            self._know(tensor)
        if key in self._known:
            return
        if key in self._alive:
            followed, _ = self._alive[key]
            if followed.size == size:
                return
            self._end(key)  # it was given more room, or less: another from here on
        followed = _Followed(size, owner, len(self._operations))
        self._all.append(followed)
        self._alive[key] = followed, weakref.ref(storage, lambda _: self._end(key, followed))

    def _know(self, tensor: Tensor) -> None:
        """Its storage is not followed; when it is gone, another one may be at its address."""
        key, storage = storage_of(tensor), tensor.untyped_storage()
        if key not in self._known:
            self._known[key] = weakref.ref(storage, lambda _: self._known.pop(key, None))

    def _is_seen(self, key: int) -> bool:
        return key in self._alive or key in self._known

    def _end(self, key: int, followed: _Followed | None = None) -> None:
        if key in self._alive and followed in (None, self._alive[key][0]):
            self._alive.pop(key)[0].died = len(self._operations)


def addresses(tensors: Iterable[Tensor]) -> dict[int, int]:
    """The different storages behind tensors, each with its bytes.

    Args:
        tensors: Wrappers are taken apart.

    Raises:
        ModelError: One has none, as oneDNN's own.
    """
    found = {}
    for tensor in tensors:
        try:
            for part in _parts(tensor):
                found[storage_of(part)] = part.untyped_storage().nbytes()
        except Exception as error:
            raise ModelError(f"where a tensor is can't be told: {in_a_line(error)}") from error
    return found


def _unchanged(kept: tuple[Tensor, int]) -> Tensor:
    """What autograd has saved, if it is as it was: what torch checks where no hook is in between.

    Raises:
        RuntimeError: It has been changed in place.
    """
    tensor, version = kept
    if tensor._version != version:
        raise RuntimeError("what autograd keeps for the backward pass is changed in place before it")
    return tensor


def in_a_line(error: Exception) -> str:
    """The first sentence of what it says, without what torch puts behind; its class where it says nothing."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].partition(". ")[0].rstrip(".") if lines else type(error).__name__


def _parts(tensor: Tensor) -> tuple[Tensor, ...]:
    return (tensor,) if is_fake(tensor) else stored(tensor)
