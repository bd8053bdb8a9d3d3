"""The work of operators that are whole layers, fused, recurrent or with weights that are packed for the processor."""

import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from cnninspect.capture.operator_arguments import Arguments
from cnninspect.capture.packed import unpacked
from cnninspect.capture.product_rules import MATRIX, Rule, Work, of_kernel


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
        return _steps(given, [weight for weight in given[weights] if weight.dim() == MATRIX])

    return rule


def recurrent_layer(given: Arguments, out: Any) -> Work:  # noqa: ARG001
    """OneDNN's kernel for one layer in one direction: input, then its two weight matrices."""
    return _steps(given, [given["weight0"], given["weight1"]])


def quantized_convolution(given: Arguments, out: Tensor) -> Work:
    """Weights that are packed for the processor tell their shape when they are unpacked."""
    weight = _matrices(given.get("packed_weight", given.get("weight")))[0]
    return of_kernel(weight, out)


def quantized_transposed_convolution(given: Arguments, out: Tensor) -> Work:
    """Likewise; 1-D weights are packed as 2-D ones."""
    weight = _matrices(given["packed_weight"])[0]
    return Work(given[0].numel() * math.prod(weight.shape[1:]), out.numel())


def quantized_recurrent(given: Arguments, out: Any) -> Work:  # noqa: ARG001
    """Each layer and direction has packed what it applies to the input and to the state, at every step."""
    return _steps(given, [matrix for packed in given["params"] for matrix in _matrices(packed)])


def quantized_cell(given: Arguments, out: Any) -> Work:  # noqa: ARG001
    """One step of one layer."""
    return _steps(given, [*_matrices(given["w_ih"]), *_matrices(given["w_hh"])])


def _steps(given: Arguments, matrices: Sequence[Tensor]) -> Work:
    steps = given[0].numel() // given[0].shape[-1]
    return Work(steps * sum(m.numel() for m in matrices), steps * sum(m.shape[0] for m in matrices))


def _matrices(packed: torch.ScriptObject) -> list[Tensor]:
    """What is packed in it but for biases.

    Raises:
        ValueError: Torch can't unpack it.
    """
    tensors = unpacked(packed)
    if tensors is None:
        raise ValueError("packed weights that can't be unpacked")
    return [each for each in tensors if each.dim() >= MATRIX]


LAYER_RULES: Final[dict[str, Rule]] = {
    "aten::_native_multi_head_attention": fused_multi_head_attention,
    "aten::_transformer_encoder_layer_fwd": fused_encoder_layer,
    **dict.fromkeys((f"aten::{kind}" for kind in ("lstm", "gru", "rnn_tanh", "rnn_relu")), _recurrent("params")),
    **dict.fromkeys(("aten::_cudnn_rnn", "aten::miopen_rnn"), _recurrent("weight")),
    "aten::_lstm_mps": _recurrent("params"),
    "aten::mkldnn_rnn_layer": recurrent_layer,
    **dict.fromkeys(("aten::quantized_lstm", "aten::quantized_gru"), quantized_recurrent),
    **{f"quantized::quantized_{kind}_cell_dynamic": quantized_cell for kind in ("lstm", "gru", "rnn_relu", "rnn_tanh")},
    **{
        f"quantized::conv{kind}": quantized_convolution
        for kind in ("2d_add", "2d_add_relu", *(f"{n}d{kind}" for n in (1, 2, 3) for kind in ("", "_relu", "_dynamic")))
    },
    **{
        f"quantized::conv_transpose{n}d{kind}": quantized_transposed_convolution
        for n in (1, 2, 3)
        for kind in ("", "_dynamic")
    },
}
