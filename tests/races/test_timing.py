"""The engine as a whole: against a slow reference, in other cuts, times and mirrors, over restarts."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from races.timing import (
    Course,
    CourseError,
    Crossing,
    Event,
    Gate,
    Lap,
    MissedGate,
    Reset,
    StartMode,
    StateError,
    Timer,
)
from tests.races.timing_worlds import START, FrameArray, Told, World, cut_up, flight, gate, merged, slowly_timed, world

SEEDS = st.integers(0, 2**32 - 1)


def timed(seen: World) -> list[Event]:
    return Timer(seen.course, start=seen.start).feed(seen.frames)


def told(events: list[Event]) -> list[Told]:
    """Give events as the slow reference tells them; it leaves sectors to the laps."""
    found: list[Told] = []
    for event in events:
        if isinstance(event, Crossing):
            place = (event.flight_time, event.race_time, event.right, event.up)
            found.append((event.drone, event.kind, event.gate, event.lap, event.counted, *place))
        elif isinstance(event, Lap):
            lap = (event.number, event.duration_ms, event.sectors, event.valid, event.missed)
            found.append((event.drone, event.kind, *lap))
        elif isinstance(event, MissedGate):
            found.append((event.drone, event.kind, event.gate, event.lap))
        elif isinstance(event, Reset):
            found.append((event.drone, event.kind, event.lap))
    return found


def alike(one: Told, other: Told) -> bool:
    return len(one) == len(other) and all(
        a == pytest.approx(b, abs=1e-6) if isinstance(a, float) else a == b for a, b in zip(one, other, strict=True)
    )


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_random_worlds_are_timed_as_by_the_slow_reference(seed: int) -> None:
    seen = world(seed)
    fast, slow = told(timed(seen)), slowly_timed(seen)
    assert [pair for pair in zip(fast, slow, strict=True) if not alike(*pair)] == []


def test_the_random_worlds_hold_all_that_can_happen() -> None:
    events = [event for seed in range(150) for event in timed(world(seed))]
    assert {event.kind for event in events} == {"crossing", "lap", "sector", "reset", "missed_gate"}
    laps = [event for event in events if isinstance(event, Lap)]
    assert {why for lap in laps for why in lap.why} == {"missed_gates", "short"}
    assert any(lap.valid and len(lap.sectors) > 1 for lap in laps)
    assert any(0 in lap.missed for lap in laps)
    assert {event.counted for event in events if isinstance(event, Crossing)} == {True, False}


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_events_and_state_are_the_same_to_the_bit_however_frames_are_cut(seed: int) -> None:
    seen = world(seed)
    whole = Timer(seen.course, start=seen.start)
    expected = whole.feed(seen.frames)
    parts = Timer(seen.course, start=seen.start)
    found = [event for part in cut_up(seen.frames, np.random.default_rng(seed)) for event in parts.feed(part)]
    assert found == expected
    assert parts.state() == whole.state()
    assert parts.whereabouts() == whole.whereabouts()


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_a_restart_between_any_two_batches_changes_nothing(seed: int) -> None:
    seen = world(seed)
    timer = Timer(seen.course, start=seen.start)
    found: list[Event] = []
    for part in cut_up(seen.frames, np.random.default_rng(seed)):
        timer = Timer.restore(json.loads(json.dumps(timer.state())))
        found += timer.feed(part)
    assert found == timed(seen)


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(0, 1))
def test_after_a_crash_all_frames_later_than_the_saved_state_lead_to_the_same(seed: int, share: float) -> None:
    seen = world(seed)
    done = round(share * len(seen.frames))
    timer = Timer(seen.course, start=seen.start)
    found = timer.feed(seen.frames[:done])
    timer = Timer.restore(json.loads(json.dumps(timer.state())))
    known = {drone.drone: drone.time for drone in timer.whereabouts()}
    later = [int(frame["time"]) > known.get(int(frame["drone"]), 0) for frame in seen.frames]
    assert found + timer.feed(seen.frames[later]) == timed(seen)


def test_a_batch_longer_than_the_engine_takes_at_once_is_timed_as_one() -> None:
    lap = flight((0, 0, 0, -5), (100, 0, 0, 995))
    course = Course(tuple(gate(z=100.0 * number) for number in range(9)))
    assert [event.gate for event in Timer(course).feed(lap) if isinstance(event, Crossing)] == list(range(9))


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.integers(-(10**12), 10**12))
def test_arrival_at_another_time_moves_race_time_and_nothing_else(seed: int, shift: int) -> None:
    seen = world(seed)
    later = seen.frames.copy()
    later["time"] += shift
    start = None if seen.start is None else seen.start + shift
    moved = timed(World(seen.course, later, start))
    assert moved == [_arrived_later(event, shift) for event in timed(seen)]


def _arrived_later(event: Event, shift: int) -> Event:
    event = replace(event, time=event.time + shift)
    if isinstance(event, Lap):
        return replace(event, start=event.start + shift, end=event.end + shift)
    return event if isinstance(event, Reset) else replace(event, race_time=event.race_time + shift)


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.integers(0, 1000))
def test_a_clock_that_began_elsewhere_gives_the_same_laps(seed: int, shift: int) -> None:
    seen = world(seed)
    later = seen.frames.copy()
    later["flight_time"] += shift
    was, now = timed(seen), timed(World(seen.course, later, seen.start))
    assert [event.kind for event in now] == [event.kind for event in was]
    for one, other in zip(was, now, strict=True):
        if isinstance(one, Lap) and isinstance(other, Lap):
            assert (one.number, one.valid, one.missed) == (other.number, other.valid, other.missed)
            assert (one.duration_ms, one.sectors) == (other.duration_ms, other.sectors)


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_a_mirrored_world_gives_the_same_with_right_and_left_exchanged(seed: int) -> None:
    seen = world(seed)
    gates = tuple(
        replace(each, centre=(-each.centre[0], *each.centre[1:]), yaw=-each.yaw) for each in seen.course.gates
    )
    course = Course(gates, seen.course.ends, seen.course.min_lap_ms, seen.course.start_mode)
    mirrored = seen.frames.copy()
    mirrored["position"][:, 0] *= -1
    expected = [replace(event, right=-event.right) if isinstance(event, Crossing) else event for event in timed(seen)]
    assert timed(World(course, mirrored, seen.start)) == expected


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_the_sectors_of_a_valid_lap_add_up_to_it(seed: int) -> None:
    for event in timed(world(seed)):
        if isinstance(event, Lap) and event.valid:
            assert sum(time or 0 for time in event.sectors) == event.duration_ms


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_other_drones_do_not_change_what_a_drone_is_told(seed: int) -> None:
    seen = world(seed)
    together = timed(seen)
    for drone in np.unique(seen.frames["drone"]).tolist():
        alone = replace(seen, frames=seen.frames[seen.frames["drone"] == drone])
        assert timed(alone) == [event for event in together if event.drone == drone]


def test_events_are_plain_values_for_storing() -> None:
    for seed in range(20):
        for event in timed(world(seed)):
            values = event.as_json()
            assert values["kind"] == event.kind
            assert json.loads(json.dumps(values)) == values


@pytest.mark.parametrize("state", [{}, {"version": 99}])
def test_a_state_of_another_version_is_refused(state: dict[str, int]) -> None:
    with pytest.raises(StateError, match="version"):
        Timer.restore(state)


def test_half_a_state_is_refused() -> None:
    with pytest.raises(StateError, match="drones"):
        Timer.restore({"version": 1})


def test_no_frames_are_no_news() -> None:
    timer = Timer(Course((gate(),)))
    assert timer.feed(flight((0, 0, 0, -1), (1, 0, 0, 1))[:0]) == []
    assert timer.whereabouts() == []


def round_trips(count: int, *, seconds: float = 10.0, drone: int = 1, first: int = START) -> FrameArray:
    """Fly `count` rounds through a gate at the origin (+z) and one at x = 20 (−z), beginning 5 m before the first."""
    points = [(0.0, 0.0, 0.0, -5.0)]
    for number in range(count):
        at = number * seconds
        points += [
            (at + 0.3 * seconds, 0.0, 0.0, 20.0),
            (at + 0.4 * seconds, 20.0, 0.0, 20.0),
            (at + 0.8 * seconds, 20.0, 0.0, -5.0),
            (at + seconds, 0.0, 0.0, -5.0),
        ]
    points.append((count * seconds + 0.12 * seconds, 0.0, 0.0, 5.0))
    return flight(*points, drone=drone, first=first)


# A little off the frames' places, so that no rounding says on which side of a gate a frame is.
ROUND = Course((gate(z=0.04), gate(20, yaw=180)))


def laps_of(events: list[Event]) -> list[Lap]:
    return [event for event in events if isinstance(event, Lap)]


def test_laps_follow_each_other_without_a_gap() -> None:
    laps = laps_of(Timer(ROUND).feed(round_trips(3)))
    assert [lap.number for lap in laps] == [1, 2, 3]
    assert all(before.end_flight == after.start_flight for before, after in pairwise(laps))
    assert [lap.duration_ms for lap in laps] == [10000, 10000, 10000]
    assert laps[0].samples == 1000
    assert laps[0].max_gap_ms == 10
    assert laps[0].top_speed == pytest.approx(20, rel=1e-3)


def test_before_the_first_passing_of_start_finish_there_is_no_lap() -> None:
    events = Timer(ROUND).feed(flight((0, 20, 0, 5), (1, 20, 0, -5)))
    assert [(event.kind, event.lap, event.counted) for event in events if isinstance(event, Crossing)] == [
        ("crossing", None, False)
    ]


RACED = Course(ROUND.gates, start_mode=StartMode.RACE_START)


def test_the_race_starts_the_first_lap_and_the_way_to_the_line_is_no_lap() -> None:
    events = Timer(RACED, start=START + 250_000).feed(round_trips(2))
    first, second = laps_of(events)
    assert events[0].kind == "crossing"
    assert isinstance(events[0], Crossing)
    assert not events[0].counted
    assert first.start == START + 250_000
    assert first.valid
    assert first.duration_ms == 10000 + 605 - 250
    assert second.number == 2


def test_nothing_counts_before_the_race_starts() -> None:
    assert laps_of(Timer(RACED).feed(round_trips(2))) == []
    assert laps_of(Timer(RACED, start=START + 10**9).feed(round_trips(2))) == []


def test_all_drones_start_with_the_race_whatever_their_own_clocks_say() -> None:
    one = round_trips(1)
    other = round_trips(1, drone=2)
    other["flight_time"] += 77
    laps = laps_of(Timer(RACED, start=START + 250_000).feed(merged(one, other)))
    assert [lap.duration_ms for lap in laps] == [10355, 10355]
    assert laps[0].end == pytest.approx(laps[1].end, abs=10)


def test_after_a_reset_a_race_goes_on_from_start_finish() -> None:
    crashed, again = round_trips(1)[:500], round_trips(1)
    again["time"] += 6_000_000
    events = Timer(RACED, start=START).feed(np.concatenate([crashed, again]))
    assert [event.lap for event in events if isinstance(event, Reset)] == [1]
    (lap,) = laps_of(events)
    assert (lap.number, lap.duration_ms) == (1, 10000)


@pytest.mark.parametrize(
    ("course", "says"),
    [
        ({"gates": ()}, "needs a gate"),
        ({"gates": (gate(),) * 2}, "twice in a row"),
        ({"gates": (gate(), gate(5), gate())}, "twice in a row"),
        ({"gates": (gate(), gate(5)), "sector_ends": (2,)}, "between 1 and 1"),
        ({"gates": (gate(), gate(5)), "sector_ends": (1, 1)}, "each once"),
        ({"gates": (gate(),), "min_lap_ms": -1}, "0 ms or more"),
        ({"gates": tuple(gate(number) for number in range(201))}, "at most 200"),
    ],
)
def test_a_course_that_cannot_be_timed_says_why(course: dict[str, tuple[Gate, ...]], says: str) -> None:
    with pytest.raises(CourseError, match=says):
        Course(**course)  # type: ignore[arg-type]  # the values differ by key
