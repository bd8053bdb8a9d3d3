"""Which networks and inputs are asked for: globs and specs, times sizes, times batches; a shard of them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Final

import msgspec

from cnninspect.errors import RequestError
from cnninspect.loading.catalogue import expanded, identity
from cnninspect.profile.asked import batches
from cnninspect.spec import ZooModel, parse_model
from cnninspect.spec.run_options import RunOptions
from cnninspect.spec.sources import spelled
from cnninspect.sweep.line_key import Shard, key_of
from cnninspect.sweep.task import SweepTask

_MOST: Final = 2**31


class Grid(msgspec.Struct, frozen=True):
    """What is asked of each network, as typed.

    Attributes:
        sizes: Sides of square images, one line each: ``160,224``.
        batch: Numbers of images, one line each: ``1,8``.
        with_costs: Tell what each costs, too.
        shard: ``3/8``: the third part of eight.
    """

    sizes: str | None = None
    batch: str | None = None
    with_costs: bool = False
    shard: str | None = None


def tasks(patterns: Sequence[str], run: RunOptions, grid: Grid) -> dict[str, SweepTask]:
    """What is to be run, by its keys, each once, in the order of the patterns; every one is checked without torch.

    Args:
        patterns: Globs, or specs of models.
        run: How each is run.
        grid: What is asked of each.

    Raises:
        RequestError: One can't be carried out as written.
    """
    part = _shard(grid.shard)
    found: dict[str, SweepTask] = {}
    for spec in _specs(patterns, run.source):
        for side, batch in product(_sizes(grid.sizes) or (None,), batches(grid.batch) or (None,)):
            task = SweepTask(spec=spec, run=run, side=side, batch=batch, with_costs=grid.with_costs)
            try:
                key = key_of(task, task.request())
            except OSError as error:
                raise RequestError(f"can't read what {spec!r} is made of: {error.strerror or error}") from error
            if part is None or part.has(key):
                found.setdefault(key, task)
    return found


def _specs(patterns: Iterable[str], source: str) -> Iterator[str]:
    met: set[object] = set()
    for pattern in patterns:
        for spec in (_with_source(each, source) for each in expanded(pattern, source)):
            if (same := identity(spec, source)) not in met:
                met.add(same)
                yield spec


def _with_source(spec: str, source: str) -> str:
    """A spec that says itself where a bare name comes from, for whoever reads the file."""
    parsed = parse_model(spec, source)
    is_bare = isinstance(parsed, ZooModel) and ":" not in spec.partition(",")[0]
    return spelled(source, spec) if is_bare else spec


def _sizes(text: str | None) -> tuple[int, ...]:
    words = [] if text is None else [word.strip() for word in text.split(",")]
    for word in words:
        if not re.fullmatch(r"\d{1,9}", word, re.ASCII) or not 0 < int(word) < _MOST:
            raise RequestError(f"--sizes {text}: {word!r} is not a size", hint="write 224, or 160,224,384")
    return tuple(dict.fromkeys(map(int, words)))


def _shard(text: str | None) -> Shard | None:
    """The part that ``3/8`` names.

    Raises:
        RequestError: It names none.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip(), re.ASCII)
    if not match or not 0 < int(match[1]) <= int(match[2]):
        raise RequestError(f"--shard {text}: there is no such part", hint="write 1/8, 2/8 … 8/8")
    return Shard(int(match[1]), int(match[2]))
