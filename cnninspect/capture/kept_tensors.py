"""Tensors that come back as they were: where they have their values, and these where they are written to.

Most are plain, and nothing happens to them: those are kept, and looked at again, all at once.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from cnninspect.capture.stored import is_plain, memory, stored

#: What many small tensors can be put together in, and compared as one.
_JOINED: Final = frozenset(
    (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.bool)
)

Action = tuple[Callable[..., None], tuple[Any, ...]]


def carry_out(actions: Iterator[Action]) -> None:
    """Do all of them, also where one raises, which is raised in the end.

    Args:
        actions: Functions with their arguments.
    """
    for restore, args in actions:
        try:
            restore(*args)
        except BaseException:
            carry_out(actions)  # those that are left
            raise


class KeptTensors:
    """Keeps where tensors have their values, and these when they are about to be written to by whichever view.

    Attributes:
        restoring: Puts it all back, the last first.
    """

    def __init__(self) -> None:
        self.restoring: list[Action] = []
        self._ids: set[int] = set()
        self._parts: dict[int, list[Tensor]] = {}  # not written to yet, by their memory

    def keep(self, tensor: Tensor) -> None:
        """Remember where its values are."""
        if id(tensor) in self._ids or is_lazy(tensor):
            return
        if is_plain(tensor):
            self.keep_all((tensor,))
            return
        self._ids.add(id(tensor))
        parts = stored(tensor)
        if tensor.layout is torch.strided and parts[0] is not tensor and not tensor.is_nested:
            self.restoring.append((_restore_wrapper, (tensor, dict(vars(tensor)))))
            own_parts: Sequence[Tensor] = [part.detach() for part in parts]
        else:
            data = tensor.detach()  # has the same memory, whatever becomes of the tensor
            self.restoring.append((_restore_place, (tensor, data, _room(data))))
            own_parts = (data,) if parts[0] is tensor else stored(data)
        for part, same in zip(parts, own_parts, strict=True):
            self._parts.setdefault(memory(part) or id(part), []).append(same)

    def keep_all(self, tensors: Sequence[Tensor]) -> None:
        """Remember where their values are.

        Args:
            tensors: Each once.
        """
        plain = [each for each in tensors if is_plain(each) and id(each) not in self._ids]
        parts, _ = self._placed(plain)
        for tensor, part in zip(plain, parts, strict=True):
            address = 0 if part.is_meta else part.untyped_storage().data_ptr()
            self._parts.setdefault(address or id(tensor), []).append(part)
        if len(plain) < len(tensors):
            for each in tensors:
                self.keep(each)

    def keep_values(self, tensors: Sequence[Tensor]) -> None:
        """Remember where they have their values, and these, in one piece those of a kind: there may be many.

        Args:
            tensors: Each once.
        """
        plain = [each for each in tensors if each.dtype in _JOINED and is_plain(each) and id(each) not in self._ids]
        kinds: dict[tuple[torch.dtype, torch.device], list[tuple[Tensor, int | None]]] = {}
        for part, room in zip(*self._placed(plain), strict=True):
            if room is not None:
                kinds.setdefault((part.dtype, part.device), []).append((part, room))
        if len(plain) < len(tensors):
            for each in tensors:
                if id(each) not in self._ids:
                    self.keep(each)
                    self.before_write(each)
        for held in kinds.values():
            parts, rooms = zip(*held, strict=True)
            self.restoring.append((_restore_joined, (parts, _joined(parts), rooms)))

    def _placed(self, plain: Sequence[Tensor]) -> tuple[list[Tensor], list[int | None]]:
        """Of plain tensors: views that stay where they are, and the bytes of their storages, ``None`` on meta."""
        self._ids.update(map(id, plain))
        parts = [each.detach() for each in plain]
        rooms = [None if each.is_meta else each.untyped_storage().nbytes() for each in parts]
        if plain:
            self.restoring.append((_restore_places, (plain, parts, rooms)))
        return parts, rooms

    def before_write(self, tensor: Tensor) -> None:
        """Remember its values."""
        if self._parts and tensor.device.type != "meta":
            for part in stored(tensor):
                for same in self._parts.pop(memory(part) or id(part), ()):
                    self.restoring.append((_restore_values, (same, same.clone(), _room(same))))


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat([part if part.dim() == 1 else part.reshape(-1) for part in parts])


def _room(tensor: Tensor) -> int | None:
    """Bytes of its storage, if it has one."""
    return tensor.untyped_storage().nbytes() if memory(tensor) is not None else None


def _make_room(tensor: Tensor, room: int | None) -> None:
    if room is not None and tensor.untyped_storage().nbytes() != room:
        tensor.untyped_storage().resize_(room)


def _restore_joined(parts: Sequence[Tensor], values: Tensor, rooms: Sequence[int | None]) -> None:
    for part, room in zip(parts, rooms, strict=True):
        _make_room(part, room)
    if not _joined(parts).equal(values):
        each = torch.split(values, [part.numel() for part in parts])
        carry_out(
            (_restore_values, (part, value.reshape(part.shape), room))
            for part, value, room in zip(parts, each, rooms, strict=True)
        )


def _restore_values(tensor: Tensor, value: Tensor, room: int | None) -> None:
    _make_room(tensor, room)
    if not _holds(tensor.equal, value):
        with torch.inference_mode():  # what was made in it can be written to in it alone
            tensor.copy_(value)


def _restore_places(tensors: Sequence[Tensor], parts: Sequence[Tensor], rooms: Sequence[int | None]) -> None:
    held = list(zip(tensors, parts, rooms, strict=True))
    try:
        moved = [
            each for each in held if not each[0].is_set_to(each[1]) or each[1].untyped_storage().nbytes() != each[2]
        ]
    except Exception:  # noqa: BLE001 - of one that is nested, quantized or on meta now, that can't be told
        moved = held
    carry_out((_restore_place, each) for each in reversed(moved))


def _restore_place(tensor: Tensor, data: Tensor, room: int | None) -> None:
    _make_room(data, room)
    if not _holds(tensor.is_set_to, data):
        tensor.data = data


def _restore_wrapper(tensor: Tensor, saved: dict[str, Any]) -> None:
    vars(tensor).clear()
    vars(tensor).update(saved)


def _holds(question: Callable[[Tensor], bool], other: Tensor) -> bool:
    try:
        return question(other)
    except NotImplementedError:  # of what is nested, quantized, on meta, or in a layout of somebody's own
        return False
