"""Parameters that are made of others, made late, or kept in lists."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune
from torch.nn.utils import spectral_norm as old_spectral_norm

from cnninspect import inspect_model
from tests.reference.small_networks.exactness import Calls, assert_exact, assert_sums


def old_weight_norm(layer: nn.Module) -> nn.Module:
    from torch.nn.utils import weight_norm

    normed: nn.Module = weight_norm(layer)
    return normed


@pytest.mark.filterwarnings("ignore:.*weight_norm.*is deprecated:FutureWarning")
@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("norm", [old_weight_norm, parametrizations.weight_norm])
def test_weight_norm(norm: Callable[[nn.Module], nn.Module], mode: str) -> None:
    # a direction of 8·27 and a length for each of the 8 filters; making the weight is no product
    module = nn.Sequential(norm(nn.Conv2d(3, 8, 3)))
    keys = list(module.state_dict())
    assert_exact(module, "1x3x6x6", params=8 * 27 + 8 + 8, macs=16 * 8 * 27, activations=16 * 8, mode=mode)
    assert list(module.state_dict()) == keys


@pytest.mark.parametrize("norm", [old_spectral_norm, parametrizations.spectral_norm])
def test_spectral_norm(norm: Callable[[nn.Module], nn.Module]) -> None:
    # σ = uᵀ(Wv): a product of 6·4 and a dot product of 6; in train mode one power iteration, 2·6·4, before
    module = nn.Sequential(norm(nn.Linear(4, 6)))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    assert_exact(module, "2x4", params=30, macs=2 * 24 + 24 + 6, activations=12 + 6 + 1)
    assert_exact(module, "2x4", params=30, macs=2 * 24 + 24 + 6 + 2 * 24, activations=12 + 6 + 1 + 4 + 6, mode="train")
    after = module.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_orthogonal_weight_is_named_where_it_cant_be_counted() -> None:
    module = parametrizations.orthogonal(nn.Linear(4, 4, bias=False), use_trivialization=False)
    report = inspect_model(module, inputs=["2x4"])
    assert report.uncounted_ops
    assert_sums(report)


class Symmetric(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return weight.triu() + weight.triu(1).mT


def test_parametrized_by_hand() -> None:
    module = nn.Sequential(nn.Linear(4, 4))
    parametrize.register_parametrization(module[0], "weight", Symmetric())
    assert_exact(module, "2x4", params=20, macs=2 * 16, activations=8)


def test_pruning() -> None:
    # half of the weights are zero, but they are there and are multiplied; the mask is a buffer
    module = nn.Sequential(nn.Linear(4, 6))
    prune.l1_unstructured(module[0], "weight", amount=0.5)  # type: ignore[no-untyped-call]
    report = assert_exact(module, "2x4", params=30, macs=2 * 24, activations=12)
    assert report.totals.buffers == 24
    prune.remove(module[0], "weight")  # type: ignore[no-untyped-call]
    assert_exact(module, "2x4", params=30, macs=2 * 24, activations=12)


def test_lazy_modules_come_back_lazy() -> None:
    # 3 channels, then 8·4·4 features: known from the input alone
    module = nn.Sequential(nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(5))
    report = assert_exact(
        module, "1x3x6x6",
        params=8 * 27 + 8 + 16 + 128 * 5 + 5, macs=16 * 8 * 27 + 128 * 5, activations=16 * 8 + 5,
    )  # fmt: skip
    assert report.layers[1].settings["in_channels"] == 3
    assert [type(layer).__name__ for layer in module] == ["LazyConv2d", "LazyBatchNorm2d", "Flatten", "LazyLinear"]
    assert all(nn.parameter.is_lazy(parameter) for parameter in module[0].parameters())
    assert module[0].in_channels == 0
    assert module(torch.zeros(2, 2, 6, 6)).shape == (2, 5)  # what it has seen here is its own business


def test_lazy_module_that_no_call_reaches() -> None:
    module = Calls(lambda m, x: m.used(x), used=nn.Linear(4, 4), unused=nn.LazyLinear(4))
    for device in ("cpu", "meta"):
        report = inspect_model(module, inputs=["2x4"], device=device)
        assert (report.totals.params, report.totals.macs) == (None, 32)
        assert [row.params for row in report.layers] == [None, 20, None]


def test_lists_and_dicts_of_parameters() -> None:
    def forward(m: Any, x: Tensor) -> Any:
        for weight in m.weights:
            x = x @ weight
        return x @ m.named["last"] + m.named["bias"]

    module = Calls(
        forward,
        weights=nn.ParameterList([torch.zeros(4, 4), torch.zeros(4, 6)]),
        named=nn.ParameterDict({"last": torch.zeros(6, 2), "bias": torch.zeros(2)}),
    )
    report = assert_exact(module, "2x4", params=16 + 24 + 12 + 2, macs=2 * (16 + 24 + 12), activations=2 * (4 + 6 + 2))
    assert {row.path: row.own_params for row in report.layers} == {"": 0, "weights": 40, "named": 14}


def test_weights_made_by_a_network() -> None:
    # a hypernetwork: 12 numbers made from 3, then used as a 3×4 matrix for each sample
    module = Calls(lambda m, x: torch.bmm(m.maker(x).view(-1, 4, 3), x[..., None])[..., 0], maker=nn.Linear(3, 12))
    assert_exact(module, "2x3", params=48, macs=2 * 36 + 2 * 12, activations=24 + 8)
