"""/api/races/ and /api/tracks/: what comes back, and what changes."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from pytest_django.fixtures import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from races.announce import race_group
from races.models import Drone, Gate, Participant, Race, Track
from telemetry.models import TelemetryFrame
from tests.people import browser_of, client_of, leave_the_database, let_in, make_race, make_user, roles

Clients = Callable[[User | None], APIClient]
GATE = {"x": 0, "y": 2, "z": 10.5, "yaw": 90, "width": 3, "height": 2.5}


def track_body(name: str = "Loop", gates: int = 2) -> dict[str, Any]:
    return {"name": name, "drift_map": "Hannover", "gates": [{**GATE, "x": place} for place in range(gates)]}


# --- races


def test_a_race_is_created_with_everything_it_can_have(ann: User, as_: Clients) -> None:
    client = as_(ann)
    track = client.post("/api/tracks/", track_body()).json()
    keys = ["Timestamp", "PositionX", "PositionY", "PositionZ"]
    answer = client.post(
        "/api/races/", {"name": "Final 🏁", "track": track["id"], "is_public": False, "stream_format": keys}
    )
    assert answer.status_code == 201
    made = answer.json()
    assert answer["Location"] == f"/api/races/{made['id']}/"
    race = Race.objects.get()
    assert made == {
        "id": str(race.pk), "name": "Final 🏁", "drift_map": "Hannover", "track": track["id"],
        "creator": {"id": ann.pk, "username": "ann"}, "is_public": False, "status": "waiting", "saved": False,
        "udp_port": race.udp_port, "problem": "", "stream_format": keys,
        "created_at": race.created_at.isoformat().replace("+00:00", "Z"), "started_at": None, "last_frame_at": None,
        "ended_at": None, "frame_count": 0, "byte_count": 0,
    }  # fmt: skip
    assert client.get(answer["Location"]).json() == made


def test_a_race_needs_nothing_but_a_caller(ann: User, as_: Clients) -> None:
    made = as_(ann).post("/api/races/", {}).json()
    assert (made["name"], made["drift_map"], made["is_public"], len(made["stream_format"])) == (
        "race",
        "arena",
        True,
        8,
    )


@pytest.mark.parametrize(
    "body",
    [
        {"name": " "}, {"name": "x" * 101}, {"name": "a\x07b"}, {"stream_format": []}, {"stream_format": ["Altitude"]},
        {"stream_format": ["Position", "PositionX"]}, {"stream_format": "Timestamp"}, {"track": 10**30}, {"track": "x"},
        {"is_public": "maybe"}, {"drift_map": ""},
    ],
    ids=str,
)  # fmt: skip
def test_a_race_that_cannot_be_is_refused(ann: User, as_: Clients, body: dict[str, Any]) -> None:
    assert as_(ann).post("/api/races/", body).status_code in {400, 404}
    assert not Race.objects.exists()


def test_a_browser_needs_the_csrf_token(ann: User) -> None:
    assert browser_of(ann).post("/api/races/", {}).status_code == 403


def test_races_are_narrowed_down_searched_and_ordered(ann: User, bob: User, as_: Clients) -> None:
    final, heat = make_race(ann, flown=True, over=True), make_race(bob)
    Race.objects.filter(pk=final.pk).update(name="Final", drift_map="Hannover")
    Race.objects.filter(pk=heat.pk).update(name="Heat 1")

    def found(query: str) -> list[str]:
        answer = as_(None).get(f"/api/races/{query}")
        assert answer.status_code == 200, answer.content
        return [race["name"] for race in answer.json()["results"]]

    assert found("") == ["Heat 1", "Final"]
    assert found("?status=ended") == ["Final"]
    assert found("?status=waiting&status=ended&ordering=created_at") == ["Final", "Heat 1"]
    assert found(f"?creator={bob.pk}") == ["Heat 1"]
    assert found("?drift_map=hannover") == ["Final"]
    assert found("?saved=true&is_public=true") == ["Final"]
    assert found("?search=heat") == ["Heat 1"]
    assert found("?search=ann") == ["Final"]
    assert found("?ordering=name") == ["Final", "Heat 1"]
    assert found("?ordering=-frame_count") == ["Final", "Heat 1"]
    assert found("?created_after=2100-01-01T00:00:00Z") == []
    assert found("?created_after=0001-01-01T00:00:00Z&created_before=9999-12-31T23:59:59Z") == ["Heat 1", "Final"]
    assert found("?created_after=0001-01-01&created_before=9999-12-31T13:59:59-10:00") == ["Heat 1", "Final"]
    page = as_(None).get("/api/races/?page_size=1").json()
    assert (page["count"], len(page["results"])) == (2, 1)
    assert "page=2" in page["next"]


@pytest.mark.parametrize(
    "query",
    ["status=flying", "creator=x", f"creator={'9' * 5000}", "created_after=noon", "search=%00", "page=0", "page=x",
     "search=" + "a+" * 1000, "search=" + "x" * 300, "drift_map=%00", "track=1e400",
     "created_after=0001-01-01T00:00:00%2B14:00", "created_before=9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused_in_words(as_: Clients, query: str, db: None) -> None:
    answer = as_(None).get(f"/api/races/?{query}")
    assert answer.status_code in {400, 404}
    assert answer.json()


def test_a_list_asks_the_database_as_often_for_many_as_for_one(
    ann: User, as_: Clients, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(6):
        make_race(ann, over=True)
    client = as_(None)
    with django_assert_num_queries(2):
        assert len(client.get("/api/races/").json()["results"]) == 6


def test_an_unchanged_race_is_not_sent_again(ann: User, as_: Clients) -> None:
    race = make_race(ann)
    first = as_(ann).get(f"/api/races/{race.pk}/")
    again = as_(ann).get(f"/api/races/{race.pk}/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Race.objects.update(name="other")
    assert as_(ann).get(f"/api/races/{race.pk}/", headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert "private" in first["Cache-Control"]


def test_a_race_is_changed_in_part(ann: User, as_: Clients) -> None:
    race, client = make_race(ann, flown=True), as_(ann)
    assert client.patch(f"/api/races/{race.pk}/", {"name": "Final"}).json()["name"] == "Final"
    assert client.patch(f"/api/races/{race.pk}/", {"drift_map": "Pine Valley"}).json()["drift_map"] == "Pine Valley"
    assert client.patch(f"/api/races/{race.pk}/", {"is_public": False}).status_code == 409
    assert client.post(f"/api/races/{race.pk}/end/").json()["status"] == "ended"
    assert client.patch(f"/api/races/{race.pk}/", {"is_public": False}).json()["is_public"] is False


def test_a_track_is_chosen_until_the_first_frame(ann: User, as_: Clients) -> None:
    client, race = as_(ann), make_race(ann)
    track = client.post("/api/tracks/", track_body()).json()["id"]
    changed = client.patch(f"/api/races/{race.pk}/", {"track": track}).json()
    assert (changed["track"], changed["drift_map"]) == (track, "Hannover")
    assert client.patch(f"/api/races/{race.pk}/", {"drift_map": "arena"}).status_code == 409
    assert client.patch(f"/api/races/{race.pk}/", {"track": None}).json()["track"] is None
    flown = make_race(ann, flown=True)
    answer = client.patch(f"/api/races/{flown.pk}/", {"track": track, "name": "not this either"})
    assert answer.status_code == 409
    flown.refresh_from_db()
    assert (flown.track, flown.name) == (None, "race")


def test_a_race_is_saved_with_who_took_part(ann: User, bob: User, as_: Clients) -> None:
    race, client = make_race(ann), as_(ann)
    assert client.post(f"/api/races/{race.pk}/save/").status_code == 404
    flown = make_race(ann, flown=True)
    let_in(flown, bob, Participant.Role.VIEWER)
    saved = client.post(f"/api/races/{flown.pk}/save/", {"name": "Final", "participants": [bob.pk]}).json()
    assert (saved["saved"], saved["name"], saved["drift_map"], roles(flown)) == (
        True,
        "Final",
        "arena",
        {"bob": "invited"},
    )


def test_pilots_join_a_public_race_and_the_invited_a_private_one(ann: User, bob: User, as_: Clients) -> None:
    public, private = make_race(ann), make_race(ann, is_public=False)
    assert as_(bob).post(f"/api/races/{public.pk}/join/").json()["role"] == "pilot"
    assert as_(bob).post(f"/api/races/{private.pk}/join/").status_code == 404
    invited = as_(ann).post(f"/api/races/{private.pk}/participants/", {"username": "BOB"})
    assert (invited.status_code, invited.json()["role"]) == (201, "invited")
    assert as_(bob).post(f"/api/races/{private.pk}/join/").json()["role"] == "pilot"
    again = as_(ann).post(f"/api/races/{private.pk}/participants/", {"username": "bob"})
    assert again.json()["role"] == "pilot"
    over = make_race(ann, over=True)
    assert as_(bob).post(f"/api/races/{over.pk}/join/").status_code == 409


def test_participants_are_invited_by_name_listed_and_taken_off(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann)
    path = f"/api/races/{race.pk}/participants/"
    assert as_(ann).post(path, {"username": "nobody"}).status_code == 404
    assert as_(bob).post(path, {"username": "bob"}).status_code == 403
    as_(ann).post(path, {"username": "bob"})
    (listed,) = as_(None).get(path).json()["results"]
    assert (listed["user"], listed["role"]) == ({"id": bob.pk, "username": "bob"}, "invited")
    assert as_(ann).delete(f"{path}{10**30}/").status_code == 404
    assert as_(ann).delete(f"{path}{bob.pk}/").status_code == 204
    assert as_(bob).delete(f"{path}{bob.pk}/").status_code == 404
    assert roles(race) == {}


def test_a_race_is_deleted_by_its_creator_alone_in_it_or_by_staff(
    ann: User, bob: User, staff: User, as_: Clients
) -> None:
    race = make_race(ann, flown=True)
    let_in(race, bob)
    path = f"/api/races/{race.pk}/"
    assert [as_(user).delete(path).status_code for user in (None, bob, ann, staff)] == [401, 403, 409, 409]
    as_(ann).post(f"{path}end/")
    assert as_(ann).delete(path).json()["detail"].startswith("Others take part")
    assert as_(staff).delete(path).status_code == 204
    alone = make_race(ann, flown=True, over=True)
    assert as_(ann).delete(f"/api/races/{alone.pk}/").status_code == 204
    assert not Race.objects.exists()
    assert not TelemetryFrame.objects.exists()


# --- drones


@pytest.mark.django_db(transaction=True)
async def test_a_drone_is_named_and_its_viewers_are_told() -> None:
    def prepare() -> tuple[User, User, Race]:
        ann, bob = make_user("ann"), make_user("bob")
        race = make_race(ann, flown=True)
        let_in(race, bob)
        return ann, bob, race

    ann, bob, race = await sync_to_async(prepare)()
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(race_group(race.pk), channel)

    def name() -> tuple[int, Any, Any]:
        answer = client_of(ann).patch(f"/api/races/{race.pk}/drones/2/", {"name": "Red", "pilot": bob.pk})
        return answer.status_code, answer.json(), client_of(None).get(f"/api/races/{race.pk}/drones/").json()

    status, changed, listed = await sync_to_async(name)()
    bound = {"number": 2, "drone_id": "10.0.0.2", "name": "Red", "pilot": {"id": bob.pk, "username": "bob"},
             "velocity_derived": False, "frame_count": 2}  # fmt: skip
    assert (status, changed, listed[1]) == (200, bound, bound)
    assert await sync_to_async(roles)(race) == {"bob": "pilot"}
    async with asyncio.timeout(10):
        told = [(await layer.receive(channel))["event"] for _ in range(2)]
    assert told[1] == {
        "type": "drone", "drone": 2, "drone_id": "10.0.0.2", "name": "Red", "pilot": "bob", "velocity_derived": False,
    }  # fmt: skip
    await layer.group_discard(race_group(race.pk), channel)
    await leave_the_database()


def test_a_pilot_takes_a_free_drone_names_it_and_gives_it_up(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True)
    path, client = f"/api/races/{race.pk}/drones/1/", as_(bob)
    assert client.patch(path, {"pilot": bob.pk}).json() == {"detail": "Join the race first."}
    client.post(f"/api/races/{race.pk}/join/")
    assert client.patch(path, {"name": "Mine"}).status_code == 403
    assert client.patch(path, {"pilot": ann.pk}).status_code == 403
    assert client.patch(path, {"pilot": bob.pk, "name": "Mine"}).json()["name"] == "Mine"
    assert client.patch(path, {"name": ""}).json()["name"] == ""
    eve = as_(ann).patch(f"/api/races/{race.pk}/drones/2/", {"pilot": ann.pk})
    assert eve.status_code == 200
    assert client.patch(f"/api/races/{race.pk}/drones/2/", {"pilot": bob.pk}).status_code == 409
    assert client.patch(path, {"pilot": None}).json()["pilot"] is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("9/", {"name": "x"}, 404), (f"{10**30}/", {"name": "x"}, 404), ("1/", {"pilot": 10**30}, 404),
     ("1/", {"pilot": 0}, 400), ("1/", {"name": "x" * 51}, 400), ("1/", {"name": "\u2028"}, 200), ("1/", {}, 200)],
)  # fmt: skip
def test_a_drone_or_pilot_that_is_none(ann: User, as_: Clients, path: str, body: Any, status: int) -> None:
    race = make_race(ann, flown=True)
    assert as_(ann).patch(f"/api/races/{race.pk}/drones/{path}", body).status_code == status


# --- tracks


def test_a_track_has_its_gates_in_order(ann: User, as_: Clients) -> None:
    answer = as_(ann).post("/api/tracks/", track_body(gates=3))
    made = answer.json()
    assert answer.status_code == 201
    assert [gate["order"] for gate in made["gates"]] == [1, 2, 3]
    assert [gate["x"] for gate in made["gates"]] == [0, 1, 2]
    assert made["gates"][0] == {**GATE, "x": 0.0, "order": 1, "pitch": 0.0, "label": "", "sector_end": True}
    assert as_(None).get(answer["Location"]).json() == made
    assert as_(None).get("/api/tracks/?search=loop&drift_map=HANNOVER").json()["results"] == [made]


@pytest.mark.parametrize(
    "gates",
    [
        [], None, "gate", [{}], [{**GATE, "width": 0}], [{**GATE, "height": -1}], [{**GATE, "x": None}],
        [{**GATE, "y": "high"}], [{**GATE, "z": 1e300}], [{**GATE, "pitch": 91}], [GATE] * 201,
        [{**GATE, "label": "x" * 51}], [{key: GATE[key] for key in ("x", "y", "z")}],
    ],
    ids=lambda gates: str(gates)[:40],
)  # fmt: skip
def test_gates_that_are_none_are_refused(ann: User, as_: Clients, gates: Any) -> None:
    assert as_(ann).post("/api/tracks/", {"name": "Loop", "gates": gates}).status_code == 400
    assert not Track.objects.exists()


def test_an_infinite_number_in_a_gate_is_refused(ann: User, as_: Clients) -> None:
    body = '{"name": "Loop", "gates": [{"x": 1e999, "y": 0, "z": 0, "width": 1, "height": 1}]}'
    assert as_(ann).post("/api/tracks/", body, content_type="application/json").status_code == 400


def test_a_tracks_name_is_its_maps_only_one(ann: User, as_: Clients) -> None:
    client = as_(ann)
    first = client.post("/api/tracks/", track_body()).json()["id"]
    assert client.post("/api/tracks/", track_body()).status_code == 409
    assert client.post("/api/tracks/", {**track_body(), "drift_map": "Other"}).status_code == 201
    assert client.patch(f"/api/tracks/{first}/", {"drift_map": "Other"}).status_code == 409
    assert Gate.objects.filter(track=first).count() == 2


def test_a_track_is_changed_by_its_creator_and_staff_between_races(
    ann: User, bob: User, staff: User, as_: Clients
) -> None:
    track = as_(ann).post("/api/tracks/", track_body()).json()
    path, change = f"/api/tracks/{track['id']}/", {"gates": [GATE]}
    assert [as_(user).patch(path, change).status_code for user in (None, bob, staff)] == [401, 403, 200]
    changed = as_(ann).patch(path, {"name": "Ring"}).json()
    assert (changed["name"], len(changed["gates"])) == ("Ring", 1)
    race = as_(ann).post("/api/races/", {"track": track["id"]}).json()["id"]
    assert as_(ann).patch(path, change).status_code == 409
    assert as_(ann).delete(path).status_code == 409
    as_(ann).post(f"/api/races/{race}/end/")
    assert [as_(user).delete(path).status_code for user in (None, bob, ann)] == [401, 403, 204]
    assert as_(ann).get(path).status_code == 404
    assert Race.objects.get().track is None


def test_nothing_of_a_private_race_shows_to_a_stranger(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True, is_public=False)
    Drone.objects.filter(race=race, number=1).update(name="Secret")
    let_in(race, bob, Participant.Role.VIEWER)
    path = f"/api/races/{race.pk}/"
    for client in (as_(None), as_(bob)):
        for part in ("", "drones/", "participants/", "telemetry/"):
            answer = client.get(path + part)
            assert (answer.status_code, answer.json()) == (404, {"detail": "There is no such race."})
        assert client.get("/api/races/?search=race").json()["count"] == 0
