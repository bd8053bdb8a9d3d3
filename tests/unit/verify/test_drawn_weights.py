"""Random weights that keep activations at their size, and leave alone what is no weight."""

import pytest
import torch
from torch import Tensor, nn

from cnninspect.errors import ModelError
from cnninspect.verify.drawn_weights import drawn, held
from tests.unit.verify.small import drawn as random_input


class Everything(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 768))
        self.linear = nn.Linear(400, 300)
        self.norm = nn.BatchNorm1d(300)
        self.up = nn.ConvTranspose2d(8, 100, 5)
        self.register_buffer("index", torch.arange(6))
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]))
        self.register_buffer("scratch", torch.zeros(3), persistent=False)


def test_what_a_network_holds() -> None:
    """As its state dict, in its order; what isn't in there is a constant of the definition."""
    module = Everything()
    assert list(held(module)) == list(module.state_dict())
    assert "scratch" not in held(module)


def test_scales() -> None:
    """The variance of a weight is 2 / fan_in (He et al. 2015): 2/400 of 400 inputs, 2/(8·25) if transposed."""
    module = Everything()
    values = drawn(module, held(module), seed=0)
    assert values["linear.weight"].var().item() == pytest.approx(2 / 400, rel=0.05)
    assert values["up.weight"].var().item() == pytest.approx(2 / (8 * 25), rel=0.05)
    for name in ("norm.weight", "norm.running_var", "token"):
        assert 0.5 <= values[name].min() < values[name].max() <= 1.5
    for name in ("linear.bias", "norm.bias", "norm.running_mean"):
        assert 0 < values[name].abs().max() <= 0.2
    assert values["norm.num_batches_tracked"].item() == 0
    assert torch.equal(values["index"], module.get_buffer("index"))
    assert torch.equal(values["mean"], module.get_buffer("mean"))


def test_the_same_seed_gives_the_same_values() -> None:
    module = nn.Linear(8, 4)
    one, again, other = (drawn(module, held(module), seed)["weight"] for seed in (3, 3, 4))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert not torch.equal(one, module.weight)


@pytest.mark.parametrize("depth", [2, 19, 100])
def test_activations_neither_vanish_nor_explode(depth: int) -> None:
    layers = [part for _ in range(depth) for part in (nn.Conv2d(64, 64, 3, padding=1), nn.ReLU())]
    module = nn.Sequential(*layers)
    module.load_state_dict(drawn(module, held(module), seed=0))
    with torch.no_grad():
        size = module(random_input((1, 64, 16, 16), 0)).pow(2).mean().item()
    assert 1e-3 < size < 1e3


def test_what_is_shared_gets_one_value() -> None:
    module = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    module[1].weight = module[0].weight
    values = drawn(module, held(module), seed=0)
    assert values["0.weight"] is values["1.weight"]
    assert values["0.bias"] is not values["1.bias"]


class Complex(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 4, dtype=torch.complex64))
        self.steps = nn.Parameter(torch.arange(4), requires_grad=False)


def test_complex_and_integer_parameters() -> None:
    module = Complex()
    values: dict[str, Tensor] = drawn(module, held(module), seed=0)
    assert values["weight"].dtype == torch.complex64
    assert values["weight"].imag.abs().min() > 0
    assert values["steps"].tolist() == [0, 1, 2, 3]


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
def test_a_lazy_layer_without_a_shape_is_refused() -> None:
    with pytest.raises(ModelError, match="lazy layer that no input has given its shape"):
        held(nn.LazyLinear(4))
