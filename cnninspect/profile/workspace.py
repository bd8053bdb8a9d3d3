"""What kernels take beside tensors: the most that the device's own allocator had out, less the tensors of that time.

On the CPU it depends on the number of threads: several need room of their own in some kernels.
"""

import itertools
import os
from functools import partial
from typing import Any, Final

import torch

from cnninspect.capture.forward import set_up
from cnninspect.capture.untouched import seeded, switches_kept
from cnninspect.process import alone, deep, kept
from cnninspect.profile.tracing import Placed
from cnninspect.torch_internals import uncompiled


def workspace(network: Placed, peak: int) -> int | None:
    """Bytes at inference; ``None`` where the device doesn't tell.

    Args:
        network: With values.
        peak: Bytes of tensors that are alive at once, beyond what is there before.
    """
    allocated = _ALLOCATED.get(network.device.type)
    if allocated is None:
        return None
    with alone(), deep(), seeded(network.seed, network.device), switches_kept():
        set_up(network.module, network.mode)
        most = uncompiled(lambda: allocated(network))
    return None if most is None else max(most - peak, 0)


def _passed(network: Placed) -> None:
    with network.around(), torch.no_grad():
        network.module(*network.args, **network.kwargs)


def _on_cpu(network: Placed) -> int | None:
    """The most by the allocator's own events, each with what is out behind it."""
    with kept(_LOG_LEVEL, partial(os.environ.get, _LOG_LEVEL), _set_log_level):
        _set_log_level("99")
        with torch.autograd.profiler.profile(profile_memory=True) as profile:
            _passed(network)
    results: Any = profile.kineto_results
    changes = [each.nbytes() for each in results.events() if each.name() == "[memory]"]
    return max(itertools.accumulate(changes), default=None)


def _on_cuda(network: Placed) -> int:
    torch.cuda.synchronize(network.device)
    before = torch.cuda.memory_allocated(network.device)
    torch.cuda.reset_peak_memory_stats(network.device)
    _passed(network)
    torch.cuda.synchronize(network.device)
    return torch.cuda.max_memory_allocated(network.device) - before


_ALLOCATED: Final = {"cpu": _on_cpu, "cuda": _on_cuda}
#: Of the library that hands over the allocator's events, which tells standard error that it starts and stops.
_LOG_LEVEL: Final = "KINETO_LOG_LEVEL"


def _set_log_level(level: str | None) -> None:
    os.environ.pop(_LOG_LEVEL, None)
    if level is not None:
        os.environ[_LOG_LEVEL] = level
