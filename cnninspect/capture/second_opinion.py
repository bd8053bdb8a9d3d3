"""torchinfo's view of the same model: its table, and where it differs from a report.

The one place that knows torchinfo. It is an independent witness for shapes and parameters of ordinary
CNNs; its MACs miss attention and functional calls, so they are not compared.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from cnninspect.errors import ModelError
from cnninspect.report import Layer, Report
from cnninspect.torch_internals.compiler import uncompiled

_LONGEST = 120  # of a reason, in characters: torchinfo prints whole tensors


def table(
    module: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any], *, device: torch.device, mode: str, depth: int
) -> str:
    """The table that torchinfo prints, with a newline at its end.

    Raises:
        ModelError: torchinfo can't run the model.
    """
    return f"{_run(module, args, kwargs, device=device, mode=mode, depth=depth)}\n"


def differences(
    report: Report,
    module: nn.Module,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    device: torch.device,
    mode: str,
) -> list[str]:
    """Each shape and parameter count that torchinfo sees otherwise, in words; empty if it agrees.

    Raises:
        ModelError: torchinfo can't run the model.
    """
    statistics = _run(module, args, kwargs, device=device, mode=mode, depth=3)
    mine = {(layer.path, layer.call): layer for layer in report.layers if layer.call}
    found: list[str] = []
    if statistics.total_params != report.totals.params:
        found.append(f"the model: {report.totals.params} parameters, torchinfo says {statistics.total_params}")
    calls: Counter[str] = Counter()
    for info in statistics.summary_list:
        path = _path(info)
        calls[path] += 1
        layer = mine.get((path, calls[path]))
        if layer is not None and info.executed:
            found.extend(_compared(layer, info))
    return found


def _compared(layer: Layer, info: Any) -> list[str]:
    place = f"{layer.path or 'the model'} ({layer.type})"
    found = []
    shapes = [list(output.shape) for output in layer.outputs] or [[]]
    if list(info.output_size) not in shapes:  # of several outputs it tells one
        found.append(f"{place}: output {', '.join(map(str, shapes))}, torchinfo says {info.output_size}")
    if layer.params != info.num_params:
        found.append(f"{place}: {layer.params} parameters, torchinfo says {info.num_params}")
    return found


def _path(info: Any) -> str:
    names: list[str] = []
    while info.parent_info is not None:
        names.append(info.var_name)
        info = info.parent_info
    return ".".join(reversed(names))


def _run(
    module: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any], *, device: torch.device, mode: str, depth: int
) -> Any:
    import torchinfo

    inputs: Any = list(args) if args else dict(kwargs)
    named = dict(kwargs) if args else {}
    try:
        return uncompiled(
            lambda: torchinfo.summary(
                module,
                input_data=inputs,
                device=device,
                mode=mode,
                depth=depth,
                verbose=0,
                cache_forward_pass=False,
                **named,
            )
        )
    except Exception as error:
        reason = next(iter(str(error.__cause__ or error).splitlines()), type(error).__name__)
        raise ModelError(f"torchinfo can't run this model: {reason[:_LONGEST]}") from error
