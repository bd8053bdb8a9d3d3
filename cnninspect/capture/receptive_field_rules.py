"""How each operator changes what an element sees: one rule an operator, from its arguments to extents.

A rule takes the operator's arguments, in the order of its schema, and one of its results.
"""

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from cnninspect.capture.receptive_field import Extent, Extents, Rule, merge, of, padded_behind, tensors_in, window
from cnninspect.torch_internals import OpOverload, name_of, overload_of


def _carried(args: Sequence[Any]) -> Extents:
    """The extents of the first argument; all unknown if only another one depends on the input."""
    return of(args[0]) or (None,) * args[0].dim()


def _per_dimension(value: Any, count: int) -> Sequence[int]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    return values * count if len(values) == 1 else values


def _windows(
    extents: Extents, kernel: Sequence[int], stride: Any, padding: Any, dilation: Any = 1, behind: Any = None
) -> Extents:
    """Windows over the last ``len(kernel)`` dimensions; those before are batch and channels."""
    count = len(kernel)
    settings = (kernel, *(_per_dimension(value, count) for value in (stride, padding, dilation, behind)))
    moved = [window(e, *numbers) for e, *numbers in zip(extents[-count:], *settings, strict=True)]
    return (None,) * (len(extents) - count) + tuple(moved)


def _argument(args: Sequence[Any], position: int, default: Any) -> Any:
    return args[position] if len(args) > position else default


def _convolution(args: Sequence[Any], out: Tensor) -> Extents:
    if of(args[1]) is not None:  # the weight itself is made from the input
        return (None,) * out.dim()
    kernel, dilation = args[1].shape[2:], _argument(args, 5, 1)
    padding, behind = _argument(args, 4, 0), None
    if isinstance(padding, str):  # "same" puts the smaller half before
        dilations = _per_dimension(dilation, len(kernel))
        reach = [d * (k - 1) if padding == "same" else 0 for k, d in zip(kernel, dilations, strict=True)]
        padding, behind = [total // 2 for total in reach], [total - total // 2 for total in reach]
    return _windows(_carried(args), kernel, _argument(args, 3, 1), padding, dilation, behind)


def _either_convolution(args: Sequence[Any], out: Tensor) -> Extents:
    return (None,) * out.dim() if args[6] else _convolution(args, out)


def _pool(dimensions: int, *, dilated: bool) -> Rule:
    def rule(args: Sequence[Any], out: Tensor) -> Extents:  # noqa: ARG001
        kernel = _per_dimension(args[1], dimensions)
        stride = _argument(args, 2, None) or kernel
        padding, dilation = _argument(args, 3, 0), _argument(args, 4, 1) if dilated else 1
        found = _windows(_carried(args), kernel, stride, padding, dilation)
        return tuple(map(_open_ended, found)) if _argument(args, 5 if dilated else 4, None) else found

    return rule


def _open_ended(extent: Extent | None) -> Extent | None:
    """How far it goes at the other end depends on the side (``ceil_mode``)."""
    return extent and extent._replace(behind=None)


def _adaptive_pool(dimensions: int) -> Rule:
    """Even windows, if the output divides the input; one window over everything is a global pooling."""

    def rule(args: Sequence[Any], out: Tensor) -> Extents:
        before, after = args[0].shape[-dimensions:], out.shape[-dimensions:]
        kept = [
            None if b % a or (a == 1 and b > 1) else _open_ended(window(extent, b // a, b // a, 0))
            for extent, b, a in zip(_carried(args)[-dimensions:], before, after, strict=True)
        ]
        return (None,) * (out.dim() - dimensions) + tuple(kept)

    return rule


def _pad(args: Sequence[Any], out: Tensor) -> Extents:
    """Padding by hand, given from the last dimension backwards, two numbers each; negative ones crop."""
    extents = list(_carried(args))
    for index, (before, behind) in enumerate(zip(args[1][::2], args[1][1::2], strict=True)):
        extent = extents[out.dim() - 1 - index]
        extents[out.dim() - 1 - index] = extent and extent._replace(
            padding=extent.padding + before * extent.stride, behind=padded_behind(extent, behind)
        )
    return tuple(extents)


def _slice(args: Sequence[Any], out: Tensor) -> Extents:
    dimension, start, step = (
        _argument(args, 1, 0) % out.dim(),
        _argument(args, 2, 0) or 0,
        _argument(args, 4, 1),
    )
    extents, side = list(_carried(args)), args[0].shape[_argument(args, 1, 0)]
    end = _argument(args, 3, None)
    cut = 0 if end is None or end >= side else end if end < 0 else None  # up to a place, whatever the side
    cut = None if start < 0 else cut
    start = min(max(start + side if start < 0 else start, 0), side)
    extent = extents[dimension]
    if extent:
        moved = extent.padding - start * extent.stride
        behind = padded_behind(extent, cut)
        extents[dimension] = extent._replace(stride=extent.stride * step, padding=moved, behind=behind)
    return tuple(extents)


def _same(args: Sequence[Any], out: Tensor) -> Extents:
    """An operator that leaves every element where it is; outputs of another shape are statistics."""
    return _carried(args) if out.shape == args[0].shape else (None,) * out.dim()


def _mixes(position: int, default: int = -1) -> Rule:
    """One dimension, named in argument ``position``, is mixed, split or reordered; the others stay."""

    def rule(args: Sequence[Any], out: Tensor) -> Extents:
        mixed = _argument(args, position, default) % out.dim()
        return tuple(None if i == mixed else extent for i, extent in enumerate(_carried(args)))

    return rule


def _linear(args: Sequence[Any], out: Tensor) -> Extents:
    if of(args[1]) is not None:  # the weight itself is made from the input
        return (None,) * out.dim()
    return (*_carried(args)[:-1], None)


def _permute(args: Sequence[Any], out: Tensor) -> Extents:  # noqa: ARG001
    extents = _carried(args)
    return tuple(extents[dimension] for dimension in args[1])


def _transpose(args: Sequence[Any], out: Tensor) -> Extents:
    extents = list(_carried(args))
    first, second = (dimension % max(out.dim(), 1) for dimension in args[1:3])
    extents[first], extents[second] = extents[second], extents[first]
    return tuple(extents)


def _reshape(args: Sequence[Any], out: Tensor) -> Extents:
    """Keep a dimension that comes through on its own; those that are merged or split are no places any more."""
    before, extents, found = list(args[0].shape), list(_carried(args)), list[Extent | None]()
    for side in out.shape:
        while before and before[0] == 1 and side != 1:  # squeezed away
            before.pop(0)
            extents.pop(0)
        if before and before[0] == side:
            found.append(extents.pop(0))
            before.pop(0)
            continue
        found.append(None)
        if side != 1:  # not unsqueezed: merged or split, so what is left over of the first dimension stays
            remaining = side
            while before and remaining > 1 and remaining % before[0] == 0:
                remaining //= before.pop(0)
                extents.pop(0)
            if remaining > 1 and before:
                before[0] //= remaining
                extents[0] = None
    return tuple(found)


def _reduce(position: int) -> Rule:
    """A mean or a sum over the dimensions in argument ``position``: each is global from then on, or gone."""

    def rule(args: Sequence[Any], out: Tensor) -> Extents:
        total = args[0].dim()
        named = _argument(args, position, None)
        reduced = {d % total for d in _per_dimension(named, 1)} if named not in (None, [], ()) else set(range(total))
        extents = [None if i in reduced else extent for i, extent in enumerate(_carried(args))]
        return tuple(extents if out.dim() == total else [e for i, e in enumerate(extents) if i not in reduced])

    return rule


def _without(args: Sequence[Any], out: Tensor) -> Extents:  # noqa: ARG001
    """``select`` and ``unbind``: one dimension goes."""
    dimension = _argument(args, 1, 0) % args[0].dim()
    return tuple(extent for i, extent in enumerate(_carried(args)) if i != dimension)


def _join(args: Sequence[Any], out: Tensor) -> Extents:
    """``cat``: the paths meet, and the dimension in which they are joined is no place any more."""
    merged = merge([of(tensor) for tensor in args[0]], out)
    dimension = _argument(args, 1, 0) % max(out.dim(), 1)
    return tuple(None if i == dimension else extent for i, extent in enumerate(merged))


def _stack(args: Sequence[Any], out: Tensor) -> Extents:
    merged = list(merge([of(tensor) for tensor in args[0]], args[0][0]))
    merged.insert(_argument(args, 1, 0) % out.dim(), None)
    return tuple(merged)


def _pointwise(args: Sequence[Any], out: Tensor) -> Extents:
    """Broadcast and meet: what is stretched over a dimension is the same everywhere in it, not a place."""
    tensors = [(tensor, extents) for tensor in tensors_in(args) if (extents := of(tensor)) is not None]
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
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "cudnn_convolution"), _convolution),
    **dict.fromkeys(("convolution", "_convolution"), _either_convolution),
    **{f"max_pool{n}d{end}": _pool(n, dilated=True) for n in (1, 2, 3) for end in ("", "_with_indices")},
    **{f"avg_pool{n}d": _pool(n, dilated=False) for n in (1, 2, 3)},
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
    **dict.fromkeys(("softmax", "_softmax", "log_softmax", "_log_softmax", "glu", "index_select", "cumsum"), _mixes(1)),
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
                "unsqueeze",
            ),
            *("view_as", "reshape_as"),
        ),
        _reshape,
    ),
    **dict.fromkeys(
        ("mean", "sum", "amax", "amin", "max.dim", "min.dim", "std.correction", "var.correction"), _reduce(1)
    ),
    **dict.fromkeys(("var_mean.correction", "logsumexp", "argmax", "argmin", "prod.dim_int"), _reduce(1)),
    "linalg_vector_norm": _reduce(2),
    **dict.fromkeys(("select", "unbind"), _without),
    **dict.fromkeys(("split", "split_with_sizes", "chunk", "tensor_split"), _mixes(2, 0)),
    "slice": _slice,
    **dict.fromkeys(("cat", "concat"), _join),
    "stack": _stack,
    "expand": _pointwise,
}


def rule_for(op: OpOverload) -> Rule | None:
    """The rule of an operator; its in-place form has the same."""
    namespace, _, name = name_of(op).partition("::")
    if namespace == "aten":
        rule = _RULES.get(f"{name}.{overload_of(op)}") or _RULES.get(name) or _RULES.get(name.rstrip("_"))
        if rule:
            return rule
    return _pointwise if torch.Tag.pointwise in op.tags else None
