"""What a sender may put into a float32, on purpose or not: whatever it is, the database takes what the engine gives."""

import json
from dataclasses import dataclass
from math import isfinite
from uuid import UUID

import numpy as np
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import FloatField, JSONField, Model
from hypothesis import given, settings
from hypothesis import strategies as st

from races import records
from races.timing import Course, Crossing, Event, Follower, Lap, Reset, StartMode, Timer
from races.timing.laps import LONGEST_LAP_MS
from tests.races.timing_worlds import START, FrameArray, frames, gate

RACE = UUID(int=1)
FARTHEST = float(np.finfo(np.float32).max)


def rows(events: list[Event]) -> list[Model]:
    made: list[Model] = []
    for event in events:
        if isinstance(event, Crossing):
            made.append(records.crossing_row(RACE, event))
        elif isinstance(event, Lap):
            made.append(records.lap_row(RACE, event))
        elif isinstance(event, Reset):
            made.append(records.reset_row(RACE, event))
    return made


def misfits(row: Model) -> list[str]:
    """Give what PostgreSQL's column would not take, of the row's numbers."""
    found = []
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        kind = field.get_internal_type()
        if value is None:
            continue
        if isinstance(field, JSONField):
            fits = all(not isinstance(each, int) or 0 <= each <= LONGEST_LAP_MS for each in value)
            json.dumps(value, allow_nan=False)
        elif isinstance(field, FloatField):
            fits = isfinite(value)
        elif kind in BaseDatabaseOperations.integer_field_ranges:
            least, most = BaseDatabaseOperations.integer_field_ranges[kind]
            fits = least <= value <= most
        else:
            continue
        if not fits:
            found.append(f"{field.name} {value}")
    return found


def passing(clock: float, *, gates: int = 1, at: int = START) -> FrameArray:
    """Fly through `gates` gates that stand behind each other, at `clock` (s), arriving `at` (µs)."""
    here = np.float32(clock)
    behind = max(np.nextafter(here, np.float32(np.inf)), here + np.float32(0.01))
    made = frames([0, 0], [(0, 0, -1), (0, 0, gates)], flight=[here, behind])
    made["time"] = [at, at + 20_000]
    return made


def laps_of(events: list[Event]) -> list[Lap]:
    return [event for event in events if isinstance(event, Lap)]


LINE = Course((gate(),))


def test_the_four_datagrams_that_span_most_of_the_clock_are_no_lap() -> None:
    events = Timer(LINE).feed(np.concatenate([passing(-2e6), passing(2e6, at=START + 50_000)]))
    assert [(event.kind, event.lap) for event in events if isinstance(event, Crossing)] == [("crossing", 1)] * 2
    assert laps_of(events) == []
    assert [misfits(row) for row in rows(events)] == [[], []]


def test_a_lap_of_an_hour_counts_and_a_longer_one_is_void_and_its_number_used_again() -> None:
    for seconds, numbers in ((3600.0, [1, 2]), (3601.0, [1])):
        flown = [passing(0), passing(seconds, at=START + 10**6), passing(seconds + 10, at=START + 2 * 10**6)]
        assert [lap.number for lap in laps_of(Timer(LINE).feed(np.concatenate(flown)))] == numbers


def test_a_gate_that_is_passed_after_an_hour_begins_no_lap_and_start_finish_does() -> None:
    course = Course((gate(), gate(z=5)))
    late = frames([4000.0, 4000.1], [(0, 0, 4), (0, 0, 6)], first=START + 10**6)
    events = Timer(course).feed(np.concatenate([passing(0), late, passing(4010.0, at=START + 5 * 10**9)]))
    assert [(event.gate, event.lap, event.counted) for event in events if isinstance(event, Crossing)] == [
        (0, 1, True),
        (1, None, False),
        (0, 1, True),
    ]


CLOCKS = st.one_of(
    st.floats(-2.1e6, 2.1e6, width=32),
    st.floats(0, 10_000, width=32),
    st.floats(width=32),
    st.sampled_from([0.0, -0.0, 1e-45, -1e-45, 1e7, -1e7, 2.097e6, -2.097e6, FARTHEST, -FARTHEST, 3600.0]),
)
PLACES = st.one_of(st.floats(-3, 3, width=32), st.floats(width=32), st.sampled_from([FARTHEST, -FARTHEST, 1e-45]))
DELAYS = st.one_of(st.integers(1, 200_000), st.integers(1, 10**12))
COURSES = st.builds(
    lambda gates, mode: Course(tuple(gate(z=0.5 * number) for number in range(gates)), start_mode=mode),
    st.integers(1, 3),
    st.sampled_from([*StartMode]),
)


@dataclass(frozen=True)
class Extreme:
    """A course, its race's start, and one drone's frames, of which most fly through all gates."""

    course: Course
    start: int | None
    frames: FrameArray


@st.composite
def extremes(draw: st.DrawFn) -> Extreme:
    course = draw(COURSES)
    at, parts = START, []
    for clock in draw(st.lists(CLOCKS, min_size=2, max_size=12)):
        at += draw(DELAYS)
        if draw(st.integers(0, 4)):
            with np.errstate(all="ignore"):
                parts.append(passing(clock, gates=len(course.gates), at=at))
            at += 20_000
        else:
            place = [draw(PLACES) for _ in range(3)]
            parts.append(frames([0], [place], flight=[clock], first=at))
    start = draw(st.none() | st.integers(START - 10**10, at))
    return Extreme(course, start, np.concatenate(parts))


@settings(max_examples=300, deadline=None)
@given(extremes())
def test_whatever_clock_and_place_say_all_that_is_given_fits_its_column(flown: Extreme) -> None:
    timer = Timer(flown.course, start=flown.start)
    events = timer.feed(flown.frames)
    assert [wrong for row in rows(events) if (wrong := misfits(row))] == []
    json.dumps([event.as_json() for event in events], allow_nan=False)
    assert all(None in lap.sectors or sum(map(int, lap.sectors)) == lap.duration_ms for lap in laps_of(events))  # type: ignore[arg-type]
    state = json.loads(json.dumps(timer.state(), allow_nan=False))
    assert Timer.restore(state).state() == timer.state()


@settings(max_examples=150, deadline=None)
@given(extremes())
def test_whatever_the_clock_says_a_race_that_is_followed_is_where_the_timed_one_is(flown: Extreme) -> None:
    # The race's start is the arrival of its first frame.
    start = None if flown.start is None else min(flown.start, int(flown.frames["time"][0]))
    timer, follower = Timer(flown.course, start=start), Follower(flown.course, start=start)
    for frame in np.split(flown.frames, len(flown.frames)):
        events = timer.feed(frame)
        follower.see(frame)
        follower.take(events)
    assert follower.whereabouts() == timer.whereabouts()


def test_a_lap_that_the_race_starts_is_never_below_zero_though_the_drones_clock_stood_still() -> None:
    course = Course((gate(),), start_mode=StartMode.RACE_START)
    hover = frames([0, 0.01], [(0, 0, -5)] * 2, arrival=[0, 1000])
    through = passing(5, at=START + 1005 * 10**6)
    (lap,) = laps_of(Timer(course, start=START + 999 * 10**6).feed(np.concatenate([hover, through])))
    assert lap.duration_ms == 4995
    assert misfits(records.lap_row(RACE, lap)) == []
