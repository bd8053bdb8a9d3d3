"""All of torchvision against its own metadata: ``python -m tests.reference.torchvision_zoo [PATTERN]``.

``num_params`` and ``_ops`` (GMACs, to three decimals) of each model's default weights are held against one forward
pass on the CPU at the default input, and the layers' own figures must add up to the totals. Known exceptions:

- ``quantized_inception_v3`` publishes the parameters of the network with its auxiliary head, which it does not have.
- The MACs of two-stage detectors depend on how many regions trained weights propose. Where they differ without
  weights, the backbone, which does not depend on them, is held against that of a network whose figure is published.
"""

import sys
from fnmatch import fnmatch
from typing import NamedTuple

from torchvision.models import get_model_weights, list_models

from cnninspect import Report, inspect_model

#: Two-stage detectors: a layer path in them, and the network and path with the same layers at the same input.
BACKBONES = {
    "fasterrcnn_mobilenet_v3_large_320_fpn": ("backbone.body", "mobilenet_v3_large", "1x3x320x320", "features"),
    "fasterrcnn_mobilenet_v3_large_fpn": ("backbone.body", "mobilenet_v3_large", "1x3x800x800", "features"),
    "keypointrcnn_resnet50_fpn": ("backbone", "fasterrcnn_resnet50_fpn", "3x800x800", "backbone"),
    "maskrcnn_resnet50_fpn_v2": ("backbone", "fasterrcnn_resnet50_fpn_v2", "3x800x800", "backbone"),
}
#: By hand: 27,161,264 less the auxiliary head, a 1×1 convolution to 128, a 5×5 one to 768 (each with a batch
#: normalisation, no bias) and a linear layer to 1000, at 768 channels.
WRONGLY_PUBLISHED = {
    "quantized_inception_v3": 27_161_264 - (768 * 128 + 2 * 128 + 128 * 768 * 25 + 2 * 768 + 768 * 1000 + 1000)
}
#: Take long each; the test suite leaves them to this script.
SLOW = ("vit_h_14", "regnet_y_128gf", "deeplabv3_resnet101", "keypointrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2")


class Finding(NamedTuple):
    """What differs, in words; empty if all figures are the published ones."""

    name: str
    differences: list[str]
    remark: str = ""


def macs_of(report: Report, path: str) -> int | None:
    """MACs of the layer at ``path``."""
    return next(layer.macs for layer in report.layers if layer.path == path)


def check(name: str, report: Report) -> Finding:
    """Hold the report of one network against its published figures."""
    published = get_model_weights(name).DEFAULT.meta
    differences, remark = [], ""
    params = WRONGLY_PUBLISHED.get(name, published["num_params"])
    if report.totals.params != params:
        differences.append(f"{report.totals.params} parameters, published {params}")
    if name in BACKBONES:
        path, other, shape, other_path = BACKBONES[name]
        mine, theirs = macs_of(report, path), macs_of(inspect_model(other, inputs=[shape]), other_path)
        remark = f"two-stage: its backbone is that of {other} ({mine} MACs)"
        if mine != theirs:
            differences.append(f"{mine} MACs in its backbone, {theirs} in that of {other}")
    elif round((report.totals.macs or 0) / 1e9, 3) != published["_ops"]:
        differences.append(f"{report.totals.macs} MACs, published {published['_ops']} G")
    if sum(layer.own_params or 0 for layer in report.layers) != report.totals.params:
        differences.append("own parameters do not add up")
    if sum(layer.own_macs or 0 for layer in report.layers) != report.totals.macs:
        differences.append("own MACs do not add up")
    if report.uncounted_ops:
        differences.append(f"uncounted: {report.uncounted_ops}")
    if name in WRONGLY_PUBLISHED:
        remark = f"published {published['num_params']} parameters, those of the network with its auxiliary head"
    return Finding(name, differences, remark)


def main() -> int:
    """Print a line a network and the count."""
    pattern = sys.argv[1] if len(sys.argv) > 1 else "*"
    findings = []
    for name in list_models():
        if fnmatch(name, pattern):
            finding = check(name, inspect_model(name))
            findings.append(finding)
            verdict = "; ".join(finding.differences) or "as published"
            sys.stdout.write(f"{name}: {verdict}{f' ({finding.remark})' * bool(finding.remark)}\n")
            sys.stdout.flush()
    agreeing = sum(not finding.differences for finding in findings)
    remarks = sum(bool(finding.remark) for finding in findings)
    sys.stdout.write(f"{agreeing} of {len(findings)}, {remarks} of them with a remark\n")
    return 0 if agreeing == len(findings) else 1


if __name__ == "__main__":
    sys.exit(main())
