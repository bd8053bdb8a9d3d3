"""Trials with other sizes: what runs but gives nothing doesn't count as running."""

import pytest
import torch
from torch import Tensor, nn

from cnninspect.capture.failure import title
from cnninspect.capture.trials import TrialFailure, Trials


class Cropped(nn.Module):
    """A kernel of 3, then 4 elements off at either side: 11 − 2 − 8 = 1 is the first that is left."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)[..., 4:-4, 4:-4]
        return y


class Detector(nn.Module):
    """Gives what it has found: nothing at all, at whatever size; the boxes are beside a map."""

    def forward(self, x: Tensor) -> list[Tensor]:
        return [torch.zeros(0, 4), torch.zeros(1, 0, 6), x[..., 1:]]


def trials(module: nn.Module, device: str) -> Trials:
    image = torch.zeros(1, 1, 20, 20, device=device)
    return Trials(module.to(device), (image,), {}, device=torch.device(device), mode="eval", seed=0, keep=False)


def pooled(kernel: int, ratio: float) -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.FractionalMaxPool2d(kernel, output_ratio=ratio))


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize(
    ("module", "smallest", "path", "kind"),
    [
        (Cropped(), 11, "", "Cropped"),
        (nn.Sequential(Cropped(), nn.ReLU()), 11, "0", "Cropped"),
        (pooled(2, 0.5), 4, "1", "FractionalMaxPool2d"),  # ⌊0.5·n⌋ of n = side − 2 elements
        (pooled(3, 0.4), 5, "1", "FractionalMaxPool2d"),
    ],
)
def test_what_gives_nothing_does_not_run(module: nn.Module, smallest: int, path: str, kind: str, device: str) -> None:
    tried = trials(module, device)
    assert [tried.runs(side) for side in (smallest - 1, smallest)] == [False, True]
    failure = TrialFailure(path, kind, f"{title(path, kind)} gives nothing: 1×2×0×0")
    assert [tried.failure(side) for side in (smallest - 1, smallest)] == [failure, None]


def test_what_is_empty_at_every_size_is_no_failure() -> None:
    """Of the boxes there may be none; of 1 column none is left by the slice, of 2 one."""
    tried = trials(Detector(), "cpu")
    assert [tried.runs(side) for side in (1, 2, 20)] == [False, True, True]
    assert tried.failure(20) is None
