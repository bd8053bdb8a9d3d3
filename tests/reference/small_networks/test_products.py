"""Products written without a layer: the MACs are the result's elements times the length that is summed over."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import nn
from torchvision.ops import deform_conv2d

from tests.reference.small_networks.exactness import Calls, assert_exact, own_macs


def test_functional_linear_on_a_bare_parameter() -> None:
    module = Calls(lambda m, x: F.linear(x, m.weight), weight=nn.Parameter(torch.zeros(7, 5)))
    assert_exact(module, "2x5", params=7 * 5, macs=2 * 7 * 5, activations=2 * 7)


def test_functional_convolution_on_a_bare_parameter() -> None:
    # the root holds and does everything: 10 − 3 + 1 = 8 places on each side
    module = Calls(
        lambda m, x: F.conv2d(x, m.weight, m.bias),
        weight=nn.Parameter(torch.zeros(4, 3, 3, 3)), bias=nn.Parameter(torch.zeros(4)),
    )  # fmt: skip
    report = assert_exact(
        module, "2x3x10x10", params=4 * 3 * 9 + 4, macs=2 * 4 * 8 * 8 * 3 * 9, activations=2 * 4 * 8 * 8
    )
    assert [layer.path for layer in report.layers] == [""]


def test_buffer_as_a_weight() -> None:
    module = Calls(lambda m, x: F.conv2d(x, m.kernel, groups=3))
    module.register_buffer("kernel", torch.ones(3, 1, 5, 5))  # a blur: no parameters, one channel a group
    report = assert_exact(module, "1x3x9x9", params=0, macs=3 * 5 * 5 * 25, activations=3 * 5 * 5)
    assert report.totals.buffers == 3 * 25


@pytest.mark.parametrize(
    ("function", "shapes", "macs", "activations"),
    [
        (torch.matmul, ("4x3", "3x5"), 4 * 5 * 3, 4 * 5),
        (torch.matmul, ("2x1x4x3", "6x3x5"), 2 * 6 * 4 * 5 * 3, 2 * 6 * 4 * 5),  # broadcast batch 2×6
        (torch.matmul, ("4x3", "3"), 4 * 3, 4),  # matrix-vector
        (torch.matmul, ("3", "3x5"), 5 * 3, 5),  # vector-matrix
        (torch.matmul, ("3", "3"), 3, 1),  # dot product
        (torch.matmul, ("2x4x3", "3"), 2 * 4 * 3, 2 * 4),
        (torch.matmul, ("3", "2x3x5"), 2 * 5 * 3, 2 * 5),
        (lambda a, b: a @ b.mT, ("4x3", "5x3"), 4 * 5 * 3, 4 * 5),
        (torch.mm, ("4x3", "3x5"), 4 * 5 * 3, 4 * 5),
        (torch.bmm, ("2x4x3", "2x3x5"), 2 * 4 * 5 * 3, 2 * 4 * 5),
        (torch.mv, ("4x3", "3"), 4 * 3, 4),
        (torch.dot, ("9", "9"), 9, 1),
        (torch.vdot, ("9", "9"), 9, 1),
        (torch.inner, ("4x3", "5x3"), 4 * 5 * 3, 4 * 5),
        (torch.inner, ("3", "3"), 3, 1),
        (torch.linalg.matmul, ("4x3", "3x5"), 4 * 5 * 3, 4 * 5),
        (lambda a, b: torch.tensordot(a, b, dims=2), ("4x3x6", "3x6x5"), 4 * 5 * 18, 4 * 5),
        (torch.addmm, ("5", "4x3", "3x5"), 4 * 5 * 3, 4 * 5),
        (torch.addmv, ("4", "4x3", "3"), 4 * 3, 4),
        (torch.baddbmm, ("2x4x5", "2x4x3", "2x3x5"), 2 * 4 * 5 * 3, 2 * 4 * 5),
        (torch.addbmm, ("4x5", "2x4x3", "2x3x5"), 2 * 4 * 5 * 3, 4 * 5),
        (lambda a, b, c: torch.linalg.multi_dot([a, b, c]), ("2x8", "8x8", "8x2"), 2 * 8 * 8 + 2 * 8 * 2, 2 * 8 + 4),
        (lambda a: torch.linalg.matrix_power(a, 4), ("3x3",), 2 * 27, 2 * 9),  # squared twice
    ],
)  # fmt: skip
def test_matrix_products(function: Callable[..., Any], shapes: tuple[str, ...], macs: int, activations: int) -> None:
    module = Calls(lambda _, *inputs: function(*inputs))
    assert_exact(module, *shapes, params=0, macs=macs, activations=activations)


@pytest.mark.parametrize(
    ("equation", "shapes", "macs", "activations"),
    [
        ("ij,jk->ik", ("4x3", "3x5"), 4 * 5 * 3, 4 * 5),
        ("bhld,bhsd->bhls", ("2x3x4x8", "2x3x5x8"), 2 * 3 * 4 * 5 * 8, 2 * 3 * 4 * 5),  # attention's scores
        ("bnd,de->bne", ("2x4x3", "3x5"), 2 * 4 * 5 * 3, 2 * 4 * 5),
        ("nchw,oc->nohw", ("1x3x4x4", "5x3"), 16 * 5 * 3, 16 * 5),  # a 1×1 convolution
        ("i,i->", ("9", "9"), 9, 1),
    ],
)
def test_einsum(equation: str, shapes: tuple[str, ...], macs: int, activations: int) -> None:
    module = Calls(lambda _, *inputs: torch.einsum(equation, *inputs))
    assert_exact(module, *shapes, params=0, macs=macs, activations=activations)


@pytest.mark.parametrize("dtype", ["int64", "int32", "int8"])
def test_integer_products(dtype: str) -> None:
    module = Calls(lambda _, a, b: (a @ b, a.mv(b[:, 0]), a[0].dot(b[:, 0])))
    macs, activations = 4 * 5 * 3 + 4 * 3 + 3, 4 * 5 + 4 + 1
    assert_exact(module, f"4x3:{dtype}", f"3x5:{dtype}", params=0, macs=macs, activations=activations)


def test_in_place_and_out_forms() -> None:
    def forward(_: nn.Module, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        total = a.new_zeros(4, 5).addmm_(a, b)
        out = a.new_empty(4, 5)
        torch.mm(a, b, out=out)
        return total + out

    assert_exact(Calls(forward), "4x3", "3x5", params=0, macs=2 * 4 * 5 * 3, activations=2 * 4 * 5)


def test_bilinear() -> None:
    # out·in1·in2 a sample: x₁ᵀ A x₂ with A of 3·4, for each of 5 outputs
    assert_exact(nn.Bilinear(3, 4, 5), "7x3", "7x4", params=5 * 3 * 4 + 5, macs=7 * 5 * 3 * 4, activations=7 * 5)


def test_deformable_convolution() -> None:
    # offsets 2·3·3 channels from a convolution, then 4 outputs of 3·3·3 products at 6·6 places
    module = Calls(
        lambda m, x: deform_conv2d(x, m.offsets(x), m.weight),
        offsets=nn.Conv2d(3, 18, 3), weight=nn.Parameter(torch.zeros(4, 3, 3, 3)),
    )  # fmt: skip
    report = assert_exact(
        module, "1x3x8x8",
        params=18 * 27 + 18 + 4 * 27, macs=36 * 18 * 27 + 36 * 4 * 27, activations=36 * 18 + 36 * 4,
    )  # fmt: skip
    assert own_macs(report) == {"": 36 * 4 * 27, "offsets": 36 * 18 * 27}


def test_distances_by_products() -> None:
    # 30 points against 40: above 25 torch takes |a|² + |b|² − 2 a·b, a product with two columns more
    module = Calls(lambda _, a, b: torch.cdist(a, b))
    assert_exact(module, "30x6", "40x6", params=0, macs=30 * 40 * (6 + 2), activations=30 * 40)
