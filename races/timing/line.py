"""The reference line of a course: how far along the track a drone is, and when each drone was where on it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from races.timing.events import Crossing, Event, Reset
from races.timing.gates import Course, CourseError, Floats
from races.timing.timer import Whereabouts

# A flown line keeps a point this often (m), but no more points than this.
POINT_SPACING: Final = 1.0
MOST_POINTS: Final = 4000
# Passing times are kept this often along the line (m), but no more of them a drone than this.
MARK_SPACING: Final = 2.0
MOST_MARKS: Final = 1000


class ReferenceLine:
    """A polyline from start/finish through all gates to start/finish.

    `points` (m, 3) in metres; `at` (m) their distance along the line; `gates_at` (gates + 1) that of each gate, with
    `length`, the lap's, as the last.
    """

    def __init__(self, points: ArrayLike, gates_at: Sequence[float] | None = None) -> None:
        """Take the line's points, and how far along it the gates lie (m): without `gates_at`, each point is a gate."""
        self.points: Floats = np.asarray(points, np.float64)
        self._steps: Floats = np.diff(self.points, axis=0)
        lengths = np.sqrt((self._steps**2).sum(axis=1))
        if not (len(lengths) and lengths.all()):
            raise CourseError("A reference line needs points that lie apart.")
        self.at: Floats = np.concatenate(([0.0], np.cumsum(lengths)))
        self.length = float(self.at[-1])
        self.gates_at: Floats = self.at if gates_at is None else np.asarray(gates_at, np.float64)

    @classmethod
    def through_gates(cls, course: Course) -> Self:
        """Give the straight lines from gate to gate; for one gate, a metre in its facing stands for the lap."""
        centres = [gate.centre for gate in course.gates]
        if len(centres) == 1:
            (centre,), facing = centres, course.gates[0].axes[2]
            return cls([centre, [value + step for value, step in zip(centre, facing, strict=True)]])
        return cls([*centres, centres[0]])

    @classmethod
    def flown(cls, course: Course, path: Floats) -> Self:
        """Give the line of a flown lap: `path` (n, 3) in m begins before start/finish and ends after it.

        Raises CourseError when the path does not pass all gates, in order, and start/finish again.
        """
        cuts = iter(course.cuts(np.asarray(path, np.float64).T))
        order = [*range(len(course.gates)), 0]
        reached: list[float] = []
        for gate in order:
            cut = next((cut for cut in cuts if gate in course.places[cut.place]), None)
            if cut is None:
                again = " again" if len(reached) == len(course.gates) else ""
                raise CourseError(f"The path does not pass gate {gate} of the course{again}.")
            reached.append(cut.row - 1 + cut.fraction)
        whole = np.arange(ceil(reached[0]), floor(reached[-1]) + 1)
        rows = np.unique([reached[0], *whole[(whole > reached[0]) & (whole < reached[-1])], reached[-1]])
        places = np.column_stack([np.interp(rows, np.arange(len(path)), path[:, axis]) for axis in range(3)])
        at = np.concatenate(([0.0], np.cumsum(np.sqrt((np.diff(places, axis=0) ** 2).sum(axis=1)))))
        even = np.linspace(0.0, at[-1], min(MOST_POINTS, max(2, ceil(at[-1] / POINT_SPACING) + 1)))
        points = np.column_stack([np.interp(even, at, places[:, axis]) for axis in range(3)])
        line = cls(points)
        # Even points cut corners: the line is a little shorter than the path, and the gates move along with it.
        gates = np.interp(np.interp(reached, rows, at), even, line.at)
        return cls(points, gates.tolist())

    def along(self, position: ArrayLike, leg: int, to: int | None = None) -> float:
        """Give how far along the line (m) a drone is, between gate `leg`, which it passed last, and `to`, the next."""
        start, end = float(self.gates_at[leg]), float(self.gates_at[leg + 1 if to is None else to])
        first = max(0, int(np.searchsorted(self.at, start, side="right")) - 1)
        last = max(first + 1, int(np.searchsorted(self.at, end, side="left")))
        steps = self._steps[first:last]
        away = np.asarray(position, np.float64) - self.points[first:last]
        squares = (steps**2).sum(axis=1)
        share = np.clip((away * steps).sum(axis=1) / squares, 0.0, 1.0)
        nearest = int((((away - share[:, np.newaxis] * steps) ** 2).sum(axis=1)).argmin())
        found = self.at[first + nearest] + share[nearest] * np.sqrt(squares[nearest])
        return min(max(float(found), start), end)


@dataclass
class _Trail:
    """When a drone was last at each mark (µs of race_time; −1: never), and where it is: laps closed × length + m."""

    times: NDArray[np.int64]
    progress: float | None = None
    time: int = 0
    laps: int = 0  # closed: those in `progress`


class Passes:
    """Remembers when each drone passed each point of the line last, in bounded memory, for the gaps between drones.

    Fed now and then (ten times a second is enough): between two looks a drone is taken to fly evenly along the line;
    at gates its times are exact.
    """

    def __init__(self, line: ReferenceLine) -> None:
        self.line = line
        self._marks = min(MOST_MARKS, max(2, ceil(line.length / MARK_SPACING)))
        self._spacing = line.length / self._marks
        self._trails: dict[int, _Trail] = {}

    def feed(self, events: Iterable[Event], whereabouts: Iterable[Whereabouts], finished: Collection[int] = ()) -> None:
        """Take what a Timer told since the last look, and where it says the drones are now.

        Drones that have `finished` stay as they are: what they fly afterwards is no part of the race.
        """
        for event in events:
            if event.drone in finished:
                continue
            trail = self._trail(event.drone)
            if isinstance(event, Reset):
                trail.progress = None
            elif isinstance(event, Crossing) and event.counted and event.lap is not None:
                # Start/finish ends the lap that the crossing names, save when none ran: then it begins it.
                closes = event.gate == 0 and trail.progress is not None
                trail.laps = event.lap if closes else event.lap - 1
                self._move(trail, float(self.line.gates_at[event.gate]), event.race_time)
        for drone in whereabouts:
            if drone.drone in finished:
                continue
            trail = self._trail(drone.drone)
            if drone.lap is None:
                trail.progress = None
            else:
                trail.laps = drone.rounds
                self._move(trail, self.line.along(drone.position, drone.leg), drone.race_time)

    def _trail(self, drone: int) -> _Trail:
        return self._trails.setdefault(drone, _Trail(np.full(self._marks, -1, np.int64)))

    def _move(self, trail: _Trail, distance: float, time: int) -> None:
        before, progress = trail.progress, trail.laps * self.line.length + distance
        if before is None or progress < before - self.line.length / 2:
            # On the line anew, or start/finish was missed: nothing is known of the way here.
            trail.times[int(progress / self._spacing) % self._marks] = time
        elif progress <= before:
            # Hovering, or flying back: it stays where it was, and the others draw away.
            trail.time = max(trail.time, time)
            return
        else:
            last = floor(progress / self._spacing)
            marks = np.arange(max(floor(before / self._spacing), last - self._marks) + 1, last + 1)
            share = (marks * self._spacing - before) / (progress - before)
            trail.times[marks % self._marks] = np.rint(trail.time + share * (time - trail.time)).astype(np.int64)
        trail.progress, trail.time = progress, time

    def distance(self, drone: int) -> float:
        """Give how far along the lap (m) a drone is, at most the lap's length; 0 when it flies none."""
        trail = self._trails.get(drone)
        if trail is None or trail.progress is None:
            return 0.0
        # Not the remainder: a drone beside start/finish, which it has not passed, is at the end of its lap.
        return min(max(0.0, trail.progress - trail.laps * self.line.length), self.line.length)

    def gap_ms(self, behind: int, ahead: int) -> int | None:
        """Give how long ago (ms) drone `ahead` was last where `behind` is now; None where that is not known."""
        follower, leader = self._trails.get(behind), self._trails.get(ahead)
        if follower is None or leader is None or follower.progress is None:
            return None
        here = follower.progress % self.line.length
        mark = int(here / self._spacing) % self._marks
        passed = int(leader.times[mark])
        if passed < 0:
            return None
        share = here / self._spacing - mark
        after = int(leader.times[(mark + 1) % self._marks])
        at = passed + share * (after - passed) if after >= passed else self._between(leader, mark, share, passed)
        return max(0, round((follower.time - at) / 1000))

    def _between(self, leader: _Trail, mark: int, share: float, passed: int) -> float:
        """Give when a leader that is itself between this mark and the next was here."""
        if leader.progress is None:
            return float(passed)
        reached = (leader.progress % self.line.length) / self._spacing - mark
        if not 0 < reached <= 1:
            return float(passed)
        return passed + min(1.0, share / reached) * (leader.time - passed)
