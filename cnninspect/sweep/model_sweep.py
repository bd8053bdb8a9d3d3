"""A sweep in one call, for Python."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cnninspect import python_api
from cnninspect.spec.plain_argument import Scalar
from cnninspect.spec.sources import Source
from cnninspect.sweep.grid import Grid, tasks
from cnninspect.sweep.slot import Limits
from cnninspect.sweep.sweeping import Sweep, SweepManner, swept
from cnninspect.units import parse_size


def sweep_models(
    patterns: str | Sequence[str],
    *,
    output: str | Path | None = None,
    resume: bool = False,
    retry: bool = False,
    inputs: Any = (),
    args: Mapping[str, Scalar] | None = None,
    sizes: int | Sequence[int] | None = None,
    batch: int | Sequence[int] | None = None,
    profile: bool = False,
    device: str = "meta",
    dtype: str | None = None,
    mode: str = "eval",
    weights: str | None = None,
    source: str = "torchvision",
    seed: int = 0,
    shard: str | None = None,
    jobs: int | None = None,
    timeout: float = 300.0,
    max_memory: int | str | None = None,
    cluster: str | None = None,
) -> Sweep:
    """The figures of many networks, each in a process that it can't take others down with.

    >>> sweep = sweep_models(["scratch:vgg11", "scratch:vgg13"], jobs=1)
    >>> [(line.spec, line.totals.params) for line in sweep.lines]  # torchvision's metadata: num_params
    [('scratch:vgg11', 132863336), ('scratch:vgg13', 133047848)]

    Args:
        patterns: Globs over names (``"timm:*"``) and specs.
        output: A file of lines, which grows as they come.
        resume: Run what is missing in it, if it is there.
        retry: And what failed.
        inputs: As for ``inspect_model``, specs and shapes alone; so are the following up to ``seed``.
        args: What ``forward`` takes beside tensors, by name.
        sizes: Sides of square images in pixels, one line each.
        batch: Numbers of images, one line each.
        profile: Tell what each costs to run and to train, too.
        device: ``meta`` (shapes alone) by default.
        dtype: Of the floating parameters and of made-up inputs.
        mode: ``eval`` or ``train``.
        weights: A published name, or the file of a state dict.
        source: Of a bare name.
        seed: Of made-up input values.
        shard: ``"3/8"``: the third part of eight.
        jobs: Networks at once; ``None``: one a core.
        timeout: Seconds that one may take.
        max_memory: Bytes that its process may take, or a size such as ``"4GiB"``; ``None``: its share of what is free.
        cluster: The address of a Dask scheduler whose workers run them.

    Returns:
        A line of each network and input, in their order: totals in elements, bytes and multiply-accumulates, or why
        there are none. ``print`` shows them.

    Raises:
        RequestError: The request can't be carried out as written, or the file can't be used.
    """
    given = python_api.one_an_argument(inputs)
    run = msgspec.structs.replace(
        python_api.run_options(device, dtype, mode, weights, seed),
        inputs=tuple(str(python_api.input_spec_of(each)) for each in given),
        args=tuple(f"{name}={json.dumps(value)}" for name, value in (args or {}).items()),
        source=Source(source),
    )
    wanted = Grid(_joined(sizes), _joined(batch), profile, shard)
    manner = SweepManner(
        output=None if output is None else Path(output), resumes=resume, retries=retry, jobs=jobs, cluster=cluster,
        limits=Limits(timeout, None if max_memory is None else int(parse_size(str(max_memory)))),
    )  # fmt: skip
    asked = tasks([patterns] if isinstance(patterns, str) else patterns, run, wanted)
    return swept(asked, manner)


def _joined(numbers: int | Sequence[int] | None) -> str | None:
    if numbers is None:
        return None
    return ",".join(map(str, [numbers] if isinstance(numbers, int) else numbers))
