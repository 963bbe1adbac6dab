"""Against what simulated drones really fly: their gate passings are known to the nanosecond."""

from itertools import pairwise
from math import ceil, floor

import numpy as np
import pytest

from management.course import arena
from management.simulator import Crossing as TrueCrossing
from management.simulator import Flight, pilots
from races.timing import Course, Crossing, Gate, Lap, Reset, Timer
from tests.races.timing_worlds import FrameArray, merged

COURSE = Course(tuple(Gate(each.centre, each.yaw, each.pitch, each.width, each.height) for each in arena().gates))
SECONDS = 64.0
# Float32 tells times up to 64 s to 4 µs, and the flight between two frames is not quite straight.
INSTANT_ERROR = {100: 20e-6, 50: 60e-6}


def flights(seed: int, resets: tuple[float, ...] = ()) -> list[Flight]:
    return [Flight(arena(), pilot, resets) for pilot in pilots(3, seed)]


def recorded(flown: list[Flight], hz: int) -> FrameArray:
    return merged(*(each.frames(0, SECONDS, hz) for each in flown))


def ms(seconds: float) -> int:
    return floor(seconds * 1000 + 0.5)


def true_laps(crossings: list[TrueCrossing]) -> list[int]:
    """Give the ms of the laps between true passings of start/finish of one run."""
    starts = [(each.run, each.flight_time) for each in crossings if each.gate == 0]
    return [ms(end) - ms(start) for (run, start), (same, end) in pairwise(starts) if run == same]


def is_shown(passing: TrueCrossing, hz: int, reset: float) -> bool:
    """Tell whether frames show a passing: one between the last frame and the reset has no frame behind the gate."""
    return not passing.time < reset <= ceil(passing.time * hz) / hz


@pytest.mark.parametrize("hz", [100, 50])
@pytest.mark.parametrize("seed", [1, 2])
def test_passings_are_all_found_and_to_a_fraction_of_a_millisecond(seed: int, hz: int) -> None:
    reset = 31.0
    flown = flights(seed, resets=(reset,))
    events = Timer(COURSE).feed(recorded(flown, hz))
    for each in flown:
        true = [passing for passing in each.crossings(0, SECONDS - 0.02) if is_shown(passing, hz, reset)]
        found = [event for event in events if isinstance(event, Crossing) and event.drone == each.pilot.number]
        assert [event.gate for event in found[: len(true)]] == [crossing.gate for crossing in true]
        errors = [abs(event.flight_time - crossing.flight_time) for event, crossing in zip(found, true, strict=False)]
        assert max(errors) < INSTANT_ERROR[hz]


@pytest.mark.parametrize(("hz", "most"), [(100, 1), (50, 2)])
def test_lap_times_are_the_true_ones(hz: int, most: int) -> None:
    flown = flights(3, resets=(33.0,))
    events = Timer(COURSE).feed(recorded(flown, hz))
    for each in flown:
        found = [event for event in events if isinstance(event, Lap) and event.drone == each.pilot.number]
        true = true_laps(each.crossings(0, SECONDS - 0.02))
        assert len(found) == len(true) >= 2
        assert np.abs(np.array([lap.duration_ms for lap in found]) - true).max() <= most


def test_a_reset_voids_the_lap_and_the_next_begins_at_start_finish() -> None:
    (flown, *_) = flights(1, resets=(25.0,))
    events = Timer(COURSE).feed(flown.frames(0, SECONDS, 100))
    assert [event.lap for event in events if isinstance(event, Reset)] == [2]
    laps = [event for event in events if isinstance(event, Lap)]
    assert [lap.number for lap in laps] == list(range(1, len(laps) + 1))
    assert all(lap.valid for lap in laps)
    assert laps[1].start_flight < 10
