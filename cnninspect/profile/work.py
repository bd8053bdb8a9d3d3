"""What one operator moves and multiplies, also those that autograd runs: bytes read and written, multiply-accumulates.

Forward rules are those of the reports. Each gradient of a convolution takes as many products as its forward pass, in
groups, too, of which ``torch.utils.flop_counter`` takes all channels to meet all (2.14).
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.capture.mac_rules import rule_for
from cnninspect.capture.operator_arguments import Arguments, Signature, tensors_in
from cnninspect.capture.product_rules import Rule, Work
from cnninspect.capture.stored import size_of
from cnninspect.capture.uncounted import is_uncounted
from cnninspect.torch_internals import HigherOrderOperator, name_of, schema_of


class Effort(NamedTuple):
    """What one operator does.

    Attributes:
        moved: Bytes that it reads and writes; a view moves none.
        macs: Multiply-accumulates; ``None`` where no rule covers it.
    """

    moved: int
    macs: int | None


def convolution_backward(given: Arguments, out: Any) -> Work:  # noqa: ARG001
    """As many products as the forward pass for each gradient that is asked for, of the input and of the weight.

    The weight is ``(out_channels, in_channels / groups, *kernel)``; of a transposed one the channels change places.

    >>> import torch
    >>> signature = Signature.of(torch.ops.aten.convolution_backward.default)
    >>> maps, weight = torch.empty(1, 8, 8, 8), torch.empty(8, 1, 3, 3)  # depthwise: 8·8·8 outputs of 9 products
    >>> given = [maps, maps, weight, [8], [1, 1], [1, 1], [1, 1], False, [0, 0], 8, [True, True, True]]
    >>> convolution_backward(Arguments(signature, given), None).macs
    9216
    """
    outer = given["input"] if given["transposed"] else given["grad_output"]
    products = outer.numel() * math.prod(given["weight"].shape[1:])
    return Work(products * sum(given["output_mask"][:2]), 0)


def attention_backward(given: Arguments, out: Any) -> Work:  # noqa: ARG001
    """The scores once more, and a product for the gradient of each: of values, scores, queries, keys.

    Queries ``(…, L, E)``, keys ``(…, S, E)``, values ``(…, S, Eᵥ)``; as in ``torch.utils.flop_counter``.
    """
    query, key, value = given["query"], given["key"], given["value"]
    scores = math.prod(query.shape[:-1]) * key.shape[-2]
    return Work(scores * (3 * query.shape[-1] + 2 * value.shape[-1]), 0)


_ATTENTION: Final = "aten::_scaled_dot_product_"
BACKWARD_RULES: Final[Mapping[str, Rule]] = {
    "aten::convolution_backward": convolution_backward,
    **{
        f"{_ATTENTION}{kind}_backward": attention_backward
        for kind in ("flash_attention_for_cpu", "flash_attention", "efficient_attention", "cudnn_attention")
    },
}
"""Those of operators that autograd alone runs, by ``namespace::name``."""


class _Counting(NamedTuple):
    """How an operator is counted."""

    signature: Signature
    rule: Rule | None
    is_unknown: bool
    is_view: bool


@cache
def _counting(func: Any) -> _Counting:
    name = name_of(func)
    rule = rule_for(name) or BACKWARD_RULES.get(name)
    is_view = not isinstance(func, HigherOrderOperator) and any(
        each.alias_info is not None and not each.alias_info.is_write for each in schema_of(func).returns
    )
    return _Counting(Signature.of(func), rule, rule is None and is_uncounted(name), is_view)


def effort_of(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> Effort:
    """What one call of an operator does.

    Args:
        func: The operator.
        args: What it was given by position.
        kwargs: What it was given by name.
        out: What it gave.
    """
    counting = _counting(func)
    moved = 0 if counting.is_view else sum(map(_size, tensors_in([*args, *kwargs.values(), out])))
    if counting.rule is None:
        return Effort(moved, None if counting.is_unknown else 0)
    try:
        return Effort(moved, counting.rule(Arguments(counting.signature, args, kwargs), out).macs)
    except Exception:  # noqa: BLE001 - a rule that raises is no fault of the model: its figure is unknown
        return Effort(moved, None)


def _size(tensor: Tensor) -> int:
    """Bytes of its elements; of one that is expanded those that there are."""
    if tensor.is_nested or tensor.layout is not torch.strided:
        return size_of(tensor)
    there = math.prod(side for side, stride in zip(tensor.shape, tensor.stride(), strict=True) if stride)
    return there * tensor.element_size()
