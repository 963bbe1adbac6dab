"""What tests of a running ingest share."""

import asyncio
from typing import Any

from channels.db import database_sync_to_async

from races.models import Race
from races.services import create_race
from telemetry.ingest import Ingest


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def new_race(ingest: Ingest, **options: Any) -> Race:
    race: Race = await database_sync_to_async(lambda: create_race(**options))()
    await until(lambda: race.pk in ingest.races)
    return race
