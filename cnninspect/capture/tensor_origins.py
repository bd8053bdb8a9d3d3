"""Where each tensor of the pass is from: the events that made it, and those that have written into it since.

A tensor carries that with it. Views of one storage are a family: what is written into one of them is read in all that
have a part of it. Events are numbers, the later the larger.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from torch import Tensor

from cnninspect.capture.view_parts import Part, apart, part_of, strides_of
from cnninspect.torch_internals import storage_of

_ATTRIBUTE: Final = "_cnninspect_origin"


class _Write(NamedTuple):
    """An event that has written into a part of what a family shares."""

    writer: int
    part: Part | None


class _Family:
    """Tensors that share their elements, and who has written into them, in their order.

    ``strides`` are those of the first, the largest first: by them the parts of the others are told.
    """

    __slots__ = ("strides", "writes")

    def __init__(self) -> None:
        self.strides: tuple[int, ...] | None = None
        self.writes: list[_Write] = []


class _Origin(NamedTuple):
    """The events that made a tensor; how many of its family had been written by then; with whom it shares elements."""

    makers: tuple[int, ...]
    written: int
    family: _Family


def makers_of(tensor: Tensor) -> Sequence[int]:
    """Who has written into it since it was made, the last on each part of it; if nobody has, who made it."""
    origin: _Origin | None = tensor.__dict__.get(_ATTRIBUTE)
    if origin is None:
        return ()
    newer = origin.family.writes[origin.written :]
    if not newer:
        return origin.makers
    found: list[_Write] = []
    mine = part_of(tensor, origin.family.strides)
    for write in reversed(newer):
        # where a later one has written as well, that one has taken it
        if not apart(mine, write.part) and all(apart(write.part, later.part) for later in found):
            found.append(write)
    return [each.writer for each in reversed(found)] or origin.makers


def mark(tensor: Tensor, *makers: int) -> None:
    """Say who made a tensor that shares its elements with none before.

    Args:
        tensor: New.
        makers: Events.
    """
    tensor.__dict__[_ATTRIBUTE] = _Origin(makers, 0, _Family())


def mark_written(tensor: Tensor, writer: int) -> None:
    """Say who has written into a tensor.

    Args:
        tensor: Is another from here on, and so are those that share elements with it.
        writer: An event.
    """
    family = _ready(tensor).family
    family.writes.append(_Write(writer, part_of(tensor, family.strides)))
    tensor.__dict__[_ATTRIBUTE] = _Origin((writer,), len(family.writes), family)


def mark_view(base: Tensor, view: Tensor, *makers: int) -> None:
    """Say who made a tensor that has elements of another one; a copy of these counts as new.

    Args:
        base: The other one.
        view: New.
        makers: Events; none: it is from where ``base`` is from.
    """
    if storage_of(base) != storage_of(view):
        mark(view, *(makers or makers_of(base)))
        return
    origin = _ready(base)
    is_from_base = not makers  # a part may have been written into by fewer than the whole
    view.__dict__[_ATTRIBUTE] = (
        origin if is_from_base else _Origin(makers, len(origin.family.writes), origin.family)
    )  # fmt: skip


def forget(tensors: Iterable[Tensor]) -> None:
    """Take what they carry off tensors that live longer than the pass."""
    for tensor in tensors:
        tensor.__dict__.pop(_ATTRIBUTE, None)


def _ready(tensor: Tensor) -> _Origin:
    """Where it is from, its family ready for one more."""
    if _ATTRIBUTE not in tensor.__dict__:
        mark(tensor)
    origin: _Origin = tensor.__dict__[_ATTRIBUTE]
    origin.family.strides = origin.family.strides or strides_of(tensor)
    return origin
