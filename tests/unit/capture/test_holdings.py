"""What modules hold, counted in one walk, against torch's own walk for each module."""

import pytest
import torch
from torch import nn

from cnninspect.capture.holdings import Held, Holdings, count
from cnninspect.tensor_tree import modules_in


def tied() -> nn.Module:
    model = nn.Sequential(nn.Sequential(nn.Linear(3, 3), nn.ReLU()), nn.Linear(3, 3), nn.Conv1d(2, 2, 1))
    model[1].weight = model[0][0].weight  # type: ignore[index]
    return model


def called_twice() -> nn.Module:
    block = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    return nn.Sequential(nn.Sequential(block, block), nn.Linear(2, 1), nn.Sequential(nn.Sequential(block)))


def one_parameter_under_two_names() -> nn.Module:
    layer = nn.Bilinear(2, 2, 2)
    weight = nn.Parameter(torch.ones(2, 2, 2))
    layer.weight = weight
    layer.register_parameter("again", weight)
    return nn.Sequential(layer, nn.Linear(2, 2))


def frozen_in_half_precision() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 2).half()))
    model[0].weight.requires_grad_(False)
    return model


def without_parameters() -> nn.Module:
    return nn.Sequential(nn.ReLU(), nn.Sequential(nn.Flatten()))


MODELS = [tied, called_twice, one_parameter_under_two_names, frozen_in_half_precision, without_parameters]


@pytest.mark.parametrize("build", MODELS)
def test_every_module_as_torch_walks_it(build: type[nn.Module]) -> None:
    model = build()
    holdings = Holdings(modules_in(model))
    for module in model.modules():
        held = list(module.parameters())  # each once
        assert holdings.of(module) == Held(
            sum(p.numel() for p in held),
            sum(p.numel() for p in held if p.requires_grad),
            sum(p.numel() * p.element_size() for p in held),
        )


def test_lazy_below_is_unknown_above() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.LazyLinear(3)))
    holdings = Holdings(modules_in(model))
    assert holdings.of(model) == holdings.of(model[1]) == Held(None, None, None)
    assert holdings.of(model[0]) == Held(6, 6, 24)  # 2·2 + 2, four bytes each


def test_a_module_from_elsewhere() -> None:
    root = nn.ReLU()  # is there as long as the question, as that of a pass is: modules are known by their identity
    assert Holdings(modules_in(root)).of(nn.Sequential(nn.Linear(3, 4))) == Held(16, 16, 64)  # 3·4 + 4


def test_each_module_is_walked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = nn.Sequential(*(nn.Sequential(nn.Linear(1, 1), nn.ReLU()) for _ in range(50)))

    def refuse(_self: nn.Module, recurse: bool = True) -> None:  # noqa: ARG001
        raise AssertionError("nothing is shared: no module needs a walk of its own")

    holdings = Holdings(modules_in(model))
    monkeypatch.setattr(nn.Module, "parameters", refuse)
    assert [holdings.of(module).elements for module in model] == [2] * 50
    assert holdings.of(model).elements == 100


def test_count_of_buffers() -> None:
    assert count([torch.ones(3), torch.ones(2, dtype=torch.int64)]) == Held(5, 0, 28)  # 3·4 + 2·8
