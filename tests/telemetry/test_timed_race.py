"""A race timed live, step by step, against the same frames timed at once."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from django.db.models import QuerySet

from races import scoring
from races.courses import course_of
from races.models import Crossing, Lap, Race, RaceTiming, Track
from races.records import engine_lap, told
from races.services import create_race
from races.timing import Crossing as TimedCrossing
from races.timing import Event, Timer
from races.timing import Lap as TimedLap
from telemetry.frames import FrameArray
from telemetry.timed_race import TimedRace, Told, time_what_is_recorded
from tests.flown import arena_track, flights, frames_of, record_flight
from tests.telemetry.builders import START
from tests.telemetry.recording import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def track() -> Track:
    return arena_track()


@pytest.fixture
def race(track: Track) -> Race:
    return create_race(track=track)


@pytest.fixture(scope="module")
def frames() -> FrameArray:
    return frames_of(flights(2, resets=(30.0,)), 60)


def truth(track: Track, frames: FrameArray) -> list[Event]:
    return Timer(course_of(track)).feed(frames)


def laps(events: list[Event]) -> list[TimedLap]:
    found = [event for event in events if isinstance(event, TimedLap)]
    return sorted(found, key=lambda lap: (lap.end, lap.drone))


def recorded_laps(race: Race) -> list[TimedLap]:
    return [engine_lap(row) for row in race.laps.order_by("end", "drone")]


def cut(frames: FrameArray, *at: int) -> list[FrameArray]:
    return [frames[start:end] for start, end in pairwise((0, *at, len(frames)))]


def run(timed: TimedRace) -> list[Told]:
    told = [timed.step()]
    while told[-1].more:
        told.append(timed.step())
    timed.write()
    return told


def test_laps_and_crossings_are_recorded_as_the_engine_gives_them(
    race: Race, track: Track, frames: FrameArray, clock: Clock
) -> None:
    timed = TimedRace(race.pk, {}, clock=clock)
    sent: list[dict[str, Any]] = []
    for part in cut(frames, *range(50, len(frames), 50)):
        clock.now += 0.5
        sent += timed.step([part]).events
        timed.write()
    events = truth(track, frames)
    assert recorded_laps(race) == laps(events)
    assert len(laps(events)) >= 4
    crossings = [event for event in events if isinstance(event, TimedCrossing)]
    assert race.crossings.count() == len(crossings)
    assert [event for event in sent if event["type"] != "standings"] == told(events)
    last = [event for event in sent if event["type"] == "standings"][-1]["standings"]
    assert sum(line["laps"] for line in last) == len(laps(events))
    json.dumps(sent, allow_nan=False)


def test_the_first_frames_make_the_race_live_so_that_its_track_stays(race: Race, frames: FrameArray) -> None:
    TimedRace(race.pk, {}).step([frames[:10]])
    race.refresh_from_db()
    assert race.status == Race.Status.LIVE


def test_nothing_is_timed_before_the_first_frame_or_without_a_track(frames: FrameArray) -> None:
    race = create_race()
    timed = TimedRace(race.pk, {})
    assert timed.step() == Told()
    assert timed.step([frames]) == Told(over=True)
    assert not RaceTiming.objects.exists()


@pytest.mark.parametrize("killed_at", [700, 2501, 4444])
def test_after_a_kill_no_lap_is_lost_or_doubled(
    race: Race, track: Track, frames: FrameArray, killed_at: int, clock: Clock
) -> None:
    before = TimedRace(race.pk, {}, clock=clock)
    for part in cut(frames[:killed_at], *range(100, killed_at, 100)):
        before.step([part])
        before.write()
    # What the process that died had accepted is recorded by the next one, a little at a time.
    after = TimedRace(race.pk, last_seqs(frames[:killed_at]), clock=clock)
    assert not after.takes_frames
    assert not after.step().more
    record_flight(race, frames[:killed_at])
    clock.now += 0.2
    run(after)
    after.step([frames[killed_at:]])
    after.write()
    assert recorded_laps(race) == laps(truth(track, frames))
    assert race.crossings.count() == sum(isinstance(event, TimedCrossing) for event in truth(track, frames))


def last_seqs(frames: FrameArray) -> dict[int, int]:
    return {drone: int(frames["seq"][frames["drone"] == drone].max()) for drone in (1, 2)}


def test_frames_that_are_recorded_and_given_count_once(
    race: Race, track: Track, frames: FrameArray, clock: Clock
) -> None:
    record_flight(race, frames[:3000])  # more than had been accepted when timing began
    timed = TimedRace(race.pk, last_seqs(frames[:2000]), clock=clock)
    run(timed)
    timed.step([frames[2000:]])
    timed.write()
    assert recorded_laps(race) == laps(truth(track, frames))


def test_a_race_that_gets_a_track_while_it_is_flown_is_timed_from_its_beginning(
    track: Track, frames: FrameArray, clock: Clock
) -> None:
    race = create_race()
    record_flight(race, frames)
    assert run(TimedRace(race.pk, last_seqs(frames), clock=clock)) == [Told(over=True)]
    Race.objects.filter(pk=race.pk).update(track=track)
    timed = TimedRace(race.pk, last_seqs(frames), clock=clock)
    run(timed)
    assert recorded_laps(race) == laps(truth(track, frames))


def test_frames_that_never_come_are_waited_for_ten_seconds(race: Race, frames: FrameArray, clock: Clock) -> None:
    record_flight(race, frames[:1000])
    timed = TimedRace(race.pk, {1: 10_000, 2: 10_000}, clock=clock)
    for _ in range(4):
        clock.now += 3
        timed.step()
    assert not timed.takes_frames
    clock.now += 3
    run(timed)
    assert timed.takes_frames


def test_a_write_that_failed_is_made_good_by_the_next(
    race: Race, track: Track, frames: FrameArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = TimedRace(race.pk, {})
    timed.step([frames])
    with monkeypatch.context() as broken:
        broken.setattr(QuerySet, "update_or_create", _away)
        with pytest.raises(ConnectionError):
            timed.write()
    assert not race.laps.exists()
    timed.write()
    timed.write()
    assert recorded_laps(race) == laps(truth(track, frames))


def _away(*_: Any, **__: Any) -> None:
    raise ConnectionError


def test_what_is_written_twice_is_there_once(race: Race, track: Track, frames: FrameArray) -> None:
    for _ in range(2):
        timed = TimedRace(race.pk, {})
        timed.step([frames])
        timed.write()
        RaceTiming.objects.all().delete()  # as if the first process had not known whether its write went through
    assert recorded_laps(race) == laps(truth(track, frames))


def test_the_race_start_starts_all_where_the_track_says_so(frames: FrameArray) -> None:
    race = create_race(track=arena_track(name="Mass start", start_mode="race_start"))
    timed = TimedRace(race.pk, {})
    timed.step([frames[:2000]])
    timed.finish(ended=False)
    assert RaceTiming.objects.get().start == START + 1
    assert {lap.start for lap in Lap.objects.filter(number=1)} == {START + 1}


def test_standings_come_at_a_passing_and_five_times_a_second_otherwise(
    race: Race, frames: FrameArray, clock: Clock
) -> None:
    timed = TimedRace(race.pk, {}, clock=clock)
    ranked_at: list[float] = []
    crossed_at: set[float] = set()
    for part in cut(frames, *range(4, len(frames), 4)):
        clock.now = 1000 + (int(part["time"][-1]) - START) / 1e6
        kinds = {event["type"] for event in timed.step([part]).events}
        if "standings" in kinds:
            ranked_at.append(clock.now)
        if "crossing" in kinds:
            crossed_at.add(clock.now)
    assert crossed_at <= set(ranked_at)
    between = [later - earlier for earlier, later in pairwise(ranked_at) if later not in crossed_at]
    assert min(between) >= 0.19
    assert np.median(between) < 0.3


def test_the_ranking_of_the_records_is_that_of_the_live_race_at_its_end(race: Race, frames: FrameArray) -> None:
    timed = TimedRace(race.pk, {})
    timed.step([frames])
    record_flight(race, frames)
    (last,) = timed.finish(ended=True)
    Race.objects.filter(pk=race.pk).update(status=Race.Status.ENDED)
    race.refresh_from_db()
    ours = [scoring.standing_json(line) for line in scoring.standings_of(race)]
    same = ("place", "drone", "status", "laps", "total_ms", "best_ms", "best_lap", "best_possible_ms", "consistency")
    assert [[line[name] for name in same] for line in ours] == [
        [line[name] for name in same] for line in last["standings"]
    ]
    assert {line["status"] for line in ours} == {"FIN"}


def test_a_race_that_nobody_receives_any_more_is_timed_to_its_end(race: Race, track: Track, frames: FrameArray) -> None:
    record_flight(race, frames)
    time_what_is_recorded(race.pk)
    assert recorded_laps(race) == laps(truth(track, frames))
    assert Crossing.objects.filter(race=race, gate=1).exists()
    time_what_is_recorded(create_race().pk)
