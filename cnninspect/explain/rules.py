"""Which rules a layer has, by its type: its sizes, its parameters, its MACs."""

from typing import Final

from cnninspect.explain import mac_formulas, parameter_formulas, shape_formulas, window_formulas
from cnninspect.explain.formula import Rule
from cnninspect.explain.parameter_formulas import held
from cnninspect.report import Layer

_CONVOLUTION: Final = frozenset(
    ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias")
)


def _convolution(n: int) -> tuple[Rule, ...]:
    return (
        window_formulas.convolution(n),
        held(parameter_formulas.convolution(n)),
        mac_formulas.convolution(n),
    )


def _transposed(n: int) -> tuple[Rule, ...]:
    counted = held(parameter_formulas.transposed_convolution(n))
    return window_formulas.transposed_convolution(n), counted, mac_formulas.transposed_convolution(n)


_LINEAR: Final = (
    shape_formulas.features("out_features"),
    held(parameter_formulas.linear),
    mac_formulas.linear,
)
_EMBEDDING: Final = (shape_formulas.features("embedding_dim"), held(parameter_formulas.embedding))
_CHANNELS: Final = (held(parameter_formulas.per_channel("num_features")),)
_ELEMENTS: Final = (held(parameter_formulas.per_element),)

RULES: Final[dict[str, tuple[Rule, ...]]] = {
    **{f"Conv{n}d": _convolution(n) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _transposed(n) for n in (1, 2, 3)},
    "DeformConv2d": _convolution(2),
    **{f"{kind}Pool{n}d": (window_formulas.pool(n),) for kind in ("Max", "Avg", "LP") for n in (1, 2, 3)},
    **{f"MaxUnpool{n}d": (window_formulas.unpool(n),) for n in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{n}d": (shape_formulas.adaptive_pool(n),) for kind in ("Avg", "Max") for n in (1, 2, 3)},
    **{f"FractionalMaxPool{n}d": (shape_formulas.fractional_pool(n),) for n in (2, 3)},
    "Unfold": (window_formulas.unfold,),
    "Fold": (window_formulas.fold,),
    **{
        f"{kind}Pad{n}d": (shape_formulas.pad(n),)
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
        for n in (1, 2, 3)
    },
    **dict.fromkeys(("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"), (shape_formulas.upsample,)),
    "PixelShuffle": (shape_formulas.pixel_shuffle,),
    "PixelUnshuffle": (shape_formulas.pixel_unshuffle,),
    "Flatten": (shape_formulas.flatten,),
    "Unflatten": (shape_formulas.unflatten,),
    "GLU": (shape_formulas.glu,),
    **dict.fromkeys(("Linear", "NonDynamicallyQuantizableLinear"), _LINEAR),
    "Bilinear": (shape_formulas.features("out_features"), held(parameter_formulas.bilinear), mac_formulas.bilinear),
    **dict.fromkeys(("Embedding", "EmbeddingBag"), _EMBEDDING),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"), _CHANNELS),
    **{f"InstanceNorm{n}d": _CHANNELS for n in (1, 2, 3)},
    "GroupNorm": (held(parameter_formulas.per_channel("num_channels")),),
    **dict.fromkeys(("LayerNorm", "RMSNorm", "LayerNorm2d"), _ELEMENTS),
    "PReLU": (held(parameter_formulas.slopes),),
    "MultiheadAttention": (
        shape_formulas.features("embed_dim"), held(parameter_formulas.attention), mac_formulas.attention,
    ),
    **{
        kind: (shape_formulas.recurrent, held(parameter_formulas.recurrent(gates)), mac_formulas.recurrent(gates))
        for kind, gates in parameter_formulas.GATES.items()
    },
    **{
        f"{kind}Cell": (
            shape_formulas.features("hidden_size"),
            held(parameter_formulas.recurrent_cell(gates)),
            mac_formulas.recurrent_cell(gates),
        )
        for kind, gates in parameter_formulas.GATES.items()
    },
}  # fmt: skip


def rules_of(layer: Layer) -> tuple[Rule, ...]:
    """The rules of its type; a type of somebody's own that keeps the settings of a convolution has those of one."""
    found = RULES.get(layer.type)
    if found is None and layer.settings.keys() >= _CONVOLUTION and "output_padding" not in layer.settings:
        kernel = layer.settings["kernel_size"]
        return _convolution(len(kernel)) if isinstance(kernel, list | tuple) else ()
    return found or ()
