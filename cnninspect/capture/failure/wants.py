"""What torch's own layers want, from their settings, and how what reached them differs."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from torch import nn

from cnninspect.capture.calls import Call
from cnninspect.capture.failure.complaint import Complaint
from cnninspect.capture.tensors import dtype_name
from cnninspect.geometry import PIXEL, KernelWindow, windows
from cnninspect.torch_internals import BatchNorm, Convolution, InstanceNorm

__all__ = ["Complaint", "complaint_of"]

_Shape = tuple[int, ...]
_TORCH: Final = "torch.nn."
_LETTERS: Final = {1: "L", 2: "H×W", 3: "D×H×W"}


def complaint_of(error: Exception, call: Call, root: Call) -> Complaint | None:
    """What the layer has against its input; ``None`` for a layer of somebody's own, or if it is something else.

    ``root`` is the call of the whole model.
    """
    module: Any = call.module
    if not getattr(getattr(type(module), "forward", None), "__module__", "").startswith(_TORCH):
        return None
    if call.first_kind not in {"Tensor", "PackedSequence", "NoneType", ""}:
        return Complaint(f"wants a tensor and got {_article(call.first_kind)}")
    if not call.inputs:
        return None
    for kinds, rule in _RULES:
        if isinstance(module, kinds):
            found = rule(error, call, module)
            return found or _of_dtype(call, root)
    return _of_dtype(call, root)


def _torch_name(module: nn.Module) -> str:
    """Of the class of torch that it is, or is derived from."""
    return next(each.__name__ for each in type(module).__mro__ if each.__module__.startswith(_TORCH))


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _text(shape: Sequence[object]) -> str:
    return "×".join(map(str, shape)) or "a scalar"


def _of_dtype(call: Call, root: Call) -> Complaint | None:
    """Its weights are of one dtype, its input of another."""
    weight = next(call.module.parameters(recurse=False), None)
    got = call.inputs[0].dtype
    if weight is None or dtype_name(weight.dtype) == got or isinstance(call.module, nn.Embedding | nn.EmbeddingBag):
        return None
    wanted = dtype_name(weight.dtype)
    if _is_all_of(root, wanted, got):
        hint = f"the model's own code makes {got} of it: weights and input are {wanted}"
    elif weight.dtype.is_floating_point and got.startswith(("float", "bfloat")):
        hint = f"--dtype {wanted} puts all into one"
    else:
        hint = f"add it to the shape: --input SHAPE:{wanted}"
    return Complaint(f"wants {wanted} and got {got}", hint=hint, is_certain=False)  # autocast may mend it elsewhere


def _is_all_of(root: Call, dtype: str, got: str) -> bool:
    """Is all that the model holds and is given of this dtype? Indices beside floating numbers don't count."""
    held = {dtype_name(each.dtype) for each in root.module.parameters()}
    given = {each.dtype for each in root.inputs if each.dtype == got or each.dtype.startswith(("float", "bfloat"))}
    return held | given == {dtype}


def _of_rank(got: _Shape, spatial: int, shape: str, *, alone: bool = True) -> Complaint | None:
    """A batch of maps, or one map without a batch where that is taken."""
    if len(got) in ({spatial + 1, spatial + 2} if alone else {spatial + 2}):
        return None
    return Complaint(f"wants {spatial + 2} dimensions and got {len(got)}", shape)


def _convolution(_error: Exception, call: Call, module: Any) -> Complaint | None:
    got, spatial = call.inputs[0].shape, len(module.kernel_size)
    shape = f"N×{module.in_channels}×{_LETTERS[spatial]}"
    if rank := _of_rank(got, spatial, shape):
        return rank
    if len(got) == spatial + 1 and got[0] != module.in_channels == got[1] and spatial > 1:  # a side was forgotten
        return Complaint(f"wants {spatial + 2} dimensions and got {len(got)}", shape, fits=(*got, got[-1]))
    channels = got[-spatial - 1]
    if channels != module.in_channels:
        fits = (*got[: -spatial - 1], module.in_channels, *got[-spatial:])
        return Complaint(f"wants {_many(module.in_channels, 'channel')} and got {channels}", shape, fits=fits)
    if module.transposed:
        return None
    return _of_size(got, windows(spatial, module.kernel_size, module.stride, module.padding, module.dilation))


def _of_size(got: _Shape, wanted: Sequence[KernelWindow]) -> Complaint | None:
    """A window that is larger than the padded map."""
    least = tuple(PIXEL.through(window).pixels(1)[0] for window in wanted)
    sides = got[-len(least) :]
    if all(have >= need for have, need in zip(sides, least, strict=True)):
        return None
    return Complaint(
        f"wants a map of at least {_text(least)} and got {_text(sides)}", f"N×C×(at least {_text(least)})", least=least
    )


def _pool(_error: Exception, call: Call, module: Any) -> Complaint | None:
    got, spatial = call.inputs[0].shape, int(_torch_name(module)[-2])
    if rank := _of_rank(got, spatial, f"N×C×{_LETTERS[spatial]}"):
        return rank
    if not hasattr(module, "kernel_size"):
        return None
    padding, dilation = getattr(module, "padding", 0), getattr(module, "dilation", 1)
    wanted = windows(spatial, module.kernel_size, module.stride, padding, dilation)
    if getattr(module, "ceil_mode", False):  # a window may hang over by less than its stride
        wanted = tuple(each._replace(behind=each.padding + each.stride - 1) for each in wanted)
    return _of_size(got, wanted)


def _linear(_error: Exception, call: Call, module: Any) -> Complaint | None:
    got = call.inputs[0].shape
    if got and got[-1] == module.in_features:
        return None
    shape, last = f"…×{module.in_features}", got[-1] if got else 0
    text = f"wants {_many(module.in_features, 'feature')} and got {last if got else 'a scalar'}"
    if len(got) > 2 and _elements(got[1:]) == module.in_features:
        hint = f"it got {_text(got)}, which is {module.in_features} when flattened: put nn.Flatten() before it"
        return Complaint(text, shape, hint)
    flat = call.origin is not None and last * got[0] == _elements(call.origin.shape) if got else False
    fits = (*got[:-1], module.in_features)
    return Complaint(text, shape, features=module.in_features if flat else None, fits=fits)


def _elements(shape: _Shape) -> int:
    elements = 1
    for side in shape:
        elements *= side
    return elements


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _batch_norm(error: Exception, call: Call, module: Any) -> Complaint | None:
    got = call.inputs[0].shape
    shape = f"N×{module.num_features}×…"
    if "more than 1 value per channel" in str(error):
        hint = "statistics of one value mean nothing: give a larger batch or map, or --mode eval"
        return Complaint("wants more than one value for each channel in train mode and got one", shape, hint)
    ranks = {"1": {2, 3}, "2": {4}, "3": {5}}.get(_torch_name(module)[-2], {len(got)})
    if len(got) not in ranks:
        return Complaint(f"wants {' or '.join(map(str, sorted(ranks)))} dimensions and got {len(got)}", shape)
    if got[1] != module.num_features:
        return Complaint(f"wants {_many(module.num_features, 'channel')} and got {got[1]}", shape)
    return None


def _instance_norm(error: Exception, call: Call, module: Any) -> Complaint | None:
    got = call.inputs[0].shape
    if "more than 1 spatial element" not in str(error):
        return _batch_norm(error, call, module)
    spatial = int(_torch_name(module)[-2])
    text = f"takes the statistics of each map by itself and got maps of one element, {_text(got[-spatial:])}"
    mode = "" if module.training else ", in eval mode too"
    hint = f"give a larger input: one element has no variance{mode}"
    return Complaint(text, f"N×C×(more than {_text((1,) * spatial)})", hint)


def _layer_norm(_error: Exception, call: Call, module: Any) -> Complaint | None:
    got, wanted = call.inputs[0].shape, tuple(module.normalized_shape)
    if got[-len(wanted) :] == wanted:
        return None
    return Complaint(f"wants {_text(('…', *wanted))} and got {_text(got)}", _text(("…", *wanted)))


def _group_norm(_error: Exception, call: Call, module: Any) -> Complaint | None:
    got = call.inputs[0].shape
    if len(got) > 1 and got[1] == module.num_channels:
        return None
    text = f"wants {_many(module.num_channels, 'channel')} and got {got[1] if len(got) > 1 else 'none'}"
    return Complaint(text, f"N×{module.num_channels}×…")


def _embedding(error: Exception, call: Call, module: Any) -> Complaint | None:
    got = call.inputs[0].dtype
    if got not in {"int32", "int64"}:
        hint = "say so in the shape: --input SHAPE:int64"
        return Complaint(f"wants indices, int64 or int32, and got {got}", hint=hint)
    if isinstance(error, IndexError) or "out of range" in str(error):
        last = module.num_embeddings - 1
        return Complaint(f"wants indices of 0 to {last} and got others: it has {last + 1} entries")
    return None


def _attention(_error: Exception, call: Call, module: Any) -> Complaint | None:
    wanted = {"query": module.embed_dim, "key": module.kdim, "value": module.vdim}
    for tensor in call.inputs:
        width = wanted.get(tensor.name)
        if width is not None and tensor.shape[-1:] != (width,):
            last = tensor.shape[-1] if tensor.shape else "a scalar"
            return Complaint(f"wants {_many(width, 'feature')} in its {tensor.name} and got {last}", f"…×{width}")
    return None


def _recurrent(_error: Exception, call: Call, module: Any) -> Complaint | None:
    got, size = call.inputs[0].shape, module.input_size
    if got[-1:] != (size,):
        text = f"wants {_many(size, 'feature')} and got {got[-1] if got else 'a scalar'}"
        return Complaint(text, f"…×{size}", fits=(*got[:-1], size))
    return None


def _bilinear(_error: Exception, call: Call, module: Any) -> Complaint | None:
    wanted = (module.in1_features, module.in2_features)
    got = tuple(tensor.shape[-1] for tensor in call.inputs if tensor.shape)
    return None if got == wanted else Complaint(f"wants {wanted[0]} and {wanted[1]} features and got {_text(got)}")


def _shuffle(_error: Exception, call: Call, module: Any) -> Complaint | None:
    got, factor = call.inputs[0].shape, module.upscale_factor**2
    if len(got) > 2 and got[-3] % factor:
        return Complaint(f"wants a multiple of {factor} channels and got {got[-3]}", f"N×(C·{factor})×H×W")
    return None


_Rule = Callable[[Exception, Call, Any], Complaint | None]
_POOLS: Final = tuple(
    getattr(nn, f"{kind}Pool{n}d")
    for n in (1, 2, 3)
    for kind in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax", "LP")
)  # fmt: skip
_RULES: Final[tuple[tuple[Any, _Rule], ...]] = (
    (Convolution, _convolution),
    (_POOLS, _pool),
    (nn.Linear, _linear),
    (InstanceNorm, _instance_norm),
    (BatchNorm, _batch_norm),
    ((nn.LayerNorm, nn.RMSNorm), _layer_norm),
    (nn.GroupNorm, _group_norm),
    ((nn.Embedding, nn.EmbeddingBag), _embedding),
    (nn.MultiheadAttention, _attention),
    ((nn.RNNBase, nn.RNNCellBase), _recurrent),
    (nn.Bilinear, _bilinear),
    (nn.PixelShuffle, _shuffle),
)
