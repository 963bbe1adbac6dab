"""/api/races/{id}/telemetry/: recorded frames in pages."""

import math
from typing import Any

import numpy as np
import pytest
from django.db import connection
from pytest_django.fixtures import DjangoAssertNumQueries
from rest_framework.test import APIClient

from races.models import Race
from races.services import close_race
from telemetry.api import Thinner
from telemetry.frames import FrameArray
from tests.people import client_of, make_race, put
from tests.telemetry.builders import START, frames

pytestmark = pytest.mark.django_db


@pytest.fixture
def race() -> Race:
    """Give a race of two drones at 100 Hz for five seconds, a frame each every 10 ms."""
    made = np.concatenate([frames([drone] * 500) for drone in (1, 2)])
    made["time"] += 100 * (made["drone"] - 1)
    made["velocity"] = np.float32(0.1)
    race = make_race(None)
    put(race, made)
    return race


@pytest.fixture
def client() -> APIClient:
    return client_of(None)


def pages(client: APIClient, race: Race, query: str = "") -> list[list[dict[str, Any]]]:
    url, found = f"/api/races/{race.pk}/telemetry/?{query}", []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.content
        found.append(answer.json()["frames"])
        url = answer.json()["next"]
    return found


def every(found: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [frame for page in found for frame in page]


@pytest.mark.parametrize("limit", [1, 7, 999, 1000, 5000])
def test_the_pages_hold_every_frame_once_in_order(client: APIClient, race: Race, limit: int) -> None:
    if limit == 1:
        found = pages(client, race, "limit=1&end=0.05")
        assert [len(page) for page in found] == [1] * 10
        return
    found = pages(client, race, f"limit={limit}")
    assert all(len(page) == limit for page in found[:-1])
    shown = every(found)
    assert [(frame["seq"], frame["drone"]) for frame in shown] == [(s, d) for s in range(1, 501) for d in (1, 2)]
    assert shown[0]["timestamp"] == 0
    assert shown[1]["timestamp"] == 0.0001


def test_a_frame_is_the_object_of_the_live_stream(client: APIClient, race: Race) -> None:
    (frame,) = client.get(f"/api/races/{race.pk}/telemetry/?limit=1").json()["frames"]
    assert set(frame) == {
        "drone_id", "timestamp", "position", "attitude", "velocity", "gyro", "inputs", "battery", "motor_count",
        "motor_rpms", "drone", "seq", "flight_time",
    }  # fmt: skip
    assert frame["velocity"] == {"x": 0.1, "y": 0.1, "z": 0.1}
    assert frame["battery"] == {"percentage": None, "voltage": None}


def test_a_range_of_some_drones_and_fields(client: APIClient, race: Race) -> None:
    shown = every(pages(client, race, "drone=2&start=1&end=2&fields=position,motors"))
    assert len(shown) == 100
    assert {frame["drone"] for frame in shown} == {2}
    assert (shown[0]["timestamp"], shown[-1]["timestamp"]) == (1.0001, 1.9901)
    assert set(shown[0]) == {"drone_id", "timestamp", "drone", "seq", "position", "motor_count", "motor_rpms"}


@pytest.mark.parametrize("limit", [7, 1000])
@pytest.mark.parametrize("hz", [0.5, 3, 10, 1000])
def test_fewer_frames_a_second_are_the_same_whatever_the_page(
    client: APIClient, race: Race, hz: float, limit: int
) -> None:
    shown = every(pages(client, race, f"hz={hz}&limit={limit}&end=2"))
    wanted, seen = [], {1: -1, 2: -1}
    for time, drone in [(t + 100 * (drone - 1), drone) for t in range(0, 2_000_000, 10_000) for drone in (1, 2)]:
        interval = int(time / 1e6 * hz)
        if interval != seen[drone]:
            seen[drone] = interval
            wanted.append((time, drone))
    assert [(round(frame["timestamp"] * 1e6), frame["drone"]) for frame in shown] == wanted


def test_thinning_does_not_depend_on_how_frames_are_cut() -> None:
    made = frames([1, 2] * 300)
    whole = Thinner(7, START, {}).thin(made)
    thinner = Thinner(7, START, {})
    parts: list[FrameArray] = [thinner.thin(made[cut : cut + 11]) for cut in range(0, 600, 11)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    assert 0 < len(whole) < 100


@pytest.mark.parametrize(("hz", "interval"), [(1, 1.0), (0.9, 1 / 0.9)])  # by the database, by Python
def test_a_page_is_bounded_where_few_of_many_frames_are_taken(
    client: APIClient, race: Race, hz: float, interval: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telemetry.api.MOST_READ", 100)
    monkeypatch.setattr("telemetry.reading.PAGE", 50)
    found = pages(client, race, f"hz={hz}")
    assert len(found) >= 5
    taken = [frame["timestamp"] for frame in every(found)][::2]
    assert taken == [math.ceil(100 * interval * at) / 100 for at in range(5)]


@pytest.mark.parametrize("limit", [5, 5000])
@pytest.mark.parametrize("hz", [2, 25, 50])
def test_the_database_takes_the_frames_that_python_would(
    client: APIClient, monkeypatch: pytest.MonkeyPatch, hz: int, limit: int
) -> None:
    made = np.concatenate([frames([drone] * 400) for drone in (1, 2, 3)])
    made["time"] += np.random.default_rng(hz).integers(0, 9_000, len(made))
    paused = (made["drone"] == 2) & (made["time"] > START + 1_000_000) & (made["time"] < START + 3_500_000)
    late = (made["drone"] == 3) & (made["time"] < START + 3_000_000)
    made = made[~paused & ~late]
    made = made[np.lexsort((made["drone"], made["time"]))]
    race = make_race(None)
    put(race, made)
    monkeypatch.setattr("telemetry.api.MOST_READ", 150)
    wanted = Thinner(hz, int(made["time"][0]), {}).thin(made)
    shown = every(pages(client, race, f"hz={hz}&limit={limit}"))
    assert [(f["drone"], f["seq"]) for f in shown] == list(zip(wanted["drone"], wanted["seq"], strict=True))


@pytest.mark.parametrize(("query", "count"), [("hz=10", 8), ("hz=10&drone=1", 6), ("limit=200", 6), ("hz=3", 8)])
def test_a_page_costs_a_few_queries_however_long_the_race(
    client: APIClient, race: Race, query: str, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # The race, its drones, both again for reading; then one or two of each drone. PostgreSQL's COPY counts as none.
    with django_assert_num_queries(4 if connection.vendor == "postgresql" else count):
        answer = client.get(f"/api/races/{race.pk}/telemetry/?{query}")
    assert answer.json()["frames"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=5001", "limit=x", "hz=0", "hz=nan", "hz=inf", "start=-1", "start=nan", "end=1e400", "end=noon",
     "drone=x", "drone=1,,2", "drone=²", "fields=secrets", "cursor=1", "cursor=9-9-9", "cursor=%00",
     f"cursor={'9' * 40}-1", "drone=" + "1," * 500],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_a_400(client: APIClient, race: Race, query: str) -> None:
    answer = client.get(f"/api/races/{race.pk}/telemetry/?{query}")
    assert answer.status_code == 400
    assert answer.json()


@pytest.mark.parametrize(
    "query",
    [
        "drone=9",
        "start=9999999",
        "cursor=99999999999999999-99999",
        "start=3&end=2",
        "hz=10&start=9999999",
        "hz=10&cursor=99999999999999999-99999",
        "hz=10&start=3&end=2",
    ],
)
def test_what_is_not_there_is_an_empty_page(client: APIClient, race: Race, query: str) -> None:
    assert client.get(f"/api/races/{race.pk}/telemetry/?{query}").json() == {"next": None, "frames": []}


def test_a_race_without_frames_is_an_empty_page(client: APIClient) -> None:
    assert client.get(f"/api/races/{make_race(None).pk}/telemetry/").json() == {"next": None, "frames": []}


def test_the_pages_of_a_race_that_is_over_are_not_sent_twice(
    client: APIClient, race: Race, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"/api/races/{race.pk}/telemetry/?limit=5"
    assert "ETag" not in client.get(path)
    close_race(race=race)
    first = client.get(path)
    with django_assert_num_queries(1):
        again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    assert client.get(f"{path}0", headers={"If-None-Match": first["ETag"]}).status_code == 200
