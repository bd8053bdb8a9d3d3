"""A report built by hand, with something of everything that a format must show. No torch."""

from cnninspect.report import (
    Layer,
    Model,
    ReceptiveField,
    Report,
    Run,
    TensorSpec,
    Tool,
    Totals,
    UncountedOp,
)

IMAGE = TensorSpec("x", (1, 3, 8, 8), "float32")
MAP = TensorSpec("", (1, 4, 8, 8), "float32")


def _layer(path: str, kind: str, call: int = 1, **fields: object) -> Layer:
    plain: dict[str, object] = {
        "inputs": (MAP,) if call else (),
        "outputs": (MAP,) if call else (),
        "params": 0,
        "own_params": 0,
        "trainable_params": 0,
        "param_bytes": 0,
        "macs": 0,
        "own_macs": 0,
        "activations": 0,
        "output_bytes": 1024 if call else 0,
        "settings": {},
        "receptive_field": ReceptiveField((3, 3), (1, 1), (1, 1)) if call else None,
    }
    place = {"path": path, "name": path.rpartition(".")[2], "type": kind, "call": call}
    return Layer(**place, depth=path.count(".") + 1 if path else 0, **(plain | fields))  # type: ignore[arg-type]


_CONVOLUTION = {
    "in_channels": 3, "out_channels": 4, "kernel_size": [3, 3], "stride": [1, 1], "padding": [1, 1], "bias": True,
}  # fmt: skip
_HELD = {"params": 112, "trainable_params": 112, "param_bytes": 448}  # 4·3·9 + 4, four bytes each

REPORT = Report(
    schema_version=1,
    tool=Tool("cnninspect", "0.1.0"),
    model=Model("net.py:Net", "Net", "python", "net.Net", None, {}),
    run=Run(
        device="cpu",
        dtype="float32",
        mode="eval",
        inputs=(IMAGE,),
        outputs=(TensorSpec("out", (1, 4, 8, 8), "float32"), TensorSpec("aux", (1, 4, 8, 8), "float32")),
        seconds=0.25,
        cached=False,
        versions={"python": "3.11.7", "torch": "2.14.1"},
    ),
    totals=Totals(125, 112, 9, 500, 36, 13_824, 27_648, 512, 2048),
    layers=(
        _layer("", "Net", inputs=(IMAGE,), params=125, trainable_params=112, param_bytes=500, macs=13_824),
        _layer("blocks", "ModuleList", inputs=(), outputs=(), macs=13_824, **_HELD),
        _layer("blocks.0", "Conv2d", inputs=(IMAGE,), own_params=112, macs=6912, own_macs=6912, activations=256,
               settings=_CONVOLUTION, **_HELD),
        _layer("blocks.0", "Conv2d", call=2, macs=6912, own_macs=6912, activations=256, settings=_CONVOLUTION, **_HELD),
        _layer("[bold]", "ReLU", settings={"inplace": True}),
        _layer("e\x1b[31m|&_", "Identity"),
        _layer("\u05e9\u05dc\u05d5\u05dd", "Identity"),
        _layer("unused", "LazyLinear", call=0, params=None, own_params=None, trainable_params=None, param_bytes=None),
    ),
    uncounted_ops=(UncountedOp("aten::_sparse_mm", 3),),
    notes=("a note",),
)  # fmt: skip
