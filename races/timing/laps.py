"""One drone's laps: from gates passed, one after the other, to laps and sectors. No arrays, no clock of its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from math import floor
from typing import Any, Final, Self

from races.timing.events import Crossing, Event, Flaw, Lap, MissedGate, Reset, Sector
from races.timing.gates import Course, StartMode

# Nobody flies a lap for longer; a sender's clock may leap as far as it likes, and laps have to fit their columns.
LONGEST_LAP_MS: Final = 3_600_000


@dataclass(frozen=True)
class Instant:
    """A point of a drone's flight.

    `clock` is the drone's own clock in µs, `race_time` the common one, `time` the arrival of the frame that showed it,
    `sample` that frame's number among the drone's timed frames.
    """

    clock: float
    race_time: int
    time: int
    sample: int

    @property
    def ms(self) -> int:
        """The drone's own clock in whole ms: what laps and sectors are the differences of, so that they add up."""
        return floor(self.clock / 1000 + 0.5)


@dataclass(frozen=True)
class Passing:
    """A drone flies through a place of the course: `gates` are those of its rectangle. Speed in m/s, offset in m."""

    instant: Instant
    gates: tuple[int, ...]
    speed: float
    right: float
    up: float


@dataclass(frozen=True)
class Flown:
    """What the frames of a running lap say: the longest gap between two (µs), the fastest flight (m/s)."""

    max_gap: float
    top_speed: float


@dataclass
class RunningLap:
    """A lap that is being flown. `marks` are the ms at which it and each of its sectors ended, None when missed."""

    number: int
    start: Instant
    marks: list[int | None]
    next_gate: int = 1  # as many as there are gates: start/finish
    missed: list[int] = field(default_factory=list)
    passed: int = 0  # gates, after the start
    on_grid: bool = False  # started by the race, and not yet at start/finish or a gate


class DroneLaps:
    """Follows one drone round the course.

    `closed` is how many laps it has closed, `running` the one it flies, `started` whether it has ever flown one,
    `may_start` whether start/finish begins one.
    """

    def __init__(self, course: Course, drone: int) -> None:
        self.course = course
        self.drone = drone
        self.closed = 0
        self.running: RunningLap | None = None
        self.started = False
        self.may_start = course.start_mode is StartMode.FIRST_CROSSING

    def begin(self, start: Instant, *, on_grid: bool = False) -> None:
        """Start the next lap; `on_grid` when the race starts it, where the drone stands."""
        self.started = self.may_start = True
        marks: list[int | None] = [start.ms, *(None for _ in self.course.ends)]
        self.running = RunningLap(self.closed + 1, start, marks, on_grid=on_grid)

    def reset(self, time: int, flight_time: float) -> Reset:
        """Void the running lap: the drone is elsewhere, and its clock has begun again."""
        lap = self.running.number if self.running else None
        self.running = None
        return Reset(self.drone, time, flight_time, lap)

    def passes(self, passing: Passing, flown: Flown) -> list[Event]:
        """Take the drone through a gate; `flown` is since the running lap's start.

        A lap that has run for more than LONGEST_LAP_MS by then is void, as if the drone had flown none.
        """
        if self.running is not None and passing.instant.ms - self.running.start.ms > LONGEST_LAP_MS:
            self.running = None
        lap, finish = self.running, len(self.course.gates)
        if lap is None:
            starts = self.may_start and 0 in passing.gates
            if starts:
                self.begin(passing.instant)
            return [self._crossing(passing, 0 if starts else passing.gates[0], counted=starts)]
        gate = self._next_of(passing.gates, lap)
        if gate is None:
            return [self._crossing(passing, passing.gates[0], counted=False)]
        if lap.on_grid:
            lap.on_grid = False
            if gate == finish > 1:
                # The way from the grid to the line: a drone that stands behind it passes it once before gate 1.
                return [self._crossing(passing, 0, counted=False)]
        missed = self._miss(lap, gate)
        events: list[Event] = [self._missed(passing, number, lap) for number in missed]
        lap.passed += 1
        lap.next_gate = gate + 1
        events.append(self._crossing(passing, gate % finish, counted=True))
        events += self._sector(passing.instant, gate, lap)
        if gate == finish:
            events.append(self._lap(passing.instant, lap, flown))
            self.closed += 1
            self.begin(passing.instant)
        return events

    def _next_of(self, gates: tuple[int, ...], lap: RunningLap) -> int | None:
        """Give which of a place's gates comes first from here on, start/finish as the last; None when none does."""
        finish = len(self.course.gates)
        ahead = [gate for gate in (number or finish for number in gates) if gate >= lap.next_gate]
        if ahead:
            return min(ahead)
        # All gates passed, and now the first one after start/finish again: that one was missed.
        return 1 if lap.next_gate == finish > 2 and 1 in gates else None

    def _miss(self, lap: RunningLap, gate: int) -> list[int]:
        """Note what lies between the next gate and `gate`; give their numbers."""
        if gate < lap.next_gate:
            lap.passed = 0
            missed = [0]
        else:
            missed = list(range(lap.next_gate, gate))
        lap.missed = sorted({*lap.missed, *missed})
        return missed

    def _missed(self, passing: Passing, gate: int, lap: RunningLap) -> MissedGate:
        return MissedGate(self.drone, passing.instant.time, gate, lap.number, passing.instant.race_time)

    def _crossing(self, passing: Passing, gate: int, *, counted: bool) -> Crossing:
        instant = passing.instant
        return Crossing(
            drone=self.drone,
            time=instant.time,
            gate=gate,
            lap=self.running.number if self.running else None,
            counted=counted,
            flight_time=instant.clock / 1e6,
            race_time=instant.race_time,
            speed=passing.speed,
            right=passing.right,
            up=passing.up,
        )

    def _sector(self, instant: Instant, gate: int, lap: RunningLap) -> list[Event]:
        ends = (*self.course.ends, len(self.course.gates))
        # After a missed start/finish the same sectors come again in one lap: they are nobody's.
        if gate not in ends or 0 in lap.missed:
            return []
        sector = ends.index(gate) + 1
        if gate < len(self.course.gates):
            lap.marks[sector] = instant.ms
        before = lap.marks[sector - 1]
        if before is None:
            return []
        return [Sector(self.drone, instant.time, lap.number, sector, instant.ms - before, instant.race_time)]

    def _lap(self, end: Instant, lap: RunningLap, flown: Flown) -> Lap:
        duration = end.ms - lap.start.ms
        marks = [*lap.marks, end.ms]
        if 0 in lap.missed:
            marks = [None] * len(marks)
        flaws = {Flaw.MISSED_GATES: bool(lap.missed), Flaw.SHORT: duration < self.course.min_lap_ms}
        why = tuple(flaw for flaw, found in flaws.items() if found)
        return Lap(
            drone=self.drone,
            time=end.time,
            number=lap.number,
            start=lap.start.race_time,
            end=end.race_time,
            start_flight=lap.start.clock / 1e6,
            end_flight=end.clock / 1e6,
            duration_ms=duration,
            sectors=tuple(
                None if before is None or after is None else after - before for before, after in pairwise(marks)
            ),
            valid=not why,
            why=why,
            missed=tuple(lap.missed),
            samples=end.sample - lap.start.sample,
            max_gap_ms=floor(flown.max_gap / 1000 + 0.5),
            top_speed=flown.top_speed,
        )

    def as_json(self) -> dict[str, Any]:
        """Give the state as plain values; `from_json` takes them."""
        return {
            "closed": self.closed,
            "started": self.started,
            "may_start": self.may_start,
            "running": asdict(self.running) if self.running else None,
        }

    @classmethod
    def from_json(cls, course: Course, drone: int, values: Mapping[str, Any]) -> Self:
        laps = cls(course, drone)
        laps.closed = int(values["closed"])
        laps.started = bool(values["started"])
        laps.may_start = bool(values["may_start"])
        running = values["running"]
        if running is not None:
            laps.running = RunningLap(**{**running, "start": Instant(**running["start"])})
        return laps
