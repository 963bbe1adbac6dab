"""Finding the lap in a flight, and putting gates along it."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from management.course import arena
from management.simulator import Flight, pilots
from races.timing import Course, Crossing, Gate, Lap, NoLapError, ReferenceLine, Timer, find_lap, gates_along
from races.timing.findlap import laps_on
from telemetry.capture import read_capture
from tests.races.timing_worlds import FrameArray, flight, frames, merged

CIRCUITS = "liftoff_circuits_50s_100hz.csv"
RESET = "liftoff_reset_58s_100hz.csv"


def captured(name: str) -> FrameArray:
    folder = os.environ.get("DRIFT_CAPTURE")
    if not folder or not (Path(folder) / name).exists():
        pytest.skip(f"needs the capture {name} of a real game, in the folder that DRIFT_CAPTURE names")
    capture = read_capture(Path(folder) / name)
    capture.frames["drone"] = 1
    capture.frames["time"] = np.rint(capture.arrival * 1e6)
    return capture.frames


def simulated(seconds: float = 60, *, resets: tuple[float, ...] = (), seed: int = 2) -> FrameArray:
    return Flight(arena(), pilots(1, seed)[0], resets).frames(0, seconds, 100)


def test_the_lap_of_a_simulated_drone_is_that_of_its_course() -> None:
    found = find_lap(simulated())
    assert len(found.laps) == 3
    true = arena().lap.period / 0.98
    assert [lap.end - lap.start for lap in found.laps] == pytest.approx([true] * 3, rel=0.1)
    assert all(after.start == before.end for before, after in pairwise(found.laps))


def test_a_reset_parts_the_laps_before_it_from_those_after_it() -> None:
    seen = simulated(100, resets=(40.0,))
    found = find_lap(seen)
    assert len(found.laps) == 3
    assert all(lap.end - lap.start < 20 for lap in found.laps)


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_all_laps_found_pass_all_gates_put_along_them(count: int) -> None:
    found = find_lap(simulated())
    gates = gates_along(found, count=count)
    assert len(gates) == count
    laps = laps_on(Course(gates), found.flight)
    assert sum(lap.valid for lap in laps) >= len(found.laps)


def test_gates_stand_at_even_distances() -> None:
    found = find_lap(simulated())
    line = ReferenceLine.flown(Course(gates_along(found, count=5)), found.path(found.fastest))
    assert np.diff(line.gates_at) == pytest.approx(line.length / 5, rel=0.02)


def test_gates_stand_where_the_drone_was_at_given_times() -> None:
    found = find_lap(simulated())
    lap = found.laps[1]
    times = [lap.start + 3.0, lap.start + 9.0]
    events = Timer(Course(gates_along(found, times=times[::-1]))).feed(simulated())
    passed = [event.flight_time for event in events if isinstance(event, Crossing) and event.gate]
    assert [min(abs(at - time) for at in passed) < 0.02 for time in times] == [True, True]


def test_the_shortest_of_all_closed_ways_is_the_lap() -> None:
    circle = np.linspace(0, 8 * 2 * np.pi, 8000)
    found = find_lap(frames(circle * 1.5, np.column_stack([30 * np.sin(circle), 0 * circle, 30 * np.cos(circle)])))
    assert [lap.end - lap.start for lap in found.laps] == pytest.approx([3 * np.pi] * len(found.laps), rel=1e-3)
    assert len(found.laps) == 7


def test_a_straight_flight_has_no_lap() -> None:
    with pytest.raises(NoLapError, match="never comes back"):
        find_lap(flight((0, 0, 0, 0), (30, 0, 0, 600)))


def test_there_and_back_is_no_lap() -> None:
    with pytest.raises(NoLapError, match="never comes back"):
        find_lap(flight((0, 0, 0, 0), (10, 0, 0, 200), (20, 0, 0, 0), (21, 0, 0, -20)))


@pytest.mark.parametrize("count", [0, 1])
def test_no_frames_have_no_lap(count: int) -> None:
    with pytest.raises(NoLapError):
        find_lap(simulated()[:count])


def test_hovering_on_the_spot_has_no_lap() -> None:
    with pytest.raises(NoLapError):
        find_lap(flight((0, 5, 2, 5), (20, 5, 2, 5)))


def test_a_lap_below_the_least_is_not_looked_for() -> None:
    with pytest.raises(NoLapError, match="60 s"):
        find_lap(simulated(40), min_lap=60)


def test_two_drones_are_no_flight() -> None:
    with pytest.raises(ValueError, match="one drone"):
        find_lap(merged(flight((0, 0, 0, 0), (1, 0, 0, 1)), flight((0, 0, 0, 0), (1, 0, 0, 1), drone=2)))


def test_gates_that_cannot_be_put_say_why() -> None:
    found = find_lap(simulated())
    with pytest.raises(NoLapError, match="one of the two"):
        gates_along(found)
    with pytest.raises(NoLapError, match="first is start/finish"):
        gates_along(found, count=0)
    with pytest.raises(NoLapError, match="At 900 s no lap was flown"):
        gates_along(found, times=[900.0])
    with pytest.raises(NoLapError, match="at most 200"):
        gates_along(found, count=500)


def test_the_real_circuits_are_timed_at_their_true_instants() -> None:
    """Where x = 0 is passed towards +x at z > 20 m, on three loose circuits flown 15 m apart in height."""
    line = Course((Gate((0, 15, 40), 90, 0, 20, 60),))
    events = Timer(line).feed(captured(CIRCUITS))
    passed = [event.flight_time for event in events if isinstance(event, Crossing)]
    assert passed == pytest.approx([41.404, 50.334, 59.900, 68.363], abs=0.001)
    assert [event.duration_ms for event in events if isinstance(event, Lap)] == [8930, 9566, 8463]


@pytest.mark.parametrize("count", [1, 4, 9])
def test_the_real_circuits_are_found_and_pass_the_gates_put_along_them(count: int) -> None:
    found = find_lap(captured(CIRCUITS))
    assert len(found.laps) >= 3
    passed = np.array([41.404, 50.334, 59.900, 68.363])
    for lap in found.laps:
        assert 7 < lap.end - lap.start < 11
        assert ((passed > lap.start) & (passed < lap.end)).sum() == 1
    assert [lap.valid for lap in laps_on(Course(gates_along(found, count=count)), found.flight)] == [
        True for _ in found.laps
    ]


def test_the_one_loop_of_a_real_flight_with_a_reset_is_found() -> None:
    found = find_lap(captured(RESET))
    (lap,) = found.laps
    assert 5 < lap.end - lap.start < 15
    assert len(gates_along(found, count=6)) == 6
