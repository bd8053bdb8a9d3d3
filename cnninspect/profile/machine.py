"""Which processor a device is, as it calls itself."""

import platform
from pathlib import Path

import torch

_PROCESSORS = Path("/proc/cpuinfo")


def name_of_device(device: str) -> str:
    """``NVIDIA H100 80GB HBM3``, ``Intel(R) Xeon(R) …, 2 threads``; of meta nothing but that.

    Args:
        device: As torch names it.
    """
    kind = torch.device(device).type
    if kind == "meta":
        return "meta: no device, nothing was measured"
    if kind == "cpu":
        threads = torch.get_num_threads()
        return f"{_processor()}, {threads} thread{'s' * (threads > 1)}"
    if kind == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_processor()}, {kind}"


def _processor() -> str:
    try:
        lines = _PROCESSORS.read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
