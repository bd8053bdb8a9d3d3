"""Which rules a layer has, by its type: its sizes, its parameters, its MACs."""

from typing import Final

from cnninspect.explain import macs, parameters, shapes, windows
from cnninspect.explain.formula import Rule
from cnninspect.report import Layer

_CONVOLUTION: Final = frozenset(
    ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias")
)


def _convolution(n: int) -> tuple[Rule, ...]:
    return windows.convolution(n), parameters.held(parameters.convolution(n)), macs.convolution(n)


def _transposed(n: int) -> tuple[Rule, ...]:
    counted = parameters.held(parameters.transposed_convolution(n))
    return windows.transposed_convolution(n), counted, macs.transposed_convolution(n)


_LINEAR: Final = (shapes.features("out_features"), parameters.held(parameters.linear), macs.linear)
_EMBEDDING: Final = (shapes.features("embedding_dim"), parameters.held(parameters.embedding))
_CHANNELS: Final = (parameters.held(parameters.per_channel("num_features")),)
_ELEMENTS: Final = (parameters.held(parameters.per_element),)

RULES: Final[dict[str, tuple[Rule, ...]]] = {
    **{f"Conv{n}d": _convolution(n) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _transposed(n) for n in (1, 2, 3)},
    "DeformConv2d": _convolution(2),
    **{f"MaxPool{n}d": (windows.pool(n, "padding", "dilation"),) for n in (1, 2, 3)},
    **{f"AvgPool{n}d": (windows.pool(n, "padding"),) for n in (1, 2, 3)},
    **{f"LPPool{n}d": (windows.pool(n),) for n in (1, 2, 3)},
    **{f"MaxUnpool{n}d": (windows.unpool(n),) for n in (1, 2, 3)},
    **{f"Adaptive{kind}Pool{n}d": (shapes.adaptive_pool(n),) for kind in ("Avg", "Max") for n in (1, 2, 3)},
    **{f"FractionalMaxPool{n}d": (shapes.fractional_pool(n),) for n in (2, 3)},
    "Unfold": (windows.unfold,),
    "Fold": (windows.fold,),
    **{
        f"{kind}Pad{n}d": (shapes.pad(n),)
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
        for n in (1, 2, 3)
    },
    **dict.fromkeys(("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"), (shapes.upsample,)),
    "PixelShuffle": (shapes.pixel_shuffle,),
    "PixelUnshuffle": (shapes.pixel_unshuffle,),
    "Flatten": (shapes.flatten,),
    "Unflatten": (shapes.unflatten,),
    "GLU": (shapes.glu,),
    **dict.fromkeys(("Linear", "NonDynamicallyQuantizableLinear"), _LINEAR),
    "Bilinear": (shapes.features("out_features"), parameters.held(parameters.bilinear), macs.bilinear),
    **dict.fromkeys(("Embedding", "EmbeddingBag"), _EMBEDDING),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"), _CHANNELS),
    **{f"InstanceNorm{n}d": _CHANNELS for n in (1, 2, 3)},
    "GroupNorm": (parameters.held(parameters.per_channel("num_channels")),),
    **dict.fromkeys(("LayerNorm", "RMSNorm", "LayerNorm2d"), _ELEMENTS),
    "PReLU": (parameters.held(parameters.slopes),),
    "MultiheadAttention": (
        shapes.features("embed_dim"), parameters.held(parameters.attention), macs.attention,
    ),
    **{
        kind: (shapes.recurrent, parameters.held(parameters.recurrent(gates)), macs.recurrent(gates))
        for kind, gates in parameters.GATES.items()
    },
    **{
        f"{kind}Cell": (
            shapes.features("hidden_size"),
            parameters.held(parameters.recurrent_cell(gates)),
            macs.recurrent_cell(gates),
        )
        for kind, gates in parameters.GATES.items()
    },
}  # fmt: skip


def rules_of(layer: Layer) -> tuple[Rule, ...]:
    """The rules of its type; a type of somebody's own that keeps the settings of a convolution has those of one."""
    found = RULES.get(layer.type)
    if found is None and layer.settings.keys() >= _CONVOLUTION and "output_padding" not in layer.settings:
        kernel = layer.settings["kernel_size"]
        return _convolution(len(kernel)) if isinstance(kernel, list | tuple) else ()
    return found or ()
