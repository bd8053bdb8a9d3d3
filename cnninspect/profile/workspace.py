"""What kernels take beside tensors: the most that the device's own allocator had out, less the tensors of that time.

On the CPU it depends on the number of threads: several need room of their own in some kernels.
"""

import itertools
import os
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import torch

from cnninspect.process import kept
from cnninspect.profile.following import addresses
from cnninspect.profile.optimizers import Updates
from cnninspect.profile.placed import Placed, running
from cnninspect.profile.tracing import forget_gradients, loss_of
from cnninspect.torch_internals.compiler import uncompiled


def at_inference(network: Placed, peak: int) -> int | None:
    """Bytes in a pass under ``no_grad``; ``None`` where the device doesn't tell.

    Args:
        network: With values.
        peak: Bytes of tensors that are alive at once, beyond what is there before.
    """

    def measured() -> int | None:
        with running(network, network.mode, torch.no_grad()):
            return _most(network.device, lambda: network.module(*network.args, **network.kwargs))

    most = uncompiled(measured)
    return None if most is None else max(most - peak, 0)


def in_training(network: Placed, updates: Updates, peak: int) -> int | None:
    """Bytes in the second of two training steps; ``None`` where the device doesn't tell.

    Args:
        network: With values, nobody else's.
        updates: The optimizer, new.
        peak: Bytes of tensors that are alive at once, what the optimizer keeps among them.
    """

    def step() -> None:
        loss_of(network.module(*network.args, **network.kwargs)).backward()  # type: ignore[no-untyped-call]
        updates.step()
        forget_gradients(network, updates)

    def measured() -> int | None:
        with running(network, "train", torch.enable_grad()):
            step()
            return _most(network.device, step)

    most = uncompiled(measured)
    return None if most is None else max(most + sum(addresses(updates.state()).values()) - peak, 0)


def _most(device: torch.device, run: Callable[[], object]) -> int | None:
    """The most that was out above what was before."""
    of_device = _MOST.get(device.type)
    return None if of_device is None else of_device(device, run)


def _on_cpu(_device: torch.device, run: Callable[[], object]) -> int | None:
    """By the allocator's own events."""
    with kept(_LOG_LEVEL, partial(os.environ.get, _LOG_LEVEL), _set_log_level):
        _set_log_level("99")
        with torch.autograd.profiler.profile(profile_memory=True) as profile:
            run()
    results: Any = profile.kineto_results
    changes = [each.nbytes() for each in results.events() if each.name() == "[memory]"]
    return max(itertools.accumulate(changes), default=None)


def _on_cuda(device: torch.device, run: Callable[[], object]) -> int:
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    run()
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device) - before


_MOST: Final = {"cpu": _on_cpu, "cuda": _on_cuda}
#: Of the library that hands over the allocator's events, which tells standard error that it starts and stops.
_LOG_LEVEL: Final = "KINETO_LOG_LEVEL"


def _set_log_level(level: str | None) -> None:
    os.environ.pop(_LOG_LEVEL, None)
    if level is not None:
        os.environ[_LOG_LEVEL] = level
