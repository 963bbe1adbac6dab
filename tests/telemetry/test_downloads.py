"""Whole recordings over HTTP."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from accounts.models import AuthToken
from races.models import Race
from races.services import close_race
from telemetry.batches import HEADER, parse_frames_bytes
from telemetry.frames import FRAME, FrameArray
from tests.people import let_in, make_race, make_user, put, record
from tests.telemetry.builders import START, frames

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
    answer = await AsyncClient().get(f"/api/races/{race.pk}/export/", {"drone": "1,3,9"})
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="race-2026-01-01-{str(race.pk)[:8]}.csv"'
    rows = list(csv.DictReader(io.StringIO((await body(answer)).decode())))
    assert {row["drone"] for row in rows} == {"1", "3"}
    assert len(rows) == 1400


@pytest.mark.parametrize(
    ("query", "field"), [("format=xlsx", "format"), ("drone=one", "drone"), ("drone=" + "1," * 200, "drone")]
)
async def test_a_wrong_query_is_answered_in_words(query: str, field: str) -> None:
    race = await sync_to_async(make_race)(None)
    answer = await AsyncClient().get(f"/api/races/{race.pk}/export/?{query}")
    assert (answer.status_code, list(answer.json())) == (400, [field])


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


# --- frames in binary


def messages(data: bytes) -> list[FrameArray]:
    """Give the frames of each of the messages that stand one behind the other."""
    found = []
    while data:
        count = HEADER.unpack_from(data)[3]
        size = HEADER.size + count * FRAME.itemsize
        start, frames = parse_frames_bytes(data[:size])
        assert start == START
        found.append(frames)
        data = data[size:]
    return found


def long_flight(*, over: bool = True) -> tuple[Race, FrameArray]:
    """Give a race of 25 s of two drones at 100 Hz, and its frames."""
    made = frames([1, 2] * 2500)
    made["time"] = START + 10_000 * (np.arange(5000) // 2) + made["drone"] - 1
    race = make_race(None)
    put(race, made)
    if over:
        close_race(race=race)
        race.refresh_from_db()
    return race, made


async def get(race: Race, query: str, **headers: str) -> Any:
    return await AsyncClient().get(f"/api/races/{race.pk}/telemetry/?format=binary{query}", headers=headers)


async def test_a_race_comes_in_binary_whole_or_ten_seconds_at_a_time() -> None:
    race, made = await sync_to_async(long_flight)()
    answer = await get(race, "")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Drift-Chunks"] == "3"
    parts = messages(await body(answer))
    assert np.concatenate(parts).tobytes() == made.tobytes()
    assert max(map(len, parts)) <= 2000
    of_chunks = []
    for chunk in range(3):
        frames_of_chunk = np.concatenate(messages(await body(await get(race, f"&chunk={chunk}"))))
        assert set((frames_of_chunk["time"] - START) // 10_000_000) == {chunk}
        of_chunks.append(frames_of_chunk)
    assert np.concatenate(of_chunks).tobytes() == made.tobytes()
    only = np.concatenate(messages(await body(await get(race, "&chunk=2&drone=2"))))
    assert only.tobytes() == of_chunks[2][of_chunks[2]["drone"] == 2].tobytes()


async def test_the_chunks_of_a_race_that_is_over_are_kept_by_the_browser() -> None:
    race, _ = await sync_to_async(long_flight)()
    answer = await get(race, "&chunk=1")
    assert "immutable" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    again = await get(race, "&chunk=1", **{"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    other = await get(race, "&chunk=0", **{"If-None-Match": answer["ETag"]})
    assert other.status_code == 200


async def test_the_chunks_of_a_race_that_goes_on_are_not_kept() -> None:
    race, _ = await sync_to_async(long_flight)(over=False)
    answer = await get(race, "&chunk=0")
    assert answer["Cache-Control"] == "no-store"
    assert "ETag" not in answer


async def test_a_chunk_that_there_is_not_is_told_so() -> None:
    race, _ = await sync_to_async(long_flight)()
    answer = await get(race, "&chunk=3")
    assert (answer.status_code, answer.json()) == (404, {"detail": "The race has 3 chunks of 10 s."})
    empty_race = await sync_to_async(make_race)(None)
    assert (await get(empty_race, "&chunk=0")).status_code == 404
    assert await body(await get(empty_race, "")) == b""
    for query in ("&chunk=-1", "&chunk=x", "&chunk=99999999999999999999"):
        assert (await get(race, query)).status_code == 400


async def test_a_private_race_does_not_show_its_chunks() -> None:
    race = await sync_to_async(make_race)(await sync_to_async(make_user)("ann"), is_public=False, flown=True)
    assert (await get(race, "")).status_code == 404
