"""The traces of one batch of a network: followed where it runs, or told from meta."""

from collections.abc import Callable

from cnninspect.errors import ModelError
from cnninspect.loading.placement import duplicate
from cnninspect.profile import tracing
from cnninspect.profile.asked import Asked, PredictedDevice
from cnninspect.profile.needs import Traces, traced
from cnninspect.profile.optimizers import Updates
from cnninspect.profile.placed import Placed
from cnninspect.profile.prediction import predicted
from cnninspect.profile.tracing import Training
from cnninspect.subject import Subject

#: Follows a training step.
Train = Callable[[Placed], Training]
_CPU, _META = "cpu", "meta"


def network_of(subject: Subject) -> Placed:
    """A network that is nobody else's, as it is placed."""
    is_theirs = subject.is_shared and subject.placed is subject.original
    module = duplicate(subject.placed) if is_theirs else subject.placed
    return Placed(module, subject.args, subject.kwargs, subject.device, subject.mode, subject.seed)


def train_with(asked: Asked) -> Train:
    """What follows a training step with the optimizer that is asked for."""
    return lambda network: tracing.training(network, updates_of(network, asked))


def updates_of(network: Placed, asked: Asked) -> Updates:
    """The optimizer that is asked for, new."""
    foreach = asked.foreach
    if foreach is None and network.device.type in {_CPU, _META}:
        foreach = False
    elif foreach is None and network.is_fake:
        foreach = True  # as torch does on a GPU; of fakes it can't tell where they are
    return Updates(asked.optimizer, network.module.parameters(), foreach=foreach)


def traces_of(network: Placed, asked: Asked) -> Traces:
    """What following it shows.

    On the CPU the pass is followed where it runs. A training step, which takes time and memory, is told from meta if
    what is told of the pass is what it was.

    Args:
        network: Nobody else's.
        asked: Whose optimizer takes the step.

    Raises:
        ModelError: It can't be followed, or can't be told from meta.
    """
    train = train_with(asked)
    if network.device.type == _META:
        return predicted(network, asked.target or PredictedDevice.cpu, train)
    if network.device.type != _CPU:
        return traced(network, train)
    try:
        told = predicted(network, PredictedDevice.cpu, train)
    except ModelError:
        return traced(network, train)
    shown = tracing.inference(network)
    if shown.most() == told.inference.most() and (told.training is not None or told.reason is None):
        return Traces(network, shown, told.training, told.reason)
    return traced(network, train)
