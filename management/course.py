"""A course to fly: gates, the smooth line through them, and one lap of it at a racing pace. Pure.

Axes are the simulator's (x right, y up, z forward, left-handed, metres), seconds, degrees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# What the fastest pilot's quad does.
TOP_SPEED: Final = 24.0  # m/s
CORNERING: Final = 16.0  # m/s² across the line
PULL: Final = 9.0  # m/s² along the line, faster or slower
# The cosine of the angle at which a gate is passed at most: a smooth line through the gates is not a pilot's.
STRAIGHT: Final = 0.3
# How finely the line is looked at, and how many knots hold a lap: one every few centimetres and hundredths of a second.
LINE_SAMPLES: Final = 4096
LAP_KNOTS: Final = 512
# Over which part of the line the speed changes softly: a pilot's thumb is no switch.
SPEED_SOFTNESS: Final = 0.012


class PeriodicSpline:
    """The closed curve through `values` (n, 3), reached at `knots` (n, ascending), that comes round after `period`.

    Cubic, with a continuous second derivative everywhere, the seam included.
    """

    def __init__(self, knots: ArrayLike, values: ArrayLike, period: float) -> None:
        self.knots: Floats = np.asarray(knots, np.float64)
        self.values: Floats = np.asarray(values, np.float64)
        self.period = period
        self._steps: Floats = np.diff(self.knots, append=self.knots[0] + period)
        self._next: Floats = np.roll(self.values, -1, axis=0)
        self._bends = self._second_derivatives()

    def _second_derivatives(self) -> Floats:
        after, before = self._steps, np.roll(self._steps, 1)
        count = len(self.knots)
        rows = np.arange(count)
        system = np.zeros((count, count))
        # Added, not set: with two knots the neighbours on both sides are one and the same.
        np.add.at(system, (rows, rows), 2 * (before + after))
        np.add.at(system, (rows, rows - 1), before)
        np.add.at(system, (rows, (rows + 1) % count), after)
        slopes = (self._next - self.values) / after[:, np.newaxis]
        return np.asarray(np.linalg.solve(system, 6 * (slopes - np.roll(slopes, 1, axis=0))), np.float64)

    def __call__(self, at: ArrayLike, derivative: int = 0) -> Floats:
        """Give the curve, or its first or second derivative, at each of `at` (m): (m, 3)."""
        wrapped = self.knots[0] + np.mod(np.asarray(at, np.float64) - self.knots[0], self.period)
        piece = np.clip(np.searchsorted(self.knots, wrapped, side="right") - 1, 0, len(self.knots) - 1)
        step = self._steps[piece][:, np.newaxis]
        done = (wrapped - self.knots[piece])[:, np.newaxis]
        left = step - done
        start, end = self.values[piece], self._next[piece]
        bend, next_bend = self._bends[piece], np.roll(self._bends, -1, axis=0)[piece]
        if derivative == 2:
            return np.asarray((bend * left + next_bend * done) / step)
        if derivative == 1:
            straight = (end - start) / step - step * (next_bend - bend) / 6
            return np.asarray(straight + (next_bend * done**2 - bend * left**2) / (2 * step))
        line = (start / step - bend * step / 6) * left + (end / step - next_bend * step / 6) * done
        return np.asarray(line + (bend * left**3 + next_bend * done**3) / (6 * step))


@dataclass(frozen=True)
class CourseGate:
    """A rectangle in space, as races.models.Gate describes it: yaw from +z towards +x, pitch upwards, in degrees."""

    centre: tuple[float, float, float]
    yaw: float
    pitch: float
    width: float
    height: float

    def axes(self) -> Floats:
        """Give the unit vectors to the gate's right, up, and in its facing: (3, 3), a row each."""
        yaw, pitch = np.radians(self.yaw), np.radians(self.pitch)
        right = (np.cos(yaw), 0.0, -np.sin(yaw))
        up = (-np.sin(yaw) * np.sin(pitch), np.cos(pitch), -np.cos(yaw) * np.sin(pitch))
        facing = (np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch))
        return np.array([right, up, facing])

    def seen_from(self, points: Floats) -> Floats:
        """Give `points` (n, 3) in the gate's axes: metres right of its centre, above it, and past it."""
        return np.asarray((points - np.array(self.centre)) @ self.axes().T)


class NotFlyable(ValueError):
    """No simulated drone can fly these gates; the text says why."""


class Course:
    """A closed line through gate centres, in order; the first gate is start/finish and faces along the line.

    `lap` gives the position at each second of one lap of the fastest pilot, who passes start/finish at 0.
    """

    def __init__(
        self, centres: Sequence[tuple[float, float, float]], *, width: float = 4.0, height: float = 3.5
    ) -> None:
        points = np.asarray(centres, np.float64)
        gaps = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
        knots = np.concatenate([[0.0], np.cumsum(gaps[:-1])])
        self.line = PeriodicSpline(knots, points, float(gaps.sum()))
        self.gates: tuple[CourseGate, ...] = tuple(
            _gate(centre, tangent, width, height)
            for centre, tangent in zip(centres, self.line(knots, derivative=1), strict=True)
        )
        self.lap = _lap(self.line)


def through(gates: Sequence[CourseGate]) -> Course:
    """Give the course through gates that are there already; raises NotFlyable."""
    centres = [gate.centre for gate in gates]
    if len(gates) < 3:
        raise NotFlyable("Simulated drones need at least three gates to fly round.")
    if any(one == other for one, other in zip(centres, [*centres[1:], centres[0]], strict=True)):
        raise NotFlyable("Two gates in a row stand in the same place.")
    course = Course(centres)
    for number, (gate, along) in enumerate(zip(gates, course.gates, strict=True), 1):
        if gate.axes()[2] @ along.axes()[2] < STRAIGHT:
            raise NotFlyable(f"Gate {number} does not face the way from the gate before it to the one after it.")
    course.gates = tuple(gates)
    return course


def _gate(centre: tuple[float, float, float], tangent: Floats, width: float, height: float) -> CourseGate:
    x, y, z = (tangent / np.linalg.norm(tangent)).tolist()
    yaw, pitch = float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arcsin(y)))
    return CourseGate(centre=centre, yaw=yaw, pitch=pitch, width=width, height=height)


def _lap(line: PeriodicSpline) -> PeriodicSpline:
    """Fly the line: as fast as its bends allow, speed changing no faster than the quad pulls, and softly."""
    at = np.arange(LINE_SAMPLES) * (line.period / LINE_SAMPLES)
    velocity, bend = line(at, derivative=1), line(at, derivative=2)
    pace = np.linalg.norm(velocity, axis=1)
    curvature = np.linalg.norm(np.cross(velocity, bend), axis=1) / pace**3
    lengths = pace * (line.period / LINE_SAMPLES)
    speed = np.minimum(TOP_SPEED, np.sqrt(CORNERING / np.maximum(curvature, 1e-6)))
    speed = _soft(_pulled(_pulled(speed, lengths)[::-1], lengths[::-1])[::-1])
    seconds = np.concatenate([[0.0], np.cumsum(lengths / speed)])
    knots = np.arange(LAP_KNOTS) * (seconds[-1] / LAP_KNOTS)
    reached = np.interp(knots, seconds, np.append(at, line.period))
    return PeriodicSpline(knots, line(reached), float(seconds[-1]))


def _pulled(speed: Floats, lengths: Floats) -> Floats:
    """Let speed rise along the line no faster than PULL allows; two rounds, for what the seam hands on."""
    allowed, rises = speed.tolist(), (2 * PULL * lengths).tolist()
    for index in range(1 - len(allowed), len(allowed)):
        allowed[index] = min(allowed[index], (allowed[index - 1] ** 2 + rises[index - 1]) ** 0.5)
    return np.array(allowed)


def _soft(speed: Floats) -> Floats:
    """Smooth round the closed line, by a Gaussian SPEED_SOFTNESS of the line wide."""
    waves = np.fft.rfftfreq(len(speed), 1 / len(speed))
    return np.fft.irfft(np.fft.rfft(speed) * np.exp(-2 * (np.pi * SPEED_SOFTNESS * waves) ** 2), len(speed))


@lru_cache(maxsize=1)
def arena() -> Course:
    """Give the course that simulated drones fly: nine gates round an arena, a lap of some 15 seconds."""
    return Course(
        [
            (0.0, 2.2, 0.0),
            (6.0, 3.0, 38.0),
            (30.0, 5.5, 58.0),
            (56.0, 3.0, 40.0),
            (44.0, 2.2, 12.0),
            (66.0, 4.0, -14.0),
            (52.0, 8.5, -44.0),
            (22.0, 4.0, -40.0),
            (2.0, 2.5, -24.0),
        ]
    )
