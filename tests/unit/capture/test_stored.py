"""What tensors of every kind store, and that a network which holds one runs and is as it was."""

from collections.abc import Callable
from typing import Any, Self

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import return_and_correct_aliasing

from cnninspect import inspect_model
from cnninspect.capture.stored import size_of, stored
from cnninspect.errors import ModelError
from cnninspect.verify.drawn_weights import held

pytestmark = pytest.mark.filterwarnings(
    "ignore:Sparse:UserWarning", "ignore:The PyTorch API of nested:UserWarning", "ignore:torch.quantize:UserWarning"
)


def made_in_inference_mode() -> Tensor:
    with torch.inference_mode():
        return torch.ones(3)


def nested(layout: torch.layout) -> Tensor:
    return torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)], layout=layout)


#: A buffer and its bytes: an index is 8 (in the rows of CSR, too), a float32 4, an int8 1.
BUFFERS: dict[str, tuple[Callable[[], Tensor], int]] = {
    "sparse": (lambda: torch.eye(3).to_sparse(), 3 * (2 * 8 + 4)),
    "csr": (lambda: torch.eye(3).to_sparse_csr(), (4 + 3) * 8 + 3 * 4),
    "csc": (lambda: torch.eye(3).to_sparse_csc(), (4 + 3) * 8 + 3 * 4),
    "bsr": (lambda: torch.eye(4).to_sparse_bsr((2, 2)), (3 + 2) * 8 + 2 * 4 * 4),
    "nested": (lambda: nested(torch.strided), 5 * 4),
    "jagged": (lambda: nested(torch.jagged), 5 * 4 + 3 * 8),  # values, and where the parts begin and end
    "quantized": (lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8), 3),
    "onednn": (lambda: torch.ones(3, 4).to_mkldnn(), 12 * 4),
    "inference": (made_in_inference_mode, 3 * 4),
}


class Holding(nn.Module):
    """Keeps a buffer, and writes to another and to its weight."""

    odd: Tensor

    def __init__(self, odd: Tensor) -> None:
        super().__init__()
        self.register_buffer("odd", odd)
        self.norm = nn.BatchNorm1d(3)
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            self.weight.mul_(2)
        y: Tensor = self.norm(x * self.weight)
        return y


@pytest.mark.parametrize("kind", BUFFERS)
def test_a_network_with_such_a_buffer_runs_and_is_as_it_was(kind: str) -> None:
    make, size = BUFFERS[kind]
    buffer = make()
    module = Holding(buffer)
    before = [part.clone() for part in stored(buffer)]
    report = inspect_model(module, inputs=["4x3"], mode="train")
    # beside it mean and variance of three channels, and a counter
    assert (report.totals.buffer_bytes, size_of(buffer)) == (size + 2 * 3 * 4 + 8, size)
    assert module.odd is buffer
    for part, value in zip(stored(buffer), before, strict=True):
        assert torch.equal(part.to_dense(), value.to_dense())
    assert module.weight.tolist() == [1, 1, 1]
    assert module.norm.running_mean is not None
    assert module.norm.running_mean.tolist() == [0, 0, 0]
    assert module.norm.num_batches_tracked == 0


class Int8Weight(Tensor):
    """Looks like a float32 matrix and stores int8 and a scale a row, as libraries for quantization have it."""

    @staticmethod
    def __new__(cls, data8: Tensor, scale: Tensor) -> Self:
        made: Self = Tensor._make_wrapper_subclass(cls, data8.shape, dtype=scale.dtype, device=data8.device)
        return made

    def __init__(self, data8: Tensor, scale: Tensor) -> None:
        self.data8, self.scale = data8, scale

    def __tensor_flatten__(self) -> tuple[list[str], None]:
        return ["data8", "scale"], None

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]  # as torch calls it
        aten = torch.ops.aten
        if func in (aten.detach.default, aten.clone.default, aten._to_copy.default):
            made = cls(func(args[0].data8), func(args[0].scale))
            return return_and_correct_aliasing(func, args, kwargs or {}, made)  # type: ignore[no-untyped-call]
        plain = [each.data8 * each.scale if isinstance(each, cls) else each for each in args]
        return func(*plain, **(kwargs or {}))


class Packed(nn.Module):
    """Multiplies with such a weight, after changing what that stores."""

    def __init__(self) -> None:
        super().__init__()
        packed = Int8Weight(torch.ones(32, 64, dtype=torch.int8), torch.full((32, 1), 0.5))
        self.weight = nn.Parameter(packed, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        packed: Any = self.weight
        packed.data8.mul_(2)
        packed.scale = packed.scale + 1
        return nn.functional.linear(x, packed.data8 * packed.scale)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_parameter_that_is_a_wrapper(device: str) -> None:
    module = Packed()
    weight: Any = module.weight
    scale = weight.scale
    totals = inspect_model(module, inputs=["4x64"], device=device).totals
    # 32·64 elements, 4 rows of input; a byte an element and 4 a row
    assert (totals.params, totals.macs, totals.param_bytes) == (2048, 4 * 2048, 2048 + 32 * 4)
    assert weight.data8.unique().tolist() == [1]
    assert weight.scale is scale


def test_a_wrapper_has_no_values_to_fill() -> None:
    with pytest.raises(ModelError, match="`weight` is a Int8Weight"):
        held(Packed())
