"""Whatever is sent to a race call is answered in words with a 4xx, never with a 500, and changes nothing."""

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from accounts.models import User
from races.models import Race, Track
from races.services import create_track
from tests.api_page import Row, permissions
from tests.flown import give_lap
from tests.people import client_of, make_race

ROWS = [row for row in permissions() if not row.call.startswith("WS ")]
GATE: Any = {"x": 0.0, "y": 0.0, "z": 0.0, "yaw": 0.0, "pitch": 0.0, "width": 1.0, "height": 1.0, "label": ""}
# Calls whose body is looked at; an empty one is refused by those of the original alone.
WITH_BODY = (
    "POST /save_race/{race}",
    "PUT /update_race/{race}",
    "POST /api/races/",
    "PATCH /api/races/{race}/",
    "POST /api/races/{race}/save/",
    "POST /api/races/{race}/participants/",
    "PATCH /api/races/{race}/drones/1/",
    "POST /api/tracks/",
    "PATCH /api/tracks/{track}/",
    "POST /api/races/{race}/laps/",
    "PATCH /api/races/{race}/laps/{lap}/",
    "POST /api/races/{race}/laps/{lap}/split/",
    "POST /api/races/{race}/rulings/",
    "POST /api/races/{race}/retime/",
    "POST /api/tracks/from-race/",
)
FIELDS = (
    "race_name", "drift_map", "user_id", "name", "track", "is_public", "stream_format", "participants", "username",
    "pilot", "gates", "min_lap", "start_mode", "laps", "time_limit", "grace", "drone", "end_s", "duration_ms", "reason",
    "valid", "at_ms", "kind", "milliseconds", "dry_run", "race", "times",
)  # fmt: skip
HUGE = "x" * 200_000
VALUES: tuple[Any, ...] = (
    7.5, [], {}, [[]], ["a"], {"a": 1}, HUGE, "a\0b", "\ud800", ["\ud800"], 10**400, [10**400], -(10**30), [True],
    [None], [{"x": "\0"}], "a\r\nSet-Cookie: x=1",
)  # fmt: skip
MALFORMED = (
    b"{", b"[]", b"null", b"7", b'"text"', b"[{}]", b"\xff\xfe", b"{'a': 1}", b"NaN", b'{"name": NaN}', b"[" * 100_000,
    b'{"name":' * 100_000, b"1" * 5000, b'{"user_id": [' + b"1," * 50_000 + b"1]}",
)  # fmt: skip
IDS = (
    "0", "-1", "x", "1e5", str(10**30), "9" * 5000, "%00", "%ff", "' OR 1=1 --", "None", str(uuid4())[:-1], "\ud83d",
    "..%2f..", "%0d%0aSet-Cookie:x=1", "²",
)  # fmt: skip


@pytest.fixture
def race(ann: User) -> Race:
    return make_race(ann, flown=True)


@pytest.fixture
def track(ann: User) -> Track:
    return create_track(by=ann, name="Loop", drift_map="arena", gates=[GATE])


@pytest.fixture
def client(ann: User) -> Any:  # the stubs know no bodies of bytes
    return client_of(ann)


def method_of(call: str) -> str:
    return call.partition(" ")[0]


def path_of(call: str, race: Race, track: Track, ann: User) -> str:
    lap = give_lap(race, track).pk if "{lap}" in call else 0
    return call.split(" ")[1].format(race=race.pk, track=track.pk, me=ann.pk, other=ann.pk, lap=lap)


def need_refusal(answer: Any, *, original: bool) -> None:
    body = answer.json()
    assert 400 <= answer.status_code < 500, answer.content[:300]
    assert isinstance(body, dict)
    assert body
    if original:
        assert list(body) == ["detail"]
        assert isinstance(body["detail"], str)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("call", WITH_BODY)
def test_a_wrong_value_in_every_field(call: str, value: Any, client: Any, race: Race, track: Track, ann: User) -> None:
    path = path_of(call, race, track, ann)
    answer = client.generic(method_of(call), path, json.dumps(dict.fromkeys(FIELDS, value)), "application/json")
    need_refusal(answer, original=not path.startswith("/api/"))
    race.refresh_from_db()
    assert (race.name, race.saved) == ("race", False)


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:12]))
@pytest.mark.parametrize("call", WITH_BODY)
def test_a_malformed_body(call: str, body: bytes, client: Any, race: Race, track: Track, ann: User) -> None:
    path = path_of(call, race, track, ann)
    answer = client.generic(method_of(call), path, body, "application/json")
    if body.startswith(b'{"user_id"') and path.startswith("/api/"):
        return  # an unknown field, which is passed over
    need_refusal(answer, original=not path.startswith("/api/"))


@pytest.mark.parametrize("call", WITH_BODY)
def test_a_body_past_the_limit(call: str, client: Any, race: Race, track: Track, ann: User) -> None:
    body = b'{"name": "' + b"a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    answer = client.generic(method_of(call), path_of(call, race, track, ann), body, "application/json")
    assert (answer.status_code, list(answer.json())) == (413, ["detail"])


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "nonsense", "application/json; charset=nonsense"])
@pytest.mark.parametrize("call", WITH_BODY)
def test_another_content_type(call: str, kind: str, client: Any, race: Race, track: Track, ann: User) -> None:
    path = path_of(call, race, track, ann)
    need_refusal(client.generic(method_of(call), path, b"<a/>", kind), original=True)


@pytest.mark.parametrize("call", ["POST /save_race/{race}", "PUT /update_race/{race}"])
@pytest.mark.parametrize(
    "body", [{}, {"race_name": "x"}, {"drift_map": "x"}, {"race_name": "x", "user_id": []}], ids=str
)
def test_a_missing_field_of_the_originals(
    call: str, body: dict[str, Any], client: Any, race: Race, track: Track, ann: User
) -> None:
    answer = client.generic(method_of(call), path_of(call, race, track, ann), json.dumps(body), "application/json")
    need_refusal(answer, original=True)


def test_extra_fields_are_passed_over(client: Any, race: Race) -> None:
    body = {"race_name": "Final", "drift_map": "x", "user_id": [], "creator": 99, "udp_port": 1, "__class__": "x"}
    assert client.post(f"/save_race/{race.pk}", body).status_code == 200
    port = race.udp_port
    race.refresh_from_db()
    assert (race.name, race.udp_port) == ("Final", port)


def test_a_form_does_as_well_as_json(client: Any, race: Race, bob: User) -> None:
    body = f"race_name=Final&drift_map=x&user_id={bob.pk}"
    answer = client.generic("POST", f"/save_race/{race.pk}", body, "application/x-www-form-urlencoded")
    assert answer.status_code == 200


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.call)
def test_a_wrong_method(row: Row, client: Any, race: Race, track: Track, ann: User) -> None:
    path = path_of(row.call, race, track, ann)
    served = {method_of(other.call) for other in ROWS if path_of(other.call, race, track, ann) == path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - served:
        answer = client.generic(method, path, "{}", "application/json")
        assert answer.status_code == 405, (method, answer.content)
        assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize("row", [row for row in ROWS if "{" in row.call.partition("?")[0]], ids=lambda row: row.call)
def test_an_id_that_is_none(row: Row, client: Any, race: Race, track: Track, ann: User) -> None:
    method, template = row.call.split(" ")
    real = {"race": str(race.pk), "track": str(track.pk), "me": str(ann.pk), "other": str(ann.pk)}
    real["lap"] = str(give_lap(race, track).pk)
    for name in [name for name in real if f"{{{name}}}" in template]:
        for wrong in (*IDS, str(uuid4())):
            path = template.format(**{**real, name: quote(wrong.encode("utf-8", "surrogatepass"), safe="%")})
            if name == "me" and wrong == "-1" and "watch_race" in path:
                continue  # nobody, which is allowed
            need_refusal(client.generic(method, path, "{}", "application/json"), original=False)
    assert Race.objects.filter(pk=race.pk).exists()


@pytest.mark.parametrize("user_id", ["", "x", "1.0", "%00", "1" * 40, "٣", "1_0", "+1", " 1", "true", "[1]"])
def test_create_race_for_a_user_that_is_none(client: Any, user_id: str) -> None:
    need_refusal(client.post(f"/create_race?user_id={quote(user_id, safe='%')}"), original=True)
    assert not Race.objects.exists()


@pytest.mark.parametrize("header", ["Token x", "Token \xe9", "Token", "Token a b", "Token " + "x" * 10_000])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.call)
def test_a_wrong_token_is_a_401(row: Row, header: str, race: Race, track: Track, ann: User) -> None:
    path = path_of(row.call, race, track, ann)
    if path in {"/health", "/test"}:
        return  # ask nobody who they are
    answer = APIClient().generic(method_of(row.call), path, "{}", "application/json", headers={"Authorization": header})
    assert answer.status_code == 401
    assert list(answer.json()) == ["detail"]
