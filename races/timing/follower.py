"""Follows a race by what the engine recorded of it: where each drone is in its lap, without timing the frames again.

Recorded crossings and resets go through the same laps (races.timing.laps) that the engine put them through, so that
the two cannot come to differ; frames only tell where the drones are between them.
"""

from collections.abc import Iterable
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from races.timing.batch import CLOCK, OFFSET, ROWS, TIME, Batch, Integers
from races.timing.events import Crossing, Event, Lap, Reset
from races.timing.gates import Course, Floats
from races.timing.laps import DroneLaps, Flown, Instant, Passing
from races.timing.timer import Whereabouts, whereabouts_of

_NOTHING_FLOWN = Flown(0.0, 0.0)  # what the frames of a lap say is recorded with the lap


class Follower:
    """Knows of a race on `course` what its Timer knew; `start` is the race's, as the Timer had it.

    Frames up to an event are seen before the event is taken. Memory is that of a frame and a lap for each drone.
    """

    def __init__(self, course: Course, *, start: int | None = None) -> None:
        self.course = course
        self.start = start
        self._numbers: Integers = np.empty(0, np.int64)
        self._last: Floats = np.empty((ROWS, 0))
        self._least: dict[int, float] = {}  # of arrival less clock (µs) since a drone's reset, as crossings tell it
        self._laps: dict[int, DroneLaps] = {}
        self._gates = {gate: gates for gates in course.places for gate in gates}

    def resume(self, lap: Lap) -> None:
        """Let a drone be where it was when it had closed a lap: what happened before need not be taken."""
        laps = self._laps[lap.drone] = DroneLaps(self.course, lap.drone)
        laps.closed = lap.number
        laps.begin(Instant(lap.end_flight * 1e6, lap.end, lap.time, 0))

    def take(self, events: Iterable[Event]) -> None:
        """Take recorded events, each drone's in order; laps and sectors follow from the others."""
        for event in events:
            if isinstance(event, Reset):
                laps = self._of(event.drone, event.time, event.flight_time * 1e6, event.time)
                laps.reset(event.time, event.flight_time)
                self._least.pop(event.drone, None)
            elif isinstance(event, Crossing):
                clock = event.flight_time * 1e6
                instant = Instant(clock, event.race_time, event.time, 0)
                passing = Passing(instant, self._gates[event.gate], event.speed, event.right, event.up)
                self._of(event.drone, event.time, clock, event.race_time).passes(passing, _NOTHING_FLOWN)
                self._least[event.drone] = float(event.race_time - floor(clock + 0.5))

    def see(self, frames: NDArray[Any]) -> None:
        """Take frames as a Timer does: those since the ones seen before, or each drone's latest."""
        batch = Batch.of(frames, self._numbers, self._last)
        if not len(batch.numbers):
            return
        fallen = np.flatnonzero(batch.segments().fallen) + 1
        last = batch.last()
        for group, number in enumerate(batch.numbers.tolist()):
            begin, end = int(batch.starts[group]), int(batch.ends[group])
            resets = fallen[(fallen > begin) & (fallen < end)]
            if len(resets):
                self._least.pop(number, None)
                last[OFFSET, group] = batch.table[OFFSET, resets[-1] : end].min()
            last[OFFSET, group] = min(last[OFFSET, group], self._least.get(number, np.inf))
            clock = float(last[CLOCK, group])
            self._of(number, int(last[TIME, group]), clock, clock + float(last[OFFSET, group]))
        self._numbers, self._last = batch.numbers, last

    def whereabouts(self) -> list[Whereabouts]:
        """Give where each drone that was seen is, by number."""
        return [
            whereabouts_of(self._laps[number], column, len(self.course.gates))
            for number, column in zip(self._numbers.tolist(), self._last.T.tolist(), strict=True)
        ]

    def _of(self, drone: int, time: int, clock: float, race_time: float) -> DroneLaps:
        """Give a drone's laps, at `clock` by its own; the first has begun with the race, where the course says so."""
        laps = self._laps.setdefault(drone, DroneLaps(self.course, drone))
        if not laps.may_start and self.start is not None and time >= self.start:
            began = clock - max(0.0, race_time - self.start)
            laps.begin(Instant(began, self.start, self.start, 0), on_grid=True)
        return laps
