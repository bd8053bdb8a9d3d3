"""Attention: a batch of 2, 5 tokens of 8 numbers, 2 heads of 4; the products QKᵀ and AV and the projections.

Masks leave nothing out. Per sample and layer, with L queries, S keys and E = 8 numbers: the projections of
queries and outputs do L·E² each, those of keys and values S·E² each, the two products L·S·E each.
"""

from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn

from tests.reference.small_networks.exactness import Calls, assert_exact, own_macs

N, L, E, HEADS = 2, 5, 8, 2
WEIGHTS = 4 * E * E + 4 * E
MACS = N * (4 * L * E * E + 2 * L * L * E)
ACTIVATIONS = N * (4 * L * E + HEADS * L * L + L * E)
HIDDEN = 16  # of an encoder layer: two linear layers, two normalisations
LAYER_WEIGHTS = WEIGHTS + 2 * E * HIDDEN + HIDDEN + E + 2 * 2 * E
LAYER_MACS = MACS + N * L * 2 * E * HIDDEN
LAYER_ACTIVATIONS = ACTIVATIONS + N * L * (HIDDEN + E)
MODES = pytest.mark.parametrize("mode", ["eval", "train"])


def padding() -> Tensor:
    """A key padding mask, ``(N, L)``: the last token of the second sequence is none."""
    mask = torch.zeros(N, L, dtype=torch.bool)
    mask[1, -1] = True
    return mask


@MODES
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_multi_head_attention(mode: str, batch_first: bool, need_weights: bool, masked: bool) -> None:
    module = Calls(
        lambda m, x: m.mha(x, x, x, key_padding_mask=padding() if masked else None, need_weights=need_weights)[0],
        mha=nn.MultiheadAttention(E, HEADS, batch_first=batch_first),
    )
    shape = "2x5x8" if batch_first else "5x2x8"
    report = assert_exact(module, shape, params=WEIGHTS, macs=MACS, activations=ACTIVATIONS, mode=mode)
    assert own_macs(report) == {"": 0, "mha": MACS, "mha.out_proj": 0}


@MODES
def test_multi_head_attention_with_a_causal_mask(mode: str) -> None:
    module = Calls(
        lambda m, x: m.mha(
            x, x, x, is_causal=True, attn_mask=nn.Transformer.generate_square_subsequent_mask(L, x.device)
        )[0],
        mha=nn.MultiheadAttention(E, HEADS, batch_first=True),
    )
    assert_exact(module, "2x5x8", params=WEIGHTS, macs=MACS, activations=ACTIVATIONS, mode=mode)


def test_unbatched() -> None:
    module = Calls(lambda m, x: m.mha(x, x, x)[0], mha=nn.MultiheadAttention(E, HEADS))
    assert_exact(module, "5x8", params=WEIGHTS, macs=MACS // N, activations=ACTIVATIONS // N)


@MODES
@pytest.mark.parametrize("need_weights", [True, False])
def test_cross_attention_with_other_widths(mode: str, need_weights: bool) -> None:
    # 5 queries of 8, 7 keys of 6, 7 values of 10; all are projected to 8
    module = Calls(
        lambda m, q, k, v: m.mha(q, k, v, need_weights=need_weights)[0],
        mha=nn.MultiheadAttention(E, HEADS, kdim=6, vdim=10, batch_first=True),
    )
    assert_exact(
        module, "2x5x8", "2x7x6", "2x7x10", mode=mode,
        params=8 * 8 + 8 * 6 + 8 * 10 + 3 * 8 + 8 * 8 + 8,
        macs=N * (5 * 8 * 8 + 7 * 8 * 6 + 7 * 8 * 10 + 2 * 5 * 7 * 8 + 5 * 8 * 8),
        activations=N * (5 * 8 + 7 * 8 + 7 * 8 + HEADS * 5 * 7 + 5 * 8 + 5 * 8),
    )  # fmt: skip


def test_cross_attention() -> None:
    module = Calls(lambda m, q, k: m.mha(q, k, k)[0], mha=nn.MultiheadAttention(E, HEADS, batch_first=True))
    assert_exact(
        module, "2x5x8", "2x7x8", params=WEIGHTS,
        macs=N * ((2 * 5 + 2 * 7) * 64 + 2 * 5 * 7 * 8), activations=N * (2 * 40 + 2 * 56 + HEADS * 35 + 40),
    )  # fmt: skip


def test_added_keys() -> None:
    # a learnt key and value and one of zeros: 7 keys for 5 queries; they are not projected
    module = Calls(
        lambda m, x: m.mha(x, x, x)[0], mha=nn.MultiheadAttention(E, HEADS, add_bias_kv=True, add_zero_attn=True)
    )
    assert_exact(
        module, "5x2x8", params=WEIGHTS + 2 * E,
        macs=N * (4 * 5 * 64 + 2 * 5 * 7 * 8), activations=N * (4 * 40 + HEADS * 5 * 7 + 40),
    )  # fmt: skip


@MODES
@pytest.mark.parametrize("causal", [True, False])
def test_scaled_dot_product(mode: str, causal: bool) -> None:
    # values may be wider than queries: 6 against 4
    module = Calls(lambda _, q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=causal))
    products = N * 3 * 5 * 7
    assert_exact(
        module, "2x3x5x4", "2x3x7x4", "2x3x7x6", mode=mode,
        params=0, macs=products * (4 + 6), activations=products + N * 3 * 5 * 6,
    )  # fmt: skip


def test_scaled_dot_product_with_a_mask_dropout_and_shared_keys() -> None:
    # 4 heads of queries, 2 of keys: every query meets its group's 7 keys
    def forward(_: Any, q: Tensor, k: Tensor) -> Any:
        mask = torch.ones(5, 7, dtype=torch.bool)
        return F.scaled_dot_product_attention(q, k, k, attn_mask=mask, dropout_p=0.1, enable_gqa=True)

    products = N * 4 * 5 * 7
    assert_exact(
        Calls(forward), "2x4x5x8", "2x2x7x8", params=0, macs=2 * products * 8, activations=products + N * 4 * 5 * 8
    )


def test_attention_by_hand() -> None:
    def forward(m: Any, x: Tensor) -> Any:
        q, k, v = m.qkv(x).view(N, L, 3, HEADS, E // HEADS).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-2, -1)).softmax(-1)
        return m.out((scores @ v).transpose(1, 2).reshape(N, L, E))

    report = assert_exact(
        Calls(forward, qkv=nn.Linear(E, 3 * E), out=nn.Linear(E, E)), "2x5x8",
        params=WEIGHTS, macs=MACS, activations=ACTIVATIONS,
    )  # fmt: skip
    assert own_macs(report) == {"": N * 2 * L * L * E, "qkv": N * 3 * L * E * E, "out": N * L * E * E}


@MODES
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_encoder_layer(mode: str, batch_first: bool, norm_first: bool, masked: bool) -> None:
    layer = nn.TransformerEncoderLayer(E, HEADS, HIDDEN, batch_first=batch_first, norm_first=norm_first)
    module = Calls(lambda m, x: m.layer(x, src_key_padding_mask=padding() if masked else None), layer=layer)
    shape = "2x5x8" if batch_first else "5x2x8"
    report = assert_exact(
        module, shape, params=LAYER_WEIGHTS, macs=LAYER_MACS, activations=LAYER_ACTIVATIONS, mode=mode
    )
    own = own_macs(report)
    assert (own["layer"], own["layer.self_attn"]) == (0, MACS)
    assert own["layer.linear1"] == own["layer.linear2"] == N * L * E * HIDDEN


@MODES
@pytest.mark.parametrize("masked", [True, False])
def test_encoder(mode: str, masked: bool) -> None:
    layer = nn.TransformerEncoderLayer(E, HEADS, HIDDEN, batch_first=True)
    module = Calls(
        lambda m, x: m.encoder(x, src_key_padding_mask=padding() if masked else None),
        encoder=nn.TransformerEncoder(layer, 3, nn.LayerNorm(E)),
    )
    report = assert_exact(
        module, "2x5x8", mode=mode,
        params=3 * LAYER_WEIGHTS + 2 * E, macs=3 * LAYER_MACS, activations=3 * LAYER_ACTIVATIONS,
    )  # fmt: skip
    assert {layer.outputs[0].shape for layer in report.layers if layer.type == "Linear"} == {
        (N, L, HIDDEN), (N, L, E)
    }  # fmt: skip


@MODES
def test_transformer(mode: str) -> None:
    # one decoder layer: self-attention, cross-attention over the encoder's 5 tokens, two linear layers
    module = nn.Transformer(E, HEADS, 1, 1, HIDDEN, batch_first=True)
    norm = 2 * E
    assert_exact(
        module, "2x5x8", "2x5x8", mode=mode,
        params=LAYER_WEIGHTS + norm + LAYER_WEIGHTS + WEIGHTS + norm + norm,
        macs=2 * LAYER_MACS + MACS, activations=2 * LAYER_ACTIVATIONS + ACTIVATIONS,
    )  # fmt: skip
