"""Why a forward pass failed, in the user's terms: which layer, what reached it, what it wanted."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from cnninspect.capture.modules import Call, ModuleRecorder
from cnninspect.errors import CnnInspectError, ModelError


@contextmanager
def explained(recorder: ModuleRecorder) -> Iterator[None]:
    """Turn what a forward pass raises into a message that names the layer.

    Raises:
        ModelError: Always instead of another exception.
    """
    try:
        yield
    except CnnInspectError:
        raise
    except Exception as error:
        call = recorder.raised[1] if recorder.raised and recorder.raised[0] is error else None
        place = f" at {_title(call)}" if call else ""
        if _is_lack_of_memory(error):
            raise ModelError(
                f"memory ran out in the forward pass{place}",
                hint="try a smaller --input, or --device meta for shapes alone",
            ) from error
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        met = f": {_met(call)}" if call else ""
        who = "torch says" if isinstance(error, RuntimeError) else type(error).__name__
        raise ModelError(f"the forward pass fails{place}{met}\n  {who}: {reason}") from error


def _is_lack_of_memory(error: Exception) -> bool:
    texts = ("can't allocate memory", "out of memory", "not enough memory")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(text in str(error) for text in texts)


def _title(call: Call) -> str:
    kind = type(call.module).__name__
    return f"{call.path!r} ({kind})" if call.path else f"the model itself ({kind})"


def _met(call: Call) -> str:
    """The shapes that reached the layer, and the one it wants where its settings tell."""
    got = ", ".join("×".join(map(str, tensor.shape)) or "a scalar" for tensor in call.inputs) or "no tensor"
    wanted = _wanted(call.module, call.inputs[0].shape if call.inputs else ())
    return f"it got {got}" + (f" and wants {wanted}" if wanted else "")


def _wanted(module: nn.Module, got: tuple[int, ...]) -> str | None:
    """The shape that a layer takes, from its settings."""
    if isinstance(module, nn.modules.conv._ConvNd):
        spatial = len(module.kernel_size)
        if got[-spatial - 1 : -spatial] != (module.in_channels,):
            return f"N×{module.in_channels}×{ {1: 'L', 2: 'H×W', 3: 'D×H×W'}[spatial] }"
        sides = [d * (k - 1) + 1 for k, d in zip(module.kernel_size, module.dilation, strict=True)]
        padding = (0, 0, 0) if isinstance(module.padding, str) else module.padding
        if all(have + 2 * pad >= side for have, pad, side in zip(got[-spatial:], padding, sides, strict=False)):
            return None
        return f"a map of at least {'×'.join(map(str, sides))} with its padding"
    if isinstance(module, nn.Linear):
        return f"…×{module.in_features}"
    if isinstance(module, nn.modules.batchnorm._BatchNorm):
        return f"N×{module.num_features}×…"
    if isinstance(module, nn.LayerNorm):
        return "…×" + "×".join(map(str, module.normalized_shape))
    kernel = getattr(module, "kernel_size", None)
    if kernel is not None:
        least = "×".join(map(str, kernel)) if isinstance(kernel, tuple) else f"{kernel} on each side"
        return f"a map of at least {least}"
    return None
