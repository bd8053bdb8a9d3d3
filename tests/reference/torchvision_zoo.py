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
#: Take more than some seconds each; the test suite leaves them to this script.
SLOW = (
    *("vit_h_14", "vit_l_16", "regnet_y_128gf", "regnet_y_32gf", "regnet_x_32gf", "convnext_large", "swin3d_b"),
    *("swin3d_s", "efficientnet_b7", "efficientnet_b6", "efficientnet_v2_l", "mvit_v1_b", "mvit_v2_s", "raft_large"),
    *("deeplabv3_resnet101", "deeplabv3_resnet50", "fcn_resnet101", "fcn_resnet50", "maskrcnn_resnet50_fpn_v2"),
    *("fasterrcnn_resnet50_fpn_v2", "keypointrcnn_resnet50_fpn", "retinanet_resnet50_fpn", "raft_small"),
    *("retinanet_resnet50_fpn_v2", "fcos_resnet50_fpn", "maskrcnn_resnet50_fpn", "fasterrcnn_resnet50_fpn"),
    *("efficientnet_v2_m", "regnet_y_16gf", "regnet_x_16gf", "resnext101_64x4d", "wide_resnet101_2", "swin3d_t"),
)


class Finding(NamedTuple):
    """What differs, in words; empty if all figures are the published ones."""

    name: str
    differences: list[str]
    remark: str = ""


def macs_of(report: Report, path: str) -> int | None:
    """MACs of the layer at ``path``."""
    return next(layer.macs for layer in report.layers if layer.path == path)


def check(name: str) -> Finding:
    """Hold one network against its published figures."""
    published = get_model_weights(name).DEFAULT.meta
    report = inspect_model(name)
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
            finding = check(name)
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
