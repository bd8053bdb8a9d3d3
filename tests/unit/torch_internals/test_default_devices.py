"""Devices that somebody has made the default: found, and left as they were."""

import torch
from torch import nn

from cnninspect.torch_internals import default_devices


def test_default_device() -> None:
    assert default_devices.default_device() is None
    torch.set_default_device("meta")
    try:
        assert default_devices.default_device().device.type == "meta"
        assert default_devices.device_of_new_tensors().type == "meta"
    finally:
        default_devices.restore_default_device(None)
    assert torch.get_default_device().type == "cpu"
    with torch.device("meta"):
        assert default_devices.default_device() is None


def test_default_device_that_somebody_has_taken_away() -> None:
    torch.set_default_device("meta")
    torch.set_default_device(None)  # in torch 2.9, torch.get_default_device() raises from here on
    try:
        assert default_devices.device_of_new_tensors().type == "cpu"
    finally:
        default_devices.restore_default_device(None)
    assert torch.get_default_device().type == "cpu"


def test_where_new_tensors_are_made() -> None:
    """Whatever code inside says of devices: nothing of it is left."""
    with default_devices.makes_on(torch.device("meta")):
        made = (torch.ones(2), torch.tensor([1]), nn.Linear(2, 2).weight)
        assert {tensor.device.type for tensor in made} == {"meta"}
        with torch.device("meta"):
            assert torch.ones(2).device.type == "meta"
        torch.set_default_device("cpu")
        default_devices.restore_default_device(None)
        assert torch.ones(2, device="cpu").device.type == "cpu"
        assert torch.ones(2).device.type == "meta"
    assert torch.ones(2).device.type == "cpu"


def test_default_device_is_set_again() -> None:
    torch.set_default_device("meta")
    try:
        before = default_devices.default_device()
        torch.set_default_device("cpu")
        default_devices.restore_default_device(before)
        assert torch.get_default_device().type == "meta"
    finally:
        default_devices.restore_default_device(None)
