"""Does a batch run in so much memory? It is run on the GPU, whose allocator is held to a limit meanwhile."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from cnninspect.errors import ModelError
from cnninspect.profile.placed import Placed, running
from cnninspect.torch_internals.compiler import uncompiled


def runs_within(network: Placed, room: int, train: Callable[[Placed], object] | None) -> bool:
    """Does it run without memory running out?

    Args:
        network: On a GPU, nobody else's.
        room: Bytes for all that is on the GPU: weights, inputs and what comes with a pass.
        train: Takes two training steps; ``None``: a pass at inference is what is to fit.
    """

    def run() -> None:
        with running(network, network.mode, torch.no_grad()):
            network.module(*network.args, **network.kwargs)

    with _limited(network.device, room):
        try:
            uncompiled(run) if train is None else train(network)
        except (torch.OutOfMemoryError, ModelError) as error:
            if not _is_lack_of_memory(error):
                raise
            return False
        return True


def _is_lack_of_memory(error: BaseException | None) -> bool:
    """Is it that, or was it the cause?"""
    return error is not None and (isinstance(error, torch.OutOfMemoryError) or _is_lack_of_memory(error.__cause__))


@contextmanager
def _limited(device: torch.device, room: int) -> Iterator[None]:
    gc.collect()
    torch.cuda.empty_cache()
    index: int | None = device.index  # torch says that it is always there
    which = torch.cuda.current_device() if index is None else index
    total = torch.cuda.get_device_properties(which).total_memory
    torch.cuda.set_per_process_memory_fraction(min(room / total, 1.0), which)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, which)
        torch.cuda.empty_cache()
