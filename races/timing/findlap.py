"""Makes a course of a flight: finds the closed lap in it, where the path comes back in place and direction."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from races.timing.events import Lap
from races.timing.flight import Flight, fitted, spread
from races.timing.gates import Course, CourseError, Cut, Floats, Gate
from races.timing.timer import Timer

# Start/finish is tried this often along the path (m), but at no more places than this, and this wide (m): indoors a
# wide one catches the whole track. Laps may differ much in height, so all are tall.
TRY_SPACING: Final = 4.0
MOST_TRIES: Final = 300
TRY_WIDTHS: Final = (5.0, 10.0, 20.0)
TRY_HEIGHT: Final = 60.0
# Once the lap is known, passes of other gates are looked for this far across it (m).
ACROSS: Final = 40.0
# A lap passes a gate about as far into it as the one that the gate was made from: by this share of the lap.
BESIDE: Final = 0.12


class NoLapError(ValueError):
    """There is no closed lap in the flight, or no gates fit it; the text says which."""


@dataclass(frozen=True)
class FlownLap:
    """A closed lap: from `start` to `end` by the drone's own clock (s), `start_at` to `end_at` metres into the flight.

    The path's rows from `first` to before `last` hold it, with a frame more at both ends.
    """

    start: float
    end: float
    start_at: float
    end_at: float
    first: int
    last: int


@dataclass(frozen=True)
class FoundLap:
    """The lap of a flight: where it starts, and each time that it was flown, one after the other."""

    flight: Flight
    start_gate: Gate
    laps: tuple[FlownLap, ...]

    @property
    def fastest(self) -> FlownLap:
        return min(self.laps, key=lambda lap: (lap.end - lap.start, lap.start))

    def path(self, lap: FlownLap) -> Floats:
        """Give a lap's path (n, 3) in m, a frame longer at both ends, as ReferenceLine.flown takes it."""
        return self.flight.path[lap.first : lap.last]


def find_lap(frames: NDArray[Any], *, min_lap: float = 5.0) -> FoundLap:
    """Find the lap that a drone flew most often in a row, each `min_lap` seconds long or longer.

    `frames` are one drone's, as a Timer takes them. Where start/finish could as well be elsewhere, it is where the
    passes lie closest. Raises NoLapError.
    """
    flight = Flight(frames)
    best: tuple[tuple[int, float], Gate, list[Cut]] | None = None
    for at in _tries(flight):
        for width in TRY_WIDTHS:
            gate = flight.gate_at(at, width, TRY_HEIGHT)
            for run in flight.passes(gate, min_lap) if gate else ():
                cuts = flight.alike(run)
                score = (len(cuts), -spread(cuts))
                if gate and (best is None or score > best[0]):
                    best = (score, gate, cuts)
    if best is None:
        raise NoLapError(
            "There is no closed lap in this flight: it never comes back to the same place in the same direction, "
            f"{min_lap:g} s later or more."
        )
    _, gate, cuts = best
    return FoundLap(flight, fitted(gate, cuts), tuple(_flown(flight, *ends) for ends in pairwise(cuts)))


def _tries(flight: Flight) -> list[float]:
    length = float(flight.at[-1]) if len(flight.at) else 0.0
    spacing = max(TRY_SPACING, length / MOST_TRIES)
    return np.arange(spacing / 2, length, spacing).tolist()


def _flown(flight: Flight, first: Cut, last: Cut) -> FlownLap:
    return FlownLap(
        start=flight.seconds(first),
        end=flight.seconds(last),
        start_at=flight.metres(first),
        end_at=flight.metres(last),
        first=first.row - 1,
        last=last.row + 1,
    )


def gates_along(found: FoundLap, *, count: int | None = None, times: Sequence[float] | None = None) -> tuple[Gate, ...]:
    """Put gates across the lap: start/finish, then the others in the order of the lap.

    Either `count` gates in all, at even distances of the fastest lap, or, besides start/finish, one at each of `times`:
    seconds of the drone's own clock, within the laps found. Each is as wide and as high as the laps differ there.
    Raises NoLapError when they cannot be put so that a lap of the flight passes them all in order.
    """
    if (count is None) == (times is None):
        raise NoLapError("Gates are put at even distances or at given times: one of the two.")
    if times is not None:
        places = sorted((_place(found, time) for time in times), key=lambda place: place[0])
    else:
        places = [(number / (count or 1), found.fastest) for number in range(1, count or 0)]
    if count is not None and count < 1:
        raise NoLapError("A course needs a gate: the first is start/finish.")
    try:
        course = Course((found.start_gate, *(_across(found, *place) for place in places)), min_lap_ms=0)
    except CourseError as error:
        raise NoLapError(str(error)) from None
    if not any(lap.valid for lap in laps_on(course, found.flight)):
        raise NoLapError("No lap of the flight passes these gates in order: try fewer, or other places.")
    return course.gates


def laps_on(course: Course, flight: Flight) -> list[Lap]:
    """Time a flight on a course."""
    frames = np.zeros(
        len(flight.clock), [("time", "i8"), ("flight_time", "f8"), ("drone", "u2"), ("position", "f8", (3,))]
    )
    frames["time"] = np.arange(len(frames))
    frames["flight_time"] = flight.clock
    frames["position"] = flight.path
    return [event for event in Timer(course).feed(frames) if isinstance(event, Lap)]


def _place(found: FoundLap, time: float) -> tuple[float, FlownLap]:
    """Give how far into which lap (0..1) the drone was at `time` (s)."""
    for lap in found.laps:
        if lap.start < time < lap.end:
            rows = slice(lap.first, lap.last)
            at = float(np.interp(time, found.flight.clock[rows], found.flight.at[rows]))
            return (at - lap.start_at) / (lap.end_at - lap.start_at), lap
    first, last = found.laps[0].start, found.laps[-1].end
    raise NoLapError(f"At {time:g} s no lap was flown: the laps run from {first:.2f} s to {last:.2f} s.")


def _across(found: FoundLap, share: float, model: FlownLap) -> Gate:
    """Put a gate across lap `model`, `share` of its way along, so that the other laps pass it too."""
    flight = found.flight
    at = model.start_at + share * (model.end_at - model.start_at)
    gate = flight.gate_at(at, ACROSS, TRY_HEIGHT)
    if gate is None:
        raise NoLapError(f"At {share:.0%} of the lap the flight goes straight up or down: no gate stands there.")
    passes: list[Cut] = []
    for lap in found.laps:
        beside = [
            (abs((flight.metres(cut) - lap.start_at) / (lap.end_at - lap.start_at) - share), cut)
            for cut in flight.cuts(gate)
            if lap.start_at < flight.metres(cut) < lap.end_at
        ]
        away, cut = min(beside, key=lambda each: each[0], default=(1.0, None))
        if cut is not None and away <= BESIDE:
            passes.append(cut)
    if not passes:
        raise NoLapError(f"At {share:.0%} of the lap the flight turns too sharply for a gate.")
    return fitted(gate, passes)
