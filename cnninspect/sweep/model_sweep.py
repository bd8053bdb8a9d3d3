"""A sweep in one call, for Python."""

import json
import reprlib
import warnings
from collections.abc import Sequence
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cnninspect import python_api
from cnninspect.errors import RequestError, unknown_name
from cnninspect.spec.plain_argument import argument
from cnninspect.spec.run_options import RunOptions
from cnninspect.spec.sources import Source
from cnninspect.sweep.grid import Grid, tasks
from cnninspect.sweep.kept_lines import Content, torn_lines
from cnninspect.sweep.manner import parse_manner
from cnninspect.sweep.sweeping import Sweep, swept

if TYPE_CHECKING:
    from typing import Unpack


def sweep_models(
    patterns: str | Sequence[str],
    *,
    output: str | Path | None = None,
    resume: bool = False,
    retry: bool = False,
    sizes: int | str | Sequence[int] | None = None,
    batch: int | str | Sequence[int] | None = None,
    profile: bool = False,
    shard: str | None = None,
    jobs: int | None = None,
    timeout: float = 300.0,
    max_memory: int | str | None = None,
    cluster: str | None = None,
    **run: "Unpack[python_api.RunKeywords]",
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
        sizes: Sides of square images in pixels, one line each.
        batch: Numbers of images, one line each.
        profile: Tell what each costs to run and to train, too.
        shard: ``"3/8"``: the third part of eight.
        jobs: Networks at once; ``None``: one a core.
        timeout: Seconds that one may take.
        max_memory: Bytes that its process may take, or a size such as ``"4GiB"``; ``None``: its share of what is free.
        cluster: The address of a Dask scheduler whose workers run them.
        run: How each is run: ``inputs`` (specs and shapes alone), ``args``, ``device`` (by default ``meta``, shapes
            alone), ``dtype``, ``mode``, ``weights``, ``source`` and ``seed`` as for ``inspect_model``.

    Returns:
        A line of each network and input, in their order: totals in elements, bytes and multiply-accumulates, or why
        there are none. ``print`` shows them.

    Raises:
        RequestError: The request can't be carried out as written, or the file can't be used.
    """
    manner = parse_manner(
        output=output, resume=resume, retry=retry, jobs=jobs, timeout=timeout, max_memory=max_memory, cluster=cluster
    )
    asked = tasks(
        _patterns(patterns),
        _run_options(python_api.manner_of(**({"device": "meta"} | run))),
        Grid(_joined(sizes), _joined(batch), profile, None if shard is None else str(shard)),
    )
    return swept(asked, manner, on_start=_warn)


def _patterns(given: Any) -> Sequence[str]:
    patterns = [given] if isinstance(given, str) else given
    if not isinstance(patterns, Sequence) or not all(isinstance(each, str) for each in patterns):
        raise RequestError(f"{reprlib.repr(given)} names no networks", hint='write "timm:*", or several in a list')
    return patterns


def _run_options(said: python_api.RunManner) -> RunOptions:
    """How each is run, every word as it would be typed."""
    if said.source not in {*Source}:
        raise unknown_name("source", said.source, Source, see=f"the sources are {', '.join(Source)}")
    return msgspec.structs.replace(
        said.run,
        inputs=tuple(str(python_api.input_spec_of(each)) for each in said.inputs),
        args=tuple(f"{each.name}={json.dumps(each.value)}" for each in starmap(argument, said.args.items())),
        source=Source(said.source),
    )


def _warn(before: Content) -> None:
    for text in torn_lines(before):
        warnings.warn(text, stacklevel=4)


def _joined(numbers: int | str | Sequence[int] | None) -> str | None:
    if numbers is None or isinstance(numbers, str):
        return numbers
    return ",".join(map(str, numbers)) if isinstance(numbers, Sequence) else str(numbers)
