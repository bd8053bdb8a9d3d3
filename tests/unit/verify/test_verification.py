"""Two networks held against each other in Python, named or given as modules."""

from typing import Any

import pytest
import torch
from torch import nn

from cnninspect import verify_models
from cnninspect.errors import CnnInspectError, RequestError
from cnninspect.verify.evidence import Verdict

INPUT = (2, 3, 8, 8)
SPEC = "nn:Conv2d(3, 4, 3); BatchNorm2d(4); ReLU()"


def _net(last: nn.Module | None = None) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), last or nn.ReLU())


@pytest.mark.parametrize("second", [_net(), SPEC])
def test_the_same_network(second: Any) -> None:
    assert verify_models(_net(), second, inputs=INPUT).verification.verdict is Verdict.identical


def test_another_network_and_where_they_part() -> None:
    evidence = verify_models(_net(), _net(nn.Sigmoid()), inputs=INPUT)
    assert evidence.verification.verdict is Verdict.different
    assert evidence.departure is not None
    assert evidence.departure.first == "2"
    assert "different" in str(evidence)


def test_one_module_twice() -> None:
    net = _net()
    assert verify_models(net, net, inputs=INPUT, mode="train").verification.verdict is Verdict.identical


def test_modules_come_back_as_they_were() -> None:
    nets = _net(), _net().eval()
    before = [{key: value.clone() for key, value in net.state_dict().items()} for net in nets]
    verify_models(*nets, inputs=INPUT, mode="train")
    for net, state in zip(nets, before, strict=True):
        assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())
        assert all(parameter.grad is None for parameter in net.parameters())
    assert [net.training for net in nets] == [True, False]


@pytest.mark.parametrize("inputs", ["2x3x8x8", ["2x3x8x8"], torch.zeros(2, 3, 8, 8), [torch.zeros(2, 3, 8, 8)]])
def test_inputs(inputs: Any) -> None:
    assert [each.shape for each in verify_models(_net(), SPEC, inputs=inputs).reports[1].run.inputs] == [INPUT]


def test_a_tensor_of_whole_numbers_stands_for_its_dtype() -> None:
    net = nn.Embedding(4, 2)
    evidence = verify_models(net, "nn:Embedding(4, 2)", inputs=torch.zeros(2, 3, dtype=torch.int64))
    assert [each.dtype for each in evidence.reports[0].run.inputs] == ["int64"]


@pytest.mark.parametrize(
    ("second", "more", "says"),
    [
        (_net(), {"inputs": ()}, "a module has no input of its own"),
        (3, {}, "3 is not a module"),
        (nn.ReLU, {}, "is not a module"),
        ("x.json", {}, "'x.json' is a saved report: there is nothing to run"),
        ("alexnt", {}, "unknown model 'alexnt'"),
        (_net(), {"weights": "DEFAULT"}, "weights go with a name"),
        (_net(), {"device": "meta"}, "shapes alone"),
        (_net(), {"inputs": object()}, "is not an input"),
        (_net(), {"mode": "test"}, "unknown mode 'test'"),
    ],
)
def test_what_can_not_be_verified(second: Any, more: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        verify_models(_net(), second, **({"inputs": INPUT} | more))


def test_a_pass_that_fails_names_the_network() -> None:
    with pytest.raises(CnnInspectError, match=r"nn:Linear.*wants 5 features and got 8"):
        verify_models(_net(), "nn:Linear(5, 2)", inputs=INPUT)
