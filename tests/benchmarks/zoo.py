"""All networks of torchvision in one process: ``python -m tests.benchmarks.zoo cnninspect|torchinfo`` prints seconds.

Both see the same made-up inputs. The seconds of a network are those of building and showing it, once; cnninspect builds
it as it always does, torchinfo's script as its users do, with random weights. Importing is in neither.
"""

import contextlib
import inspect
import json
import sys
import time
from collections.abc import Callable

import torch
import torchvision
from rich.console import Console
from rich.progress import track

from cnninspect import inspect_model, spec
from cnninspect.formats import Terminal, console
from cnninspect.formats.summary import lay_out
from cnninspect.loading import torchvision as source
from cnninspect.spec.sources import Source


def with_cnninspect(name: str) -> Callable[[], object]:
    """Its table of a network, still to be made."""
    return lambda: console.render(lay_out(inspect_model(name)), Terminal())


def with_torchinfo(name: str) -> Callable[[], object]:
    """The same of torchinfo; what the two have in common is prepared before."""
    import torchinfo

    model = spec.ZooModel(name, Source.torchvision, name)
    shapes = source.default_inputs(model)
    images = [torch.rand(each.shape) for each in shapes]
    inputs = [images] if ".detection." in torchvision.models.get_model_builder(name).__module__ else images
    takes = inspect.signature(torchvision.models.get_model_builder(name)).parameters
    nothing: dict[str, int | None] = {key: None for key in ("weights", "weights_backbone") if key in takes}
    if name == "vit_h_14":  # its published weights are for larger images than a network without them takes
        nothing["image_size"] = shapes[0].shape[-1]
    return lambda: str(
        torchinfo.summary(torchvision.models.get_model(name, **nothing), input_data=inputs, verbose=0, device="cpu")
    )


def main() -> None:
    """The seconds by name, and the names that could not be done."""
    prepare = {"cnninspect": with_cnninspect, "torchinfo": with_torchinfo}[sys.argv[1]]
    names = sys.argv[2:] or source.names()
    seconds, failed = {}, []
    for name in track(names, sys.argv[1], console=Console(stderr=True), transient=True):
        show = prepare(name)
        started = time.perf_counter()
        try:
            with contextlib.redirect_stdout(sys.stderr):
                show()
        except Exception:  # noqa: BLE001 - whatever it can't do counts as not done
            failed.append(name)
        else:
            seconds[name] = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "failed": failed}))


if __name__ == "__main__":
    main()
