"""Field rules on operators that no forward pass here runs: what each is given is read by its name."""

from typing import Any

import pytest
import torch

from cnninspect.capture import receptive_field
from cnninspect.capture.operator_arguments import Arguments, Signature
from cnninspect.capture.receptive_field_rules import rule_for
from cnninspect.report import ReceptiveField


@pytest.mark.parametrize("name", ["conv2d", "cudnn_convolution", "convolution", "_convolution"])
@pytest.mark.parametrize("is_named", [True, False])
def test_the_settings_of_a_convolution_are_in_another_order_in_each(name: str, is_named: bool) -> None:
    """A 3×5 kernel, stride 2, padding 1×0, dilation 1×2, of two groups: size d·(k − 1) + 1."""
    image = torch.empty(1, 4, 32, 32, device="meta")
    receptive_field.mark_input(image)
    operator = getattr(torch.ops.aten, name).default
    signature = Signature.of(operator)
    given: dict[str, Any] = {
        signature.names[0]: image,
        "weight": torch.empty(6, 2, 3, 5, device="meta"),
        "stride": [2, 2],
        "padding": [1, 0],
        "dilation": [1, 2],
        "groups": 2,
        "transposed": False,
    }
    args = [] if is_named else [given.get(each, default) for each, default in zip(*signature, strict=True)]
    out = torch.empty(1, 6, 16, 12, device="meta")
    receptive_field.follow(rule_for(operator), Arguments(signature, args, given if is_named else {}), out)
    assert receptive_field.report(out) == ReceptiveField((3, 9), (2, 2), (1, 0))


@pytest.mark.parametrize("name", ["hardtanh", "leaky_relu", "elu", "selu", "celu", "hardsigmoid", "hardswish", "silu"])
@pytest.mark.parametrize("ending", ["", "_"])
def test_activations_have_a_rule_in_every_torch(name: str, ending: str) -> None:
    """Not every torch says of all of them, and of their in-place forms, that they are pointwise."""
    assert rule_for(getattr(torch.ops.aten, name + ending).default) is not None
