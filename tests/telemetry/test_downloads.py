"""Whole recordings over HTTP."""

import csv
import io
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from accounts.models import AuthToken
from races.models import Race
from races.services import close_race
from tests.people import let_in, make_race, make_user, record

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_connection_stays")]


def flown(**options: Any) -> Race:
    race = make_race(None, **options)
    record(race, [1, 2, 3] * 700)
    close_race(race=race)
    return race


async def body(answer: Any) -> bytes:
    return b"".join([part async for part in answer])


async def test_an_export_is_streamed_as_a_file() -> None:
    race = await sync_to_async(flown)()
    answer = await AsyncClient().get(f"/api/races/{race.pk}/export/", {"drones": "1,3,9"})
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="race-2026-01-01-{str(race.pk)[:8]}.csv"'
    rows = list(csv.DictReader(io.StringIO((await body(answer)).decode())))
    assert {row["drone"] for row in rows} == {"1", "3"}
    assert len(rows) == 1400


@pytest.mark.parametrize(
    ("query", "status", "complaint"),
    [
        ("format=xlsx", 400, "There is no format 'xlsx'."),
        ("drones=one", 400, "drones must be numbers"),
        ("drones=" + "1," * 100, 400, "drones must be numbers"),
    ],
)
async def test_a_wrong_query_is_answered_in_words(query: str, status: int, complaint: str) -> None:
    race = await sync_to_async(make_race)(None)
    answer = await AsyncClient().get(f"/api/races/{race.pk}/export/?{query}")
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(complaint)


async def test_a_race_that_there_is_not_is_404() -> None:
    answer = await AsyncClient().get("/api/races/00000000-0000-0000-0000-000000000000/export/")
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is no such race."})


async def test_a_private_race_is_exported_to_those_who_may_see_it() -> None:
    def prepare() -> tuple[Race, list[dict[str, str]]]:
        people = [make_user("ann"), make_user("bob"), make_user("eve"), make_user("staff", staff=True)]
        race = make_race(people[0], is_public=False, flown=True, over=True)
        let_in(race, people[1])
        tokens = [AuthToken.objects.create(user=user, device="test")[1] for user in people]
        return race, [{"Authorization": f"Token {token}"} for token in tokens]

    race, (ann, bob, eve, staff) = await sync_to_async(prepare)()
    for headers, status in ((ann, 200), (bob, 200), (staff, 200), (eve, 404), ({}, 404)):
        answer = await AsyncClient().get(f"/api/races/{race.pk}/export/", headers=headers)
        assert answer.status_code == status
        if status == 200:
            assert len((await body(answer)).splitlines()) == 5
