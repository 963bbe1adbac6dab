"""What a director may decide about laps: whatever it is, nothing that was flown counts twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from races.models import Lap, Race
from races.services import close_race
from telemetry.timed_race import time_what_is_recorded
from tests.flown import arena_track, flown_race
from tests.people import client_of

pytestmark = pytest.mark.django_db

SECONDS = 60


@pytest.fixture
def running(ann: User) -> Race:
    made = flown_race(arena_track(), creator=ann, seconds=SECONDS)
    time_what_is_recorded(made.pk)
    return made


@pytest.fixture
def race(running: Race) -> Race:
    close_race(race=running)
    running.refresh_from_db()
    return running


@pytest.fixture
def client(ann: User) -> APIClient:
    return client_of(ann)


def split(client: APIClient, lap: Lap, at_ms: int = 6000) -> Any:
    return client.post(f"/api/races/{lap.race_id}/laps/{lap.pk}/split/", {"at_ms": at_ms, "reason": "missed the line"})


def rule(client: APIClient, lap: Lap, *, valid: bool) -> Any:
    return client.patch(f"/api/races/{lap.race_id}/laps/{lap.pk}/", {"valid": valid, "reason": "looked again"})


def need_conflict(answer: Any, lap: int) -> None:
    assert answer.status_code == 409
    said = f"It overlaps lap {lap} of this drone, which counts. Invalidate that one first."
    assert answer.json() == {"detail": said}


def flown_twice(race: Race) -> list[tuple[int, int]]:
    """Give the pairs of valid laps of a drone that overlap."""
    laps = list(race.laps.filter(valid=True).order_by("drone", "start"))
    return [(a.pk, b.pk) for a in laps for b in laps if a.drone == b.drone and a.start < b.start < a.end]


def test_a_lap_is_not_split_twice(race: Race, client: APIClient) -> None:
    whole = race.laps.filter(drone=1).earliest("end")
    assert split(client, whole).status_code == 201
    decided = race.rulings.count()
    need_conflict(split(client, whole, 7000), race.laps.filter(source="manual").earliest("end").number)
    assert race.laps.filter(drone=1, source="manual").count() == 2
    assert race.rulings.count() == decided
    assert flown_twice(race) == []


def test_the_frames_of_halves_arrived_as_late_as_those_of_the_whole(race: Race, client: APIClient) -> None:
    whole = race.laps.filter(drone=1).earliest("end")
    Lap.objects.filter(pk=whole.pk).update(time=whole.end + 5_000_000)
    split(client, whole)
    assert [lap.time - lap.end for lap in race.laps.filter(source="manual")] == [5_000_000] * 2


def test_a_half_may_be_split_again_and_a_lap_whose_halves_do_not_count(race: Race, client: APIClient) -> None:
    whole = race.laps.filter(drone=1).earliest("end")
    split(client, whole, whole.duration_ms - 6000)
    first, second = race.laps.filter(source="manual").order_by("end")
    assert split(client, first, 5000).status_code == 201
    assert flown_twice(race) == []
    for half in race.laps.filter(source="manual"):
        rule(client, half, valid=False)
    assert split(client, whole, 5500).status_code == 201
    assert flown_twice(race) == []
    need_conflict(rule(client, second, valid=True), race.laps.filter(valid=True, end=whole.end).get().number)


def test_a_lap_is_not_restored_beside_its_halves(race: Race, client: APIClient) -> None:
    whole = race.laps.filter(drone=1).earliest("end")
    split(client, whole)
    first, second = race.laps.filter(source="manual").order_by("end")
    need_conflict(rule(client, whole, valid=True), first.number)
    rule(client, first, valid=False)
    need_conflict(rule(client, whole, valid=True), second.number)
    rule(client, second, valid=False)
    assert rule(client, whole, valid=True).json()["valid"] is True
    need_conflict(rule(client, second, valid=True), whole.number)
    assert flown_twice(race) == []


def test_laps_one_after_the_other_and_those_of_other_drones_are_in_nobodys_way(race: Race, client: APIClient) -> None:
    for lap in race.laps.all():
        assert [rule(client, lap, valid=valid).status_code for valid in (False, True, True)] == [200, 200, 200]


def add(client: APIClient, race: Race, end_s: float, duration_ms: int = 500) -> Any:
    body = {"drone": 1, "end_s": end_s, "duration_ms": duration_ms, "reason": "the camera saw it"}
    return client.post(f"/api/races/{race.pk}/laps/", body)


def test_a_lap_is_added_up_to_a_minute_after_the_last_frame_of_a_race_that_is_over(
    race: Race, client: APIClient
) -> None:
    answer = add(client, race, 9_000_000)
    assert (answer.status_code, answer.json()) == (400, {"detail": "The lap would end after the race."})
    assert add(client, race, SECONDS + 61).status_code == 400
    assert add(client, race, SECONDS + 59).status_code == 201


def test_a_lap_of_a_race_that_goes_on_has_ended_by_now(running: Race, client: APIClient) -> None:
    Race.objects.update(started_at=timezone.now() - timedelta(seconds=100))
    answer = add(client, running, 130)
    assert (answer.status_code, answer.json()) == (400, {"detail": "The lap would end after the race."})
    assert add(client, running, 99).status_code == 201


def test_a_race_without_a_last_frame_ends_with_its_first(race: Race, client: APIClient) -> None:
    Race.objects.update(last_frame_at=None)
    assert add(client, race, timedelta(minutes=2).total_seconds()).status_code == 400
