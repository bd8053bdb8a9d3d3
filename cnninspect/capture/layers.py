"""From the recorded calls to the layers and totals of a report."""

from collections.abc import Sequence

from torch import nn

from cnninspect.capture.calls import Call
from cnninspect.capture.holdings import Holdings, count
from cnninspect.capture.modules import ModuleRecorder, class_name
from cnninspect.capture.settings import settings_of
from cnninspect.report import Layer, Totals
from cnninspect.tensor_tree import buffers_in


def layers_of(recorder: ModuleRecorder, parts: Sequence[nn.Module]) -> tuple[Layer, ...]:
    """A row a call, and one for each module that was never called.

    Args:
        recorder: Of a pass.
        parts: The network and all that is in it now.
    """
    calls = _with_never_called(recorder, parts)
    for call in reversed(recorder.calls):  # children come after their parents
        call.total_macs += call.macs
        call.total_activations += call.activations
        if call.parent is not None:
            call.parent.total_macs += call.total_macs
            call.parent.total_activations += call.total_activations
    counted: set[int] = set()
    holdings = Holdings(parts)
    arguments: dict[type, tuple[str, ...]] = {}
    return tuple([_layer(call, holdings, counted, arguments) for call in calls])


def _layer(call: Call, holdings: Holdings, counted: set[int], arguments: dict[type, tuple[str, ...]]) -> Layer:
    module = call.module
    held = holdings.of(module)
    mine = holdings.directly(module)
    if own := holdings.own(module):
        new = [parameter for parameter in own if id(parameter) not in counted]
        counted.update(map(id, new))
        mine = mine if len(new) == len(own) else count(new)
    return Layer(
        path=call.path,
        name=call.path.rpartition(".")[2],
        type=class_name(module),
        depth=call.path.count(".") + 1 if call.path else 0,
        call=call.number,
        inputs=call.inputs,
        outputs=call.outputs,
        params=held.elements,
        own_params=mine.elements,
        trainable_params=held.trainable,
        param_bytes=held.size,
        macs=call.total_macs,
        own_macs=call.macs,
        activations=call.total_activations,
        output_bytes=call.output_bytes,
        settings=settings_of(module, arguments),
        receptive_field=call.receptive_field,
    )


def totals_of(parts: Sequence[nn.Module], root: Layer) -> Totals:
    """The figures of the whole model: those of its own row, and its buffers.

    Args:
        parts: The network and all that is in it.
        root: Its own row.
    """
    buffers = count(buffers_in(parts))
    return Totals(
        params=root.params,
        trainable_params=root.trainable_params,
        buffers=buffers.elements,
        param_bytes=root.param_bytes,
        buffer_bytes=buffers.size,
        macs=root.macs,
        flops=None if root.macs is None else 2 * root.macs,
        activations=root.activations,
        output_bytes=root.output_bytes,
    )


def _with_never_called(recorder: ModuleRecorder, parts: Sequence[nn.Module]) -> list[Call]:
    """The calls, and those modules that none reached: behind all that is below their nearest reached parent."""
    reached = {call.path for call in recorder.calls}
    unreached: dict[str, list[Call]] = {}
    for path, module in recorder.never_called(parts):
        above = path
        while above not in reached:
            above = above.rpartition(".")[0]
        is_data = above == path.rpartition(".")[0] and _is_data(module)
        unreached.setdefault(above, []).append(Call(module, path, int(is_data), None))
    ordered: list[Call] = []
    open_paths: list[str] = []
    for call in recorder.calls:
        while open_paths and not _is_below(call.path, open_paths[-1]):
            ordered.extend(unreached.pop(open_paths.pop(), ()))
        ordered.append(call)
        open_paths.append(call.path)
    while open_paths:
        ordered.extend(unreached.pop(open_paths.pop(), ()))
    return ordered


def _is_below(path: str, above: str) -> bool:
    return not above or path.startswith(f"{above}.")


def _is_data(module: nn.Module) -> bool:
    """``nn.ParameterList`` and its like: nothing to call and nothing below; its parent's call is its own."""
    return getattr(type(module), "forward", None) is nn.Module.forward and not any(module.children())
