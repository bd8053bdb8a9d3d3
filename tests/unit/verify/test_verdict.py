"""Differences that can be computed by hand, and what rounding, NaN, dtypes and shared tensors do to them."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnninspect.errors import ModelError
from cnninspect.verify.evidence import Difference
from cnninspect.verify.verdict import verified
from tests.unit.verify.small import networks, verify


class Weighted(nn.Module):
    """``x · (weight + delta)ᵀ`` with weight (1, 2); delta isn't in the state dict."""

    def __init__(self, delta: float) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 1, bias=False)
        self.linear.weight.data = torch.tensor([[1.0, 2.0]])
        self.delta = delta

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.linear(x) + self.delta * x[:, :1]
        return result


def test_a_perturbed_weight() -> None:
    """1·3 + 2·4 = 11, with 0.5 more in the first weight 1.5·3 + 2·4 = 12.5: apart by 1.5, or 1.5/12.5 = 0.12.

    The gradient is in direction d: by the weight (3d, 4d) for both, by the input (d, 2d) and (1.5d, 2d). They are
    apart by 0.5d, relative to the largest, 4d, by 0.125.
    """
    found = verified(networks(Weighted(0), Weighted(0.5), [torch.tensor([[3.0, 4.0]])], donor=0))
    assert found.verification.verdict == "different"
    for each in found.passes:
        assert each.outputs == Difference(1.5, 0.12)
        assert each.gradients is not None
        assert each.gradients.max_rel == pytest.approx(0.125, rel=1e-6)
        assert each.gradient_at == "input 0"
    assert [each.dtype for each in found.passes] == ["float32", "float64"]
    assert found.verification.outputs == found.passes[0].outputs


def test_the_worst_of_several_inputs_counts() -> None:
    """0.5 more in the first weight: apart by half of the first number, 1.5 and 4."""
    inputs = [torch.tensor([[3.0, 4.0]]), torch.tensor([[-8.0, 4.0]])]
    outputs = verified(networks(Weighted(0), Weighted(0.5), inputs, donor=0)).verification.outputs
    assert outputs is not None
    assert outputs.max_abs == 4


class OfOneDtype(Weighted):
    """The same, in one dtype and no other: there is no pass in double precision beside its own."""

    def __init__(self, delta: float, dtype: torch.dtype) -> None:
        super().__init__(delta)
        self.linear.to(dtype)
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.to(self.dtype))


@pytest.mark.parametrize(
    ("dtype", "rounding", "too_much"),
    [
        (torch.float64, 2**-29, 2**-28),  # 0.5e-9 and 1.02e-9 of the output, 11 + 3δ; rounding is up to 1e-9
        (torch.float32, 2**-9, 2**-8),  # 0.5e-3 and 1.06e-3; up to 1e-3
        (torch.float16, 4 / 64, 5 / 64),  # 1.7e-2 and 2.1e-2; up to 2e-2
        (torch.bfloat16, 3 / 8, 4 / 8),  # 0.9e-1 and 1.2e-1; up to 1e-1
    ],
)
def test_what_is_rounding_in_each_dtype(dtype: torch.dtype, rounding: float, too_much: float) -> None:
    """With δ more in the first weight 11 becomes 11 + 3δ, exactly in each dtype: apart by 3δ/(11 + 3δ).

    The gradient is apart by less: by δd, relative to the largest, 4d.
    """
    for delta, verdict in ((rounding, "equivalent"), (too_much, "different")):
        inputs = [torch.tensor([[3.0, 4.0]], dtype=dtype)]
        found = verified(networks(OfOneDtype(0, dtype), OfOneDtype(delta, dtype), inputs, donor=0))
        (only,) = found.passes
        assert only.dtype == str(dtype).removeprefix("torch.")
        assert only.outputs is not None
        assert only.outputs.max_rel == pytest.approx(3 * delta / (11 + 3 * delta), rel=1e-9)
        assert found.verification.verdict == verdict


class Summed(nn.Module):
    """The sum of a map's elements, all at once or a row at a time: the same sum, rounded otherwise."""

    def __init__(self, *, by_row: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 32, 3)
        self.by_row = by_row

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y.sum(3).sum(2).sum(1) if self.by_row else y.sum((1, 2, 3))


def test_rounding_is_no_difference() -> None:
    """Unit roundoff is 6e-8 in float32 and 1.1e-16 in float64: nine digits more show that it is only that."""
    evidence = verify(Summed(by_row=True), Summed(by_row=False), (2, 3, 64, 64))
    assert evidence.verification.verdict == "equivalent"
    single, double = (each.outputs for each in evidence.passes)
    assert single is not None
    assert double is not None
    assert single.max_rel is not None
    assert double.max_rel is not None
    assert 1e-9 < single.max_rel < 1e-4
    assert double.max_rel < 1e-12


def test_a_small_difference_that_is_none_of_rounding() -> None:
    """Epsilons of 1e-5 and 1e-6 change a normalised value by about 4.5e-6 of it: in both dtypes."""
    first, second = (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, eps=eps)) for eps in (1e-5, 1e-6))
    evidence = verify(first, second)
    assert evidence.verification.verdict == "different"
    assert evidence.departure is not None
    assert evidence.departure.why == "1 (BatchNorm2d): eps is 1e-05 in mine and 1e-06 in theirs"
    for each in evidence.passes:
        assert each.outputs is not None
        assert each.outputs.max_rel is not None
        assert 1e-7 < each.outputs.max_rel < 1e-4


class Logarithm(nn.Module):
    def __init__(self, shift: float) -> None:
        super().__init__()
        self.linear, self.shift = nn.Linear(8, 4), shift

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.linear(x) - self.shift
        return torch.log(y) if self.shift else y


def test_a_number_against_none() -> None:
    evidence = verify(Logarithm(0), Logarithm(1e6), (2, 8))
    assert evidence.verification.verdict == "different"
    assert evidence.verification.outputs == Difference(None, None)


def test_no_number_on_either_side_is_weak_evidence() -> None:
    evidence = verify(Logarithm(1e6), Logarithm(1e6), (2, 8))
    assert evidence.verification.verdict == "equivalent"
    assert any("give no numbers" in note for note in evidence.notes)


class Silent(nn.Module):
    def __init__(self, *, has_layer: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 4) if has_layer else None

    def forward(self, x: Tensor) -> None:
        if self.linear is not None:
            self.linear(x)


def test_a_network_that_gives_nothing_is_known_by_its_layers() -> None:
    evidence = verify(Silent(has_layer=True), Silent(has_layer=True), (2, 8))
    assert evidence.verification.verdict == "equivalent"
    assert evidence.verification.outputs == Difference(0, 0)
    with pytest.raises(ModelError, match="neither network gives a number at 2×8"):
        verify(Silent(has_layer=False), Silent(has_layer=False), (2, 8))


class Tied(nn.Module):
    def __init__(self, *, is_tied: bool) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Linear(8, 8), nn.Linear(8, 8)
        if is_tied:
            self.decoder.weight = self.encoder.weight

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.decoder(self.encoder(x).relu())
        return result


def test_shared_weights() -> None:
    """Two that are equal give the same outputs as one that is shared, but each a gradient of its own."""
    assert verify(Tied(is_tied=True), Tied(is_tied=True), (2, 8)).verification.verdict == "identical"
    apart = verify(Tied(is_tied=True), Tied(is_tied=False), (2, 8))
    assert apart.verification.outputs == Difference(0, 0)
    assert apart.verification.verdict == "different"
    assert apart.departure is not None
    assert "the outputs are the same, the gradient with respect to" in apart.departure.why
    torn = verify(Tied(is_tied=False), Tied(is_tied=True), (2, 8))
    assert torn.verification.outputs is None
    assert "the second shares one tensor as encoder.weight and decoder.weight" in torn.notes[0]


class Scaled(nn.Module):
    """Its scale is a constant of the definition: a buffer that no state dict has."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)
        self.scale: Tensor
        self.register_buffer("scale", torch.full((8,), scale), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.linear(x) * self.scale
        return result


def test_a_buffer_that_is_not_in_the_state_dict_is_not_copied() -> None:
    """|2y − y| relative to |2y|."""
    assert verify(Scaled(2), Scaled(2), (2, 8)).verification.verdict == "identical"
    evidence = verify(Scaled(1), Scaled(2), (2, 8))
    assert evidence.verification.state_dict.is_whole
    assert evidence.verification.outputs is not None
    assert evidence.verification.outputs.max_rel == 0.5


class BackwardBroken(nn.Module):
    """``exp`` needs its result to be differentiated, and that is written to."""

    def __init__(self, *, is_broken: bool) -> None:
        super().__init__()
        self.linear, self.is_broken = nn.Linear(8, 8), is_broken

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = torch.exp(self.linear(x))
        z = y * 2
        if self.is_broken:
            y.add_(0)
        return z


def test_a_network_that_cannot_be_trained_is_another() -> None:
    evidence = verify(BackwardBroken(is_broken=True), BackwardBroken(is_broken=False), (2, 8))
    assert evidence.verification.verdict == "different"
    assert evidence.verification.outputs == Difference(0, 0)
    assert evidence.verification.gradients is None
    assert "mine: its backward pass fails: one of the variables" in evidence.notes[0]


class Complex(nn.Module):
    def __init__(self, scale: float = 1) -> None:
        super().__init__()
        self.linear, self.scale = nn.Linear(8, 4, dtype=torch.complex64), scale

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.linear(x.to(self.linear.weight.dtype)) * self.scale
        return result


def test_complex_numbers() -> None:
    assert verify(Complex(), Complex(), (2, 8)).verification.verdict == "identical"
    outputs = verify(Complex(), Complex(2), (2, 8)).verification.outputs
    assert outputs is not None
    assert outputs.max_rel == pytest.approx(0.5)  # |2z − z| relative to |2z|


class Constant(nn.Module):
    """Holds a tensor that neither is a parameter nor a buffer: it can't follow into float64."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.table = nn.Linear(8, 4), torch.ones(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.linear(x) @ self.table
        return result


def test_a_network_with_a_dtype_of_its_own() -> None:
    evidence = verify(Constant(), Constant(), (2, 8))
    assert evidence.verification.verdict == "identical"
    assert [each.dtype for each in evidence.passes] == ["float32"]
    assert "not compared in float64" in evidence.notes[0]


def test_double_precision_is_run_once() -> None:
    first, second = nn.Linear(8, 4).double(), nn.Linear(8, 4).double()
    evidence = verified(networks(first, second, [torch.ones(2, 8, dtype=torch.float64)]))
    assert [each.dtype for each in evidence.passes] == ["float64"]


def _normalised(momentum: float = 0.1, dropout: float = 0.5) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, momentum=momentum), nn.ReLU(True), nn.Dropout(dropout))


def test_train_mode() -> None:
    """Both draw the same dropout; what batch normalisation remembers is compared as well."""
    assert verify(_normalised(), _normalised(), mode="train").verification.verdict == "identical"
    assert verify(_normalised(0.1), _normalised(0.2)).verification.verdict == "equivalent"
    evidence = verify(_normalised(0.1), _normalised(0.2), mode="train")
    assert evidence.verification.verdict == "different"
    assert evidence.departure is not None
    assert evidence.departure.first == "1"
    assert "1.running_var afterwards is not" in evidence.departure.why
    assert verify(_normalised(0.1, 0.5), _normalised(0.1, 0.4), mode="train").verification.verdict == "different"


def test_outputs_that_do_not_depend_on_the_input_are_weak_evidence() -> None:
    first, second = (nn.Sequential(nn.Linear(8, 4), nn.Threshold(1e9, 7.0)) for _ in range(2))
    assert "gives the same for different inputs" in verify(first, second, (2, 8)).notes[0]


@pytest.mark.filterwarnings("ignore")  # all of it is deprecated
def test_quantized_networks_are_refused() -> None:
    quantize: Any = torch.ao.quantization.quantize_dynamic
    quantized = quantize(nn.Sequential(nn.Linear(8, 4)), {nn.Linear})
    with pytest.raises(ModelError, match="mine: it is quantized"):
        verify(quantized, nn.Sequential(nn.Linear(8, 4)), (2, 8))
