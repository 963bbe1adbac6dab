"""A lap on the distance along the reference line."""

from collections.abc import Sequence

import numpy as np
import pytest

from races.timing import FlownLap, ReferenceLine, marks, resampled
from telemetry.frames import empty

Place = tuple[float, float, float]
# Ten metres along z, then ten along x.
LINE = ReferenceLine([(0, 0, 0), (0, 0, 10), (10, 0, 10)])


def flown(times: Sequence[float], places: Sequence[Place], passed: Sequence[tuple[int, float]]) -> FlownLap:
    frames = empty(len(times))
    frames["flight_time"] = times
    frames["position"] = places
    return FlownLap(frames, times[0], times[-1], passed)


def test_a_gate_is_reached_when_it_is_passed_however_wide_of_the_line_the_drone_flies() -> None:
    # At 0.8 s it is level with the gate and five metres beside it; at 1.2 s it comes through from behind it.
    wide = [(0, 0, 0), (0, 0, 5), (-5, 0, 11), (-2, 0, 12), (0, 0, 10), (5, 0, 10), (10, 0, 10)]
    lap = flown([0, 0.4, 0.8, 1.0, 1.2, 1.6, 2.0], wide, [(1, 1.2)])
    found = resampled(LINE, lap)
    at = marks(LINE)
    assert found.time[at == 10.0] == pytest.approx([1.2])
    assert np.interp([5, 7.5, 15], at, found.time) == pytest.approx([0.4, 0.8, 1.6])
    assert np.diff(found.time).max() < 0.1


def test_a_place_that_is_reached_twice_is_reached_first() -> None:
    back = [(0, 0, 0), (0, 0, 8), (0, 0, 4), (0, 0, 8), (0, 0, 10), (10, 0, 10)]
    found = resampled(LINE, flown([0, 1, 2, 3, 4, 5], back, [(1, 4)]))
    assert found.time[marks(LINE) == 8.0] == pytest.approx([1.0])
