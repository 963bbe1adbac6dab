"""A batch of frames as the timing engine works on it: a table with a column a frame, each drone's in one piece."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from races.timing.gates import Floats

Integers = NDArray[np.int64]

RESET_FALL_US: Final = 500_000
MAX_GAP_US: Final = 200_000
MAX_SPEED: Final = 200.0  # m/s
# Beyond this (115 days, in µs) a sender's float32 clock tells seconds at best: such frames are not timed.
CLOCK_LIMIT_US: Final = 1e13

# The rows of a table, all float64, in which whole µs up to the year 2255 are exact: the drone's own clock (µs),
# position (m), arrival (µs since the epoch), arrival less clock (µs), and the time (µs) and speed (m/s) since the frame
# before. A drone's first column is its last frame of before. There OFFSET, GAP and SPEED sum up what was: the least
# since the drone's reset, and the most since its lap began.
CLOCK, X, Y, Z, TIME, OFFSET, GAP, SPEED = range(8)
ROWS: Final = 8


@dataclass(frozen=True)
class Segments:
    """What lies between neighbouring columns of a table, (n − 1) each.

    `steps` is by how much the clock rises (µs); `joined` says where one drone flew from here to there; `fallen`
    where it was reset.
    """

    steps: Floats
    joined: NDArray[np.bool_]
    fallen: NDArray[np.bool_]


@dataclass(frozen=True)
class Batch:
    """The last frame of each known drone and the timed ones of a batch, sorted by drone, then by arrival.

    `table` (8, n); `drones` (n); `index` (n) is each frame's place in the batch, negative for the frames of before.
    Drone `numbers[g]` has the columns `starts[g]` to `ends[g]`; it is `fresh` when it was not known before.
    """

    table: Floats
    drones: Integers
    index: Integers
    numbers: Integers
    starts: Integers
    ends: Integers
    fresh: NDArray[np.bool_]

    @classmethod
    def of(cls, frames: NDArray[Any], numbers: Integers, last: Floats) -> Self:
        """Sort `frames`, after the last ones (8, d) of the drones `numbers` (d), which ascend."""
        known = len(numbers)
        drones = np.concatenate((numbers, frames["drone"]))
        table = np.empty((ROWS, len(drones)))
        table[:, :known] = last
        _measure(table[:, known:], frames)
        order = drones.argsort(kind="stable")
        timed = np.isfinite(table[: Z + 1]).all(axis=0) & (np.abs(table[CLOCK]) <= CLOCK_LIMIT_US)
        if not timed.all():
            order = order[timed[order]]
        clock, sorted_drones = table[CLOCK, order], drones[order]
        if ((clock[1:] <= clock[:-1]) & (sorted_drones[1:] == sorted_drones[:-1])).any():
            order = order[_in_order(sorted_drones, clock)]
        table, drones = table[:, order], drones[order]
        index = order - known
        starts = np.concatenate(([0], np.flatnonzero(drones[1:] != drones[:-1]) + 1))[: len(drones)]
        ends = np.concatenate((starts[1:], [len(drones)]))[: len(starts)]
        return cls(table, drones, index, drones[starts], starts, ends, index[starts] >= 0)

    def segments(self) -> Segments:
        """Tell flights from jumps, and note in the table the time and the speed of each."""
        table = self.table
        steps, same = np.diff(table[CLOCK]), self.drones[1:] == self.drones[:-1]
        rises = same & (steps > 0)
        dx, dy, dz = np.diff(table[X : Z + 1])
        speeds = np.sqrt(dx * dx + dy * dy + dz * dz) * 1e6 / np.where(rises, steps, 1.0)
        joined = rises & (steps <= MAX_GAP_US) & (speeds <= MAX_SPEED)
        np.copyto(table[GAP, 1:], steps, where=rises)
        np.copyto(table[SPEED, 1:], speeds, where=joined)
        return Segments(steps, joined, same & (steps < 0))

    @property
    def counts(self) -> Integers:
        """How many new frames each drone has."""
        return self.ends - self.starts - ~self.fresh

    def last(self) -> Floats:
        """Give each drone's last column (8, d), summed up."""
        last = self.table[:, self.ends - 1]
        last[OFFSET] = np.minimum.reduceat(self.table[OFFSET], self.starts)
        last[GAP] = np.maximum.reduceat(self.table[GAP], self.starts)
        last[SPEED] = np.maximum.reduceat(self.table[SPEED], self.starts)
        return last


def _measure(table: Floats, frames: NDArray[Any]) -> None:
    # Through float64 first: a product in float32 would round the clock.
    table[CLOCK] = frames["flight_time"]
    table[CLOCK] *= 1e6
    np.rint(table[CLOCK], out=table[CLOCK])
    table[X : Z + 1] = frames["position"].T
    table[TIME] = frames["time"]
    np.subtract(table[TIME], table[CLOCK], out=table[OFFSET])
    table[GAP:] = 0.0


def _in_order(drones: Integers, clock: Floats) -> list[int]:
    """Give the columns whose clock rises, or falls so far that the drone was reset: the rest came late or twice."""
    kept: list[int] = []
    drone, latest = -1, 0.0
    for column, (number, at) in enumerate(zip(drones.tolist(), clock.tolist(), strict=True)):
        if number != drone or at > latest or latest - at > RESET_FALL_US:
            kept.append(column)
            drone, latest = number, at
    return kept
