"""Modules that ``copy.deepcopy`` refuses: copied all the same, what can't be copied being shared."""

import copy
import threading
from types import SimpleNamespace
from typing import Any

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


def test_a_layer_of_torch_is_not_copied_number_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """``copy.deepcopy`` takes an object apart once for itself and once for each that it holds: of the network alone."""
    taken_apart = []
    reconstruct: Any = getattr(copy, "_reconstruct")  # noqa: B009 - what copy.deepcopy calls for every object

    def noted(original: Any, *args: Any, **kwargs: Any) -> Any:
        taken_apart.append(type(original))
        return reconstruct(original, *args, **kwargs)

    monkeypatch.setattr(copy, "_reconstruct", noted)
    layers = [nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Linear(2, 2, bias=False)]
    module = nn.Sequential(*layers)
    placed = placement.place(module, META, None)
    assert not {*map(type, layers)} & {*taken_apart}
    for layer, other in zip(layers, placed.children(), strict=True):
        assert type(other) is type(layer)
        assert other.extra_repr() == layer.extra_repr()
        assert {each.device.type for each in other.parameters()} <= {"meta"}
        dicts = {id(each) for each in vars(other).values() if isinstance(each, dict)}
        assert not dicts & {*map(id, vars(layer).values())}
    next(placed.children()).register_forward_hook(lambda *_: None)
    assert not layers[0]._forward_hooks


def test_a_layer_with_something_of_its_own_is_copied_with_it() -> None:
    """A hook that knows its layer, a list as attribute, weights that two layers share."""
    layer = nn.Linear(2, 2)
    layer.kept = [layer]  # type: ignore[assignment]
    module = nn.Sequential(layer, nn.Linear(2, 2))
    module[1].weight = layer.weight
    placed: Any = placement.place(module, META, None)
    assert placed[0].kept == [placed[0]]
    assert placed[0].kept is not layer.kept
    assert placed[1].weight is placed[0].weight
