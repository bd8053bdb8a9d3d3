"""Moving a network: sharing is kept, the original is left alone."""

import pytest
import torch
from torch import nn

from cnninspect.errors import ModelError, RequestError
from cnninspect.loading import memory, placement
from cnninspect.spec.input_spec import InputSpec, parse_input

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


@pytest.mark.parametrize(
    ("text", "dtype", "value"), [("x==3", "float32", 3.0), (":int64=9", "int64", 9), ("2=0.5", "float32", 0.5)]
)
def test_a_value_fills_it(text: str, dtype: str, value: float) -> None:
    tensor = placement.make_up(parse_input(text), CPU, torch.float32, 0)
    assert torch.equal(tensor, torch.full(parse_input(text).shape, value, dtype=getattr(torch, dtype)))


def test_a_value_that_the_models_own_dtype_has_not() -> None:
    with pytest.raises(RequestError, match="float16 has no 70000"):
        placement.make_up(parse_input("x==70000"), CPU, torch.float16, 0)


def test_an_input_larger_than_free_memory_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000,000 × 4 bytes, of which 3,999,999 are free; a system that lends more than it has would end the process."""
    monkeypatch.setattr(memory, "free", lambda: 3_999_999)
    with pytest.raises(ModelError, match=r"not enough memory for an input 1000x1000: it takes 3\.81 MiB"):
        placement.make_up(parse_input("1000x1000"), CPU, torch.float32, 0)
    monkeypatch.setattr(memory, "free", lambda: 4_000_000)
    assert placement.make_up(parse_input("1000x1000"), CPU, torch.float32, 0).numel() == 1_000_000


def test_the_first_real_dtype_counts() -> None:
    """A spectral layer in front of ordinary ones takes an ordinary image; complex numbers alone are made up as such."""
    both = nn.ModuleList([nn.Linear(2, 2, dtype=torch.complex64), nn.Linear(2, 2, dtype=torch.float16)])
    assert placement.floating_dtype(both) == torch.float16
    alone = nn.Linear(2, 2, dtype=torch.complex64)
    alone.register_buffer("mean", torch.ones(2))
    assert placement.floating_dtype(alone) == torch.complex64
    assert placement.floating_dtype(nn.ReLU()) == torch.float32


def test_accelerator_that_is_not_there() -> None:
    if torch.accelerator.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(ModelError, match="no device 'cuda:1'"):
        placement.find_device("cuda:1")
    assert placement.find_device("auto") == CPU
