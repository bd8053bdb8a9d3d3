"""A sweep from what is asked to its lines: what is missing is run, and each line is kept as it comes."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Final

from cnninspect.report import Report
from cnninspect.shown import Shown
from cnninspect.sweep import lines_file
from cnninspect.sweep.kept_lines import Content
from cnninspect.sweep.line import LineStatus, SweepLine, line_of
from cnninspect.sweep.line_key import asked_of
from cnninspect.sweep.lines_file import LineFile
from cnninspect.sweep.local_pool import LocalPool
from cnninspect.sweep.manner import SweepManner
from cnninspect.sweep.pool import Pool
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


def swept(
    tasks: Mapping[str, SweepTask],
    manner: SweepManner,
    *,
    on_start: Callable[[Content], None] = lambda _: None,
    on_line: Callable[[SweepLine], None] = lambda _: None,
    watch: Watch = lambda *_: None,
) -> Sweep:
    """Run what is not in the file yet, and put it there.

    Args:
        tasks: By their keys.
        manner: How.
        on_start: Is given what the file held before, once nothing is in the way of the first network.
        on_line: Is given each line that has come.
        watch: Is told how far it is.

    Raises:
        RequestError: The file can't be used, or the cluster can't.
        ModelError: The cluster is gone.
    """
    with ExitStack() as stack:
        out, before = stack.enter_context(_file_of(manner))
        found = dict(before.lines)
        left = {key: task for key, task in tasks.items() if _is_missing(found.get(asked_of(key)), key, manner)}
        there = [found[asked_of(key)] for key in tasks.keys() - left.keys()]
        tally = Tally(len(tasks), len(there), sum(line.status is LineStatus.failed for line in there))
        pool = stack.enter_context(contextlib.closing(pool_of(manner, len(left)))) if left else None
        on_start(before)
        watch(tally, ())
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


def _file_of(manner: SweepManner) -> AbstractContextManager[tuple[LineFile | None, Content]]:
    if manner.output is None:
        return contextlib.nullcontext((None, Content({}, 0)))
    return lines_file.opened(manner.output, resumes=manner.resumes)


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


def _is_missing(line: SweepLine | None, key: str, manner: SweepManner) -> bool:
    return line is None or line.key != key or (manner.retries and line.status is LineStatus.failed)
