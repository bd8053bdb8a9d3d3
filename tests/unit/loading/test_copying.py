"""Modules that ``copy.deepcopy`` refuses: copied all the same, what can't be copied being shared."""

import threading
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.loading import placement

META = torch.device("meta")


class Locked(nn.Module):
    """Holds a lock in every way, and refers to itself and to its parts."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 4)
        self.rnn = nn.LSTM(4, 4)
        self.lock = threading.Lock()
        self.seen = [self.lock, []]
        self.helper = SimpleNamespace(lock=self.lock, net=self, layers=(self.fc, self.lock))
        self.by_name = {"fc": self.fc, "lock": self.lock}

    def forward(self, x: Tensor) -> Tensor:
        with self.lock:
            y: Tensor = self.rnn(self.helper.net.by_name["fc"](x))[0]
            return y


def test_a_copy_refers_to_itself() -> None:
    module = Locked()
    placed = placement.place(module, META, None)
    assert isinstance(placed, Locked)
    assert placed.lock is module.lock
    assert placed.helper.net is placed
    assert placed.helper.layers == (placed.fc, module.lock)
    assert placed.by_name["fc"] is placed.fc is not module.fc
    assert placed.seen is not module.seen
    assert {each.device.type for each in placed.parameters()} == {"meta"}
    assert {each.device.type for each in module.parameters()} == {"cpu"}
    assert module.helper.net is module


@pytest.mark.parametrize("options", [{"dtype": "float64"}, {"device": "meta"}, {"device": "meta", "dtype": "float16"}])
def test_it_runs(options: dict[str, str]) -> None:
    # 2 rows of 8 to 4; each to four gates of 4, from the input and from the state
    macs = inspect_model(Locked(), inputs=["2x8"], **options).totals.macs  # type: ignore[arg-type]  # each a string
    assert macs == 2 * 8 * 4 + 2 * (4 * 4 * 4 + 4 * 4 * 4)
