"""Which part of the elements that tensors share each of them has: a range along every stride of the first of them.

Slices, selections and transposes keep strides; of what has others (a reshape, a diagonal) the part is not known.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor

_STRIDED: Final = torch.strided
#: By the strides of the first tensor, the largest first: from a place up to another.
Part = tuple[tuple[int, int], ...]


def strides_of(tensor: Tensor) -> tuple[int, ...]:
    """Those along which it has more than one element, the largest first.

    >>> import torch
    >>> strides_of(torch.empty(4, 1, 6).transpose(0, 2))
    (6, 1)
    """
    if tensor.is_nested or tensor.layout is not _STRIDED:
        return ()
    found = {stride for side, stride in zip(tensor.shape, tensor.stride(), strict=True) if side > 1 and stride}
    return tuple(sorted(found, reverse=True))


def part_of(tensor: Tensor, strides: Sequence[int] | None) -> Part | None:
    """The part that it has; ``None`` where that can't be told.

    >>> import torch
    >>> part_of(torch.empty(4, 6)[1:, 2:5], (6, 1)), part_of(torch.empty(4, 6).view(-1), (6, 1))
    (((1, 4), (2, 5)), None)

    Args:
        tensor: One of those that share elements.
        strides: Of the first of them.
    """
    if not strides or tensor.is_nested or tensor.layout is not _STRIDED:
        return None
    sides = {stride: side for side, stride in zip(tensor.shape, tensor.stride(), strict=True) if side > 1}
    if not sides.keys() <= set(strides):
        return None
    left, found = int(tensor.storage_offset()), []
    for stride in strides:
        start, left = divmod(left, stride)
        found.append((start, start + sides.get(stride, 1)))
    rows = [stop * stride <= above for (above, stride), (_, stop) in zip(pairwise(strides), found[1:], strict=True)]
    return tuple(found) if all(rows) and not left else None


def apart(one: Part | None, other: Part | None) -> bool:
    """Have they no element in common, as far as that can be told?

    >>> apart(((0, 2), (0, 3)), ((0, 2), (3, 6))), apart(((0, 2), (0, 3)), None)
    (True, False)
    """
    if one is None or other is None:
        return False
    return any(a[1] <= b[0] or b[1] <= a[0] for a, b in zip(one, other, strict=True))
