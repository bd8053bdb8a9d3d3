"""The same network where nothing has values and no memory is taken: on meta, or as fakes of tensors on a device.

Which operators run is decided by the device in a few places: attention picks its kernel, recurrent layers theirs. Plain
meta tensors are told from those of every device there, and go another way; fake ones pass for tensors of the device.
Fakes cost a second's import, so that they are made where it matters.
"""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn

from cnninspect.capture.failure import needs_values
from cnninspect.capture.stored import is_plain
from cnninspect.errors import ModelError
from cnninspect.forward_error import ForwardError
from cnninspect.loading import placement
from cnninspect.process import unlogged
from cnninspect.profile.asked import PredictedDevice
from cnninspect.profile.meta_as_cpu import META, OnMeta
from cnninspect.profile.needs import Traces, traced
from cnninspect.profile.placed import Placed
from cnninspect.profile.tracing import NEEDS_VALUES, Training
from cnninspect.tensor_tree import mapped, modules_in
from cnninspect.torch_internals import FAKE_LOGGER, fakes_on
from cnninspect.torch_internals.compiler import spare_the_compiler

#: An operator that stands in a trace on meta where a device may run another.
_ATTENTION: Final = "aten::_safe_softmax"
#: Layers that ask on which device they are.
_ASKING: Final = (nn.RNNBase, nn.MultiheadAttention, nn.TransformerEncoderLayer)
#: Give other tensors on the CPU than on meta: always, and of numbers of two bytes.
_OTHERWISE: Final = ("aten::_embedding_bag", "aten::_embedding_bag_forward_only")
_OTHERWISE_HALF: Final = ("aten::native_layer_norm",)
_HALF: Final = (torch.float16, torch.bfloat16)
#: Of which nobody outside knows what it keeps for the backward pass.
_OPAQUE: Final = "aten::mkldnn_rnn_layer"


def predicted(network: Placed, target: PredictedDevice, train: Callable[[Placed], Training] | None) -> Traces:
    """What following a network would show on a device.

    Args:
        network: Nobody else's.
        target: The device.
        train: Follows a training step, if that is asked for.

    Raises:
        ForwardError: The pass at inference raises.
        ModelError: It can't be told.
    """
    around = OnMeta()
    bare = without_values(network)._replace(around=around)
    if target is not PredictedDevice.cpu and train is not None and not torch.cuda.is_available():
        told = predicted(network, target, None)
        return told._replace(reason=f"a training step on {target} is unknown: autograd follows one where there is one")
    if target is PredictedDevice.cpu and not any(isinstance(each, _ASKING) for each in modules_in(bare.module)):
        try:
            traces = traced(bare, train)
        except ForwardError as error:
            if not (around.has_told and needs_values(error.__cause__)):
                raise
        else:
            is_whole = not (around.has_told and NEEDS_VALUES in (traces.reason or ""))
            if is_whole and not around.is_autocast and not _depends_on_device(traces):
                return _if_known(traces, bare)
    fake = faked(bare, torch.device(target))
    try:
        with unlogged(FAKE_LOGGER):  # that an operator fails is told in our words
            traces = traced(fake, train)
    except ForwardError as error:
        raise ModelError(f"without values it can't be told which operators run on {target}: {error.message}") from error
    if target is PredictedDevice.cpu and _has(traces.training, _OPAQUE):
        return traces._replace(training=None, reason="a training step is unknown: what oneDNN's LSTM keeps is its own")
    return traces


def _if_known(traces: Traces, network: Placed) -> Traces:
    """What was followed on meta, where the CPU is known to take the same.

    Raises:
        ModelError: An operator keeps more there, or less.
    """
    trained = traces.training.timeline.operations if traces.training else ()
    names = {step.op for step in (*traces.inference.operations, *trained)}
    is_half = any(each.dtype in _HALF for each in network.module.parameters())
    for name in (*_OTHERWISE, *(_OTHERWISE_HALF if is_half else ())):
        if name in names:
            raise ModelError(f"what {name} keeps on the CPU is not what it keeps on meta")
    return traces


def _depends_on_device(traces: Traces) -> bool:
    """Did an operator run on meta in whose place the CPU may run another?"""
    trained = traces.training.timeline.operations if traces.training else ()
    return any(step.op == _ATTENTION for step in (*traces.inference.operations, *trained))


def _has(training: Training | None, op: str) -> bool:
    return training is not None and any(step.op == op for step in training.timeline.operations)


def without_values(network: Placed) -> Placed:
    """A copy on the meta device.

    Raises:
        ModelError: It can't be copied there.
    """
    spare_the_compiler()
    module = placement.place(network.module, META, None)
    args, kwargs = (mapped(value, _meta_of) for value in (network.args, network.kwargs))
    return network._replace(module=module, args=args, kwargs=kwargs, device=META, around=OnMeta())


def _meta_of(tensor: Tensor) -> Tensor:
    return tensor.detach().to(META).requires_grad_(tensor.requires_grad)


def faked(network: Placed, target: torch.device) -> Placed:
    """A copy whose tensors pass for those of another device.

    Args:
        network: As ``without_values`` gives it.
        target: The device.

    Raises:
        ModelError: It holds tensors of which there are no fakes.
    """
    mode, faking = fakes_on(target)
    made: dict[int, Any] = {}

    def fake(tensor: Tensor) -> Any:
        if id(tensor) not in made:
            if not is_plain(tensor):
                raise ModelError(f"a {type(tensor).__name__} can't be predicted")
            data = faking(tensor.detach())
            is_parameter = isinstance(tensor, nn.Parameter)
            is_needing = tensor.requires_grad and tensor.is_leaf
            made[id(tensor)] = nn.Parameter(data, is_needing) if is_parameter else data.requires_grad_(is_needing)
        return made[id(tensor)]

    for tensor in placement.tensors_of(network.module):
        fake(tensor)
    copy = placement.duplicate(network.module, made)
    args, kwargs = (mapped(value, fake) for value in (network.args, network.kwargs))
    return network._replace(module=copy, args=args, kwargs=kwargs, device=target, around=lambda: mode, is_fake=True)
