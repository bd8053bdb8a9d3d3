"""Operators without a rule: which of them might multiply and accumulate all the same."""

import re
from typing import Final

_LOOKS_LIKE_A_PRODUCT: Final = re.compile(
    r"(^|_)(add|badd|hsp|s|sspadd|sp)?b?mm(_|$)|matmul|(^|_)conv(_tbc|\d|olution|_dilated|_transpose|_depthwise)"
    r"|^(?!upsample|_upsample|fft).*linear|(^|_)(rnn|lstm|gru)(_|$)|attention|^_?cdist|^_?linalg_(?!check|vector_norm|cross|diagonal)"
    r"|cholesky|_solve|^(geqrf|orgqr|ormqr|lu_solve|_spsolve|_semi_structured)"
)
#: Namespaces of operators that measure or move.
_FREE_NAMESPACES: Final = frozenset(("profiler", "c10d", "_c10d_functional"))
_FREE: Final = frozenset(
    (
        *("aten::_thnn_fused_lstm_cell", "aten::_thnn_fused_gru_cell", "aten::_fused_sdp_choice"),
        *(f"torchvision::{name}" for name in ("nms", "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool")),
        *("torchvision::qnms", "torchvision::qroi_align", "torchvision::box_iou_rotated", "aten::linalg__powsum"),
    )
)
#: What packs weights, unpacks them or asks how they were packed.
_PACKS: Final = re.compile(
    r"(^|_)(un|pre)?pack(_|$)|_(dilation|groups|output_padding|padding|stride)$|conv(_transpose)?\dd_transpose$"
    r"|^mkldnn_reorder_|_flatten_weight$|^fbgemm_linear_quantize_weight$"
)


def is_uncounted(name: str) -> bool:
    """Might this operator, which has no rule, multiply and accumulate?

    Those of torch itself tell by their names; of those from elsewhere nothing is known.

    >>> is_uncounted("aten::_sparse_mm"), is_uncounted("aten::gelu"), is_uncounted("mylib::fused_block")
    (True, False, True)
    >>> is_uncounted("quantized::conv2d_prepack"), is_uncounted("quantized::conv2d_stride")
    (False, False)
    """
    namespace, _, short = name.partition("::")
    if namespace in {"aten", "prim", "prims", "quantized"}:
        return name not in _FREE and bool(_LOOKS_LIKE_A_PRODUCT.search(short)) and not _PACKS.search(short)
    return name not in _FREE and namespace not in _FREE_NAMESPACES
