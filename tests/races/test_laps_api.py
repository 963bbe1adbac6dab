"""Laps, standings, results, rulings and records over HTTP, on a race that simulated pilots have flown."""

import csv
import io
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from races.models import Drone, Lap, Race, Ruling, Track
from races.services import close_race, create_race
from telemetry.timed_race import time_what_is_recorded
from tests.flown import arena_track, flown_race
from tests.people import client_of, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("ann")


@pytest.fixture
def track() -> Track:
    return arena_track()


@pytest.fixture
def race(ann: User, track: Track) -> Race:
    made = flown_race(track, creator=ann, seconds=60)
    time_what_is_recorded(made.pk)
    close_race(race=made)
    made.refresh_from_db()
    return made


@pytest.fixture
def client(ann: User) -> APIClient:
    return client_of(ann)


def path(race: Race, rest: str) -> str:
    return f"/api/races/{race.pk}/{rest}"


def laps(race: Race, client: APIClient, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(path(race, "laps/"), query).json()
    return found


def test_laps_come_by_their_ends_with_the_bests_marked(race: Race, client: APIClient) -> None:
    found = laps(race, client)
    assert [lap["end_s"] for lap in found] == sorted(lap["end_s"] for lap in found)
    assert all(sum(lap["sectors_ms"]) == lap["duration_ms"] for lap in found)
    overall = [lap for lap in found if lap["best"] == "overall"]
    assert [lap["duration_ms"] for lap in overall] == [min(lap["duration_ms"] for lap in found)]
    assert sum(lap["best"] == "personal" for lap in found) == 1
    assert {lap["drone"] for lap in laps(race, client, drone=2)} == {2}


def test_a_lap_tells_when_the_frame_arrived_that_closed_it(race: Race, client: APIClient) -> None:
    found = laps(race, client)
    assert all(0 <= lap["arrival_s"] - lap["end_s"] < 0.5 for lap in found)
    late = Lap.objects.get(pk=found[-1]["id"])
    Lap.objects.filter(pk=late.pk).update(time=late.end + 20_000_000)  # the game stood still for so long
    told = client.get(path(race, "results/")).json()["laps"][-1]
    assert told["arrival_s"] == pytest.approx(told["end_s"] + 20)


def test_an_invalidated_lap_is_no_best_and_comes_back_when_restored(race: Race, client: APIClient) -> None:
    best = next(lap for lap in laps(race, client) if lap["best"] == "overall")
    where = path(race, f"laps/{best['id']}/")
    ruled = client.patch(where, {"valid": False, "reason": " cut the course "}).json()
    assert (ruled["valid"], ruled["ruled"], ruled["reason"], ruled["best"]) == (
        False,
        "invalid",
        "cut the course",
        None,
    )
    now = next(lap for lap in laps(race, client) if lap["best"] == "overall")
    assert now["id"] != best["id"]
    line = next(each for each in client.get(path(race, "standings/")).json() if each["drone"] == best["drone"])
    assert line["best_ms"] != best["duration_ms"]
    assert client.patch(where, {"valid": True, "reason": "it was not"}).json()["best"] == "overall"
    kinds = [(each["kind"], each["by"]["username"]) for each in client.get(path(race, "rulings/")).json()]
    assert kinds == [("invalidate", "ann"), ("restore", "ann")]


def test_a_lap_is_split_in_two(race: Race, client: APIClient) -> None:
    whole = laps(race, client)[0]
    answer = client.post(path(race, f"laps/{whole['id']}/split/"), {"at_ms": 6000, "reason": "missed the line"})
    one, two = answer.json()
    assert answer.status_code == 201
    assert (one["duration_ms"], two["duration_ms"]) == (6000, whole["duration_ms"] - 6000)
    assert (one["start_s"], one["end_s"], two["end_s"]) == (whole["start_s"], two["start_s"], whole["end_s"])
    assert {one["source"], two["source"]} == {"manual"}
    assert not Lap.objects.get(pk=whole["id"]).valid
    too_late = {"at_ms": whole["duration_ms"], "reason": "x"}
    assert client.post(path(race, f"laps/{whole['id']}/split/"), too_late).status_code == 400


def test_a_lap_is_added_where_there_is_none(race: Race, client: APIClient) -> None:
    last = laps(race, client, drone=1)[-1]
    body = {"drone": 1, "end_s": last["end_s"] + 16, "duration_ms": 16_000, "reason": "the camera saw it"}
    added = client.post(path(race, "laps/"), body)
    assert added.status_code == 201
    assert added.json()["end_s"] == pytest.approx(last["end_s"] + 16)
    assert client.post(path(race, "laps/"), body).status_code == 409
    assert "overlaps" in client.post(path(race, "laps/"), body).json()["detail"]
    line = next(each for each in client.get(path(race, "standings/")).json() if each["drone"] == 1)
    assert line["laps"] == len(laps(race, client, drone=1))
    assert client.post(path(race, "laps/"), {**body, "drone": 9}).status_code == 404
    assert client.post(path(race, "laps/"), {**body, "end_s": 1}).status_code == 400
    assert client.post(path(race, "laps/"), {**body, "duration_ms": 0}).status_code == 400


def test_penalties_and_disqualification_change_the_ranking(race: Race, client: APIClient) -> None:
    before = client.get(path(race, "standings/")).json()
    first = before[0]["drone"]
    penalty = {"kind": "penalty", "drone": first, "milliseconds": 5000, "reason": "contact"}
    assert client.post(path(race, "rulings/"), penalty).status_code == 201
    line = next(each for each in client.get(path(race, "standings/")).json() if each["drone"] == first)
    assert (line["penalty_ms"], line["total_ms"]) == (5000, before[0]["total_ms"] + 5000)
    out = {"kind": "disqualify", "drone": first, "reason": "no transponder"}
    assert client.post(path(race, "rulings/"), out).status_code == 201
    now = client.get(path(race, "standings/")).json()
    assert (now[-1]["drone"], now[-1]["status"], now[-1]["place"]) == (first, "DSQ", None)
    assert all(lap["best"] is None for lap in laps(race, client, drone=first))
    client.post(path(race, "rulings/"), {**out, "kind": "reinstate"})
    assert {each["status"] for each in client.get(path(race, "standings/")).json()} == {"FIN"}


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "penalty", "drone": 1, "reason": "no time"},
        {"kind": "disqualify", "drone": 1, "milliseconds": 1, "reason": "a time"},
        {"kind": "penalty", "drone": 1, "milliseconds": 0, "reason": "nothing"},
        {"kind": "hang", "drone": 1, "reason": "no such ruling"},
        {"kind": "disqualify", "drone": 1, "reason": " "},
        {"kind": "disqualify", "drone": 1},
    ],
)
def test_a_ruling_that_is_none_is_refused(race: Race, client: APIClient, body: dict[str, Any]) -> None:
    assert client.post(path(race, "rulings/"), body).status_code == 400
    assert not Ruling.objects.exists()


def test_only_the_director_and_staff_rule(race: Race) -> None:
    lap = race.laps.latest("end")
    calls = [
        ("patch", f"laps/{lap.pk}/", {"valid": False, "reason": "x"}),
        ("post", f"laps/{lap.pk}/split/", {"at_ms": 6000, "reason": "x"}),
        ("post", "laps/", {"drone": 1, "end_s": 59, "duration_ms": 1000, "reason": "x"}),
        ("post", "rulings/", {"kind": "disqualify", "drone": 1, "reason": "x"}),
    ]
    for user, status in ((None, 401), (make_user("bob"), 403)):
        other = client_of(user)
        assert [getattr(other, verb)(path(race, rest), body).status_code for verb, rest, body in calls] == [status] * 4
    assert not Ruling.objects.exists()


def test_a_lap_of_another_race_is_not_found(race: Race, client: APIClient, ann: User) -> None:
    other = create_race(creator=ann)
    lap = race.laps.latest("end")
    body = {"valid": False, "reason": "x"}
    assert client.patch(path(other, f"laps/{lap.pk}/"), body).status_code == 404
    assert client.patch(path(race, f"laps/{2**63}/"), body).status_code == 404
    assert client.post(path(other, f"laps/{lap.pk}/split/"), {"at_ms": 1, "reason": "x"}).status_code == 404


def test_results_hold_it_all_and_the_table_has_a_row_a_lap(race: Race, client: APIClient) -> None:
    Drone.objects.filter(race=race, number=1).update(name="=Red")
    race.drones.create(number=3, drone_id="10.0.0.3")
    found = client.get(path(race, "results/")).json()
    assert [line["status"] for line in found["standings"]] == ["FIN", "FIN", "DNS"]
    assert len(found["laps"]) == race.laps.count()
    answer = client.get(path(race, "results.csv"))
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == race.laps.count() + 1
    assert [row["place"] for row in rows] == [*sorted(row["place"] for row in rows[:-1]), ""]
    assert {row["name"] for row in rows if row["drone"] == "1"} == {"'=Red"}


def test_a_race_without_frames_has_empty_results(client: APIClient, ann: User) -> None:
    bare = create_race(creator=ann)
    assert client.get(path(bare, "laps/")).json() == []
    assert client.get(path(bare, "standings/")).json() == []
    assert client.get(path(bare, "results/")).json()["track"] is None


def test_records_have_each_pilots_best_lap_in_races_that_one_may_know_of(
    race: Race, track: Track, ann: User, client: APIClient
) -> None:
    Drone.objects.filter(race=race).update(pilot=ann)
    secret = flown_race(track, creator=make_user("bob"), seconds=60, is_public=False)
    time_what_is_recorded(secret.pk)
    where = f"/api/tracks/{track.pk}/records/"
    (mine,) = client.get(where).json()
    assert mine["duration_ms"] == min(race.laps.values_list("duration_ms", flat=True))
    assert (mine["pilot"], mine["place"], mine["race"]["id"]) == ("ann", 1, str(race.pk))
    all_of_them = client_of(make_user("staff", staff=True)).get(where).json()
    assert [each["place"] for each in all_of_them] == [1, 1, 3]
    client.post(path(race, "rulings/"), {"kind": "disqualify", "drone": mine["drone"], "reason": "x"})
    assert client.get(where).json()[0]["duration_ms"] > mine["duration_ms"]
    assert client.get("/api/tracks/999/records/").status_code == 404
