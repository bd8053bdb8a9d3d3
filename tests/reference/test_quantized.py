"""Networks that are quantized: the MACs of the float network, whose figures are published."""

import pytest

from cnninspect import inspect_model

pytestmark = pytest.mark.filterwarnings("ignore")  # of torch.ao, which is on its way out of torch


@pytest.mark.parametrize("name", ["quantized_resnet18", "quantized_mobilenet_v2", "quantized_shufflenet_v2_x0_5"])
def test_quantized_has_the_macs_of_the_float_network(name: str) -> None:
    quantized = inspect_model(f"{name},quantize=true")
    published = inspect_model(name)  # held against torchvision's metadata in test_torchvision_zoo
    assert quantized.totals.macs == published.totals.macs
    assert quantized.totals.activations == published.totals.activations
    assert quantized.uncounted_ops == ()
