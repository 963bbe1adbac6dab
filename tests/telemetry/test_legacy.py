"""A contract test for each of the original's calls that give frames."""

import json
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from accounts.models import AuthToken
from races.models import Race
from races.services import close_race
from telemetry.batches import Batch
from telemetry.legacy import CHUNK, replay_json
from tests.people import client_of, leave_the_database, let_in, make_race, make_user, put, record
from tests.telemetry.builders import START, frames

SAVED = {"race_id", "race_name", "drift_map", "created_at", "user_id", "race_size_bytes"}


def replayed(parts: bytes) -> list[dict[str, Any]]:
    answer = json.loads(parts)
    assert answer["status"] == "success"
    packet = json.loads(answer["race"]["flight_packet"])
    assert all(isinstance(text, str) for text in packet)
    return [json.loads(text) for text in packet]


@pytest.mark.django_db
def test_replay_race_is_a_string_of_an_array_of_strings_of_frames() -> None:
    ann = make_user("ann")
    race = make_race(ann)
    made = record(race, [1, 2] * CHUNK)
    race.name = 'a "quoted" \\ name'
    parts = list(replay_json(race, {1: "10.0.0.1", 2: '10.0.0.2"\\'}))
    read = replayed(b"".join(parts))
    assert max(part.count(b"drone_id") for part in parts) <= CHUNK
    assert [frame["timestamp"] for frame in read] == [(t - START - 10_000) / 1e6 for t in made["time"].tolist()]
    assert [frame["drone_id"] for frame in read[:2]] == ["10.0.0.1", '10.0.0.2"\\']
    head = json.loads(b"".join(parts))["race"]
    assert set(head) == SAVED | {"flight_packet"}
    assert (head["race_name"], head["user_id"]) == (race.name, [ann.pk])


@pytest.mark.django_db
def test_replay_race_has_the_very_texts_that_were_streamed_live() -> None:
    race = make_race(None)
    made = frames([1, 1, 2])
    made["velocity"] = np.float32(0.1)
    made["battery"] = np.nan
    put(race, made)
    packet = json.loads(json.loads(b"".join(replay_json(race, {1: "a", 2: "b"})))["race"]["flight_packet"])
    start = int(made["time"][0])
    assert packet == Batch(1, start, {1: "a", 2: "b"}, made).original_texts
    assert '"velocity":{"x":0.1,"y":0.1,"z":0.1}' in packet[0]
    assert '"battery":{"percentage":0.0,"voltage":0.0}' in packet[0]


@pytest.mark.django_db
def test_replay_race_without_frames_has_an_empty_array() -> None:
    assert replayed(b"".join(replay_json(make_race(None), {}))) == []


@pytest.mark.usefixtures("no_connection_stays")
@pytest.mark.django_db(transaction=True)
async def test_replay_race_over_asgi_streams_to_those_who_may_read_it() -> None:
    def prepare() -> tuple[Race, list[dict[str, str]]]:
        people = [make_user("ann"), make_user("bob"), make_user("eve"), make_user("staff", staff=True)]
        race = make_race(people[0], is_public=False)
        record(race, [1, 2, 3] * 700)
        close_race(race=race)
        let_in(race, people[1])
        tokens = [AuthToken.objects.create(user=user, device="test")[1] for user in people]
        return race, [{"Authorization": f"Token {token}"} for token in tokens]

    race, (ann, bob, eve, staff) = await sync_to_async(prepare)()
    for headers, status in ((ann, 200), (bob, 200), (staff, 200), (eve, 404), ({}, 404)):
        answer = await AsyncClient().get(f"/replay_race/{race.pk}", headers=headers)
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/json"
        if status == 200:
            assert answer.streaming
            body = b"".join([part async for part in answer])  # type: ignore[attr-defined]
            assert len(replayed(body)) == 2100
    await leave_the_database()


@pytest.mark.django_db
def test_telemetry_gives_the_newest_frame_as_flat_columns() -> None:
    make_race(None, flown=True, over=True)
    race = make_race(None)
    made = frames([1, 2, 1], start=START + 1_000_000)
    made["velocity"][-1] = [np.float32(0.1), np.nan, -3]
    made["attitude"][-1] = np.nan
    put(race, made)
    answer = client_of(None).get("/telemetry").json()
    assert answer["status"] == "success"
    data = answer["data"]
    assert data["race_id"] == str(race.pk)
    assert (data["drone_id"], data["time"]) == ("10.0.0.1", "2026-01-01T00:00:01.030000+00:00")
    assert (data["velocity_x"], data["velocity_y"], data["velocity_z"]) == (0.1, 0, -3)
    assert [data[f"attitude_{axis}"] for axis in "xyzw"] == [0, 0, 0, 1]
    assert (data["motor_count"], data["motor_rpm_1"], data["motor_rpm_8"]) == (4, 12000, 0)
    columns = {"position_x", "gyro_pitch", "input_throttle", "battery_percentage", "battery_voltage", "flight_time"}
    assert columns <= set(data)
    assert all(isinstance(data[name], float) for name in columns)


@pytest.mark.django_db
def test_telemetry_looks_at_public_races_only() -> None:
    ann = make_user("ann")
    make_race(ann, flown=True, is_public=False)
    answer = client_of(ann).get("/telemetry")
    assert (answer.status_code, answer.json()) == (404, {"detail": "No frame has been recorded yet."})


@pytest.mark.django_db
def test_health_and_test() -> None:
    assert client_of(None).get("/health").json() == {"status": "healthy"}
    assert client_of(None).get("/test").json() == {"message": "DRIFT is running."}
