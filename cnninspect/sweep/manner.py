"""How a sweep is carried out: what is said of it on the command line or in Python, checked."""

from pathlib import Path
from typing import Final

import msgspec

from cnninspect.errors import RequestError
from cnninspect.sweep.slot import Limits
from cnninspect.units import binary, parse_size

_LEAST: Final = 2**27  # bytes; a process that has imported torch has two to five times as many
_TIMEOUT: Final = Limits().timeout


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


def parse_manner(
    *,
    output: str | Path | None = None,
    resume: bool = False,
    retry: bool = False,
    jobs: int | None = None,
    timeout: float = _TIMEOUT,
    max_memory: int | str | None = None,
    cluster: str | None = None,
) -> SweepManner:
    """What was said, checked.

    Args:
        output: The file that grows.
        resume: Run what is missing in it.
        retry: And what failed.
        jobs: Networks at once; ``None``: one a core.
        timeout: Seconds that one may take.
        max_memory: Bytes that its process may take, or a size; ``None``: a share of what is free.
        cluster: The address of a Dask scheduler.

    Raises:
        RequestError: Something is no number, or it does not go together.
    """
    if resume and output is None:
        raise RequestError("--resume needs the file that is to be gone on with", hint="name it: -o FILE.jsonl")
    if retry and not resume:
        raise RequestError("--retry goes with --resume", hint="add it: it runs what is missing in a file")
    if cluster is not None and jobs is not None:
        raise RequestError("--jobs is of this machine, and --cluster of others", hint="leave out one of the two")
    if jobs is not None and not (type(jobs) is int and jobs > 0):
        raise RequestError(f"--jobs: {str(jobs)!r} is not a whole number from 1 up", hint="write 1, 2, 3 …")
    if not (type(timeout) in {int, float} and timeout > 0):
        raise RequestError(f"--timeout: {str(timeout)!r} is not a number of seconds", hint="write 300, say")
    return SweepManner(
        output=None if output is None else Path(output), resumes=resume, retries=retry, jobs=jobs, cluster=cluster,
        limits=Limits(timeout, None if max_memory is None else _memory(max_memory)),
    )  # fmt: skip


def _memory(size: int | str) -> int:
    found = int(parse_size(str(size)))
    if found < _LEAST:
        what = f"--max-memory {size}: a process that has imported torch takes more than {binary(_LEAST)}"
        raise RequestError(what, hint="write 4GiB, say, or leave it out: each then has its share of what is free")
    return found
