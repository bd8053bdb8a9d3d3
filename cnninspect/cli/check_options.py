"""The options of ``check`` that no other command has."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from cnninspect.cli import options


def _complete_type(incomplete: str) -> list[str]:
    from cnninspect.loading.inline import layer_names

    return [name for name in layer_names() if name.startswith(incomplete)]


def _complete_layers(incomplete: str) -> list[str]:
    return [f"{name}=" for name in _complete_type(incomplete)]


def _complete_tolerance(incomplete: str) -> list[str]:
    from cnninspect.budgets.tolerances import COMPARED, LAYERS

    return [f"{name}=" for name in (*COMPARED, LAYERS) if name.startswith(incomplete)]


def _option(name: str, metavar: str, text: str, complete: Callable[[str], list[str]] | None = None) -> Any:
    return typer.Option(name, metavar=metavar, help=text, autocompletion=complete, show_default=False)


ModelArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL",
        help="As for summary; a saved report needs no forward pass. Default: every [[tool.cnninspect.check]] of the "
        "nearest pyproject.toml.",
        autocompletion=options.complete_model,
        show_default=False,
    ),
]
_COUNT, _SIZE, _LAYERS = "COUNT", "SIZE", "[TYPE=]COUNT"
MaxParams = Annotated[str | None, _option("--max-params", _COUNT, "Parameters: 62M, 62_000_000, 6.2e7.")]
MinParams = Annotated[str | None, _option("--min-params", _COUNT, "Parameters.")]
MaxTrainable = Annotated[str | None, _option("--max-trainable-params", _COUNT, "Parameters that ask for a gradient.")]
MinTrainable = Annotated[str | None, _option("--min-trainable-params", _COUNT, "Parameters that ask for a gradient.")]
MaxSize = Annotated[str | None, _option("--max-size", _SIZE, "Parameters and buffers in bytes: 250MiB, 250MB.")]
MinSize = Annotated[str | None, _option("--min-size", _SIZE, "Parameters and buffers in bytes.")]
MaxMacs = Annotated[str | None, _option("--max-macs", _COUNT, "Multiply-accumulates: 0.8G, 8e8.")]
MinMacs = Annotated[str | None, _option("--min-macs", _COUNT, "Multiply-accumulates.")]
MaxFlops = Annotated[str | None, _option("--max-flops", _COUNT, "FLOPs, twice the multiply-accumulates.")]
MinFlops = Annotated[str | None, _option("--min-flops", _COUNT, "FLOPs, twice the multiply-accumulates.")]
MaxActivations = Annotated[
    str | None, _option("--max-activations", _COUNT, "Elements output by convolutions and linear layers.")
]
MinActivations = Annotated[
    str | None, _option("--min-activations", _COUNT, "Elements output by convolutions and linear layers.")
]
MaxLayers = Annotated[
    list[str] | None,
    _option("--max-layers", _LAYERS, "Layers of a type: Conv2d=5, 'BatchNorm*=0'; or of all.", _complete_layers),
]
MinLayers = Annotated[list[str] | None, _option("--min-layers", _LAYERS, "Likewise.", _complete_layers)]
MaxField = Annotated[
    str | None,
    _option("--max-receptive-field", "PIXELS", "Of the layer that sees most, along its largest dimension."),
]
MinField = Annotated[
    str | None,
    _option("--min-receptive-field", "PIXELS", "Of the layer that sees most, along its smallest dimension."),
]
OutputShape = Annotated[
    list[str] | None,
    _option("--output-shape", "[NAME=]SHAPE", "The shape of the output: 1x1000; once for each, or by name: out=1x21."),
]
Forbid = Annotated[list[str] | None, _option("--forbid", "TYPE", "No layer may be a Dropout, say.", _complete_type)]
Require = Annotated[
    list[str] | None, _option("--require", "TYPE", "Some layer must be a BatchNorm2d, say.", _complete_type)
]
Baseline = Annotated[
    str | None,
    _option("--baseline", "FILE", "A saved report: totals and layers have to be as in it."),
]
ToleranceOption = Annotated[
    list[str] | None,
    _option(
        "--tolerance", "[NAME=]LIMIT",
        "How far a total may be from the baseline: params=1%, macs=0.5M, or 1% for all; from params, "
        "trainable-params, size, macs and activations. "
        "With a tolerance the layers may change too, unless one is given for them: layers=0.",
        _complete_tolerance,
    ),
]  # fmt: skip
Update = Annotated[bool, typer.Option("--update", help="Write the baseline anew, instead of comparing with it.")]
Config = Annotated[
    str | None, _option("--config", "FILE", "Where the checks are, if not in the nearest pyproject.toml.")
]
