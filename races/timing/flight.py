"""One drone's flight as a path in space, for putting gates across it."""

from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from races.timing.batch import CLOCK, ROWS, Batch, X, Z
from races.timing.gates import Course, Cut, Floats, Gate, Vector

# The path's direction at a place is that from this far (m) before it to as far behind it.
AROUND: Final = 2.0
# Passes of one place point the same way to within this (deg), seen from above.
SAME_WAY: Final = 45.0
# Laps are alike when, from above, they lie apart by no more than this share of their length, and are about as long.
ALIKE: Final = 0.06
AS_LONG: Final = 1.5
COMPARED_POINTS: Final = 48
# A gate reaches this far (m) beyond the passes that it was made from, and is at least this wide and high.
MARGIN: Final = 2.0
LEAST_SIZE: Final = 5.0


class Flight:
    """The timed frames of one drone.

    `path` (n, 3) in m; `clock` (n) the drone's own, s; `at` (n) the metres flown, jumps left out.
    """

    def __init__(self, frames: NDArray[Any]) -> None:
        """Take frames as a Timer does; raises ValueError when they are of several drones."""
        batch = Batch.of(frames, np.empty(0, np.int64), np.empty((ROWS, 0)))
        if len(batch.numbers) > 1:
            raise ValueError("A flight is one drone's.")
        self._joined = batch.segments().joined
        self._axes: Floats = np.ascontiguousarray(batch.table[X : Z + 1])
        self.path: Floats = self._axes.T
        self.clock: Floats = batch.table[CLOCK] / 1e6
        steps = np.sqrt((np.diff(self.path, axis=0) ** 2).sum(axis=1))
        self.at: Floats = _sums(np.where(self._joined, steps, 0.0))[: len(self.path)]
        self._jumps: Floats = _sums(~self._joined)[: len(self.path)]

    def place(self, at: float) -> Floats:
        """Give the position (m) after `at` metres."""
        return np.array([np.interp(at, self.at, axis) for axis in self._axes])

    def gate_at(self, at: float, width: float, height: float) -> Gate | None:
        """Put an upright gate (m) across the path after `at` metres; None where the path goes straight up or down."""
        dx, _, dz = (self.place(at + AROUND) - self.place(at - AROUND)).tolist()
        if hypot(dx, dz) < AROUND / 2:
            return None
        x, y, z = self.place(at).tolist()
        return Gate(centre=(x, y, z), yaw=degrees(atan2(dx, dz)), pitch=0.0, width=width, height=height)

    def cuts(self, gate: Gate) -> list[Cut]:
        """Give where the path cuts a gate in its facing."""
        return Course((gate,)).cuts(self._axes, self._joined)

    def _same_way(self, cut: Cut, gate: Gate) -> bool:
        at = self.metres(cut)
        dx, _, dz = (self.place(at + AROUND) - self.place(at - AROUND)).tolist()
        facing_x, _, facing_z = gate.axes[2]
        return bool(dx * facing_x + dz * facing_z >= cos(radians(SAME_WAY)) * hypot(dx, dz) > 0)

    def metres(self, cut: Cut) -> float:
        return self._between(self.at, cut)

    def seconds(self, cut: Cut) -> float:
        return self._between(self.clock, cut)

    def _between(self, values: Floats, cut: Cut) -> float:
        before, after = values[cut.row - 1 : cut.row + 1].tolist()
        return float(before + cut.fraction * (after - before))

    def passes(self, gate: Gate, min_lap: float) -> list[list[Cut]]:
        """Give the runs of passes about in the gate's direction, `min_lap` seconds apart or more, no jump between."""
        runs: list[list[Cut]] = []
        for cut in self.cuts(gate):
            if not self._same_way(cut, gate):
                continue
            if not runs or self._jumps[runs[-1][-1].row] != self._jumps[cut.row]:
                runs.append([cut])
            elif self.seconds(cut) - self.seconds(runs[-1][-1]) >= min_lap:
                runs[-1].append(cut)
        return [run for run in runs if len(run) > 1]

    def alike(self, passes: list[Cut]) -> list[Cut]:
        """Give the longest part of a run of passes in which each lap is like the one before; the first of equals."""
        laps = [self._lap_from_above(first, last) for first, last in pairwise(passes)]
        best = start = 0
        longest = 1
        for index, ((length, points), (next_length, next_points)) in enumerate(pairwise(laps), 1):
            apart = np.sqrt(((points - next_points) ** 2).sum(axis=1)).mean() / length
            if apart > ALIKE or not 1 / AS_LONG <= next_length / length <= AS_LONG:
                start = index
            if index + 1 - start > longest:
                best, longest = start, index + 1 - start
        return passes[best : best + longest + 1]

    def _lap_from_above(self, first: Cut, last: Cut) -> tuple[float, Floats]:
        start, end = self.metres(first), self.metres(last)
        marks = np.linspace(start, end, COMPARED_POINTS)
        return end - start, np.column_stack([np.interp(marks, self.at, self._axes[axis]) for axis in (0, 2)])


def spread(cuts: list[Cut]) -> float:
    """Give how far apart a gate's passes lie on the average (m), height counting little."""
    return float(np.mean([hypot(b.right - a.right, (b.up - a.up) / 5) for a, b in pairwise(cuts)]))


def fitted(gate: Gate, cuts: list[Cut]) -> Gate:
    """Move and size an upright gate, in its plane, so that it holds these passes of it and some more."""
    rights, ups = [cut.right for cut in cuts], [cut.up for cut in cuts]
    right, up = (min(rights) + max(rights)) / 2, (min(ups) + max(ups)) / 2
    (rx, _, rz), _, _ = gate.axes
    x, y, z = gate.centre
    centre: Vector = (x + right * rx, y + up, z + right * rz)
    width, height = (max(LEAST_SIZE, max(offsets) - min(offsets) + 2 * MARGIN) for offsets in (rights, ups))
    return Gate(centre=centre, yaw=gate.yaw, pitch=gate.pitch, width=width, height=height)


def _sums(values: NDArray[Any]) -> Floats:
    return np.concatenate(([0.0], np.cumsum(values)))
