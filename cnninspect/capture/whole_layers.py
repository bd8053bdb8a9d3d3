"""Layers of torch whose call is one operator, which is known from the layer without a look at the pass.

A dispatch mode takes every operator from C++ into Python and back, which costs more than all that is noted of it: with
such a layer, the same handling of the same operator is done beside its call.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import torch
from torch import nn

from cnninspect.capture.stored import is_plain
from cnninspect.torch_internals import has_global_hooks

_aten: Final = torch.ops.aten
_CONVOLUTION: Final = ("weight", "bias", "stride", "padding", "dilation", "groups")
_POOLING: Final = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
#: The operator, and the attributes that its rules read, in the order of its schema behind the tensor.
_OPERATORS: Final[dict[type[nn.Module], tuple[Any, tuple[str, ...]]]] = {
    nn.Conv1d: (_aten.conv1d.default, _CONVOLUTION),
    nn.Conv2d: (_aten.conv2d.default, _CONVOLUTION),
    nn.Conv3d: (_aten.conv3d.default, _CONVOLUTION),
    nn.Linear: (_aten.linear.default, ("weight", "bias")),
    nn.MaxPool2d: (_aten.max_pool2d.default, _POOLING),
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d), (_aten.batch_norm.default, ())),
    nn.LayerNorm: (_aten.layer_norm.default, ()),
    nn.Dropout: (_aten.dropout.default, ()),
    nn.GELU: (_aten.gelu.default, ()),
    nn.Sigmoid: (_aten.sigmoid.default, ()),
    nn.Tanh: (_aten.tanh.default, ()),
    **{
        kind: (operator.default, ())
        for kind, operator in (
            (nn.ReLU, _aten.relu), (nn.SiLU, _aten.silu), (nn.Hardswish, _aten.hardswish),
            (nn.Hardsigmoid, _aten.hardsigmoid), (nn.ReLU6, _aten.hardtanh),
        )
    },
}  # fmt: skip
_IN_PLACE: Final = {
    nn.ReLU: _aten.relu_.default, nn.SiLU: _aten.silu_.default, nn.Hardswish: _aten.hardswish_.default,
    nn.Hardsigmoid: _aten.hardsigmoid_.default, nn.ReLU6: _aten.hardtanh_.default, nn.Dropout: None,
}  # fmt: skip
_HOOKS: Final = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class WholeLayer(NamedTuple):
    """One operator with the attributes of a layer that it is given."""

    module: nn.Module
    operator: Any
    attributes: tuple[str, ...]

    def arguments(self, args: Sequence[Any], kwargs: Any) -> list[Any] | None:
        """What the operator is given in this call; ``None`` if that isn't as plain as it is expected to be."""
        held, parameters = self.module.__dict__, self.module._parameters
        if kwargs or len(args) != 1 or not is_plain(args[0]) or any([held[name] for name in _HOOKS]):
            return None
        return [args[0], *[parameters[name] if name in parameters else held.get(name) for name in self.attributes]]


def whole(module: nn.Module) -> WholeLayer | None:
    """The operator that a call of ``module`` is in evaluation, if it is torch's own and nobody has touched it."""
    operator, attributes = _OPERATORS.get(type(module), (None, ()))
    held = module.__dict__
    if operator is None or "forward" in held or module.training or has_global_hooks():
        return None
    if held.get("inplace"):
        operator = _IN_PLACE.get(type(module))
    is_usual = held.get("padding_mode", "zeros") == "zeros" and not isinstance(held.get("padding"), str)
    if operator is None or not is_usual or held.get("return_indices"):
        return None
    weights = [each for each in module._parameters.values() if each is not None]
    return WholeLayer(module, operator, attributes) if all(map(is_plain, weights)) else None
