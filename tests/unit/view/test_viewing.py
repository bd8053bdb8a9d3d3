"""``view_model``: a module comes back as it was, and what was seen shows itself."""

import copy
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from cnninspect import view_model
from cnninspect.errors import CnnInspectError, RequestError


class Net(nn.Module):
    """Writes to a parameter, and counts, when it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 1)
        self.norm = nn.BatchNorm2d(2)
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        with torch.no_grad():
            self.conv.bias.add_(1.0)  # type: ignore[union-attr] # it has one
        out: torch.Tensor = self.norm(self.conv(x))
        return out


@pytest.fixture
def image(tmp_path: Path) -> Path:
    Image.frombytes("L", (2, 2), bytes((0, 255, 51, 102))).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_a_module_comes_back_as_it_was(image: Path, mode: str) -> None:
    module = Net().train()
    before = copy.deepcopy(module.state_dict())
    seen = view_model(module, "conv", image=image, mode=mode)
    assert seen.images[0].layers[0].shape == (1, 2, 2, 2)
    assert module.training
    assert module.calls == 0
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert not any(part._forward_hooks for part in module.modules())
    with pytest.raises(CnnInspectError):
        view_model(module, "conv", image=image, inputs=(1, 3, 2, 2))
    assert not any(part._forward_hooks for part in module.modules())


def test_the_weights_of_a_module_are_its_own(image: Path) -> None:
    """0.5·x + 1 of 0, 1, 0.2 and 0.4."""
    module = nn.Conv2d(1, 1, 1)
    with torch.no_grad():
        module.weight.fill_(0.5), module.bias.fill_(1.0)  # type: ignore[union-attr]
    seen = view_model(module, image=str(image))
    assert seen.images[0].layers[0].shown[0].values == tuple(pytest.approx(row) for row in ((1, 1.5), (1.1, 1.2)))
    assert view_model(module).statistics[0].mean == 0.5
    assert view_model(module, kernels=True).kernels is not None
    assert seen.notes == ("the weights are those of the module that was given",)


def test_it_shows_itself() -> None:
    seen = view_model("nn:Conv2d(3, 2, 5)", kernels=True)
    assert str(seen).startswith("Conv2d(3, 2, 5) (nn)")
    assert "▒" in str(seen)
    page = seen._repr_html_()
    assert page.count("<img ") == 2
    assert "<script" not in page
    assert repr(seen).startswith("NetworkView(")


def test_a_spec_is_as_on_the_command_line(image: Path) -> None:
    seen = view_model("nn:Conv2d(1, 4, 1); ReLU()", "1", image=image, channels=[2, 0])
    assert [each.channel for each in seen.images[0].layers[0].shown] == [2, 0]
    assert view_model("nn:Conv2d(1, 4, 1)", seed=1).statistics != view_model("nn:Conv2d(1, 4, 1)").statistics


def test_a_module_that_stands_in_two_places_is_told_apart(image: Path) -> None:
    """The second call sees what the first gives: 0.5·0.5·x."""
    shared = nn.Conv2d(1, 1, 1, bias=False)
    with torch.no_grad():
        shared.weight.fill_(0.5)
    module = nn.Sequential(nn.Sequential(shared), nn.Sequential(shared))
    first, second = (view_model(module, path, image=image).images[0].layers[0].shown[0] for path in ("0.0", "1.0"))
    assert (first.largest, second.largest) == (0.5, 0.25)


def test_a_layer_that_is_used_again_stands_for_its_own_stage(image: Path) -> None:
    """A ReLU after each of three convolutions that halve: 1/2, 1/4, 1/8."""
    relu, halves = nn.ReLU(), [nn.Conv2d(1, 1, 1, bias=False) for _ in range(3)]
    with torch.no_grad():
        for each in halves:
            each.weight.fill_(0.5)

    class Chain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.halves, self.relu = nn.ModuleList(halves), relu

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for each in self.halves:
                x = self.relu(each(x))
            return x

    layers = view_model(Chain(), image=image).images[0].layers
    assert [(each.path, each.call, each.shown[0].largest) for each in layers] == [
        ("relu", 1, 0.5), ("relu", 2, 0.25), ("relu", 3, 0.125),
    ]  # fmt: skip


def test_features_may_be_the_last_dimension(image: Path) -> None:
    """A linear layer makes three features of each of the two columns: two rows of one."""

    class Columns(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mixed = nn.Linear(2, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.mixed(x[..., None].expand(1, 1, 2, 2, 2)[:, 0])
            return out

    (layer,) = view_model(Columns(), "mixed", image=image).images[0].layers
    assert layer.shape == (1, 3, 2, 2)


@pytest.mark.parametrize("model", [3, nn.Conv2d])
def test_what_is_no_model(model: object) -> None:
    with pytest.raises(RequestError, match="is not a module"):
        view_model(model)  # type: ignore[arg-type]


def test_what_is_no_file_of_a_picture() -> None:
    with pytest.raises(RequestError, match="is not the file of a picture"):
        view_model("nn:Identity()", image=torch.zeros(1, 1, 2, 2))  # type: ignore[arg-type]


def test_a_weight_that_is_computed_leaves_its_module_as_it_was() -> None:
    """In training each look at it takes a step of the power iteration (torch's spectral norm)."""
    module = nn.utils.parametrizations.spectral_norm(nn.Conv2d(1, 4, 3)).train()
    before = copy.deepcopy(module.state_dict())
    assert view_model(module, kernels=True).kernels is not None
    assert view_model(module).statistics
    assert module.training
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


def test_a_network_without_values() -> None:
    with torch.device("meta"):
        module = nn.Conv2d(1, 1, 3)
    assert "meta device" in view_model(module).notes[1]
    with pytest.raises(CnnInspectError, match="no values"):
        view_model(module, kernels=True)
