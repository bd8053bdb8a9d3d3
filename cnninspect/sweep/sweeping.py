"""A sweep from what is asked to its lines: what is missing is run, and each line is kept as it comes."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec

from cnninspect.errors import RequestError
from cnninspect.report import Report
from cnninspect.shown import Shown
from cnninspect.sweep import lines_file
from cnninspect.sweep.line import LineStatus, SweepLine, line_of
from cnninspect.sweep.line_key import asked_of
from cnninspect.sweep.local_pool import LocalPool
from cnninspect.sweep.pool import Pool
from cnninspect.sweep.slot import Limits
from cnninspect.sweep.tally import Tally
from cnninspect.sweep.task import SweepTask

#: Is told how far it is, and what is running, whenever something has changed and now and then.
Watch = Callable[[Tally, Sequence[str]], None]
_EVERY: Final = 1.0  # seconds


class Sweep(Shown, frozen=True):
    """What is known of the networks and inputs that were asked for, in their order."""

    lines: tuple[SweepLine, ...]

    @property
    def failed(self) -> tuple[SweepLine, ...]:
        """Those that have no figures."""
        return tuple(line for line in self.lines if line.status is LineStatus.failed)

    @property
    def reports(self) -> tuple[Report, ...]:
        """Of those that have, without their layers."""
        return tuple(line.report() for line in self.lines if line.status is LineStatus.done)


class SweepManner(msgspec.Struct, frozen=True, kw_only=True):
    """How a sweep is carried out.

    Attributes:
        output: The file that grows; ``None``: there is none.
        resumes: Run what is missing in it.
        retries: And what failed.
        jobs: Networks at once on this machine; ``None``: one a core.
        limits: Of each network.
        cluster: The address of a Dask scheduler whose workers run them.
    """

    output: Path | None = None
    resumes: bool = False
    retries: bool = False
    jobs: int | None = None
    limits: Limits = Limits()
    cluster: str | None = None

    def check(self) -> None:
        """See that it goes together.

        Raises:
            RequestError: It does not.
        """
        if self.resumes and self.output is None:
            raise RequestError("--resume needs the file that is to be gone on with", hint="name it: -o FILE.jsonl")
        if self.retries and not self.resumes:
            raise RequestError("--retry goes with --resume", hint="add it: it runs what is missing in a file")
        if self.cluster is not None and self.jobs is not None:
            raise RequestError("--jobs is of this machine, and --cluster of others", hint="leave out one of the two")


def swept(
    tasks: Mapping[str, SweepTask],
    manner: SweepManner,
    *,
    on_line: Callable[[SweepLine], None] = lambda _: None,
    watch: Watch = lambda *_: None,
) -> Sweep:
    """Run what is not in the file yet, and put it there.

    Args:
        tasks: By their keys.
        manner: How.
        on_line: Is given each line that has come.
        watch: Is told how far it is.

    Raises:
        RequestError: The file can't be used, or the cluster can't.
        ModelError: The cluster is gone.
    """
    manner.check()
    found, whole = _there(manner)
    left = {key: task for key, task in tasks.items() if _is_missing(found.get(asked_of(key)), key, manner)}
    before = [found[asked_of(key)] for key in tasks.keys() - left.keys()]
    tally = Tally(len(tasks), len(before), sum(line.status is LineStatus.failed for line in before))
    with ExitStack() as stack:
        out = None
        if manner.output is not None:
            out = stack.enter_context(lines_file.opened(manner.output, whole=whole))
        pool = stack.enter_context(contextlib.closing(pool_of(manner, len(left)))) if left else None
        for line in lines(left, pool) if pool is not None else ():
            if line is not None:
                if out is not None:
                    out.add(line)
                on_line(line)
                found[asked_of(line.key)] = line
                tally.now += 1
                tally.failed += line.status is LineStatus.failed
            watch(tally, pool.at_hand() if pool is not None else ())
    return Sweep(tuple(found[asked_of(key)] for key in tasks))


def pool_of(manner: SweepManner, most: int) -> Pool:
    """Where tasks are carried out.

    Args:
        manner: How.
        most: Tasks that there are.

    Raises:
        RequestError: There is no such cluster, or it can't run them.
    """
    if manner.cluster is None:
        return LocalPool(manner.jobs, most, manner.limits)
    from cnninspect.sweep.cluster_pool import ClusterPool

    return ClusterPool(manner.cluster, manner.limits)


def lines(tasks: Mapping[str, SweepTask], pool: Pool) -> Iterator[SweepLine | None]:
    """The line of each task as it comes; ``None`` now and then in between.

    Args:
        tasks: By their keys.
        pool: Carries them out.
    """
    keys = list(tasks)
    for number, key in enumerate(keys):
        pool.submit(number, tasks[key])
    for finished in pool.as_completed(_EVERY):
        if finished is None:
            yield None
        else:
            key = keys[finished.number]
            yield line_of(tasks[key], key, finished.answer)


def _there(manner: SweepManner) -> tuple[dict[str, SweepLine], int | None]:
    """The lines that an earlier run has left, and how many bytes they take; ``None``: there is no file."""
    if manner.output is None or not (manner.resumes and manner.output.exists()):
        return {}, None
    content = lines_file.read(manner.output)
    return dict(content.lines), content.whole


def _is_missing(line: SweepLine | None, key: str, manner: SweepManner) -> bool:
    return line is None or line.key != key or (manner.retries and line.status is LineStatus.failed)
