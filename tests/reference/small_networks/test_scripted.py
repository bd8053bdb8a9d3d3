"""TorchScript: what is inside runs in torch's interpreter, so the scripted module does it all itself."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from cnninspect import inspect_model
from tests.reference.small_networks.exactness import Calls, assert_exact

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Linear(4 * 16, 5)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(self.features(x).flatten(1))
        return scores


PARAMS = 4 * 27 + 4 + 8 + 320 + 5
MACS = 16 * 4 * 27 + 320


def scripted() -> nn.Module:
    module: nn.Module = torch.jit.script(Net())
    return module


def traced() -> nn.Module:
    module: nn.Module = torch.jit.trace(Net().eval(), torch.zeros(1, 3, 6, 6))  # type: ignore[no-untyped-call]
    return module


@pytest.mark.parametrize("make", [scripted, traced])
@pytest.mark.parametrize("is_root", [True, False])
def test_scripted_and_traced(make: Callable[[], nn.Module], is_root: bool) -> None:
    module = make() if is_root else Calls(lambda m, x: m.net(x), net=make())
    report = assert_exact(module, "2x3x6x6", params=PARAMS, macs=2 * MACS, activations=2 * 69)
    by_path = {row.path: row for row in report.layers}
    assert by_path["" if is_root else "net"].macs == 2 * MACS


def test_scripted_module_comes_back_as_it_was() -> None:
    module = torch.jit.script(Net())
    module.features.eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    inspect_model(module, inputs=["2x3x6x6"], mode="train")
    after = module.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert [m.training for m in module.modules()] == [True, False, False, False, False, True]
