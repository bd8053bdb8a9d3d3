"""Time by layer: what each call of each module takes, its own and with what it calls.

A call's own time is what none of the modules that it calls takes. On an accelerator each call leaves two events, which
are read when the pass is over.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn

from cnninspect.capture.modules import ModuleRecorder
from cnninspect.process import uncollected
from cnninspect.profile.lives import Place
from cnninspect.profile.timing import once
from cnninspect.torch_internals import CALLED_INSTEAD, call_of


class CallTime(NamedTuple):
    """Seconds of one call: with what it calls, and its own."""

    whole: float
    own: float


class _Lap:
    """One call: when it began and ended, in the clock's own terms, and who called it."""

    __slots__ = ("began", "ended", "module", "number", "parent")

    def __init__(self, module: int, number: int, parent: "_Lap | None", began: Any) -> None:
        self.module, self.number, self.parent, self.began = module, number, parent, began
        self.ended: Any = None


class Stopwatch:
    """Times the calls of modules while it is active.

    Args:
        modules: Each once.
        device: Where they run.
    """

    def __init__(self, modules: Sequence[nn.Module], device: torch.device) -> None:
        self._modules = modules
        self._device = device
        self._laps: list[_Lap] = []
        self._running: _Lap | None = None
        self._numbers: dict[int, int] = {}

    @contextmanager
    def active(self) -> Iterator[None]:
        """Context in which calls are timed."""
        replaced = [module for module in self._modules if CALLED_INSTEAD not in module.__dict__]
        clock = time.perf_counter if self._device.type == "cpu" else self._event
        for module in replaced:
            module.__dict__[CALLED_INSTEAD] = self._timed(id(module), call_of(module), clock)
        try:
            yield
        finally:
            for module in replaced:
                module.__dict__.pop(CALLED_INSTEAD, None)

    def calls(self) -> dict[tuple[int, int], CallTime]:
        """By the module's ``id`` and the number of its call."""
        if self._device.type != "cpu":
            torch.accelerator.synchronize(self._device)
        wholes = {id(lap): self._between(lap.began, lap.ended) for lap in self._laps if lap.ended is not None}
        own = dict(wholes)
        for lap in self._laps:
            if lap.parent is not None and id(lap) in wholes and id(lap.parent) in own:
                own[id(lap.parent)] -= wholes[id(lap)]
        laps = [lap for lap in self._laps if id(lap) in wholes]
        return {(lap.module, lap.number): CallTime(wholes[id(lap)], own[id(lap)]) for lap in laps}

    def _event(self) -> Any:
        event = torch.Event(self._device, enable_timing=True)
        event.record()
        return event

    def _between(self, began: Any, ended: Any) -> float:
        return float(ended - began) if self._device.type == "cpu" else began.elapsed_time(ended) / 1e3

    def _timed(self, module: int, call: Callable[..., Any], clock: Callable[[], Any]) -> Callable[..., Any]:
        laps, numbers = self._laps, self._numbers

        def run(*args: Any, **kwargs: Any) -> Any:
            parent = self._running
            number = numbers[module] = numbers.get(module, 0) + 1
            lap = self._running = _Lap(module, number, parent, clock())
            laps.append(lap)
            try:
                return call(*args, **kwargs)
            finally:
                lap.ended = clock()
                self._running = parent

        return run


class LayerTimes(NamedTuple):
    """Seconds, as medians of some passes.

    Attributes:
        calls: Of each call.
        watched: Of a whole pass with a stopwatch.
        plain: Of one without, between those.
    """

    calls: Mapping[Place, CallTime]
    watched: float
    plain: float

    @property
    def own(self) -> float:
        """The sum of all own times."""
        return sum(each.own for each in self.calls.values())


def by_layer(
    run: Callable[[], object],
    modules: Sequence[nn.Module],
    places: Mapping[tuple[int, int], Place],
    device: torch.device,
    passes: int,
) -> LayerTimes:
    """Time the calls of some passes.

    Args:
        run: One pass.
        modules: Whose calls are timed, each once.
        places: Where the calls of a pass stand, by the module's ``id`` and the number of its call.
        device: Where they run.
        passes: How many.
    """
    found: dict[Place, list[CallTime]] = {}
    watched, plain = [], []
    with uncollected():
        for _ in range(passes):
            plain.append(once(run, device))
            watch = Stopwatch(modules, device)
            with watch.active():
                watched.append(once(run, device))
            calls = watch.calls()
            for key, call in calls.items():
                if key in places:
                    found.setdefault(places[key], []).append(call)
    medians = {
        place: CallTime(statistics.median(each.whole for each in calls), statistics.median(each.own for each in calls))
        for place, calls in found.items()
    }
    return LayerTimes(medians, statistics.median(watched), statistics.median(plain))


def places_of(recorder: ModuleRecorder) -> dict[tuple[int, int], Place]:
    """Where the calls of a recorded pass stand, by the module's ``id`` and the number of its call."""
    numbers: dict[int, int] = {}
    places = {}
    for call in recorder.calls:
        if call.is_done:  # else it only holds what is called
            number = numbers[id(call.module)] = numbers.get(id(call.module), 0) + 1
            places[id(call.module), number] = (call.path, call.number)
    return places
