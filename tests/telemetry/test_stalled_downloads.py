"""Clients that begin a download and do not read it: they hold a socket, and nothing of the database."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from races.models import Race
from races.services import close_race
from tests.people import make_race, record
from tests.served import end_of, served

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_connection_stays")]

OF_EACH = 8
PATHS = (
    "/replay_race/{race}",
    "/api/races/{race}/export/?format=csv",
    "/api/races/{race}/export/?format=mcap",
    "/api/races/{race}/telemetry/?format=binary",
    "/api/races/{race}/telemetry/?limit=2000",
)


def flown() -> Race:
    race = make_race(None)
    record(race, [1, 2, 3] * 1400)  # several pages of each drone, and more of each answer than the sockets hold
    close_race(race=race)
    return race


def connections_of_others() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        count: int = cursor.fetchone()[0]
        return count


@pytest.mark.skipif(connection.vendor != "postgresql", reason="counts PostgreSQL's connections: needs one")
async def test_stalled_downloads_hold_no_database_connection_and_are_whole_once_they_are_read() -> None:
    race = await sync_to_async(flown)()
    before = await sync_to_async(connections_of_others)()
    async with asyncio.timeout(60), served("drift_site.asgi:application") as there:
        clients = [
            await there.connect(
                f"GET {path.format(race=race.pk)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            )
            for path in PATHS
            for _ in range(OF_EACH)
        ]
        for reader, _ in clients:
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        while there.unread < len(clients):
            await asyncio.sleep(0.01)
        while await sync_to_async(connections_of_others)() != before:
            await asyncio.sleep(0.01)
        assert there.unread == len(clients), "all of them still wait"
        answers = await asyncio.gather(*(end_of(reader) for reader, _ in clients))
        for first in range(0, len(answers), OF_EACH):
            assert len(set(answers[first : first + OF_EACH])) == 1
        assert all(len(answer) > 100_000 for answer in answers)
        for _, writer in clients:
            writer.close()
