"""What is alive when: a pass at inference, and the second of two training steps, followed storage by storage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.capture.failure import explained, needs_values
from cnninspect.capture.modules import ModuleRecorder
from cnninspect.errors import ModelError
from cnninspect.loading.placement import is_sparse
from cnninspect.process import uncollected
from cnninspect.profile.following import Following, addresses, in_a_line
from cnninspect.profile.lives import Contents, Life, Timeline
from cnninspect.profile.optimizers import Updates
from cnninspect.profile.placed import Placed, running
from cnninspect.tensor_tree import named_tensors
from cnninspect.torch_internals.compiler import uncompiled

_META: Final = torch.device("meta")
FORWARD, BACKWARD, STEP = "forward", "backward", "step"
NEEDS_VALUES: Final = "in train mode the forward pass needs values, which meta has not"


class Training(NamedTuple):
    """A traced training step.

    Attributes:
        timeline: What the optimizer keeps is alive from its beginning.
        gradients: Bytes of the parameters' gradients behind its backward pass.
        state: Bytes that the optimizer keeps.
        is_kept_otherwise: Something is kept for the backward pass in a way of the network's own, and is not known.
    """

    timeline: Timeline
    gradients: int
    state: int
    is_kept_otherwise: bool = False


class NoStepError(ModelError):
    """A training step can't be, and why."""


def inference(network: Placed) -> Timeline:
    """Follow one pass under ``no_grad``.

    Raises:
        ForwardError: It raises.
        ModelError: It can't be followed.
    """

    def traced() -> Timeline:
        with _followed(network, network.mode, torch.no_grad()) as (storages, recorded), storages:
            storages.mark(FORWARD)
            recorded(_nothing)
        return storages.timeline()

    return uncompiled(traced)


def training(network: Placed, updates: Updates) -> Training:
    """Follow the second of two ``net(x).sum().backward(); optimizer.step(); optimizer.zero_grad()``, in train mode.

    The second differs from the first in that what the optimizer keeps is there from its beginning: that is put into
    what is seen of the first, whose optimizer's step is taken once before it is followed.

    Args:
        network: Its buffers are others afterwards.
        updates: The optimizer, new.

    Raises:
        NoStepError: It can't be trained so.
    """

    def traced() -> Training:
        try:
            with _followed(network, "train", torch.enable_grad()) as (storages, recorded):
                with storages:
                    storages.mark(FORWARD)
                    with storages.keeping():
                        loss = recorded(loss_of)
                    storages.mark(BACKWARD)
                    loss.backward()
                    del loss
                gradients = _gradients(network)
                storages.name(gradients, Contents.gradient)
                held = sum(addresses(gradients).values())
                del gradients
                updates.step()
                with storages:
                    storages.mark(STEP)
                    updates.step()
                forget_gradients(network, updates)
            timeline, state = storages.timeline(), list(addresses(updates.state()).values())
        except NoStepError:
            raise
        except Exception as error:
            if network.has_no_values and needs_values(error.__cause__):
                raise NoStepError(NEEDS_VALUES) from error
            raise NoStepError(in_a_line(error)) from error
        kept = tuple(Life(size, None, 0, None, Contents.state) for size in state)
        lives = (_named(each, timeline.marks[STEP]) for each in timeline.lives)
        return Training(timeline._replace(lives=(*kept, *lives)), held, sum(state), storages.is_kept_otherwise)

    return uncompiled(traced)


def _named(life: Life, step: int) -> Life:
    """What the optimizer makes is gone with its step."""
    is_temporary = life.born >= step and life.kind is Contents.activation
    return life._replace(kind=Contents.temporary) if is_temporary else life


_Recorded = Callable[[Callable[[Any], Any]], Any]


@contextmanager
def _followed(network: Placed, mode: str, autograd: Any) -> Iterator[tuple[Following, _Recorded]]:
    """What follows storages, and what runs the forward pass and makes something of its result."""
    parameters, buffers = network.held()
    recorder: ModuleRecorder | None = None
    storages = Following([*parameters, *buffers, *network.inputs], lambda: recorder.place if recorder else None)
    del parameters, buffers

    def recorded(use: Callable[[Any], Any]) -> Any:
        nonlocal recorder
        recorder = ModuleRecorder(network.module)
        with explained(recorder, lambda: None), recorder:
            result = use(network.module(*network.args, **network.kwargs))
        if recorder.calls_elsewhere:
            storages.lose("layers were called from other threads, which can't be followed")
        return result

    with running(network, mode, autograd), uncollected():
        yield storages, recorded


def forget_gradients(network: Placed, updates: Updates) -> None:
    """``zero_grad(set_to_none=True)``, and of inputs that need a gradient likewise.

    Args:
        network: Whose step it was.
        updates: Its optimizer.
    """
    updates.clear()
    for each in network.inputs:
        each.grad = None


def _nothing(_result: Any) -> None:
    """Of inference nothing is kept."""


def loss_of(result: Any) -> Tensor:
    """The sum of all floating outputs that need a gradient.

    Raises:
        NoStepError: None does.
    """
    needing = [tensor for _, tensor in named_tensors(result) if tensor.requires_grad]
    sums = [tensor.sum() for tensor in needing if tensor.is_floating_point()]
    if not sums:
        raise NoStepError("no output needs a gradient" if not needing else "the outputs are complex: they have no loss")
    total, *others = sums
    for each in others:
        total = total + each
    return total


def _gradients(network: Placed) -> list[Tensor]:
    """Those of the parameters.

    Raises:
        NoStepError: One is sparse where there are no values.
    """
    found = [each.grad for each in network.module.parameters() if each.grad is not None]
    if network.has_no_values and any(map(is_sparse, found)):
        raise NoStepError("a gradient is sparse, and how many values it has is not known without them")
    return found
