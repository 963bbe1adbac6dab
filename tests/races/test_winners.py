from typing import Any

import pytest

from races import results
from races.models import Drone, Race, Ruling
from races.services import close_race, create_race
from races.winners import winners
from telemetry.timed_race import time_what_is_recorded
from tests.flown import arena_track, flights, frames_of, record_flight
from tests.people import make_user

pytestmark = pytest.mark.django_db


def flown_race(track: Any) -> Any:
    race = create_race(track=track)
    record_flight(race, frames_of(flights(2), 45))
    time_what_is_recorded(race.pk)
    close_race(race=race)
    race.refresh_from_db()
    return race


def test_the_winner_of_each_race_is_the_first_of_its_ranking() -> None:
    track = arena_track(laps=2)
    races = [flown_race(track), flown_race(track)]
    first = results.standings(races[0])[0]["drone"]
    pilot = make_user("ann")
    Drone.objects.filter(race=races[0], number=first).update(pilot=pilot)
    Ruling.objects.create(race=races[1], kind=Ruling.Kind.DISQUALIFY, drone=first, reason="cut")
    found = winners(races)
    for race in races:
        leader = results.standings(race)[0]
        assert found[race.pk]["drone"] == leader["drone"]
        assert all(found[race.pk][name] == leader[name] for name in ("laps", "total_ms", "best_ms", "pilot", "name"))
    assert found[races[0].pk]["label"] == "ann"
    assert found[races[1].pk]["label"] == f"Drone {3 - first}"


def test_a_penalty_changes_the_winner_and_a_reinstatement_gives_it_back() -> None:
    race = flown_race(arena_track(laps=2))
    first = results.standings(race)[0]["drone"]
    Ruling.objects.create(race=race, kind=Ruling.Kind.PENALTY, drone=first, milliseconds=600_000, reason="cut")
    assert winners([race])[race.pk]["drone"] == results.standings(race)[0]["drone"] == 3 - first
    for kind in (Ruling.Kind.DISQUALIFY, Ruling.Kind.REINSTATE):
        Ruling.objects.create(race=race, kind=kind, drone=3 - first, reason="seen")
        assert winners([race])[race.pk]["drone"] == results.standings(race)[0]["drone"]


def test_a_race_without_a_track_or_a_lap_has_no_winner() -> None:
    without_laps = create_race(track=arena_track())
    assert winners([create_race(), without_laps]) == {}
    assert winners([]) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_many_races_cost_five_queries(django_assert_num_queries: Any, count: int) -> None:
    track = arena_track(laps=2)
    for _ in range(count):
        flown_race(track)
    races = list(Race.objects.select_related("track"))
    with django_assert_num_queries(5):
        winners(races)
