"""Moving a network: sharing is kept, the original is left alone."""

import pytest
import torch
from torch import nn

from cnninspect.errors import ModelError
from cnninspect.input_spec import InputSpec
from cnninspect.loading import placement

CPU = torch.device("cpu")


def tied() -> nn.Sequential:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3))
    model[2].weight = model[0].weight
    model[2].weight.requires_grad_(False)
    return model


def test_nothing_to_move() -> None:
    model = tied()
    assert placement.place(model, CPU, None) is model
    assert placement.place(model, CPU, "float32") is model


def test_to_meta_and_another_dtype() -> None:
    model = tied()
    placed = placement.place(model, torch.device("meta"), "float16")
    assert placed[0].weight is placed[2].weight  # type: ignore[index]
    assert not placed[0].weight.requires_grad  # type: ignore[index]
    assert {(p.device.type, p.dtype) for p in placed.parameters()} == {("meta", torch.float16)}
    assert placed[1].num_batches_tracked.dtype == torch.int64  # type: ignore[index]
    assert {(p.device.type, p.dtype) for p in model.parameters()} == {("cpu", torch.float32)}


def test_seed_decides_the_values() -> None:
    spec = InputSpec((2, 3))
    first, again, other = (placement.make_up(spec, CPU, torch.float32, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "bfloat16", "complex64"])
def test_dtype_of_the_spec_wins(dtype: str) -> None:
    tensor = placement.make_up(InputSpec((2, 3), dtype=dtype), CPU, torch.float32, 0)
    assert tensor.dtype == getattr(torch, dtype)
    assert tensor.shape == (2, 3)


def test_accelerator_that_is_not_there() -> None:
    if torch.accelerator.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(ModelError, match="no device 'cuda:1'"):
        placement.find_device("cuda:1")
    assert placement.find_device("auto") == CPU
