"""The timing engine: frames in, events out, the same events however the frames were cut into batches.

Per frame there is array work only; Python runs for what happens to a drone: a gate is passed, the clock falls back, the
race starts. The results are the same to the bit because each number comes from one frame and the drone's previous one,
element by element, or is a minimum, a maximum or a count.
"""

from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import floor
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from races.timing.batch import CLOCK, GAP, OFFSET, ROWS, SPEED, TIME, Batch, Integers, Segments, X, Z
from races.timing.events import Event
from races.timing.gates import Course, Cut, Floats, StartMode, Vector
from races.timing.laps import DroneLaps, Flown, Instant, Passing

# Bounds the memory of a batch, whose every frame meets every gate.
CHUNK: Final = 4096
STATE_VERSION: Final = 1


class StateError(ValueError):
    """A saved state that is none, or not of this version; the text says which."""


@dataclass(frozen=True)
class Whereabouts:
    """Where a drone was last: at `race_time` (µs) at `position` (m), in lap `lap` (None: none).

    `passed` is how many gates of that lap it has passed, `leg` the last of them, 0 being start/finish; `rounds` is how
    many laps it has closed, valid or not; `started` is True once it has begun one. `time` is the arrival (µs) of its
    last timed frame: after `restore`, the later ones are to be fed.
    """

    drone: int
    time: int
    race_time: int
    position: Vector
    lap: int | None
    leg: int
    passed: int
    rounds: int
    started: bool


class Timer:
    """Times drones on a course.

    `start` is the race's start (µs since the Unix epoch, by the clock of the frames' `time`), for a course whose first
    lap starts with the race; until it is set, no lap starts there. Memory is that of a frame and a lap for each drone.
    """

    def __init__(self, course: Course, *, start: int | None = None) -> None:
        self.course = course
        self.start = start
        self._numbers: Integers = np.empty(0, np.int64)
        self._last: Floats = np.empty((ROWS, 0))
        self._samples: Integers = np.empty(0, np.int64)
        self._laps: dict[int, DroneLaps] = {}

    def feed(self, frames: NDArray[Any]) -> list[Event]:
        """Take frames in the order of their arrival, drones mixed; give what happened, in the order in which it showed.

        `frames` is any structured array with `time` (µs since the Unix epoch), `flight_time` (s), `drone` and
        `position` ((n, 3), m). Frames whose clock or position is not finite are not timed; neither are those whose
        clock stands still or falls by 0.5 s or less.
        """
        events: list[Event] = []
        for begin in range(0, len(frames), CHUNK):
            events += self._feed(frames[begin : begin + CHUNK])
        return events

    def _feed(self, frames: NDArray[Any]) -> list[Event]:
        batch = Batch.of(frames, self._numbers, self._last)
        if not len(batch.numbers):
            return []
        samples = np.zeros(len(batch.numbers), np.int64)
        samples[~batch.fresh] = self._samples
        for number in batch.numbers[batch.fresh].tolist():
            self._laps[number] = DroneLaps(self.course, number)
        segments = batch.segments()
        last = batch.last()
        found: list[tuple[int, Event]] = []
        for group, rows in self._happenings(batch, segments).items():
            walk = _Walk(batch, group, int(samples[group]), segments, self._laps[int(batch.numbers[group])])
            for row, cuts in sorted(rows.items()):
                found += [(int(batch.index[row]), event) for event in walk.visit(row, cuts, self.start)]
            last[OFFSET, group], last[GAP, group], last[SPEED, group] = walk.summed_up()
        self._numbers, self._last, self._samples = batch.numbers, last, samples + batch.counts
        # As the frames arrived, whatever drone they are of: else the order would tell how they were cut.
        found.sort(key=lambda each: each[0])
        return [event for _, event in found]

    def _happenings(self, batch: Batch, segments: Segments) -> dict[int, dict[int, list[Cut]]]:
        """Give, for each group of the batch, the columns at which something happens, with the gates cut there."""
        starts = batch.starts.tolist()
        happenings: dict[int, dict[int, list[Cut]]] = {}
        for cut in self.course.cuts(batch.table[X : Z + 1], segments.joined):
            rows = happenings.setdefault(bisect(starts, cut.row) - 1, {})
            rows.setdefault(cut.row, []).append(cut)
        if segments.fallen.any():
            for row in (np.flatnonzero(segments.fallen) + 1).tolist():
                happenings.setdefault(bisect(starts, row) - 1, {}).setdefault(row, [])
        if self.start is not None and self.course.start_mode is StartMode.RACE_START:
            for group, row in self._starting(batch, self.start):
                happenings.setdefault(group, {}).setdefault(row, [])
        return happenings

    def _starting(self, batch: Batch, start: int) -> Iterator[tuple[int, int]]:
        """Give the drones that wait for the race's start, each with its first frame since."""
        for group, number in enumerate(batch.numbers.tolist()):
            if not self._laps[number].may_start:
                first = int(batch.starts[group]) + (not batch.fresh[group])
                since = np.flatnonzero(batch.table[TIME, first : batch.ends[group]] >= start)
                if len(since):
                    yield group, first + int(since[0])

    def whereabouts(self) -> list[Whereabouts]:
        """Give where each drone was last, by number."""
        return [
            whereabouts_of(self._laps[number], column, len(self.course.gates))
            for number, column in zip(self._numbers.tolist(), self._last.T.tolist(), strict=True)
        ]

    def state(self) -> dict[str, Any]:
        """Give all that the engine knows as plain values, for JSON; `restore` goes on from there, exactly."""
        return {
            "version": STATE_VERSION,
            "course": self.course.as_json(),
            "start": self.start,
            "drones": [
                {"number": number, "last": column, "samples": samples, **self._laps[number].as_json()}
                for number, column, samples in zip(
                    self._numbers.tolist(), self._last.T.tolist(), self._samples.tolist(), strict=True
                )
            ],
        }

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """Make the engine that `state` describes; raises StateError, or CourseError for its course."""
        if state.get("version") != STATE_VERSION:
            raise StateError(f"This timing state has version {state.get('version')!r}; it must be {STATE_VERSION}.")
        try:
            drones = state["drones"]
            timer = cls(Course.from_json(state["course"]), start=state["start"])
            timer._numbers = np.array([drone["number"] for drone in drones], np.int64)
            timer._samples = np.array([drone["samples"] for drone in drones], np.int64)
            timer._last = np.array([drone["last"] for drone in drones], np.float64).reshape(-1, ROWS).T
            timer._laps = {
                int(drone["number"]): DroneLaps.from_json(timer.course, int(drone["number"]), drone) for drone in drones
            }
        except (KeyError, TypeError) as error:
            raise StateError(f"This is not a timing state: {error!r}.") from None
        return timer


class _Walk:
    """Takes one drone of a batch through what happens to it, in order."""

    def __init__(self, batch: Batch, group: int, samples: int, segments: Segments, laps: DroneLaps) -> None:
        self._batch = batch
        self._table = batch.table
        self._steps = segments.steps
        self._laps = laps
        self._first, self._end = int(batch.starts[group]), int(batch.ends[group])
        # The number of the first column among the drone's timed frames.
        self._sample = samples - (not batch.fresh[group])
        # From which column on the least offset and the most of the lap are looked for.
        self._run_from = self._first
        self._lap_from = self._first

    def visit(self, row: int, cuts: list[Cut], start: int | None) -> Iterator[Event]:
        """Give the events that the frame in column `row` shows."""
        clock = self._table[CLOCK]
        if row > self._first and self._steps[row - 1] < 0:
            self._run_from = row
            yield self._laps.reset(int(self._table[TIME, row]), float(clock[row - 1]) / 1e6)
        offset = int(self._table[OFFSET, self._run_from : row + 1].min())
        begins = None
        if not self._laps.may_start and start is not None and self._table[TIME, row] >= start:
            # Not behind the frame that shows it, which may have been slower than others before: no lap ends earlier.
            begins = min(float(start - offset), float(clock[row]))
        for cut in cuts:
            at = float(clock[row - 1]) + cut.fraction * float(self._steps[row - 1])
            # What the drone passed before the start, it passed before the start, though one frame showed both.
            if begins is not None and at >= begins:
                self._begin(begins, row, start)
                begins = None
            yield from self._pass(cut, self._instant(at, row, floor(at + 0.5) + offset))
        if begins is not None:
            self._begin(begins, row, start)

    def _instant(self, clock: float, row: int, race_time: int) -> Instant:
        sample = self._sample + row - self._first
        return Instant(clock, race_time, int(self._table[TIME, row]), sample)

    def _begin(self, clock: float, row: int, start: int | None) -> None:
        self._laps.begin(self._instant(clock, row, start or 0), on_grid=True)
        self._lap_from = row + 1

    def _pass(self, cut: Cut, instant: Instant) -> list[Event]:
        lap = self._laps.running
        gates = self._laps.course.places[cut.place]
        speed = float(self._table[SPEED, cut.row])
        events = self._laps.passes(Passing(instant, gates, speed, cut.right, cut.up), self._flown(cut.row + 1))
        if self._laps.running is not lap:
            self._lap_from = cut.row + 1
        return events

    def _flown(self, end: int) -> Flown:
        gap, speed = self._table[GAP : SPEED + 1, self._lap_from : end].max(axis=1, initial=0.0).tolist()
        return Flown(gap, speed)

    def summed_up(self) -> tuple[float, float, float]:
        """Give the least offset since the reset and the most gap and speed since the lap began, at the batch's end."""
        flown = self._flown(self._end)
        return float(self._table[OFFSET, self._run_from : self._end].min()), flown.max_gap, flown.top_speed


def whereabouts_of(laps: DroneLaps, column: list[float], gates: int) -> Whereabouts:
    """Give where a drone is by its laps and its column of a Batch's table, on a course of so many gates."""
    running = laps.running
    return Whereabouts(
        drone=laps.drone,
        time=int(column[TIME]),
        race_time=int(column[CLOCK] + column[OFFSET]),
        position=(column[X], column[X + 1], column[Z]),
        lap=running.number if running else None,
        leg=(running.next_gate - 1) % gates if running else 0,
        passed=running.passed if running else 0,
        rounds=laps.closed,
        started=laps.started,
    )
