"""Two small modules made ready to be compared, as the command line does it with what it has loaded."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.compare.alignment import align
from cnninspect.verify.evidence import Evidence
from cnninspect.verify.networks import Networks
from cnninspect.verify.side import Call, Side
from cnninspect.verify.verdict import verified

IMAGES = (2, 3, 16, 16)


def drawn(shape: Sequence[int], number: int) -> Tensor:
    """Standard normal numbers, the same for the same ``number``."""
    return torch.randn(tuple(shape), generator=torch.Generator().manual_seed(number))


def networks(
    first: nn.Module,
    second: nn.Module,
    inputs: Sequence[Tensor] = (),
    *,
    shape: Sequence[int] = IMAGES,
    mode: str = "eval",
    donor: int | None = None,
) -> Networks:
    """``first`` and ``second``, to be run on ``inputs``, one a call; by default on three random ones of ``shape``."""
    given = tuple(inputs) or tuple(drawn(shape, number) for number in range(3))
    reports = [inspect_model(module, inputs=[given[0]], mode=mode) for module in (first, second)]
    calls: tuple[Call, ...] = tuple(((value,), {}) for value in given)
    cpu = torch.device("cpu")
    return Networks(
        Side("mine", first, calls, cpu, mode),
        Side("theirs", second, calls, cpu, mode),
        dtypes=(_dtype(first), _dtype(second)),
        reports=(reports[0], reports[1]),
        alignment=align(*reports),
        donor=donor,
    )


def _dtype(module: nn.Module) -> torch.dtype:
    return next((parameter.dtype for parameter in module.parameters()), torch.float32)


def verify(first: nn.Module, second: nn.Module, shape: Sequence[int] = IMAGES, *, mode: str = "eval") -> Evidence:
    """The evidence about two modules on three random inputs."""
    return verified(networks(first, second, shape=shape, mode=mode))
