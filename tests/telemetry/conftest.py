"""Fixtures for the tests of telemetry."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from races.models import Race
from races.services import create_race
from telemetry.recorder import Recorder
from tests.telemetry.recording import Clock


@pytest.fixture
def race() -> Race:
    return create_race()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(tmp_path: Path, clock: Clock) -> Iterator[Recorder]:
    """Give a recorder without threads; what the test leaves is not recorded."""
    made = Recorder(tmp_path, clock=clock)
    yield made
    made.close()


@pytest.fixture
async def no_connection_stays() -> AsyncIterator[None]:
    """Close the connection of the thread that asks the database for coroutines: PostgreSQL drops no database in use."""
    yield
    await sync_to_async(connections.close_all)()
