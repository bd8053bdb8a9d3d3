"""``nn:Conv2d(3, 7, 5); ReLU()``: a sequence of ``torch.nn`` layers typed on the command line."""

import ast
import inspect
from functools import cache
from typing import TYPE_CHECKING

from cnninspect.errors import ModelError, RequestError, unknown_name
from cnninspect.loading import weights as weight_files
from cnninspect.spec import InlineModel
from cnninspect.spec.inline_layers import LayerCall
from cnninspect.spec.input_spec import InputSpec
from cnninspect.spec.sources import folder_of

if TYPE_CHECKING:
    from torch import nn


@cache
def layer_names() -> tuple[str, ...]:
    """The classes of ``torch.nn``, read from its source: importing torch would take seconds."""
    folder = folder_of("torch")
    if folder is None:
        return ()
    source = folder / "nn" / "modules" / "__init__.py"
    for statement in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            return tuple(ast.literal_eval(statement.value))
    return ()


def check(model: InlineModel, weights: str | None) -> None:
    """Check the names of the layers, and the weights file.

    Raises:
        RequestError: A layer is not in ``torch.nn``, or the weights are not a readable file.
    """
    for layer in model.layers:
        if layer.name not in layer_names():
            raise unknown_name("torch.nn layer", layer.name, layer_names())
    if weights is not None:
        weight_files.check_file(weights)


def build(model: InlineModel, weights: str | None) -> "nn.Module":
    """The layers as an ``nn.Sequential``; one layer, which may take several inputs, as itself.

    Raises:
        RequestError: A layer does not take these arguments.
        ModelError: A layer refuses the values of its arguments, or the weights don't fit.
    """
    from torch import nn

    from cnninspect.loading.initialisation import uninitialised

    with uninitialised():
        layers = [_build_layer(layer) for layer in model.layers]
    module = layers[0] if len(layers) == 1 else nn.Sequential(*layers)
    if weights is not None:
        weight_files.load_file(module, weights)
    return module


def default_inputs(model: InlineModel) -> tuple[InputSpec, ...]:  # noqa: ARG001 - the signature of all sources
    """None: nobody but the user knows."""
    return ()


def _build_layer(layer: LayerCall) -> "nn.Module":
    from torch import nn

    layer_class: type[nn.Module] = getattr(nn, layer.name)
    signature = inspect.signature(layer_class)
    try:
        signature.bind(*layer.args, **layer.kwargs)
    except TypeError as error:
        takes = ", ".join(str(p).split(":")[0] for p in signature.parameters.values())
        raise RequestError(f"{layer.name}: {error}", hint=f"it takes {layer.name}({takes})") from error
    try:
        return layer_class(*layer.args, **layer.kwargs)
    except Exception as error:
        raise ModelError(f"{layer.name} can't be built: {error}") from error
