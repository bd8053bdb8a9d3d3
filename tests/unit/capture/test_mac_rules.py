"""Every MAC rule on shapes whose figures are worked out by hand, its arguments given by position and by name."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
import torch
import torchvision  # noqa: F401 - registers its operators
from torch._higher_order_ops.flex_attention import flex_attention

from cnninspect.capture.mac_rules import RULES, Work, rule_for
from cnninspect.capture.operator_arguments import Arguments, Signature

#: What an operator is given, by name or by place.
Given = Mapping[str | int, Any]


def shaped(*shape: int) -> torch.Tensor:
    return torch.empty(shape, device="meta")


CONVOLUTIONS: Final = (
    *("conv1d", "conv2d", "conv3d", "cudnn_convolution", "mkldnn_convolution", "_conv_depthwise2d"),
    *("conv_depthwise3d", "thnn_conv2d", "slow_conv3d", "cudnn_convolution_relu", "cudnn_convolution_add_relu"),
    *("miopen_convolution", "torchvision::deform_conv2d"),
)
EITHER: Final = ("convolution", "_convolution", "convolution_overrideable")
TRANSPOSED: Final = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
LINEAR: Final = (
    "linear",
    *(f"quantized::linear{kind}" for kind in ("", "_relu", "_leaky_relu", "_tanh", "_dynamic", "_relu_dynamic")),
)
ATTENTION: Final = (
    *("scaled_dot_product_attention", "_scaled_dot_product_attention_math", "_scaled_dot_product_flash_attention"),
    *("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_efficient_attention"),
    *("_scaled_dot_product_cudnn_attention", "_scaled_dot_product_attention_math_for_mps"),
    "higher_order::flex_attention",
)
KERNEL: Final = shaped(6, 2, 3, 5)
QKV: Final[Given] = {"query": shaped(1, 2, 5, 4), "key": shaped(1, 2, 7, 4), "value": shaped(1, 2, 7, 6)}
MATRICES: Final = [shaped(16, 3), shaped(16, 4), shaped(16), shaped(16)]

#: Operators, what they are given, what they give, and their work.
TABLE: Final[list[tuple[tuple[str, ...], Given, torch.Tensor, Work]]] = [
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
    (("matmul", "mm", "bmm", "mv", "_int_mm", "_scaled_mm"), {0: shaped(2, 3, 4)}, shaped(2, 3, 5), Work(30 * 4, 30)),
    (("addmm", "baddbmm", "addmv", "_addmm_activation"), {1: shaped(2, 3, 4)}, shaped(2, 3, 5), Work(30 * 4, 30)),
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
    (("_cudnn_rnn",), {"input": shaped(5, 2, 3), "weight": MATRICES}, shaped(), Work(1120, 320)),
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
def test_by_position_and_by_name(name: str, given: Given, out: torch.Tensor, work: Work) -> None:
    rule = rule_for(name)
    assert rule
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
    """Of quantized convolutions the weights are packed: those run, in the reference tests."""
    driven = {qualified(name) for names, *_ in TABLE for name in names}
    assert driven == {name for name in RULES if not name.startswith("quantized::conv")}
