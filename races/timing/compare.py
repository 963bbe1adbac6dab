"""Two laps side by side: each resampled on the distance along the reference line, ready to plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from races.timing.gates import Floats
from races.timing.line import ReferenceLine

STEP: Final = 0.5  # m
MOST_STEPS: Final = 4000
CHANNELS: Final = ("speed", "altitude", "throttle", "yaw", "pitch", "roll")


@dataclass(frozen=True)
class FlownLap:
    """A lap's frames by its drone's own clock, from `start` to `end` (s).

    `frames` is a structured array with `flight_time` (s, rising), `position` ((n, 3), m), `velocity` ((n, 3), m/s) and
    `input` ((n, 4): throttle, yaw, pitch, roll); `passed` are the gates (from 1) with the seconds of their passing.
    """

    frames: NDArray[Any]
    start: float
    end: float
    passed: Sequence[tuple[int, float]] = ()


@dataclass(frozen=True)
class Resampled:
    """A lap at each mark: `time` (s since its start) and CHANNELS (m/s, m, −1..1), NaN where a frame lacks them."""

    time: Floats
    channels: dict[str, Floats]


def marks(line: ReferenceLine) -> Floats:
    """Give the distances (m) at which laps are compared: even, from start/finish to start/finish."""
    return np.linspace(0.0, line.length, min(MOST_STEPS, max(2, ceil(line.length / STEP) + 1)))


def resampled(line: ReferenceLine, lap: FlownLap) -> Resampled:
    """Give a lap at each of the line's `marks`.

    Where a drone hovers or flies back the mark is reached when it is reached first.
    """
    clock = lap.frames["flight_time"].astype(np.float64)
    reached = _reached(line, lap, clock)
    at, first = np.unique(reached[1], return_index=True)
    time = np.interp(marks(line), at, reached[0][first])
    channels = {
        "speed": np.sqrt((lap.frames["velocity"].astype(np.float64) ** 2).sum(axis=1)),
        "altitude": lap.frames["position"][:, 1].astype(np.float64),
        **{name: lap.frames["input"][:, index].astype(np.float64) for index, name in enumerate(CHANNELS[2:])},
    }
    return Resampled(time - lap.start, {name: np.interp(time, clock, values) for name, values in channels.items()})


def _reached(line: ReferenceLine, lap: FlownLap, clock: Floats) -> tuple[Floats, Floats]:
    """Give instants (s) and how far along the line (m) the drone had come by then; exact at the gates."""
    gates = [(0, lap.start), *sorted(lap.passed, key=lambda each: each[1]), (len(line.gates_at) - 1, lap.end)]
    times: list[float] = [lap.start]
    places: list[float] = [0.0]
    for (leg, since), (to, until) in pairwise(gates):
        for index in np.flatnonzero((clock > since) & (clock < until)):
            place = line.along(lap.frames["position"][index], leg, to)
            # Beside the line a drone may seem to be at a gate before it has passed it, or still after.
            if line.gates_at[leg] < place < line.gates_at[to]:
                times.append(float(clock[index]))
                places.append(place)
        times.append(until)
        places.append(float(line.gates_at[to]))
    return np.array(times), np.maximum.accumulate(np.array(places))
