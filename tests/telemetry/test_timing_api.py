"""Retiming, comparing laps, and tracks from races, over HTTP."""

from typing import Any

import numpy as np
import pytest
from rest_framework.test import APIClient

from accounts.models import User
from races.models import Race, Track
from races.services import add_lap, close_race, create_race
from telemetry.timed_race import time_what_is_recorded
from tests.flown import arena_track, flown_race
from tests.people import client_of, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("ann")


@pytest.fixture
def race(ann: User) -> Race:
    made = flown_race(arena_track(), creator=ann, seconds=60)
    time_what_is_recorded(made.pk)
    close_race(race=made)
    made.refresh_from_db()
    return made


@pytest.fixture
def client(ann: User) -> APIClient:
    return client_of(ann)


def path(race: Race, rest: str) -> str:
    return f"/api/races/{race.pk}/{rest}"


def test_a_race_is_timed_again(race: Race, client: APIClient) -> None:
    shown = client.post(path(race, "retime/"), {"dry_run": True}).json()
    assert not race.rulings.exists()
    done = client.post(path(race, "retime/"), {"reason": "a gate was moved"}).json()
    assert shown["laps"] == done["laps"]
    assert all(lap["before_ms"] == lap["after_ms"] for lap in done["laps"])
    assert race.rulings.get().reason == "a gate was moved"
    assert client.post(path(race, "retime/"), {"track": 999}).status_code == 404
    assert client_of(make_user("bob")).post(path(race, "retime/")).status_code == 403


def test_two_laps_stand_side_by_side_on_the_reference_line(race: Race, client: APIClient) -> None:
    a, b = race.laps.filter(drone=1).order_by("number")[:2]
    found: dict[str, Any] = client.get(path(race, "compare/"), {"a": a.pk, "b": b.pk}).json()
    assert np.diff(found["distance_m"]) == pytest.approx(0.5, abs=0.02)
    assert found["distance_m"][-1] == pytest.approx(found["length_m"])
    assert found["a"]["time_s"][0] == 0
    assert found["a"]["time_s"][-1] == pytest.approx(a.duration_ms / 1000, abs=0.0011)
    assert found["delta_s"][-1] == pytest.approx((b.duration_ms - a.duration_ms) / 1000, abs=0.0021)
    assert (np.diff(found["b"]["time_s"]) >= 0).all()
    assert all(len(found["b"][name]) == len(found["distance_m"]) for name in ("speed", "altitude", "throttle", "roll"))
    # At each gate the lap's time is that of its passing.
    course = list(race.crossings.filter(drone=1, lap=a.number, counted=True, gate__gt=1))
    centres = list(race.track.gates.order_by("order").values_list("x", "y", "z")) if race.track else []
    legs = np.linalg.norm(np.diff(np.array([*centres, centres[0]]), axis=0), axis=1).cumsum()
    for crossing in course:
        at = float(np.interp(legs[crossing.gate - 2], found["distance_m"], found["a"]["time_s"]))
        assert at == pytest.approx(crossing.flight_time - (a.start_flight or 0), abs=0.03)


def test_a_lap_against_itself_has_no_difference(race: Race, client: APIClient) -> None:
    lap = race.laps.latest("end")
    found = client.get(path(race, "compare/"), {"a": lap.pk, "b": lap.pk}).json()
    assert set(found["delta_s"]) == {0.0}


def test_what_cannot_be_compared_is_refused_in_words(race: Race, client: APIClient, ann: User) -> None:
    lap = race.laps.latest("end")
    other = create_race(creator=ann, track=race.track)
    assert client.get(path(other, "compare/"), {"a": lap.pk, "b": lap.pk}).status_code == 404
    assert client.get(path(race, "compare/"), {"a": lap.pk}).status_code == 400
    assert client.get(path(race, f"compare/?a={lap.pk}&b=x")).status_code == 400
    added = add_lap(race=race, drone=1, by=ann, end=lap.end + 30_000_000, duration_ms=20_000, reason="seen")
    answer = client.get(path(race, "compare/"), {"a": lap.pk, "b": added.pk})
    assert (answer.status_code, "no flight" in answer.json()["detail"]) == (400, True)
    Race.objects.filter(pk=race.pk).update(track=None)
    asked = client.get(path(race, f"compare/?a={lap.pk}&b={lap.pk}"))
    assert "no track" in asked.json()["detail"]


def test_a_track_is_made_of_a_race(client: APIClient, ann: User) -> None:
    flown = flown_race(creator=ann, drones=1, seconds=55)
    answer = client.post("/api/tracks/from-race/", {"race": str(flown.pk), "name": "Flown", "gates": 5})
    made = answer.json()
    assert answer.status_code == 201
    assert (len(made["track"]["gates"]), made["bound"], made["laps"] >= 2) == (5, True, True)
    assert client.get(answer["Location"]).json() == made["track"]
    assert Track.objects.get().creator == ann


def test_a_track_of_nothing_is_refused_in_words(client: APIClient, ann: User) -> None:
    bare = create_race(creator=ann)
    body = {"race": str(bare.pk), "name": "Flown"}
    assert client.post("/api/tracks/from-race/", body).status_code == 404
    assert client_of(None).post("/api/tracks/from-race/", body).status_code == 401
    assert client.post("/api/tracks/from-race/", {**body, "gates": 0}).status_code == 400
    assert client.post("/api/tracks/from-race/", {**body, "race": "x"}).status_code == 400
    hidden = flown_race(creator=make_user("bob"), drones=1, seconds=5, is_public=False)
    assert client.post("/api/tracks/from-race/", {**body, "race": str(hidden.pk)}).status_code == 404
