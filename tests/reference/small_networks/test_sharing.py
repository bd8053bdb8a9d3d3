"""What is called often, shared, never called, or held by nobody but the root: parameters once, MACs each time."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from tests.reference.small_networks.exactness import Calls, assert_exact, own_macs


def test_module_called_three_times() -> None:
    module = Calls(lambda m, x: m.layer(m.layer(m.layer(x))), layer=nn.Linear(4, 4))
    report = assert_exact(module, "2x4", params=20, macs=3 * 2 * 16, activations=3 * 8)
    assert [(row.call, row.own_params, row.own_macs) for row in report.layers[1:]] == [
        (1, 20, 32), (2, 0, 32), (3, 0, 32)
    ]  # fmt: skip


def test_module_shared_by_two_parents() -> None:
    layer = nn.Linear(4, 4)
    module = nn.Sequential(nn.Sequential(layer, nn.ReLU()), nn.Sequential(layer))
    report = assert_exact(module, "2x4", params=20, macs=2 * 32, activations=2 * 8)
    assert own_macs(report) == {"": 0, "0": 0, "0.0": 32, "0.1": 0, "1": 0, "1.0": 32}
    assert [row.params for row in report.layers] == [20, 20, 20, 0, 20, 20]


def test_tied_embeddings() -> None:
    # a look-up multiplies nothing; the head is a product with the same 50×8 matrix
    def forward(m: Any, tokens: Tensor) -> Any:
        return m.head(m.embedding(tokens))

    embedding, head = nn.Embedding(50, 8), nn.Linear(8, 50, bias=False)
    head.weight = embedding.weight
    module = Calls(forward, embedding=embedding, head=head)
    report = assert_exact(module, "2x6:int64", params=50 * 8, macs=2 * 6 * 50 * 8, activations=2 * 6 * 50)
    assert [row.own_params for row in report.layers] == [0, 400, 0]


def test_embedding_bag() -> None:
    module = nn.EmbeddingBag(50, 8)
    assert_exact(module, "2x6:int64", params=400, macs=0, activations=0)


def test_parameter_on_the_root_and_a_position_for_every_token() -> None:
    module = Calls(
        lambda m, x: m.layer(torch.cat([m.token.expand(len(x), 1, 4), x], 1) + m.positions),
        layer=nn.Linear(4, 4), token=nn.Parameter(torch.zeros(1, 1, 4)), positions=nn.Parameter(torch.zeros(1, 6, 4)),
    )  # fmt: skip
    report = assert_exact(module, "2x5x4", params=20 + 4 + 24, macs=2 * 6 * 16, activations=2 * 6 * 4)
    assert [row.own_params for row in report.layers] == [28, 20]


@pytest.mark.parametrize("branch", ["first", "second"])
def test_branch_that_never_runs(branch: str) -> None:
    module = Calls(lambda m, x: getattr(m, branch)(x), first=nn.Linear(4, 4), second=nn.Linear(4, 6))
    width = 4 if branch == "first" else 6
    report = assert_exact(module, "2x4", params=20 + 30, macs=2 * 4 * width, activations=2 * width)
    assert {row.path: row.call for row in report.layers[1:]} == {
        "first": int(branch == "first"), "second": int(branch == "second")
    }  # fmt: skip


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Linear(4, 3)

    def forward(self, x: Tensor, *, factor: Tensor | None = None, twice: bool = False) -> Tensor:
        x = self.scale(x) if factor is None else self.scale(x) * factor
        return self.scale(x) if twice else x


def test_keyword_arguments() -> None:
    module = Calls(lambda m, x: m.inner(x=x, factor=x.mean(), twice=False), inner=Named())
    report = assert_exact(module, "2x4", params=15, macs=2 * 12, activations=6)
    assert [spec.name for spec in report.layers[1].inputs] == ["x", "factor"]
    assert_exact(Named(), "x=2x4", "factor=1", params=15, macs=2 * 12, activations=6)


def test_in_place_activations() -> None:
    module = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(3, 4, 1), nn.ReLU6(inplace=True), nn.SiLU(inplace=True))
    image = torch.randn(1, 3, 5, 5)
    pixels = image.clone()
    assert_exact(module, image, params=16, macs=25 * 12, activations=100)
    assert torch.equal(image, pixels)


def test_no_parameters() -> None:
    assert_exact(nn.Sequential(nn.Flatten(), nn.Softmax(1)), "2x3x4", params=0, macs=0, activations=0)
    report = assert_exact(nn.Identity(), "2x3", params=0, macs=0, activations=0)
    assert len(report.layers) == 1


def test_loop_that_discards_its_earlier_results() -> None:
    # new tensors take the places of old ones, whose identities are then used again
    def forward(m: Any, x: Tensor) -> Any:
        for _ in range(50):
            F.conv2d(torch.zeros_like(x), m.layer.weight)
        return m.layer(x)

    module = Calls(forward, layer=nn.Conv2d(3, 4, 3, bias=False))
    report = assert_exact(module, "1x3x6x6", params=108, macs=51 * 16 * 108, activations=51 * 64)
    assert own_macs(report) == {"": 50 * 16 * 108, "layer": 16 * 108}


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
@pytest.mark.parametrize("use_reentrant", [True, False])
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_module_inside_a_checkpoint(mode: str, use_reentrant: bool) -> None:
    module = Calls(lambda m, x: checkpoint(m.layer, x, use_reentrant=use_reentrant), layer=nn.Linear(4, 6))
    report = assert_exact(module, "2x4", params=30, macs=2 * 24, activations=12, mode=mode)
    assert own_macs(report) == {"": 0, "layer": 48}


def test_frozen_parts() -> None:
    module = nn.Sequential(nn.Linear(4, 6).requires_grad_(False), nn.Linear(6, 2))
    report = assert_exact(module, "2x4", params=30 + 14, macs=2 * (24 + 12), activations=12 + 4)
    assert report.totals.trainable_params == 14
    assert [row.trainable_params for row in report.layers] == [14, 0, 14]


class Differentiates(nn.Module):
    """An energy and its force: the gradient at the input, which autograd makes of the products' transposes."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(3, 8)
        self.energy = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = x.requires_grad_()
        energy = self.energy(self.hidden(x).tanh())
        (force,) = torch.autograd.grad(energy.sum(), x)
        return energy, force


def test_autograd_inside_forward() -> None:
    # forward 2·(3·8 + 8·1); the force goes the same way back: 2·(1·8 + 8·3), done by the root
    report = assert_exact(Differentiates(), "2x3", params=32 + 9, macs=4 * 32, activations=2 * 9 + 2 * 11)
    assert own_macs(report) == {"": 64, "hidden": 48, "energy": 16}


def test_convolution_differentiated_at_its_input() -> None:
    # each of the 8·16 outputs' 27 products is done once more for the gradient at the input alone
    def forward(m: Any, x: Tensor) -> Any:
        x = x.requires_grad_()
        (gradient,) = torch.autograd.grad(m.layer(x).sum(), x)
        return gradient

    module = Calls(forward, layer=nn.Conv2d(3, 8, 3).requires_grad_(False))
    macs = 8 * 16 * 27
    assert_exact(module, "1x3x6x6", params=8 * 27 + 8, macs=2 * macs, activations=8 * 16 + 3 * 36)
