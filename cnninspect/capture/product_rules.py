"""The work of operators that are one product: convolutions, linear layers, matrix products, attention."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.capture.operator_arguments import Arguments


class Work(NamedTuple):
    """What one call of an operator does: multiply-accumulates, and elements it outputs."""

    macs: int
    activations: int


Rule = Callable[[Arguments, Any], Work]


def convolution(given: Arguments, out: Tensor) -> Work:
    """Each output element is a product over one group's input channels and the kernel.

    The weight is ``(out_channels, in_channels / groups, *kernel)``.

    >>> from cnninspect.capture.operator_arguments import Signature
    >>> signature = Signature.of(torch.ops.aten.conv2d.default)
    >>> given = Arguments(signature, [torch.empty(1, 3, 224, 224), torch.empty(64, 3, 11, 11)])
    >>> convolution(given, torch.empty(1, 64, 55, 55)).macs  # AlexNet's first: 64·55·55 outputs of 3·11·11 products
    70276800
    """
    return of_kernel(given["weight"], out)


def of_kernel(weight: Tensor, out: Tensor) -> Work:
    """Each output element is a product over what one of them takes of the weight, whose first side are the outputs."""
    return Work(out.numel() * math.prod(weight.shape[1:]), out.numel())


def transposed_convolution(given: Arguments, out: Tensor) -> Work:
    """Each input element is multiplied into one group's output channels and the kernel.

    The weight is ``(in_channels, out_channels / groups, *kernel)``.
    """
    return Work(given[0].numel() * math.prod(given["weight"].shape[1:]), out.numel())


def either_convolution(given: Arguments, out: Tensor) -> Work:
    """``aten::convolution``, of which an argument says whether it is transposed."""
    return (transposed_convolution if given["transposed"] else convolution)(given, out)


def linear(given: Arguments, out: Tensor) -> Work:
    """``(…, in_features)`` to ``(…, out_features)``: each output element sums over the input features."""
    return Work(out.numel() * given[0].shape[-1], out.numel())


def _product(first: int) -> Rule:
    """A matrix product whose left operand is argument ``first``: each output sums over its last dimension."""

    def rule(given: Arguments, out: Tensor) -> Work:
        return Work(out.numel() * _summed(given[first]), out.numel())

    return rule


def summed_batch_product(given: Arguments, out: Tensor) -> Work:
    """``addbmm``: the products of a batch, ``(B, N, K) × (B, K, M)``, added up to one ``(N, M)``."""
    batch, rows, inner = given["batch1"].shape
    return Work(batch * rows * inner * given["batch2"].shape[-1], out.numel())


def grouped_product(given: Arguments, out: Tensor) -> Work:
    """Several matrix products in one, which ``offs`` divides where an operand has no dimension for them.

    ``(M, K) × (G, K, N)`` divides the rows, ``(G, M, K) × (K, N)`` the columns: each element is in one product.
    ``(M, K) × (K, N)`` divides the sums, so that ``G`` results have the work of one. ``(G, M, K) × (G, K, N)`` is
    ``bmm``.
    """
    left, right = given["self"], given["mat2"]
    outputs = left.shape[0] * right.shape[-1] if left.dim() == right.dim() == MATRIX else out.numel()
    return Work(outputs * _summed(left), out.numel())


MATRIX: Final = 2


def _summed(left: Tensor) -> int:
    """How many elements a row of a product's left operand has: those of four bits are two in one."""
    return left.shape[-1] * (2 if left.dtype is torch.float4_e2m1fn_x2 else 1)


def listed_products(given: Arguments, out: Sequence[Tensor]) -> Work:
    """``_foreach_mm``: a list of products."""
    macs = sum(each.numel() * left.shape[-1] for left, each in zip(given["self"], out, strict=True))
    return Work(macs, sum(each.numel() for each in out))


def dot(given: Arguments, out: Tensor) -> Work:
    """Two vectors to one number."""
    return Work(given[0].numel(), out.numel())


def distances(given: Arguments, out: Tensor) -> Work:
    """Euclidean, as the product of ``(−2a, |a|², 1)`` and ``(b, 1, |b|²)``: torch's way for many points."""
    return Work(out.numel() * (given["x1"].shape[-1] + 2), out.numel())


def vector_products(given: Arguments, out: Tensor) -> Work:
    """``linalg.vecdot``: the dot products along one dimension, the last if none is given."""
    return Work(out.numel() * given["x"].shape[given["dim"]], out.numel())


def time_batch_convolution(given: Arguments, out: Tensor) -> Work:
    """``conv_tbc``: the weight is ``(kernel, in_channels, out_channels)``."""
    return Work(out.numel() * math.prod(given["weight"].shape[:2]), out.numel())


def bilinear(given: Arguments, out: Tensor) -> Work:
    """``x₁ᵀ A x₂`` for each output feature; the weight is ``(out, in1, in2)``."""
    return Work(out.numel() * math.prod(given["weight"].shape[1:]), out.numel())


def attention(given: Arguments, out: Any) -> Work:
    """Queries ``(…, L, E)``, keys ``(…, S, E)``, values ``(…, S, Eᵥ)``: a product for the scores, one for the sum.

    A causal mask leaves products out that dense kernels do nevertheless; they count.
    """
    key, value = given["key"], given["value"]
    attended = out if isinstance(out, Tensor) else out[0]  # its batch and heads are those that all three broadcast to
    rows, width = math.prod(attended.shape[:-1]), value.shape[-1]
    scores = rows * key.shape[-2]
    return Work(scores * (key.shape[-1] + width), scores + rows * width)


PRODUCT_RULES: Final[dict[str, Rule]] = {
    **dict.fromkeys(
        (
            *(
                "aten::conv1d",
                "aten::conv2d",
                "aten::conv3d",
                "aten::cudnn_convolution",
                "aten::mkldnn_convolution",
            ),
            *("aten::_conv_depthwise2d", "aten::conv_depthwise3d", "aten::thnn_conv2d", "aten::slow_conv3d"),
            *("aten::_slow_conv2d_forward", "aten::slow_conv3d_forward", "aten::slow_conv_dilated2d"),
            *("aten::slow_conv_dilated3d", "aten::_nnpack_spatial_convolution", "aten::_mps_convolution"),
            *("aten::cudnn_convolution_relu", "aten::cudnn_convolution_add_relu", "aten::miopen_convolution"),
            *("aten::miopen_convolution_relu", "aten::miopen_convolution_add_relu"),
            *("aten::miopen_depthwise_convolution", "torchvision::deform_conv2d"),
        ),
        convolution,
    ),
    **dict.fromkeys(
        (
            *("aten::conv_transpose1d", "aten::conv_transpose2d", "aten::conv_transpose3d"),
            *("aten::slow_conv_transpose2d", "aten::slow_conv_transpose3d", "aten::cudnn_convolution_transpose"),
            *("aten::miopen_convolution_transpose", "aten::_mps_convolution_transpose"),
        ),
        transposed_convolution,
    ),
    **dict.fromkeys(("aten::convolution", "aten::_convolution", "aten::convolution_overrideable"), either_convolution),
    **{
        f"quantized::linear{kind}": linear
        for kind in (
            *("", "_relu", "_leaky_relu", "_tanh", "_dynamic", "_relu_dynamic", "_dynamic_fp16", "_relu_dynamic_fp16"),
            *("_dynamic_fp16_unpacked_weight", "_with_input_q_dq_qweight_dq_output_fp32"),
            "_with_input_q_dq_qweight_dq_relu_output_fp32",
        )
    },
    **dict.fromkeys(
        (
            *("aten::linear", "aten::mkldnn_linear", "aten::_mixed_dtypes_linear", "aten::fbgemm_linear_fp16_weight"),
            *("aten::fbgemm_linear_fp16_weight_fp32_activation", "aten::fbgemm_linear_int8_weight"),
            *("aten::fbgemm_linear_int8_weight_fp32_activation", "aten::_wrapped_quantized_linear_prepacked"),
            *("onednn::linear_dynamic_fp16", "onednn::linear_relu_dynamic_fp16"),
        ),
        linear,
    ),
    **dict.fromkeys(
        (
            *("aten::matmul", "aten::mm", "aten::bmm", "aten::mv", "aten::_int_mm", "quantized::matmul"),
            *("aten::_scaled_mm", "aten::_scaled_mm_v2", "aten::_weight_int8pack_mm", "aten::_weight_int4pack_mm"),
            *("aten::_weight_int4pack_mm_for_cpu", "aten::_weight_int4pack_mm_with_scales_and_zeros"),
            *("quantized::int4mm_packed_weight_cpu", "aten::_dyn_quant_matmul_4bit"),
        ),
        _product(0),
    ),
    **dict.fromkeys(("aten::_grouped_mm", "aten::_scaled_grouped_mm", "aten::_scaled_grouped_mm_v2"), grouped_product),
    "aten::_foreach_mm": listed_products,
    **dict.fromkeys(("aten::addmm", "aten::baddbmm", "aten::addmv", "aten::_addmm_activation"), _product(1)),
    "aten::addbmm": summed_batch_product,
    **dict.fromkeys(("aten::dot", "aten::vdot"), dot),
    "aten::linalg_vecdot": vector_products,
    "aten::conv_tbc": time_batch_convolution,
    "aten::bilinear": bilinear,
    "aten::_euclidean_dist": distances,
    **dict.fromkeys(
        (
            *("aten::scaled_dot_product_attention", "aten::_scaled_dot_product_attention_math"),
            *(
                "aten::_scaled_dot_product_flash_attention",
                "aten::_scaled_dot_product_flash_attention_for_cpu",
            ),
            *("aten::_scaled_dot_product_efficient_attention", "aten::_scaled_dot_product_cudnn_attention"),
            *("aten::_scaled_dot_product_attention_math_for_mps", "higher_order::flex_attention"),
            "aten::_scaled_dot_product_fused_attention_overrideable",
        ),
        attention,
    ),
}
