"""Recorded races timed again."""

from typing import Any

import pytest

from accounts.errors import Conflict, Forbidden, Refused
from races.models import Crossing, Lap, Race, Ruling, Track
from races.services import add_lap, close_race, create_race, create_track, rule_on_lap
from telemetry.retiming import retime_race
from telemetry.timed_race import TimedRace
from tests.flown import arena_gates, arena_track, flights, frames_of, record_flight
from tests.people import make_user

pytestmark = pytest.mark.django_db
SAME = [field.name for field in Lap._meta.concrete_fields if field.name not in {"id", "source"}]
SAME_CROSSING = [field.name for field in Crossing._meta.concrete_fields if field.name != "id"]


@pytest.fixture
def track() -> Track:
    return arena_track()


@pytest.fixture
def race(track: Track) -> Race:
    """A race that was timed live, in small batches, and is over."""
    made = create_race(track=track, creator=make_user("ann"))
    frames = frames_of(flights(2, resets=(30.0,)), 60)
    timed = TimedRace(made.pk, {})
    for start in range(0, len(frames), 37):
        timed.step([frames[start : start + 37]])
        timed.write()
    timed.finish(ended=False)
    record_flight(made, frames)
    close_race(race=made)
    made.refresh_from_db()
    return made


def laps(race: Race) -> list[dict[str, Any]]:
    return list(race.laps.order_by("end", "drone").values(*SAME))


def crossings(race: Race) -> list[dict[str, Any]]:
    return list(race.crossings.order_by("time", "drone", "gate").values(*SAME_CROSSING))


def test_timing_again_gives_what_was_given_live(race: Race) -> None:
    before = laps(race), crossings(race)
    again = retime_race(race=race, by=None)
    assert (laps(race), crossings(race)) == before
    assert before[0]
    assert not any(lap.is_one for lap in again.laps)
    assert set(race.laps.values_list("source", flat=True)) == {"recalc"}
    assert Ruling.objects.get().kind == "retime"


def test_a_dry_run_shows_and_changes_nothing(race: Race) -> None:
    Lap.objects.filter(race=race, drone=1, number=1).update(duration_ms=1)
    before = laps(race)
    again = retime_race(race=race, by=None, dry_run=True)
    assert [(lap.drone, lap.number) for lap in again.laps if lap.is_one] == [(1, 1)]
    assert laps(race) == before
    assert not Ruling.objects.exists()


def test_another_track_times_other_laps_and_stays_the_races(race: Race) -> None:
    gates = arena_gates()
    other = create_track(by=None, name="Turned", drift_map="arena", gates=gates[3:] + gates[:3])
    before = laps(race)
    retime_race(race=race, by=race.creator, track=other)
    race.refresh_from_db()
    assert race.track == other
    assert {lap["start"] for lap in laps(race)}.isdisjoint({lap["start"] for lap in before})


def test_rulings_and_a_marshals_laps_stay(race: Race) -> None:
    ann = race.creator
    assert ann is not None
    lap = race.laps.get(drone=1, number=1)
    rule_on_lap(race=race, lap_id=lap.pk, by=ann, valid=False, reason="cut the course")
    end = race.laps.latest("end").end + 60_000_000
    add_lap(race=race, drone=2, by=ann, end=end, duration_ms=20_000, reason="the camera saw it")
    again = retime_race(race=race, by=ann)
    lap = race.laps.get(drone=1, number=1)
    assert (lap.valid, lap.ruled, lap.reason, lap.source) == (False, "invalid", "cut the course", "recalc")
    assert race.laps.filter(source="manual").count() == 1
    assert again.rulings_lost == 0


def test_a_ruling_whose_lap_is_gone_is_counted(race: Race) -> None:
    ann = race.creator
    assert ann is not None
    lap = race.laps.get(drone=1, number=1)
    rule_on_lap(race=race, lap_id=lap.pk, by=ann, valid=False, reason="cut the course")
    Lap.objects.filter(pk=lap.pk).update(start=lap.start + 10**9, end=lap.end + 10**9)
    assert retime_race(race=race, by=ann).rulings_lost == 1


def test_what_cannot_be_timed_again_is_refused_in_words(race: Race, track: Track) -> None:
    with pytest.raises(Forbidden):
        retime_race(race=race, by=make_user("bob"))
    elsewhere = Track.objects.create(name="Elsewhere", drift_map="moon")
    with pytest.raises(Conflict, match="on the map moon"):
        retime_race(race=race, by=None, track=elsewhere)
    empty = create_race(track=track)
    with pytest.raises(Conflict, match="not over"):
        retime_race(race=empty, by=None)
    close_race(race=empty)
    empty.refresh_from_db()
    with pytest.raises(Refused, match="no recorded frames"):
        retime_race(race=empty, by=None)
    bare = create_race()
    close_race(race=bare)
    bare.refresh_from_db()
    with pytest.raises(Refused, match="has no track"):
        retime_race(race=bare, by=None)
