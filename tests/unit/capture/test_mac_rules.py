"""Every MAC rule on shapes whose figures are worked out by hand, its arguments given by position and by name."""

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
import torch
import torchvision  # noqa: F401 - registers its operators
from torch._higher_order_ops.flex_attention import flex_attention

from cnninspect.capture.mac_rules import RULES, rule_for
from cnninspect.capture.operator_arguments import Arguments, Signature
from cnninspect.capture.product_rules import Work

#: What an operator is given, by name or by place.
Given = Mapping[str | int, Any]


def shaped(*shape: int) -> torch.Tensor:
    return torch.empty(shape, device="meta")


CONVOLUTIONS: Final = (
    *("conv1d", "conv2d", "conv3d", "cudnn_convolution", "mkldnn_convolution", "_conv_depthwise2d"),
    *("conv_depthwise3d", "thnn_conv2d", "slow_conv3d", "cudnn_convolution_relu", "cudnn_convolution_add_relu"),
    *("_slow_conv2d_forward", "slow_conv3d_forward", "slow_conv_dilated2d", "slow_conv_dilated3d", "_mps_convolution"),
    *("_nnpack_spatial_convolution", "miopen_convolution", "miopen_convolution_relu", "miopen_convolution_add_relu"),
    *("miopen_depthwise_convolution", "torchvision::deform_conv2d"),
)
EITHER: Final = ("convolution", "_convolution", "convolution_overrideable")
TRANSPOSED: Final = (
    *("conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "slow_conv_transpose2d", "slow_conv_transpose3d"),
    *("cudnn_convolution_transpose", "miopen_convolution_transpose", "_mps_convolution_transpose"),
)
LINEAR: Final = (
    *("linear", "mkldnn_linear", "_mixed_dtypes_linear", "_wrapped_quantized_linear_prepacked"),
    *("fbgemm_linear_fp16_weight", "fbgemm_linear_fp16_weight_fp32_activation"),
    *("fbgemm_linear_int8_weight", "fbgemm_linear_int8_weight_fp32_activation"),
    *("onednn::linear_dynamic_fp16", "onednn::linear_relu_dynamic_fp16"),
    *(f"quantized::linear{kind}" for kind in ("", "_relu", "_leaky_relu", "_tanh", "_dynamic", "_relu_dynamic")),
    *(f"quantized::linear{kind}" for kind in ("_dynamic_fp16", "_relu_dynamic_fp16", "_dynamic_fp16_unpacked_weight")),
    *(f"quantized::linear_with_input_q_dq_qweight_dq{kind}_output_fp32" for kind in ("", "_relu")),
)
PRODUCTS: Final = (
    *("matmul", "mm", "bmm", "mv", "_int_mm", "_scaled_mm", "_scaled_mm_v2", "quantized::matmul"),
    *("_weight_int8pack_mm", "_weight_int4pack_mm", "_weight_int4pack_mm_for_cpu", "_dyn_quant_matmul_4bit"),
    *("_weight_int4pack_mm_with_scales_and_zeros", "quantized::int4mm_packed_weight_cpu"),
)
GROUPED: Final = ("_grouped_mm", "_scaled_grouped_mm", "_scaled_grouped_mm_v2")
ATTENTION: Final = (
    *("scaled_dot_product_attention", "_scaled_dot_product_attention_math", "_scaled_dot_product_flash_attention"),
    *("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_efficient_attention"),
    *("_scaled_dot_product_cudnn_attention", "_scaled_dot_product_attention_math_for_mps"),
    *("_scaled_dot_product_fused_attention_overrideable", "higher_order::flex_attention"),
)
KERNEL: Final = shaped(6, 2, 3, 5)


def quantized(*shape: int) -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch means to give them up
        return torch.quantize_per_tensor(torch.ones(shape), 1.0, 0, torch.qint8)


def packed_convolution(*shape: int, transposed: bool = False) -> torch.ScriptObject:
    """With a kernel of that shape, two groups, and nothing else that matters."""
    sides, kind = len(shape) - 2, "conv_transpose" if transposed else "conv"
    pack = getattr(torch.ops.quantized, f"{kind}{sides}d_prepack")
    ones, zeros = [1] * sides, [0] * sides
    packed: torch.ScriptObject = pack(
        quantized(*shape), None, ones, zeros, *([zeros] if transposed else []), ones, 1 if transposed else 2
    )
    return packed


def packed_linear(*shape: int) -> torch.ScriptObject:
    packed: torch.ScriptObject = torch.ops.quantized.linear_prepack(quantized(*shape), torch.ones(shape[0]))
    return packed


def packed_cell() -> torch.ScriptObject:
    """What an LSTM applies to 3 features and to a state of 4."""
    bias = torch.ones(16)
    cell: torch.ScriptObject = torch.ops.quantized.make_quantized_cell_params_dynamic(
        packed_linear(16, 3), packed_linear(16, 4), bias, bias, True
    )
    return cell


QKV: Final[Given] = {"query": shaped(1, 2, 5, 4), "key": shaped(1, 2, 7, 4), "value": shaped(1, 2, 7, 6)}
MATRICES: Final = [shaped(16, 3), shaped(16, 4), shaped(16), shaped(16)]

#: What not every torch that runs this has.
NEW: Final = {"aten::_scaled_mm_v2", "aten::_scaled_grouped_mm_v2", "aten::_foreach_mm"}
#: Operators, what they are given, what they give, and their work.
TABLE: Final[list[tuple[tuple[str, ...], Given, Any, Work]]] = [
    # two groups: 2·6·4·3 outputs of 2·3·5 products
    (CONVOLUTIONS, {0: shaped(2, 4, 6, 7), "weight": KERNEL}, shaped(2, 6, 4, 3), Work(144 * 30, 144)),
    (
        EITHER,
        {0: shaped(2, 4, 6, 7), "weight": KERNEL, "transposed": False},
        shaped(2, 6, 4, 3),
        Work(144 * 30, 144),
    ),
    # 2·6·4·3 inputs into 2·3·5 outputs each
    (TRANSPOSED, {0: shaped(2, 6, 4, 3), "weight": KERNEL}, shaped(2, 4, 6, 7), Work(144 * 30, 336)),
    (EITHER, {0: shaped(2, 6, 4, 3), "weight": KERNEL, "transposed": True}, shaped(2, 4, 6, 7), Work(144 * 30, 336)),
    (LINEAR, {0: shaped(2, 3, 4)}, shaped(2, 3, 5), Work(30 * 4, 30)),
    # the same from packed weights: 2-D and 3-D ones of two groups, 1-D ones packed as 2-D ones
    (
        ("quantized::conv2d", "quantized::conv2d_relu"),
        {1: packed_convolution(6, 2, 3, 5)},
        shaped(2, 6, 4, 3),
        Work(144 * 30, 144),
    ),
    (
        tuple(f"quantized::conv{kind}" for kind in ("2d_add", "2d_add_relu", "2d_dynamic")),
        {"packed_weight": packed_convolution(6, 2, 3, 5)},
        shaped(2, 6, 4, 3),
        Work(144 * 30, 144),
    ),
    (
        ("quantized::conv3d", "quantized::conv3d_relu", "quantized::conv3d_dynamic"),
        {1: packed_convolution(6, 2, 1, 3, 5)},
        shaped(2, 6, 1, 4, 3),
        Work(144 * 30, 144),
    ),
    (
        ("quantized::conv1d", "quantized::conv1d_relu", "quantized::conv1d_dynamic"),
        {"packed_weight": packed_convolution(6, 2, 1, 3)},
        shaped(2, 6, 12),
        Work(144 * 6, 144),
    ),
    # 2·6·12 inputs into 4·3 and 2·6·4·3 into 4·3·5 outputs each
    (
        ("quantized::conv_transpose1d", "quantized::conv_transpose1d_dynamic"),
        {0: shaped(2, 6, 12), 1: packed_convolution(6, 4, 1, 3, transposed=True)},
        shaped(2, 4, 14),
        Work(144 * 12, 112),
    ),
    (
        ("quantized::conv_transpose2d", "quantized::conv_transpose2d_dynamic"),
        {0: shaped(2, 6, 4, 3), 1: packed_convolution(6, 4, 3, 5, transposed=True)},
        shaped(2, 4, 6, 7),
        Work(144 * 60, 336),
    ),
    (
        ("quantized::conv_transpose3d", "quantized::conv_transpose3d_dynamic"),
        {0: shaped(2, 6, 1, 4, 3), 1: packed_convolution(6, 4, 1, 3, 5, transposed=True)},
        shaped(2, 4, 1, 6, 7),
        Work(144 * 60, 336),
    ),
    (PRODUCTS, {0: shaped(2, 3, 4)}, shaped(2, 3, 5), Work(30 * 4, 30)),
    # elements of four bits are two in one: 8 in a row
    (
        ("mm", "_scaled_mm", "_scaled_mm_v2"),
        {0: torch.empty(3, 4, dtype=torch.float4_e2m1fn_x2, device="meta")},
        shaped(3, 5),
        Work(15 * 8, 15),
    ),
    # 8 rows of 3 products, 8 columns of 3 products, 5 products each with a part of 8 terms, and 5 whole products
    (GROUPED, {0: shaped(8, 4), "mat2": shaped(3, 4, 5)}, shaped(8, 5), Work(8 * 4 * 5, 40)),
    (GROUPED, {0: shaped(3, 5, 4), "mat2": shaped(4, 8)}, shaped(5, 8), Work(5 * 4 * 8, 40)),
    (GROUPED, {0: shaped(5, 8), "mat2": shaped(8, 6)}, shaped(3, 5, 6), Work(5 * 8 * 6, 90)),
    (GROUPED, {0: shaped(3, 5, 4), "mat2": shaped(3, 4, 6)}, shaped(3, 5, 6), Work(3 * 5 * 4 * 6, 90)),
    (("addmm", "baddbmm", "addmv", "_addmm_activation"), {1: shaped(2, 3, 4)}, shaped(2, 3, 5), Work(30 * 4, 30)),
    (
        ("_foreach_mm",),
        {0: [shaped(2, 3), shaped(4, 5)], 1: [shaped(3, 4), shaped(5, 6)]},
        [shaped(2, 4), shaped(4, 6)],
        Work(2 * 3 * 4 + 4 * 5 * 6, 8 + 24),
    ),
    (("addbmm",), {"batch1": shaped(2, 3, 4), "batch2": shaped(2, 4, 5)}, shaped(3, 5), Work(2 * 3 * 4 * 5, 15)),
    (("dot", "vdot"), {0: shaped(7)}, shaped(), Work(7, 1)),
    (("linalg_vecdot",), {"x": shaped(3, 5), "dim": 0}, shaped(5), Work(5 * 3, 5)),
    (("linalg_vecdot",), {"x": shaped(3, 5)}, shaped(3), Work(3 * 5, 3)),
    (("conv_tbc",), {"weight": shaped(3, 4, 6)}, shaped(5, 2, 6), Work(60 * 3 * 4, 60)),
    (("bilinear",), {"weight": shaped(5, 3, 4)}, shaped(2, 5), Work(10 * 3 * 4, 10)),
    (("_euclidean_dist",), {"x1": shaped(7, 3)}, shaped(7, 5), Work(35 * (3 + 2), 35)),
    # 2 heads of 5·7 scores, each of 4 products, and each into 6 sums
    (ATTENTION, QKV, shaped(1, 2, 5, 6), Work(70 * (4 + 6), 70 + 60)),
    # projections of 3, 5, 5 and 3 tokens in 2 batches, 8 wide; 2 heads of 3·5 scores in each batch
    (
        ("_native_multi_head_attention",),
        {"query": shaped(2, 3, 8), "key": shaped(2, 5, 8), "embed_dim": 8, "num_head": 2},
        shaped(2, 3, 8),
        Work(2 * 16 * 8 * 8 + 2 * 2 * 3 * 5 * 8, 2 * 16 * 8 + 2 * 2 * 15 + 2 * 3 * 8),
    ),
    # the same with 3 keys, and two linear layers between 8 and 16 features
    (
        ("_transformer_encoder_layer_fwd",),
        {"src": shaped(2, 3, 8), "embed_dim": 8, "num_heads": 2, "ffn_weight_1": shaped(16, 8)},
        shaped(2, 3, 8),
        Work(2 * 12 * 8 * 8 + 2 * 2 * 9 * 8 + 2 * 6 * 8 * 16, 2 * 12 * 8 + 2 * 2 * 9 + 6 * 8 + 6 * (16 + 8)),
    ),
    # 5 steps of 2 sequences: 16·3 and 16·4 products each
    (("lstm", "gru", "rnn_tanh", "rnn_relu"), {0: shaped(5, 2, 3), "params": MATRICES}, shaped(), Work(1120, 320)),
    (("_lstm_mps",), {0: shaped(5, 2, 3), "params": MATRICES}, shaped(), Work(1120, 320)),
    (("_cudnn_rnn", "miopen_rnn"), {"input": shaped(5, 2, 3), "weight": MATRICES}, shaped(), Work(1120, 320)),
    (("quantized_lstm", "quantized_gru"), {0: shaped(5, 2, 3), "params": [packed_cell()]}, shaped(), Work(1120, 320)),
    # two layers, or one in two directions
    (("quantized_lstm",), {0: shaped(5, 2, 3), "params": [packed_cell()] * 2}, shaped(), Work(2240, 640)),
    # one step of 2 sequences
    (
        tuple(f"quantized::quantized_{kind}_cell_dynamic" for kind in ("lstm", "gru", "rnn_relu", "rnn_tanh")),
        {0: shaped(2, 3), "w_ih": packed_linear(16, 3), "w_hh": packed_linear(16, 4)},
        shaped(),
        Work(224, 64),
    ),
    (
        ("mkldnn_rnn_layer",),
        {"input": shaped(5, 2, 3), "weight0": MATRICES[0], "weight1": MATRICES[1]},
        shaped(),
        Work(1120, 320),
    ),
]


def qualified(name: str) -> str:
    return name if "::" in name else f"aten::{name}"


def overloads(name: str) -> Iterator[Any]:
    """All of an operator but those that write into a tensor they are given."""
    namespace, _, short = name.partition("::")
    if namespace == "higher_order":
        yield flex_attention
        return
    packet = getattr(getattr(torch.ops, namespace), short)
    yield from (getattr(packet, each) for each in packet.overloads() if "out" not in each)


@pytest.mark.parametrize(
    ("name", "given", "out", "work"), [(qualified(each), *row) for names, *row in TABLE for each in names]
)
def test_by_position_and_by_name(name: str, given: Given, out: Any, work: Work) -> None:
    rule = rule_for(name)
    assert rule
    if name in NEW and not hasattr(torch.ops.aten, name.removeprefix("aten::")):
        pytest.skip("this torch has no such operator yet")
    for operator in overloads(name):
        signature = Signature.of(operator)
        named = {signature.names[key] if isinstance(key, int) else key: value for key, value in given.items()}
        values = [named.get(each, default) for each, default in zip(*signature, strict=True)]
        only_named = [] if operator is flex_attention else [a.name for a in operator._schema.arguments if a.kwarg_only]
        places = len(values) - len(only_named)
        by_position = Arguments(signature, values[:places], dict(zip(only_named, values[places:], strict=True)))
        assert rule(by_position, out) == work, operator
        assert rule(Arguments(signature, (), named), out) == work, operator


def test_the_table_has_every_rule() -> None:
    assert {qualified(name) for names, *_ in TABLE for name in names} == RULES.keys()


def test_weights_that_cannot_be_unpacked() -> None:
    """An older kind of quantized LSTM is given tensors in their place."""
    rule, signature = RULES["aten::quantized_lstm"], Signature.of(torch.ops.aten.quantized_lstm.input_legacy)
    with pytest.raises(ValueError, match="can't be unpacked"):
        rule(Arguments(signature, (), {"input": shaped(5, 2, 3), "params": [shaped(16, 3)]}), shaped())
