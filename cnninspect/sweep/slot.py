"""One process at a time in which networks run, seen from outside: started, watched, ended, replaced.

Whatever a network does there (loop, crash, take all memory, print for ever, end the process), it costs itself alone.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from typing import Final

import msgspec

from cnninspect.errors import RequestError
from cnninspect.loading import memory
from cnninspect.sweep import messages
from cnninspect.sweep.printed import Printed
from cnninspect.sweep.resident import resident
from cnninspect.sweep.task import Answer, Reason, SweepFailure, SweepTask
from cnninspect.units import binary

_MOST_NETWORKS: Final = 250  # before it is replaced
_MOST_KEPT: Final = 5 * 2**28  # bytes that it may keep from network to network: 1.25 GiB
_STARTING: Final = 300.0  # seconds in which it has to have imported what it needs
_LEAVING: Final = 5.0  # seconds that a process may take to end that has hung up
_CODE: Final = "import sys; sys.path[:] = {!r}; from cnninspect.sweep.child import main; main({})"
_LOOK: Final = 0.1  # seconds after which deadlines and memory are looked at
_THREADS: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


class Limits(msgspec.Struct, frozen=True):
    """What one network may take.

    Attributes:
        timeout: Seconds.
        max_memory: Bytes of its process; ``None``: as many as there are.
        max_printed: Bytes that it and what it starts may print; ``None``: as many as they like.
    """

    timeout: float = 300.0
    max_memory: int | None = None
    max_printed: int | None = 2**19  # a million lines are twice as much, however short each is


def shared_out(limits: Limits, slots: int) -> Limits:
    """The limits of each of so many slots: without one of memory it is a share of what is free, as far as that is told.

    Raises:
        RequestError: There is one, and the system doesn't tell what a process takes.
    """
    is_told = resident(os.getpid()) is not None
    if limits.max_memory is not None and not is_told:
        what = "--max-memory can't be kept to: this system doesn't tell what a process takes (Linux does, in /proc)"
        raise RequestError(what, hint="leave it out")
    free = memory.free() if limits.max_memory is None and is_told else None
    return limits if free is None else msgspec.structs.replace(limits, max_memory=free // slots)


class ProcessSlot:
    """A place for one network at a time.

    Args:
        limits: Of each network.
        threads: Of torch.
    """

    def __init__(self, limits: Limits, threads: int) -> None:
        self._limits = limits
        self._threads = threads
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._inbox: messages.Inbox | None = None
        self._printed: Printed | None = None
        self._networks = 0
        self._since = 0.0
        self._has_begun = False
        self._is_second_try = False
        self.task: SweepTask | None = None

    def sources(self) -> list[messages.Inbox | Printed]:
        """To wait for what comes from them."""
        return [each for each in (self._inbox, self._printed) if each is not None and not each.is_closed]

    def begin(self, task: SweepTask) -> None:
        """Let a network run there, which ``advance`` gives the answer of.

        Args:
            task: Of the network; there is none in it yet.
        """
        self.task, self._has_begun, self._is_second_try = task, False, False
        self._send()

    def advance(self) -> Answer | None:
        """The answer, if there is one by now: to be called when something has come, and now and then."""
        if self.task is None or self._inbox is None or self._printed is None:
            return None
        self._inbox.look()
        if not self._printed.is_closed:
            self._printed.look()  # what it printed before it answered is there by now
        if self._limits.max_printed is not None and self._printed.bytes > self._limits.max_printed:
            said = f"it printed more than {binary(self._limits.max_printed)}"
            return self._given_up(SweepFailure(Reason.output, said, "let it print less: nobody sees it here"))
        while (message := self._inbox.taken()) is not None:
            if message:
                return self._answered(message)
            self._has_begun, self._since = True, time.monotonic()
        failure = self._ended() if self._inbox.is_closed else self._beyond()
        return None if failure is None else self._given_up(failure)

    def stop(self) -> None:
        """End the process, and what it has started."""
        if self._process is None:
            return
        if self._channel is not None:
            self._channel.close()
        _kill(self._process)
        if self._printed is not None:
            self._printed.close()
        self._process = self._channel = self._inbox = self._printed = None
        self._networks = 0

    def _send(self) -> None:
        assert self.task is not None, "there is one to be sent"  # noqa: S101
        if self._process is None:
            self._start()
        assert self._channel is not None, "it has been started"  # noqa: S101
        assert self._printed is not None, "likewise"  # noqa: S101
        self._printed.forget()
        self._since = time.monotonic()
        try:
            messages.send(self._channel, messages.packed(self.task))
        except OSError:  # it has been idle for long, and is gone
            self.stop()
            self._start()
            messages.send(self._channel, messages.packed(self.task))

    def _start(self) -> None:
        self._channel, theirs = socket.socketpair()
        threads = {name: os.environ.get(name, str(self._threads)) for name in _THREADS}  # the user's own, if set
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter
            [sys.executable, "-c", _CODE.format(sys.path, theirs.fileno())],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
            pass_fds=(theirs.fileno(),), start_new_session=True, env=os.environ | threads,
        )  # fmt: skip
        theirs.close()
        assert self._process.stdout is not None, "it is a pipe"  # noqa: S101
        self._printed = Printed(self._process.stdout)
        self._inbox = messages.Inbox(self._channel)

    def _answered(self, message: bytes) -> Answer | None:
        assert self.task is not None, "its answer has come"  # noqa: S101
        try:
            answer = msgspec.json.decode(message, type=Answer)
        except (msgspec.DecodeError, RecursionError):
            return self._given_up(SweepFailure(Reason.crash, "its process answered with something else"))
        self._networks += 1
        is_spent = self._networks >= _MOST_NETWORKS or self._resident() > _MOST_KEPT
        if is_spent or self.task.is_own_code:
            self.stop()
        self.task = None
        return answer

    def _given_up(self, failure: SweepFailure) -> Answer | None:
        self.stop()
        if not self._has_begun and failure.reason is Reason.crash and not self._is_second_try:
            self._is_second_try = True  # nothing of the network has run
            self._send()
            return None
        self.task = None
        return Answer(time.monotonic() - self._since, failure=failure)

    def _beyond(self) -> SweepFailure | None:
        """Has it taken more than it may?"""
        limit, most = self._limits.timeout, self._limits.max_memory
        if time.monotonic() - self._since > (limit if self._has_begun else max(limit, _STARTING)):
            return SweepFailure(Reason.timeout, f"it took longer than {limit:g} s", "--timeout gives it more")
        if most is not None and self._resident() > most:
            before = "" if self._has_begun else ", before the network began"
            message = f"its process took more than {binary(most)} of memory{before}"
            return SweepFailure(Reason.memory, message, "--max-memory allows more, as fewer --jobs do without it")
        return None

    def _ended(self) -> SweepFailure:
        """How its process has come to an end."""
        assert self._process is not None, "it has been started"  # noqa: S101
        try:
            code = self._process.wait(_LEAVING)
        except subprocess.TimeoutExpired:
            return SweepFailure(Reason.crash, "its process hung up, and ran on")
        if code >= 0:
            return SweepFailure(Reason.crash, f"its process ended with exit code {code}")
        name = next((each.name for each in signal.Signals if each == -code), "of real time")
        hint = "the system may have run out of memory: --max-memory" if -code == signal.SIGKILL else None
        return SweepFailure(Reason.crash, f"its process was ended by signal {-code} ({name})", hint)

    def _resident(self) -> int:
        return (resident(self._process.pid) if self._process is not None else None) or 0


def wait_for(slots: Iterable[ProcessSlot]) -> None:
    """Until one of them has something to say, or it is time to look after them."""
    select.select([source for slot in slots for source in slot.sources()], [], [], _LOOK)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # it is gone, or is a zombie
        process.kill()
    process.wait()
