"""Workers of a Dask cluster that is there already: the same tasks, sent to its scheduler."""

import contextlib
import itertools
import logging
import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec

from cnninspect.errors import ModelError, RequestError, shortened
from cnninspect.sweep import messages, on_worker
from cnninspect.sweep.pool import Finished
from cnninspect.sweep.slot import Limits
from cnninspect.sweep.task import Answer, Reason, SweepFailure, SweepTask

if TYPE_CHECKING:
    from distributed import Client, Future

_ADDRESS: Final = re.compile(r"\w+://\S+:\d+")
_CONNECTING: Final = 15  # seconds
_AGAIN: Final = "--resume goes on with what is left"


class ClusterPool:
    """As ``Pool``.

    Args:
        address: Of the scheduler: ``tcp://scheduler:8786``.
        limits: Of each network.

    Raises:
        RequestError: Dask isn't installed, nobody is there, or its workers have other versions.
    """

    def __init__(self, address: str, limits: Limits) -> None:
        if not _ADDRESS.fullmatch(str(address)):
            raise RequestError(f"--cluster {shortened(str(address))} is no address", hint="write tcp://scheduler:8786")
        self._client = _connected(address)
        self._limits = limits
        self._name = uuid4().hex
        self._tasks: dict[int, tuple[SweepTask, Future[Any]]] = {}
        self._done: Queue[int] = Queue()
        try:
            self._threads = _checked(self._client, address)
        except BaseException:
            self._client.close()
            raise

    def submit(self, number: int, task: SweepTask) -> None:
        """As of ``Pool``."""
        threads = max(self._threads.values())
        given = messages.packed(task), self._limits, threads, self._name
        future = self._client.submit(on_worker.answer, *given, pure=False)
        self._tasks[number] = task, future
        future.add_done_callback(lambda _future: self._done.put(number))

    def as_completed(self, every: float) -> Iterator[Finished | None]:
        """As of ``Pool``.

        Raises:
            ModelError: The cluster is gone.
        """
        while self._tasks:
            try:
                number = self._done.get(timeout=every)
            except Empty:
                yield None
                continue
            _, future = self._tasks.pop(number)
            yield Finished(number, _answer_of(future))

    def at_hand(self) -> Sequence[str]:
        """As of ``Pool``: those that were submitted first, as many as the cluster runs at once."""
        return [task.spec for task, _ in itertools.islice(self._tasks.values(), sum(self._threads.values()))]

    def close(self) -> None:
        """As of ``Pool``."""
        self._client.cancel([future for _, future in self._tasks.values()], force=True)
        if self._tasks and self._client.status == "running":  # else nobody is there to be told
            with contextlib.suppress(Exception):
                self._client.run(on_worker.give_up, self._name, on_error="ignore")
        self._tasks.clear()
        self._client.close()


def _connected(address: str) -> "Client":
    if find_spec("distributed") is None:
        raise RequestError("--cluster needs Dask, which is not installed", hint="pip install 'cnninspect[cluster]'")
    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it has to say, is said here
    try:
        return Client(address, timeout=_CONNECTING, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise RequestError(
            f"no Dask scheduler answers at {address!r}: {error}",
            hint="start one: dask scheduler, and dask worker ADDRESS",
        ) from error


def _checked(client: "Client", address: str) -> dict[str, int]:
    """Workers with their threads, if all have the versions that are here.

    Raises:
        RequestError: There is none, or one has others.
    """
    threads: dict[str, int] = client.nthreads()
    if not threads:
        raise RequestError(f"the cluster at {address!r} has no workers", hint=f"start some: dask worker {address}")
    try:
        found = client.run(on_worker.versions)
    except Exception as error:
        raise RequestError(
            f"the workers at {address!r} can't run cnninspect: {error}", hint="install it there"
        ) from error
    if differing := differences(on_worker.versions(), found):
        raise RequestError(f"other versions at {address!r}: {'; '.join(differing)}", hint="install the same everywhere")
    return threads


def differences(here: dict[str, str], there: dict[str, dict[str, str]]) -> list[str]:
    """What workers have in another version than this process, in words, each once.

    >>> differences({"torch": "2.14.1"}, {"tcp://a": {"torch": "2.13.0"}, "tcp://b": {"torch": "2.14.1"}})
    ['torch 2.14.1 here, 2.13.0 at tcp://a']

    Args:
        here: Versions by package.
        there: The same by worker.
    """
    said: dict[str, list[str]] = {}
    for worker, known in there.items():
        for name, version in here.items():
            if (other := known.get(name, "not known")) != version:
                said.setdefault(f"{name} {version} here, {other} at ", []).append(worker)
    return [text + ", ".join(workers) for text, workers in said.items()]


def _answer_of(future: "Future[Any]") -> Answer:
    """What came back; where a worker was lost with it again and again, that it was.

    Raises:
        ModelError: The cluster is gone.
    """
    if future.cancelled() or future.status == "lost":
        raise ModelError("the cluster is gone", hint=_AGAIN)
    error: Any = future.exception()
    if error is not None:
        return Answer(
            0.0, failure=SweepFailure(Reason.crash, f"the cluster gave it up: {type(error).__name__}: {error}")
        )
    return msgspec.json.decode(future.result(), type=Answer)
