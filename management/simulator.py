"""Simulated drones: pilots of differing skill who fly a course, and the frames that the game would send. Pure.

A drone's state is a function of time alone, so that frames are the same however they are cut into batches, and so
that the instants at which it passes a gate are known far more exactly than from its frames. Axes and signs are those
of telemetry.frames.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, inf
from typing import Final

import numpy as np

from management.course import Course, Floats
from telemetry.frames import FrameArray, empty

UP: Final = np.array([0.0, 1.0, 0.0])
GRAVITY: Final = 9.81  # m/s²
DRAG: Final = 0.35  # 1/s: what air takes from the speed; a quad leans into it
FULL_THRUST: Final = 40.0  # m/s²
FULL_RATE: Final = 600.0  # deg/s at full stick
TOP_RPM: Final = 28000.0
MOTORS: Final = 4
# Where each motor sits, left front, right front, left back, right back, and how it answers + pitch, + roll, + yaw.
MIX: Final = np.array([[-1, -1, 1], [-1, 1, -1], [1, -1, -1], [1, 1, 1]]) * 0.15
CELLS: Final = 4
BATTERY_SECONDS: Final = 400.0  # in which the charge falls to 37 %; it never quite ends, nor does the flight
SAG: Final = 1.6  # V at full throttle
LAUNCH_SECONDS: Final = 2.5  # from standing still to racing pace
# A drone stands this far, in seconds of flight, before start/finish, each pilot a little behind the one before.
GRID_SECONDS: Final = 0.5
GRID_STEP: Final = 0.08
GRID_PLACES: Final = 8
# Arrival, as on a real network: the game sends what it has when it draws a picture, and stalls while it resets.
PICTURES: Final = 60  # a second
RESET_STALL: Final = 0.3  # s
# Over these spans derivatives are taken. The longer one is a quad's inertia: it cannot tilt faster.
SPEED_SPAN: Final = 0.001
TILT_SPAN: Final = 0.03
RATE_SPAN: Final = 0.005
# Gate passings are looked for this often, then found to the nanosecond.
LOOK_SECONDS: Final = 0.005
HALVINGS: Final = 24


@dataclass(frozen=True)
class Pilot:
    """Who flies drone `number`: `pace` 1 flies the course's lap, 0.9 a tenth slower; `wobble` is how far off, in m."""

    number: int
    pace: float
    wobble: float
    seed: int


@dataclass(frozen=True)
class Crossing:
    """A drone's centre passes the rectangle of gate `gate` (from 0) in its facing.

    `time` is seconds since the simulation began, `flight_time` the drone's own clock, `run` how often it was reset.
    """

    gate: int
    time: float
    flight_time: float
    run: int


def pilots(number: int, seed: int) -> list[Pilot]:
    """Give `number` pilots, numbered from 1, none far slower than the others, the slower ones less exact."""
    skills = np.random.default_rng([seed, 0]).permutation(np.linspace(1.0, 0.0, number)).tolist()
    return [
        Pilot(number=index, pace=0.95 + 0.03 * skill, wobble=0.6 - 0.4 * skill, seed=seed)
        for index, skill in enumerate(skills, 1)
    ]


def random_resets(pilot: Pilot, every: float) -> Iterator[float]:
    """Give the instants (s) at which a pilot crashes and resets, `every` so many seconds on the average, for ever."""
    generator = np.random.default_rng([pilot.seed, 1, pilot.number])
    at = 0.0
    while True:
        at += every * generator.uniform(0.6, 1.4)
        yield at


class Flight:
    """One drone on a course from second 0 on; at each of `resets` (ascending seconds) it starts anew from the grid."""

    def __init__(self, course: Course, pilot: Pilot, resets: Iterable[float] = ()) -> None:
        self.course = course
        self.pilot = pilot
        self._resets = iter(resets)
        self._runs = [_Run(course, pilot, 0, 0.0)]
        self._next_reset = next(self._resets, inf)

    def frames(self, t0: float, t1: float, hz: float) -> FrameArray:
        """Give the frames at every whole 1/hz in [t0, t1) seconds.

        `time` is µs since the simulation began, `drone` the pilot's number, `seq` counts from 1 at second 0.
        """
        numbers = np.arange(ceil(t0 * hz - 1e-6), ceil(t1 * hz - 1e-6))
        at = numbers / hz
        frames = empty(len(at))
        frames["time"] = np.rint(at * 1e6)
        frames["drone"] = self.pilot.number
        frames["seq"] = numbers + 1
        for run, end in self._runs_until(t1):
            inside = (at >= run.start) & (at < end)
            if inside.any():
                frames[inside] = run.measured(at[inside] - run.start, frames[inside])
        return frames

    def crossings(self, t0: float, t1: float) -> list[Crossing]:
        """Give every gate passing in [t0, t1) seconds, in order, exact to a few nanoseconds."""
        found = [
            crossing
            for run, end in self._runs_until(t1)
            if end > t0
            for crossing in run.crossings(max(t0, run.start) - run.start, min(t1, end) - run.start)
        ]
        return sorted(found, key=lambda crossing: crossing.time)

    def progress(self, at: float) -> float:
        """Give how many laps the drone is into its present run at second `at`; negative before start/finish."""
        run = next(run for run, end in self._runs_until(at + 1) if run.start <= at < end)
        return float(run.lap_seconds(np.array([at - run.start]))[0]) / self.course.lap.period

    def _runs_until(self, until: float) -> list[tuple["_Run", float]]:
        """Give the runs that begin before `until`, each with the second at which it ends."""
        while self._next_reset < until:
            self._runs.append(_Run(self.course, self.pilot, len(self._runs), self._next_reset))
            self._next_reset = next(self._resets, inf)
        ends = [run.start for run in self._runs[1:]] + [self._next_reset]
        return [(run, end) for run, end in zip(self._runs, ends, strict=True) if run.start < until]


class _Run:
    """From the grid to the next reset; `at` is the drone's own clock, in seconds, everywhere here."""

    def __init__(self, course: Course, pilot: Pilot, number: int, start: float) -> None:
        self.course = course
        self.pilot = pilot
        self.number = number
        self.start = start
        generator = np.random.default_rng([pilot.seed, 2, pilot.number, number])
        # Better and worse stretches of the pilot, by which the order of a race changes.
        self._moods = np.column_stack(
            [generator.uniform(0.06, 0.4, 3), generator.uniform(0, 2 * np.pi, 3), np.array([0.05, 0.04, 0.03])]
        )
        # For each axis, two slow waves off the line.
        self._drifts = np.stack([generator.uniform(0.8, 3.0, (3, 2)), generator.uniform(0, 2 * np.pi, (3, 2))])
        self._grid = GRID_SECONDS + GRID_STEP * ((pilot.number - 1) % GRID_PLACES)

    def _flown(self, at: Floats) -> Floats:
        """Give the seconds flown at full pace: none while standing, and a soft launch."""
        launch = np.clip(at / LAUNCH_SECONDS, 0, 1)
        return np.asarray(
            LAUNCH_SECONDS * (launch**6 - 3 * launch**5 + 2.5 * launch**4) + np.maximum(at - LAUNCH_SECONDS, 0)
        )

    def lap_seconds(self, at: Floats) -> Floats:
        """Give how far the drone has come, in seconds of the course's lap since start/finish."""
        flown = self._flown(at)
        waves = [share / rate * (np.sin(rate * flown + phase) - np.sin(phase)) for rate, phase, share in self._moods]
        return np.asarray(self.pilot.pace * (flown + np.sum(waves, axis=0)) - self._grid)

    def position(self, at: Floats) -> Floats:
        flown = self._flown(at)[:, np.newaxis, np.newaxis]
        rates, phases = self._drifts
        drift = np.sin(rates * flown + phases).sum(axis=2) * (self.pilot.wobble / 2)
        return np.asarray(self.course.lap(self.lap_seconds(at)) + drift)

    def _velocity(self, at: Floats) -> Floats:
        return (self.position(at + SPEED_SPAN) - self.position(at - SPEED_SPAN)) / (2 * SPEED_SPAN)

    def _thrust(self, at: Floats) -> Floats:
        """Give what the motors must do, in m/s²: accelerate the drone, hold it up, and beat the air."""
        before, here, after = (self.position(at + shift) for shift in (-TILT_SPAN, 0.0, TILT_SPAN))
        acceleration = (before - 2 * here + after) / TILT_SPAN**2
        return acceleration + GRAVITY * UP + DRAG * (after - before) / (2 * TILT_SPAN)

    def _attitude(self, at: Floats) -> Floats:
        """Give the quaternion of a quad that thrusts along its own up, its nose in the direction of the course."""
        up = _unit(self._thrust(at))
        nose = self.course.lap(self.lap_seconds(at), derivative=1) * (1 - UP)
        right = _unit(np.cross(up, nose))
        return _quaternion(right, up, np.cross(right, up))

    def measured(self, at: Floats, frames: FrameArray) -> FrameArray:
        """Fill `frames` with what the drone measures at each of `at`; with a clock at 0 on the grid."""
        thrust = np.linalg.norm(self._thrust(at), axis=1) / FULL_THRUST
        before, after = self._attitude(at - RATE_SPAN), self._attitude(at + RATE_SPAN)
        rates = _rates(before, after, 2 * RATE_SPAN)
        pitch, roll, yaw = rates.T / FULL_RATE
        charge = np.exp(-at / BATTERY_SECONDS)
        frames["flight_time"] = at
        frames["position"] = self.position(at)
        frames["velocity"] = self._velocity(at)
        frames["attitude"] = self._attitude(at)
        frames["gyro"] = rates
        frames["input"] = np.clip(np.column_stack([2 * thrust - 1, yaw, pitch, roll]), -1, 1)
        frames["battery"] = np.column_stack([charge, CELLS * (3.5 + 0.7 * charge) - SAG * np.minimum(thrust, 1)])
        frames["motor_count"] = MOTORS
        load = thrust[:, np.newaxis] + (np.column_stack([pitch, roll, yaw])[:, np.newaxis] * MIX).sum(axis=2)
        frames["motor_rpm"][:, :MOTORS] = TOP_RPM * np.sqrt(np.clip(load, 0.01, 1))
        return frames

    def crossings(self, since: float, until: float) -> Iterator[Crossing]:
        at = np.append(np.arange(since, until, LOOK_SECONDS), until)
        points = self.position(at)
        for number, gate in enumerate(self.course.gates):
            past = gate.seen_from(points)[:, 2]
            for index in np.flatnonzero((past[:-1] < 0) & (past[1:] >= 0)).tolist():
                early, late = float(at[index]), float(at[index + 1])
                for _ in range(HALVINGS):
                    middle = (early + late) / 2
                    behind = gate.seen_from(self.position(np.array([middle])))[0, 2] < 0
                    early, late = (middle, late) if behind else (early, middle)
                right, above, _ = gate.seen_from(self.position(np.array([late])))[0].tolist()
                if abs(right) <= gate.width / 2 and abs(above) <= gate.height / 2:
                    yield Crossing(gate=number, time=self.start + late, flight_time=late, run=self.number)


def arrivals(frames: FrameArray) -> Floats:
    """Give when a flight's frames arrive, in seconds since the simulation began: in bursts, late after a reset."""
    at: Floats = frames["time"] / 1e6
    for index in np.flatnonzero(np.diff(frames["flight_time"]) < 0) + 1:
        at = np.where((at >= at[index]) & (at < at[index] + RESET_STALL), at[index] + RESET_STALL, at)
    return np.asarray(np.ceil(at * PICTURES) / PICTURES)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1)[:, np.newaxis])


def _quaternion(right: Floats, up: Floats, nose: Floats) -> Floats:
    """Give the unit quaternions x y z w, w ≥ 0, that turn the world's x, y, z into these axes (n, 3)."""
    # The largest component from the diagonal, the others from its products with them: nothing small is divided by.
    xx, yy, zz = right[:, 0], up[:, 1], nose[:, 2]
    squares = np.column_stack([1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz, 1 + xx + yy + zz])
    sums = {
        (0, 1): up[:, 0] + right[:, 1],
        (0, 2): nose[:, 0] + right[:, 2],
        (1, 2): nose[:, 1] + up[:, 2],
        (0, 3): up[:, 2] - nose[:, 1],
        (1, 3): nose[:, 0] - right[:, 2],
        (2, 3): right[:, 1] - up[:, 0],
    }
    largest = squares.argmax(axis=1)
    quaternions = np.empty((len(xx), 4))
    for base in range(4):
        rows = largest == base
        for component in range(4):
            pair = (min(base, component), max(base, component))
            value = squares[:, base] if component == base else sums[pair]
            quaternions[rows, component] = value[rows]
    quaternions = _unit(quaternions)
    return np.asarray(np.where(quaternions[:, 3:] < 0, -quaternions, quaternions))


def _rates(before: Floats, after: Floats, seconds: float) -> Floats:
    """Give the turn between two attitudes about the drone's own axes, in deg/s: pitch (x), roll (z), yaw (y)."""
    ax, ay, az, aw = before.T * np.array([[-1.0], [-1.0], [-1.0], [1.0]])
    bx, by, bz, bw = after.T
    w = aw * bw - ax * bx - ay * by - az * bz
    x = aw * bx + ax * bw + ay * bz - az * by
    y = aw * by - ax * bz + ay * bw + az * bx
    z = aw * bz + ax * by - ay * bx + az * bw
    turns = np.column_stack([x, z, y]) * np.where(w < 0, -1.0, 1.0)[:, np.newaxis]
    sine = np.linalg.norm(turns, axis=1)
    angle = 2 * np.arctan2(sine, np.abs(w))
    scale = np.divide(angle, sine, out=np.full_like(sine, 2.0), where=sine > 0)
    return np.asarray(np.degrees(turns * scale[:, np.newaxis]) / seconds)
