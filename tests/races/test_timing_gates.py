"""Single gates: what is a passing of one, and what is none."""

from typing import Any

import numpy as np
import pytest

from races.timing import Course, CourseError, Crossing, Event, Gate, Lap, MissedGate, Reset, Sector, StartMode, Timer
from tests.races.timing_worlds import START, FrameArray, flight, frames, gate


def crossings(seen: FrameArray, *gates: Gate) -> list[Crossing]:
    return [event for event in Timer(Course(gates or (gate(),))).feed(seen) if isinstance(event, Crossing)]


def test_a_passing_is_told_with_its_instant_speed_and_offset() -> None:
    (crossing,) = crossings(flight((0, 1, 0.5, -5), (1, 1, 0.5, 5), hz=7), gate())
    assert crossing.flight_time == pytest.approx(0.5, abs=1e-6)
    assert crossing.race_time == pytest.approx(START + 500_000, abs=1)
    assert crossing.speed == pytest.approx(10, rel=1e-5)
    assert (crossing.right, crossing.up) == pytest.approx((1, 0.5))


@pytest.mark.parametrize("x", [-2.01, 2.01])
def test_beside_a_gate_is_no_passing(x: float) -> None:
    assert crossings(flight((0, x, 0, -1), (1, x, 0, 1))) == []


@pytest.mark.parametrize("y", [-2.01, 2.01])
def test_over_or_under_a_gate_is_no_passing(y: float) -> None:
    assert crossings(flight((0, 0, y, -1), (1, 0, y, 1))) == []


def test_the_edge_of_a_gate_belongs_to_it() -> None:
    assert len(crossings(flight((0, 2, 2, -1), (1, 2, 2, 1)))) == 1


def test_backwards_is_no_passing() -> None:
    assert crossings(flight((0, 0, 0, 1), (1, 0, 0, -1))) == []


def test_a_frame_on_the_plane_is_passed_once() -> None:
    on_it = frames([0.0, 0.01, 0.02, 0.03], [(0, 0, -1), (0, 0, 0), (0, 0, 0), (0, 0, 1)])
    assert [crossing.flight_time for crossing in crossings(on_it)] == pytest.approx([0.01])


def test_touching_the_plane_from_before_and_turning_back_is_one_passing_at_the_touch() -> None:
    touched = frames([0.0, 0.01, 0.02], [(0, 0, -1), (0, 0, 0), (0, 0, -1)])
    assert len(crossings(touched)) == 1


def test_touching_the_plane_from_behind_is_no_passing() -> None:
    touched = frames([0.0, 0.01, 0.02], [(0, 0, 1), (0, 0, 0), (0, 0, 1)])
    assert crossings(touched) == []


@pytest.mark.parametrize(
    ("yaw", "pitch", "way"),
    [(0, 0, (0, 0, 1)), (90, 0, (1, 0, 0)), (180, 0, (0, 0, -1)), (-90, 0, (-1, 0, 0)), (0, 90, (0, 1, 0)),
     (37, -90, (0, -1, 0))],
)  # fmt: skip
def test_a_gate_faces_where_yaw_and_pitch_say(yaw: float, pitch: float, way: tuple[float, float, float]) -> None:
    tilted = Gate((0, 0, 0), yaw, pitch, 4, 4)
    x, y, z = way
    there = flight((0, -x, -y, -z), (1, x, y, z), hz=9)
    assert len(crossings(there, tilted)) == 1
    assert crossings(frames(np.arange(len(there)) / 9, there["position"][::-1]), tilted) == []


def test_right_and_up_are_as_seen_by_who_flies_through() -> None:
    (crossing,) = crossings(flight((0, -1, 1, -1), (1, 1, 1, -1), hz=9), Gate((0, 0, 0), 90, 0, 4, 4))
    assert (crossing.right, crossing.up) == pytest.approx((1, 1))


def test_a_pitched_gate_is_as_high_as_it_is_tall() -> None:
    leaning = Gate((0, 0, 0), 0, 60, 4, 4)
    assert len(crossings(flight((0, 0, -1, -1.9), (1, 0, 1.2, -1.6)), leaning)) == 1
    assert crossings(flight((0, 0, -1, -2.1), (1, 0, 1.2, -1.8)), leaning) == []


def test_a_gap_of_more_than_200_ms_is_never_a_passing() -> None:
    through = [(0, 0, -1), (0, 0, 1)]
    assert len(crossings(frames([0.0, 0.19], through))) == 1
    assert crossings(frames([0.0, 0.21], through)) == []


def test_faster_than_200_m_s_is_a_jump() -> None:
    assert len(crossings(frames([0.0, 0.01], [(0, 0, -0.9), (0, 0, 1)]))) == 1
    assert crossings(frames([0.0, 0.01], [(0, 0, -1), (0, 0, 1.1)])) == []


def test_a_fall_of_the_clock_by_more_than_half_a_second_is_a_reset() -> None:
    events = Timer(Course((gate(),))).feed(frames([8.0, 8.01, 7.5], [(0, 0, -1), (0, 0, -1), (0, 0, 1)]))
    assert [(event.kind, event.drone) for event in events] == [("reset", 1)]
    assert isinstance(events[0], Reset)
    assert events[0].flight_time == pytest.approx(8.01, abs=1e-6)


def test_frames_out_of_order_or_twice_are_as_if_not_there() -> None:
    clock = [8.0, 8.01, 7.99, 8.01, 7.6, 8.02]
    late = frames(clock, [(0, 0, -1), (0, 0, -0.5), (0, 0, 3), (0, 0, 2), (0, 0, 9), (0, 0, 0.5)])
    (crossing,) = crossings(late)
    assert crossing.flight_time == pytest.approx(8.015, abs=1e-5)


def test_a_stream_without_clock_is_not_timed() -> None:
    unclocked = flight((0, 0, 0, -5), (1, 0, 0, 5))
    unclocked["flight_time"] = np.nan
    timer = Timer(Course((gate(),)))
    assert timer.feed(unclocked) == []
    assert timer.whereabouts() == []


@pytest.mark.parametrize("clock", [np.inf, -np.inf, 3e38, -3e38])
def test_a_clock_beyond_all_flights_is_not_timed(clock: float) -> None:
    seen = flight((0, 0, 0, -5), (1, 0, 0, 5), hz=9)
    mad = np.insert(seen, 3, seen[3])
    mad["flight_time"][3] = clock
    assert crossings(mad) == crossings(seen)


def test_a_position_at_the_end_of_the_numbers_is_a_jump() -> None:
    assert crossings(frames([0.0, 0.01, 0.02], [(0, 0, -3e38), (3e38, 0, 3e38), (0, 0, 1)])) == []


def gates_told(events: list[Event]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for event in events:
        if isinstance(event, Crossing):
            found.append((event.gate, event.counted))
        elif isinstance(event, MissedGate):
            found.append(("missed", event.gate))
        elif isinstance(event, Lap):
            found.append(("lap", event.number, event.missed))
        elif isinstance(event, Sector):
            found.append(("sector", event.sector))
    return found


def passing(course: Course, *order: int) -> list[Event]:
    """Fly through gates of a course that stand 100 m apart along x, in this order; the way between is a jump."""
    seen = [
        flight((2 * number, 100 * at, 0, -1), (2 * number + 1.5, 100 * at, 0, 1), hz=20)
        for number, at in enumerate(order)
    ]
    return Timer(course).feed(np.concatenate(seen))


ROW = tuple(gate(100 * number) for number in range(4))
FOUR = Course(ROW, sector_ends=(2,))


def test_all_gates_in_order_are_a_valid_lap() -> None:
    assert gates_told(passing(FOUR, 0, 1, 2, 3, 0)) == [
        *((0, True), (1, True), (2, True), ("sector", 1), (3, True), (0, True), ("sector", 2), ("lap", 1, ())),
    ]


def test_a_later_gate_leaves_those_between_missed() -> None:
    assert gates_told(passing(FOUR, 0, 3, 0)) == [
        *((0, True), ("missed", 1), ("missed", 2), (3, True), (0, True), ("lap", 1, (1, 2))),
    ]


def test_an_earlier_gate_again_changes_nothing() -> None:
    assert gates_told(passing(FOUR, 0, 1, 2, 1, 2, 3, 0))[-1] == ("lap", 1, ())


def test_start_finish_closes_the_lap_whatever_was_missed() -> None:
    assert gates_told(passing(FOUR, 0, 1, 0))[-3:] == [("missed", 3), (0, True), ("lap", 1, (2, 3))]


def test_a_missed_start_finish_is_missed_and_not_a_lap_of_twice_the_length() -> None:
    events = passing(FOUR, 0, 1, 2, 3, 1, 2, 3, 0)
    laps = [event for event in events if isinstance(event, Lap)]
    assert ("missed", 0) in gates_told(events)
    assert [(lap.valid, lap.missed, lap.sectors) for lap in laps] == [(False, (0,), (None, None))]


def test_the_last_gate_passed_twice_leaves_the_lap_valid() -> None:
    assert gates_told(passing(Course(ROW[:2]), 0, 1, 1, 0))[-1] == ("lap", 1, ())


def test_a_gate_that_is_flown_twice_a_lap_counts_in_its_turn() -> None:
    course = Course((ROW[0], ROW[1], ROW[2], ROW[1]))
    told = gates_told(passing(course, 0, 1, 2, 1, 0))
    assert [each for each in told if isinstance(each[0], int)] == [
        *((0, True), (1, True), (2, True), (3, True), (0, True)),
    ]
    assert told[-1] == ("lap", 1, ())


def test_start_finish_in_the_midst_of_a_lap_counts_as_the_gate_it_also_is() -> None:
    course = Course((ROW[0], ROW[1], ROW[0], ROW[2]))
    assert gates_told(passing(course, 0, 1, 0, 2, 0))[-1] == ("lap", 1, ())


def test_one_gate_is_a_course() -> None:
    laps = [each for each in gates_told(passing(Course(ROW[:1]), 0, 0, 0)) if each[0] == "lap"]
    assert laps == [("lap", 1, ()), ("lap", 2, ())]


def test_a_race_on_one_gate_starts_with_the_race() -> None:
    course = Course(ROW[:1], start_mode=StartMode.RACE_START)
    events = Timer(course, start=START).feed(flight((0, 0, 0, -20), (2, 0, 0, 20)))
    assert [event.duration_ms for event in events if isinstance(event, Lap)] == [1000]


def test_a_lap_below_the_least_is_flagged_and_kept() -> None:
    course = Course(ROW[:1], min_lap_ms=2001)
    laps = [event for event in passing(course, 0, 0) if isinstance(event, Lap)]
    assert [(lap.duration_ms, lap.valid, lap.why) for lap in laps] == [(2000, False, ("short",))]


def test_a_course_survives_the_way_through_json() -> None:
    for course in (FOUR, Course(ROW), Course(ROW[:1], (), 0, StartMode.RACE_START)):
        assert Course.from_json(course.as_json()) == course


@pytest.mark.parametrize("values", [{}, {"gates": [{"centre": [1, 2]}]}, {"gates": 5}])
def test_what_is_no_course_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(CourseError):
        Course.from_json(values)


@pytest.mark.parametrize(
    ("size", "says"),
    [((0, 4), "no size"), ((4, -1), "no size"), ((float("nan"), 4), "finite"), ((4, float("inf")), "finite")],
)
def test_a_gate_needs_a_size(size: tuple[float, float], says: str) -> None:
    with pytest.raises(CourseError, match=says):
        Gate((0, 0, 0), 0, 0, *size)
