"""How many multiply-accumulates an operator does: one rule an operator, from shapes to integers.

- Convolutions, linear layers, matrix products and attention count, wherever they run. A bias, a
  normalisation, an activation function and a pooling count 0. One MAC is two FLOPs.
- Activations are the elements output by those same operators, also between the two products of
  attention (Radosavovic et al., "Designing Network Design Spaces", 2020, section 3.1).
- This is the rule of ``torch.utils.flop_counter``, with the operators that it leaves out on the CPU.
- A rule stands at the highest operator that shows the product: ``aten::linear`` rather than the
  ``addmm`` beneath, ``aten::lstm`` rather than oneDNN's fused kernel, which shows nothing.
- An operator that multiplies and accumulates but has no rule is told apart by ``is_uncounted``.

A rule takes the operator's arguments, by the names in its schema, and its result, whether it needs both or not.
"""

import math
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from cnninspect.capture.operator_arguments import Arguments, tensors_in


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
    return _convolution(given["weight"], out)


def _convolution(weight: Tensor, out: Tensor) -> Work:
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
        return Work(out.numel() * given[first].shape[-1], out.numel())

    return rule


def summed_batch_product(given: Arguments, out: Tensor) -> Work:
    """``addbmm``: the products of a batch, ``(B, N, K) × (B, K, M)``, added up to one ``(N, M)``."""
    batch, rows, inner = given["batch1"].shape
    return Work(batch * rows * inner * given["batch2"].shape[-1], out.numel())


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


def fused_multi_head_attention(given: Arguments, out: Any) -> Work:  # noqa: ARG001
    """``nn.MultiheadAttention``'s fast path: three projections, attention, one projection; batch first."""
    return _multi_head_attention(given["query"], given["key"], given["embed_dim"], given["num_head"])


def _multi_head_attention(query: Tensor, key: Tensor, embed: int, heads: int) -> Work:
    batch, length, source = query.shape[0], query.shape[1], key.shape[1]
    projected = batch * (2 * length + 2 * source) * embed
    scores = batch * heads * length * source
    return Work(projected * embed + 2 * batch * length * source * embed, projected + scores + batch * length * embed)


def fused_encoder_layer(given: Arguments, out: Tensor) -> Work:  # noqa: ARG001
    """``nn.TransformerEncoderLayer``'s fast path: self-attention and two linear layers; batch first."""
    src, embed = given["src"], given["embed_dim"]
    attended = _multi_head_attention(src, src, embed, given["num_heads"])
    tokens, hidden = src.shape[0] * src.shape[1], given["ffn_weight_1"].shape[0]
    return Work(attended.macs + 2 * tokens * embed * hidden, attended.activations + tokens * (hidden + embed))


def _recurrent(weights: str) -> Rule:
    """A whole recurrent network, its weights in the argument of that name: each matrix is applied at every step."""

    def rule(given: Arguments, out: Any) -> Work:  # noqa: ARG001
        steps = given[0].numel() // given[0].shape[-1]
        matrices = [weight for weight in given[weights] if weight.dim() == 2]
        return Work(steps * sum(m.numel() for m in matrices), steps * sum(m.shape[0] for m in matrices))

    return rule


def recurrent_layer(given: Arguments, out: Any) -> Work:  # noqa: ARG001
    """OneDNN's kernel for one layer in one direction: input, then its two weight matrices."""
    steps = given[0].numel() // given[0].shape[-1]
    matrices = given["weight0"], given["weight1"]
    return Work(steps * sum(m.numel() for m in matrices), steps * sum(m.shape[0] for m in matrices))


def quantized_convolution(dimensions: int) -> Rule:
    """Weights that are packed for the processor tell their shape when they are unpacked."""

    def rule(given: Arguments, out: Tensor) -> Work:
        packed = next(arg for arg in given.args if isinstance(arg, torch.ScriptObject))
        weight, _bias = getattr(torch.ops.quantized, f"conv{dimensions}d_unpack")(packed)
        return _convolution(weight, out)

    return rule


RULES: Final[dict[str, Rule]] = {
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
            *("aten::cudnn_convolution_relu", "aten::cudnn_convolution_add_relu", "aten::miopen_convolution"),
            "torchvision::deform_conv2d",
        ),
        convolution,
    ),
    **dict.fromkeys(
        ("aten::conv_transpose1d", "aten::conv_transpose2d", "aten::conv_transpose3d"), transposed_convolution
    ),
    **dict.fromkeys(("aten::convolution", "aten::_convolution", "aten::convolution_overrideable"), either_convolution),
    **{
        f"quantized::conv{n}d{kind}": quantized_convolution(max(n, 2))  # 1-D weights are packed as 2-D ones
        for n in (1, 2, 3)
        for kind in ("", "_relu", "_add", "_add_relu", "_dynamic")
    },
    **{
        f"quantized::linear{kind}": linear
        for kind in ("", "_relu", "_leaky_relu", "_tanh", "_dynamic", "_relu_dynamic")
    },
    "aten::linear": linear,
    **dict.fromkeys(
        ("aten::matmul", "aten::mm", "aten::bmm", "aten::mv", "aten::_int_mm", "aten::_scaled_mm"),
        _product(0),
    ),
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
        ),
        attention,
    ),
    "aten::_native_multi_head_attention": fused_multi_head_attention,
    "aten::_transformer_encoder_layer_fwd": fused_encoder_layer,
    **dict.fromkeys((f"aten::{kind}" for kind in ("lstm", "gru", "rnn_tanh", "rnn_relu")), _recurrent("params")),
    "aten::_cudnn_rnn": _recurrent("weight"),
    "aten::mkldnn_rnn_layer": recurrent_layer,
}
"""By operator, ``namespace::name``."""

_LOOKS_LIKE_A_PRODUCT: Final = re.compile(
    r"(^|_)(add|badd|hs|s|ss|ssp|sp)?b?mm(_|$)|matmul|(^|_)conv(_tbc|\d|olution|_dilated|_transpose|_depthwise)"
    r"|^(?!upsample|_upsample|fft).*linear|(^|_)(rnn|lstm|gru)(_|$)|attention|^_?cdist|^_?linalg_(?!check|vector_norm|cross|diagonal)"
    r"|cholesky|_solve|^(geqrf|orgqr|ormqr|lu_solve|_spsolve|_semi_structured)"
)
#: Namespaces of operators that measure or move.
_FREE_NAMESPACES: Final = frozenset(("profiler", "c10d", "_c10d_functional"))
_FREE: Final = frozenset(
    (
        *("aten::_thnn_fused_lstm_cell", "aten::_thnn_fused_gru_cell", "aten::_fused_sdp_choice"),
        *(f"torchvision::{name}" for name in ("nms", "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool")),
    )
)


def rule_for(name: str) -> Rule | None:
    """The rule of operator ``namespace::name``; its in-place form has the same."""
    return RULES.get(name) or RULES.get(name.removesuffix("_"))


def registered_rule(packet: Any) -> Rule | None:
    """The rule from a formula in torch's own registry, where the user's code can add its operators'.

    ``torch.utils.flop_counter.register_flop_formula`` is how; the formula gives FLOPs.
    """
    from torch.utils.flop_counter import flop_registry  # imported for those alone that nothing else covers

    formula = flop_registry.get(packet)
    if formula is None:
        return None

    def rule(given: Arguments, out: Any) -> Work:
        flops = formula(*given.args, **given.kwargs, out_val=out)
        return Work(flops // 2, sum(tensor.numel() for tensor in tensors_in((out,))))

    return rule


def is_uncounted(name: str) -> bool:
    """Might this operator, which has no rule, multiply and accumulate?

    Those of torch itself tell by their names; of those from elsewhere nothing is known.

    >>> is_uncounted("aten::_sparse_mm"), is_uncounted("aten::gelu"), is_uncounted("mylib::fused_block")
    (True, False, True)
    """
    namespace, _, short = name.partition("::")
    if namespace in {"aten", "prim", "prims", "quantized"}:
        return name not in _FREE and bool(_LOOKS_LIKE_A_PRODUCT.search(short))
    return name not in _FREE and namespace not in _FREE_NAMESPACES
