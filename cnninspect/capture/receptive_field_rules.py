"""How each operator changes what an element sees: one rule an operator, from its arguments to extents.

A rule takes the operator's arguments, by the names in its schema, and one of its results.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import torch
from torch import Tensor

from cnninspect.capture.operator_arguments import Arguments
from cnninspect.capture.receptive_field import Extents, Rule, merge, of
from cnninspect.geometry import Extent, KernelWindow, Spread, adaptive, block, paddings, per_dimension, windows
from cnninspect.torch_internals import OpOverload, name_of, overload_of


def _carried(given: Arguments) -> Extents:
    """The extents of the first argument; all unknown if only another one depends on the input."""
    return of(given[0]) or (None,) * given[0].dim()


def _at(dimension: int, tensor: Tensor) -> int:
    """A dimension counted from the first; a single number takes 0 and −1, as if it had one."""
    return dimension % max(tensor.dim(), 1)


@lru_cache(maxsize=4096)
def _through(extents: Extents, found: tuple[KernelWindow | Spread | None, ...]) -> Extents:
    """Windows over the last dimensions, of which some see everything; those before are batch and channels."""
    first = len(extents) - len(found)
    moved = (e.through(window) if e and window else None for e, window in zip(extents[first:], found, strict=True))
    return ((None,) * first) + tuple(moved)


@lru_cache(maxsize=4096)
def _windows(count: int, *settings: Any, ceil_mode: bool = False) -> tuple[KernelWindow, ...]:
    return windows(count, *settings, ceil_mode=ceil_mode)


def _fixed(setting: Any) -> Any:
    return tuple(setting) if isinstance(setting, list) else setting


def _shifted(extent: Extent | None, window: KernelWindow) -> Extent | None:
    """What adds or leaves out elements doesn't tell whether they are channels."""
    return extent and extent.through(window)._replace(is_channel=extent.is_channel)


def _convolution(given: Arguments, out: Tensor) -> Extents:
    if of(given["weight"]) is not None or given.get("transposed", False):  # the weight itself is made from the input
        return (None,) * out.dim()
    kernel = given["weight"].shape[2:]
    settings = [_fixed(given[name]) for name in ("stride", "padding", "dilation")]
    return _through(_carried(given), _windows(len(kernel), kernel, *settings))


def _pool(dimensions: int) -> Rule:
    def rule(given: Arguments, out: Tensor) -> Extents:  # noqa: ARG001
        settings = [_fixed(given[name]) for name in ("kernel_size", "stride", "padding")]
        dilation, ceil_mode = _fixed(given.get("dilation", 1)), given["ceil_mode"]
        return _through(_carried(given), _windows(dimensions, *settings, dilation, ceil_mode=ceil_mode))

    return rule


def _adaptive_pool(dimensions: int) -> Rule:
    """Even windows, if the output divides the input; one window over everything is a global pooling."""

    def rule(given: Arguments, out: Tensor) -> Extents:
        before, after = given[0].shape[-dimensions:], out.shape[-dimensions:]
        return _through(_carried(given), tuple(map(adaptive, before, after)))

    return rule


def _pad(given: Arguments, out: Tensor) -> Extents:  # noqa: ARG001
    extents, found = _carried(given), paddings(given[1], len(given[1]) // 2)
    first = len(extents) - len(found)
    return extents[:first] + tuple(map(_shifted, extents[first:], found))


def _slice(given: Arguments, out: Tensor) -> Extents:
    dimension = _at(given["dim"], out)
    side, start, end = given[0].shape[dimension], given["start"] or 0, given["end"]
    cut = 0 if end is None or end >= side else end if end < 0 else None  # up to a place, whatever the side
    cut = None if start < 0 else cut
    start = min(max(start + side if start < 0 else start, 0), side)
    extents = list(_carried(given))
    extents[dimension] = _shifted(extents[dimension], KernelWindow(1, given["step"], -start, 1, cut))
    return tuple(extents)


def _same(given: Arguments, out: Tensor) -> Extents:
    """An operator that leaves every element where it is; outputs of another shape are statistics."""
    return _carried(given) if out.shape == given[0].shape else (None,) * out.dim()


def _mixes(given: Arguments, out: Tensor) -> Extents:
    """One dimension is mixed, split or reordered; the others stay."""
    mixed = _at(given["dim"], out)
    return tuple(None if i == mixed else extent for i, extent in enumerate(_carried(given)))


def _linear(given: Arguments, out: Tensor) -> Extents:
    if of(given["weight"]) is not None:  # the weight itself is made from the input
        return (None,) * out.dim()
    return (*_carried(given)[:-1], None)


def _permute(given: Arguments, out: Tensor) -> Extents:  # noqa: ARG001
    extents = _carried(given)
    return tuple(extents[dimension] for dimension in given["dims"])


def _transpose(given: Arguments, out: Tensor) -> Extents:
    order = list(range(out.dim()))
    first, second = (_at(given[name], out) for name in ("dim0", "dim1"))
    order[first : first + 1], order[second : second + 1] = order[second : second + 1], order[first : first + 1]
    return tuple(_carried(given)[dimension] for dimension in order)


def _reshape(given: Arguments, out: Tensor) -> Extents:
    """Keep a dimension that comes through on its own; of those that are merged and split anew at most the first stays.

    It stays if each of its new elements is a block of the old ones: what is in a block has no places of its own.
    """
    before, extents, after = given[0].shape, _carried(given), out.shape
    if before == after:
        return extents
    if not out.numel() or out.numel() != given[0].numel():  # empty, or a view as another dtype
        return (None,) * out.dim()
    found: list[Extent | None] = []
    start = 0
    while len(found) < len(after):
        side = after[len(found)]
        if start < len(before) and before[start] == side:
            found.append(extents[start])
            start += 1
        elif side == 1:  # unsqueezed
            found.append(None)
        elif before[start] == 1:  # squeezed away
            start += 1
        else:
            first, size = extents[start], before[start] // side
            found.append(_shifted(first, block(size)) if before[start] == size * side else None)
            count, start = _merged(before[start:], after[len(found) - 1 :], start)
            found += [None] * (count - 1)
    return tuple(found)


def _merged(before: Sequence[int], after: Sequence[int], start: int) -> tuple[int, int]:
    """How many of ``after`` hold together what as few as possible of ``before`` do, and where the next one begins."""
    taken, given = 1, 1
    while (held := math.prod(before[:taken])) != (holding := math.prod(after[:given])):
        taken, given = taken + (held < holding), given + (held > holding)
    return given, start + taken


def _unsqueeze(given: Arguments, out: Tensor) -> Extents:
    extents = list(_carried(given))
    extents.insert(_at(given["dim"], out), None)
    return tuple(extents)


def _reduce(given: Arguments, out: Tensor) -> Extents:
    """A mean or a sum over some dimensions, all if none is named: each is global from then on, or gone."""
    total, named = given[0].dim(), given.get("dim")
    reduced = {_at(d, given[0]) for d in per_dimension(named, 1)} if named not in (None, [], ()) else set(range(total))
    extents = [None if i in reduced else extent for i, extent in enumerate(_carried(given))]
    return tuple(extents if out.dim() == total else [e for i, e in enumerate(extents) if i not in reduced])


def _unfold(given: Arguments, out: Tensor) -> Extents:  # noqa: ARG001
    """``Tensor.unfold``: windows over one dimension, and what is in each in a new last one, which has no places."""
    extents = list(_carried(given))
    dimension = _at(given["dimension"], given[0])
    extents[dimension] = _shifted(extents[dimension], KernelWindow(given["size"], given["step"], 0, 1, 0))
    return (*extents, None)


def _pixel_unshuffle(given: Arguments, out: Tensor) -> Extents:  # noqa: ARG001
    return _through(_carried(given), (block(given["downscale_factor"]),) * 2)


def _pixel_shuffle(given: Arguments, out: Tensor) -> Extents:  # noqa: ARG001
    return _through(_carried(given), (Spread(given["upscale_factor"]),) * 2)


def _without(given: Arguments, out: Tensor) -> Extents:  # noqa: ARG001
    """``select`` and ``unbind``: one dimension goes."""
    dimension = _at(given["dim"], given[0])
    return tuple(extent for i, extent in enumerate(_carried(given)) if i != dimension)


def _join(given: Arguments, out: Tensor) -> Extents:
    """``cat``: the paths meet, and the dimension in which they are joined is no place any more."""
    merged = merge([of(tensor) for tensor in given[0]], out)
    dimension = _at(given["dim"], out)
    return tuple(None if i == dimension else extent for i, extent in enumerate(merged))


def _stack(given: Arguments, out: Tensor) -> Extents:
    merged = list(merge([of(tensor) for tensor in given[0]], given[0][0]))
    merged.insert(_at(given["dim"], out), None)
    return tuple(merged)


def _pointwise(given: Arguments, out: Tensor) -> Extents:
    """Broadcast and meet: what is stretched over a dimension is the same everywhere in it, not a place."""
    tensors = [(tensor, extents) for tensor in given.tensors() if (extents := of(tensor)) is not None]
    if len(tensors) == 1 and tensors[0][0].shape == out.shape:
        return tensors[0][1]
    carried = [
        (None,) * (out.dim() - tensor.dim())
        + tuple(
            e if a == b else None
            for e, a, b in zip(extents, tensor.shape, out.shape[out.dim() - tensor.dim() :], strict=True)
        )
        for tensor, extents in tensors
    ]
    return merge(carried, out)


_RULES: Final[dict[str, Rule]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "cudnn_convolution", "convolution", "_convolution"), _convolution),
    **{f"{kind}_pool{n}d": _pool(n) for kind in ("max", "avg") for n in (1, 2, 3)},
    **{f"max_pool{n}d_with_indices": _pool(n) for n in (1, 2, 3)},
    **{f"{private}adaptive_avg_pool{n}d": _adaptive_pool(n) for n in (1, 2, 3) for private in ("", "_")},
    **{f"adaptive_max_pool{n}d": _adaptive_pool(n) for n in (1, 2, 3)},
    **dict.fromkeys(("pad", "constant_pad_nd"), _pad),
    **{f"{kind}_pad{n}d": _pad for kind in ("reflection", "replication") for n in (1, 2, 3)},
    **dict.fromkeys(
        (
            *(
                "batch_norm",
                "native_batch_norm",
                "_native_batch_norm_legit",
                "_native_batch_norm_legit_no_training",
            ),
            *("cudnn_batch_norm", "layer_norm", "native_layer_norm", "group_norm", "native_group_norm"),
            *("instance_norm", "rms_norm", "dropout", "native_dropout", "feature_dropout", "alpha_dropout"),
            *("feature_alpha_dropout", "clone", "contiguous", "detach", "alias", "to", "_to_copy", "type_as"),
            *("relu6", "prelu", "_prelu_kernel", "rrelu", "channel_shuffle", "native_channel_shuffle"),
            *("hardswish", "log_sigmoid", "log_sigmoid_forward", "rrelu_with_noise"),
        ),
        _same,
    ),
    **dict.fromkeys(("softmax", "_softmax", "log_softmax", "_log_softmax", "glu", "index_select", "cumsum"), _mixes),
    "linear": _linear,
    "permute": _permute,
    "transpose": _transpose,
    **dict.fromkeys(
        (
            *(
                "view",
                "reshape",
                "_unsafe_view",
                "_reshape_alias",
                "flatten",
                "unflatten",
                "squeeze",
            ),
            *("view_as", "reshape_as"),
        ),
        _reshape,
    ),
    **dict.fromkeys(("mean", "sum", "amax", "amin", "max.dim", "min.dim", "std.correction", "var.correction"), _reduce),
    **dict.fromkeys(("var_mean.correction", "logsumexp", "argmax", "argmin", "prod.dim_int"), _reduce),
    "linalg_vector_norm": _reduce,
    **dict.fromkeys(("select", "unbind"), _without),
    **dict.fromkeys(("split", "split_with_sizes", "chunk", "tensor_split"), _mixes),
    "unsqueeze": _unsqueeze,
    "slice": _slice,
    "unfold": _unfold,
    "pixel_unshuffle": _pixel_unshuffle,
    "pixel_shuffle": _pixel_shuffle,
    **dict.fromkeys(("cat", "concat"), _join),
    "stack": _stack,
    "expand": _pointwise,
    # torch 2.9 doesn't tag these, or not their in-place forms, as the pointwise ones that they are
    **dict.fromkeys(("hardtanh", "leaky_relu", "elu", "selu", "celu", "hardsigmoid", "_conj_physical"), _pointwise),
    "ldexp": _pointwise,
}


def rule_for(op: OpOverload) -> Rule | None:
    """The rule of an operator; its in-place form has the same."""
    namespace, _, name = name_of(op).partition("::")
    if namespace == "aten":
        rule = _RULES.get(f"{name}.{overload_of(op)}") or _RULES.get(name) or _RULES.get(name.rstrip("_"))
        if rule:
            return rule
    return _pointwise if torch.Tag.pointwise in op.tags else None
