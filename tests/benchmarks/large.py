"""Large things, each in a file: what a table of many rows, a long explanation and a key without an end take."""

import json
import struct
import sys
from pathlib import Path
from typing import Final

import msgspec

from tests.benchmarks.processes import Command
from tests.canned import REPORT

LAYERS, TENSORS, EXPLAINED, PARTS = 20_000, 100_000, 5_000, 20_000
TABLE: Final = f"a table of {LAYERS:,} layers"
WEIGHTS: Final = f"a file of {TENSORS:,} tensors"
EXPLANATION: Final = f"explain, {EXPLAINED:,} layers"
KEY: Final = f"a key of {PARTS:,} parts"
_CNNINSPECT: Final = (sys.executable, "-m", "cnninspect")
_NETWORK: Final = f"""
from torch import nn
def net():
    block = lambda: [nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()]
    return nn.Sequential(*[layer for _ in range({EXPLAINED} // 3) for layer in block()])
"""


def commands(folder: Path) -> dict[str, Command]:
    """By name; their files are written into ``folder``."""
    report, weights, network, config = (folder / name for name in ("a.json", "a.safetensors", "net.py", "a.toml"))
    report.write_bytes(_report())
    weights.write_bytes(_weights())
    network.write_text(_NETWORK, encoding="utf-8")
    config.write_text(f"[tool.{'.'.join('a' * PARTS)}]\n", encoding="utf-8")
    return {
        TABLE: Command((*_CNNINSPECT, "summary", str(report), "--no-fold")),
        WEIGHTS: Command((*_CNNINSPECT, "summary", str(weights))),
        EXPLANATION: Command((*_CNNINSPECT, "explain", f"{network}:net", "-i", "1x4x32x32")),
        **{f"explain {name}": Command((*_CNNINSPECT, "explain", name)) for name in ("densenet201", "inception_v3")},
        KEY: Command((*_CNNINSPECT, "check", "--config", str(config))),
    }


def _report() -> bytes:
    """Two hundred parents with a hundred layers each, no two alike."""
    root, leaf = REPORT.layers[0], REPORT.layers[2]
    change = msgspec.structs.replace
    layers = [root]
    for parent in range(LAYERS // 100):
        layers.append(change(root, path=f"b{parent}", name=f"b{parent}", depth=1))
        layers += [
            change(leaf, path=f"b{parent}.l{i}", name=f"l{i}", depth=2, call=1, params=100 * parent + i)
            for i in range(100)
        ]
    return msgspec.json.encode(change(REPORT, layers=tuple(layers)))


def _weights() -> bytes:
    header = {
        f"blocks.{i // 100}.layer{i % 100}.weight": {"dtype": "U8", "shape": [1], "data_offsets": [i, i + 1]}
        for i in range(TENSORS)
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(TENSORS)
